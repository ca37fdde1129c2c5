//! Measures another server.

use std::sync::Arc;

use load::{ClientStep, Error, MeasuredServer};
use remote::{Account, Url};
use wire::net::Trust;

use crate::extent::{Extent, MeasureKind};
use crate::figures::Figures;
use crate::nodes::NodeSource;
use crate::observer::Observer;
use crate::sessions::Subject;

/// A server that may be measured. No `Debug`: it holds passwords.
pub struct OtherServer {
    /// The URL as given on the command line.
    pub text: String,
    /// The parsed URL.
    pub url: Url,
    /// The trusted certificates; unused for `ws`.
    pub trust: Trust,
    /// The XMPP domain; if none, the client asks the server.
    pub domain: Option<String>,
    /// The publish-subscribe service; if none, `pubsub.` and the domain.
    pub pubsub: Option<String>,
    /// The accounts that log in.
    pub accounts: Vec<Account>,
    /// The nodes that the accounts subscribe to.
    pub source: NodeSource,
    /// The id of the server's process, if its memory can be measured.
    pub pid: Option<u32>,
}

impl OtherServer {
    async fn subject(&self) -> Result<Subject, Error> {
        let host = self.url.host.trim_matches(['[', ']']);
        let mut server = MeasuredServer {
            url: self.url.clone(),
            trust: self.trust.clone(),
            domain: self.domain.clone().unwrap_or_else(|| host.to_owned()),
            pubsub: String::new(),
        };
        if self.domain.is_none() {
            server.domain = load::domain(&server).await?;
        }
        let pubsub = || format!("pubsub.{}", server.domain);
        server.pubsub = self.pubsub.clone().unwrap_or_else(pubsub);
        Ok(Subject {
            server: Arc::new(server),
            accounts: self.accounts.clone(),
            source: self.source.clone(),
            pid: self.pid,
        })
    }
}

/// Measures another server, as far as possible. `program` begins the commands in hints.
///
/// # Errors
///
/// The first login fails. Later errors are failures among the figures.
pub async fn measure_other(
    extent: &Extent,
    server: &OtherServer,
    program: &str,
    observer: &dyn Observer,
) -> Result<Figures, Error> {
    let mut figures = Figures::new(&server.text);
    let subject = server.subject().await?;
    // Try one login first: a wrong password must not lock all accounts.
    subject.owner().await?.leave().await;
    if extent.has(MeasureKind::Start) {
        figures.cannot("start to ready", "the server runs already");
    }
    if extent.has(MeasureKind::Suite) {
        figures.cannot("the suite", &format!("use `{program} conformance --url`"));
    }
    if server.pid.is_none() {
        figures.cannot(
            "memory and processor time of the server",
            "its process is unknown; give --pid",
        );
    }
    if extent.has(MeasureKind::Logins) {
        match subject.logins(extent, observer).await {
            Ok(measured) => figures.take_all(Ok(measured)),
            Err(error) => failed(&mut figures, "logins", &error),
        }
    }
    if extent.has(MeasureKind::Traffic) {
        figures.cannot("a busy day", "the calls of a server are not ours to make");
    }
    if extent.has(MeasureKind::Rest) {
        agents(extent, &subject, observer, &mut figures).await;
    }
    if extent.has(MeasureKind::Sessions) {
        sessions(extent, &subject, observer, &mut figures).await;
    }
    Ok(figures)
}

async fn sessions(
    extent: &Extent,
    subject: &Subject,
    observer: &dyn Observer,
    figures: &mut Figures,
) {
    let accounts = subject.accounts.len();
    for size in extent.sessions.iter().filter(|size| **size > accounts) {
        let why = format!("each session needs its own account, and there are only {accounts}");
        figures.cannot(&format!("{size} sessions"), &why);
    }
    if !subject.source.is_ours() {
        figures.cannot(
            "one publication to many",
            "the accounts may not publish to the nodes of --node",
        );
    }
    if extent.sessions.iter().all(|size| *size > accounts) {
        return;
    }
    for _ in 0..extent.rounds {
        if let Err(error) = subject.sessions(extent, observer, figures).await {
            failed(figures, "sessions", &error);
            break;
        }
    }
}

async fn agents(
    extent: &Extent,
    subject: &Subject,
    observer: &dyn Observer,
    figures: &mut Figures,
) {
    match load::has_api(&subject.server).await {
        Ok(true) => {}
        Ok(false) => {
            let why = "the server has no REST API of Finesse";
            return figures.cannot("sign-ins and changes of state", why);
        }
        Err(error) => return failed(figures, "rest", &error),
    }
    for _ in 0..extent.rounds {
        if let Err(error) = subject.agents(extent, observer, figures).await {
            return failed(figures, "rest", &error);
        }
    }
}

/// A server that forbids creating nodes is not a failure: the quantity cannot be measured.
fn failed(figures: &mut Figures, what: &str, error: &Error) {
    match error {
        Error::Step { step: ClientStep::Create, cause: remote::Error::Stanza(condition) } => {
            figures.cannot(
                what,
                &format!("the server does not let accounts create nodes ({condition}); give two existing nodes with --node"),
            )
        }
        _ => figures.fail(&format!("{what}: {error}")),
    }
}
