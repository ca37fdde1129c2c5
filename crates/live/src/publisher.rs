//! The publisher of a server: an account that carries out `do publish` on a connection of its own,
//! which stands in no transcript.

use std::sync::Arc;

use remote::{Access, Account, Client, Deadlines, Error, Url, pubsub};
use runner::{Action, Promise, Stage};
use stanza::Element;
use tokio::sync::Mutex;
use wire::net::Trust;

/// Factor on the deadlines: a publication is answered after all subscribers are notified.
const PATIENCE: f64 = 2.0;

/// The action that it can carry out.
pub(crate) const PUBLISH: &str = "publish";

/// Address, trust and account of the publisher. No `Debug`: it holds a password.
pub struct Publisher {
    url: String,
    trust: Trust,
    /// The XMPP domain; the host of the URL unless told otherwise.
    domain: Option<String>,
    /// The publish-subscribe service; `pubsub.` and the domain unless told otherwise.
    pubsub: Option<String>,
    account: Account,
}

impl Publisher {
    /// The publisher of a server, if its target has one.
    pub fn of(access: &Access) -> Option<Self> {
        Some(Self {
            account: access.publisher.clone()?,
            url: access.url.clone(),
            trust: access.trust.clone(),
            domain: access.domain.clone(),
            pubsub: access.pubsub.clone(),
        })
    }

    /// The stage of one case: it logs in when there is something to do, and leaves with the case.
    pub(crate) fn stage(self: &Arc<Self>) -> PublisherStage {
        PublisherStage { publisher: Arc::clone(self), conversation: Mutex::new(None) }
    }

    /// Logs in.
    ///
    /// # Errors
    ///
    /// Which step did not hold; one line.
    pub async fn log_in(&self) -> Result<LoggedIn, String> {
        let url = Url::parse(&self.url)?;
        let domain = self.domain.as_deref().unwrap_or(&url.host);
        let pubsub = self.pubsub.clone().unwrap_or_else(|| format!("pubsub.{domain}"));
        let deadlines = Deadlines::with_patience(PATIENCE);
        let client =
            Client::log_in(&url, &self.trust, deadlines, domain, &self.account, None).await;
        let client = client.map_err(|error| error.to_string())?;
        Ok(LoggedIn { client, pubsub })
    }
}

/// A publisher that is logged in.
pub struct LoggedIn {
    client: Client,
    pubsub: String,
}

impl LoggedIn {
    /// Publishes one element, and waits until the service has taken it (XEP-0060 §7.1).
    ///
    /// # Errors
    ///
    /// The service refuses, or does not answer; one line.
    pub async fn publish(&mut self, node: &str, payload: &str) -> Result<(), String> {
        let payload = stanza::parse(payload).map_err(|error| error.to_string())?;
        let published = self.ask(pubsub::publish(node, payload)).await;
        published.map_err(|error| error.to_string())
    }

    /// Asks the service for something (`iq` of type `set`).
    ///
    /// # Errors
    ///
    /// The service refuses, or does not answer.
    pub async fn ask(&mut self, payload: Element) -> Result<(), Error> {
        self.client.ask("set", Some(&self.pubsub), payload).await.map(|_| ())
    }

    /// Leaves politely.
    pub async fn leave(self) {
        self.client.leave().await;
    }
}

/// A publisher for one case.
pub(crate) struct PublisherStage {
    publisher: Arc<Publisher>,
    conversation: Mutex<Option<LoggedIn>>,
}

impl Stage for PublisherStage {
    fn perform(&self, action: Action) -> Promise<'_, Result<(), String>> {
        Box::pin(async move {
            let (node, payload) = match action {
                Action::Publish { node, payload } => (node, payload),
                Action::Other { name, .. } => return Err(format!("a publisher cannot `{name}`")),
            };
            let mut conversation = self.conversation.lock().await;
            let mut publisher = match conversation.take() {
                Some(publisher) => publisher,
                None => self.publisher.log_in().await.map_err(|why| format!("publisher: {why}"))?,
            };
            let done = publisher.publish(&node, &payload).await;
            *conversation = Some(publisher);
            done.map_err(|why| format!("publisher: {why}"))
        })
    }
}

impl Drop for PublisherStage {
    fn drop(&mut self) {
        // A server has a session for it until it leaves.
        if let (Some(publisher), Ok(runtime)) =
            (self.conversation.get_mut().take(), tokio::runtime::Handle::try_current())
        {
            runtime.spawn(publisher.leave());
        }
    }
}
