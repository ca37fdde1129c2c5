//! Another server as what is measured.

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
    /// The URL as it was given.
    pub text: String,
    /// The same, read.
    pub url: Url,
    /// Which certificates to believe, if the URL is one over TLS.
    pub trust: Trust,
    /// The XMPP domain; without it the server is asked.
    pub domain: Option<String>,
    /// The publish-subscribe service; without it `pubsub.` and the domain.
    pub pubsub: Option<String>,
    /// Who logs in.
    pub accounts: Vec<Account>,
    /// The nodes that the accounts subscribe to.
    pub source: NodeSource,
    /// The server's process, if its memory can be looked at.
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

/// Measures what can be measured on another server. `program` begins the command line that a reader
/// is referred to.
///
/// # Errors
///
/// Nobody can log in; what is wrong later is among the failures.
pub async fn measure_other(
    extent: &Extent,
    server: &OtherServer,
    program: &str,
    observer: &dyn Observer,
) -> Result<Figures, Error> {
    let mut figures = Figures::new(&server.text);
    let subject = server.subject().await?;
    // One login before thousands: a wrong password must not lock all accounts.
    subject.owner().await?.leave().await;
    if extent.has(MeasureKind::Start) {
        figures.cannot("start to ready", "it runs already");
    }
    if extent.has(MeasureKind::Suite) {
        figures.cannot("the suite", &format!("that is for `{program} conformance --url`"));
    }
    if server.pid.is_none() {
        figures.cannot(
            "memory and processor time of the server",
            "--pid does not say which process it is",
        );
    }
    if extent.has(MeasureKind::Logins) {
        match subject.logins(extent, observer).await {
            Ok(measured) => figures.take_all(Ok(measured)),
            Err(error) => failed(&mut figures, "logins", &error),
        }
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
        let why = format!("each needs an account of its own, and there are {accounts}");
        figures.cannot(&format!("{size} sessions"), &why);
    }
    if !subject.source.is_ours() {
        figures.cannot("one publication to many", "nobody here may publish to the nodes of --node");
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

/// A server that lets nobody create nodes has told so, and fails nothing.
fn failed(figures: &mut Figures, what: &str, error: &Error) {
    match error {
        Error::Step { step: ClientStep::Create, cause: remote::Error::Stanza(condition) } => {
            figures.cannot(
                what,
                &format!("the server lets nobody create nodes ({condition}); name two with --node"),
            )
        }
        _ => figures.fail(&format!("{what}: {error}")),
    }
}
