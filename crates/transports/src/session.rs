//! A session of XMPP, whatever carries it: the login, and then everything that comes.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use remote::{Account, declined};
use stanza::{Element, escape, ns};
use tokio::sync::mpsc;

use crate::changes::update_of;
use crate::error::Error;

/// The resource of every client.
const RESOURCE: &str = "desktop";

/// A notification that a client has heard, or why it hears no more.
pub(crate) type Notified = Result<Notification, Error>;

/// A notification that a client has heard.
pub(crate) struct Notification {
    pub(crate) agent: usize,
    /// The text of the notification.
    pub(crate) update: String,
    pub(crate) when: Instant,
}

/// Carries elements of a stream.
pub(crate) trait Carrier: Send {
    /// Begins the stream, or begins it anew after the login.
    fn open(&mut self, domain: &str) -> impl Future<Output = Result<(), Error>> + Send;

    /// Waits for the next elements.
    fn hear(&mut self) -> impl Future<Output = Result<Vec<Element>, Error>> + Send;

    /// Says these elements, and is ready to hear the next. All that was heard is dealt with then.
    fn say(&mut self, elements: &[String]) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Logs in, and becomes available.
pub(crate) async fn log_in(
    carrier: &mut impl Carrier,
    domain: &str,
    account: &Account,
) -> Result<(), Error> {
    carrier.open(domain).await?;
    wait_for(carrier, "features").await?;
    let plain = STANDARD.encode(format!("\0{}\0{}", account.name, account.password));
    let auth = format!("<auth xmlns='{}' mechanism='PLAIN'>{plain}</auth>", ns::SASL);
    carrier.say(&[auth]).await?;
    wait_for(carrier, "success").await?;
    carrier.open(domain).await?;
    wait_for(carrier, "features").await?;
    let bind = format!(
        "<iq xmlns='{}' type='set' id='bind'><bind xmlns='{}'><resource>{}</resource></bind></iq>",
        ns::CLIENT,
        ns::BIND,
        escape::text(RESOURCE)
    );
    carrier.say(&[bind]).await?;
    wait_for(carrier, "iq").await?;
    carrier.say(&[format!("<presence xmlns='{}'/>", ns::CLIENT)]).await
}

/// Hears the element of this name, which the server says next.
async fn wait_for(carrier: &mut impl Carrier, name: &'static str) -> Result<(), Error> {
    loop {
        let heard = carrier.hear().await?;
        match heard.iter().find(|element| element.name.local != "open") {
            Some(element) if element.name.local == name => return Ok(()),
            Some(element) => return Err(Error::unexpected(name, stanza::print(element))),
            None => carrier.say(&[]).await?,
        }
    }
}

/// Hears everything from now on, and declines what the server asks. Ends with the connection, or
/// when nobody wants to know.
pub(crate) async fn listen(
    mut carrier: impl Carrier,
    agent: usize,
    heard: mpsc::UnboundedSender<Notified>,
) {
    loop {
        let elements = match carrier.hear().await {
            Ok(elements) => elements,
            Err(error) => {
                let _ = heard.send(Err(error));
                return;
            }
        };
        let when = Instant::now();
        let answers = elements.iter().filter_map(declined);
        let answers: Vec<String> = answers.map(|answer| stanza::print(&answer)).collect();
        if let Err(error) = carrier.say(&answers).await {
            let _ = heard.send(Err(error));
            return;
        }
        for update in elements.iter().filter_map(update_of) {
            if heard.send(Ok(Notification { agent, update, when })).is_err() {
                return;
            }
        }
    }
}
