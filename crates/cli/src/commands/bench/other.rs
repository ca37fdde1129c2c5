//! Another server as what is measured: named twice unless it is on this machine.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use finesse_conformance::INSECURE;
use load::{Error, Server, Step};
use remote::{Account, Url};
use runner::program;
use wire::net::Trust;

use super::figures::{Figures, Kind};
use super::nodes::Source;
use super::progress::Progress;
use super::sessions::Stage;
use super::{Extent, warn};
use crate::commands::mock;
use crate::commands::venue::PASSWORD;

/// The server to measure, if it is not the fake.
#[derive(clap::Args)]
#[command(next_help_heading = "Another server")]
pub(super) struct Other {
    /// Measure the server at this URL instead of the fake
    #[arg(long, value_name = "wss://HOST:PORT/ws/")]
    url: Option<String>,

    /// The host of the URL once more, if it is not on this machine: you say that you may put it under load
    #[arg(long, value_name = "HOST", requires = "url")]
    i_may_load: Option<String>,

    /// An account; may be given several times. Without a password that of CONFORMANCE_PASSWORD
    #[arg(long, value_name = "NAME[:PASSWORD]", requires = "url")]
    user: Vec<String>,

    /// A numbered range of accounts; may be given several times
    #[arg(long, value_name = "PREFIX00001..05000[:PASSWORD]", requires = "url")]
    users: Vec<String>,

    /// Trust certificates signed by this CA (PEM)
    #[arg(long, value_name = "FILE", requires = "url", group = "bench-trust")]
    ca: Option<PathBuf>,

    /// Trust the certificate with this public key
    #[arg(long, value_name = "sha256/…", requires = "url", group = "bench-trust")]
    pin: Option<String>,

    /// Trust any certificate
    #[arg(long, requires = "url", group = "bench-trust")]
    insecure: bool,

    /// XMPP domain [default: the server is asked]
    #[arg(long, value_name = "DOMAIN", requires = "url")]
    domain: Option<String>,

    /// Address of the publish-subscribe service [default: pubsub.DOMAIN]
    #[arg(long, value_name = "ADDRESS", requires = "url")]
    pubsub: Option<String>,

    /// A node that all accounts may subscribe to, where the server lets nobody create one; give two
    #[arg(long, value_name = "NODE", requires = "url")]
    node: Vec<String>,

    /// The server's process, for its memory
    #[arg(long, value_name = "PID", requires = "url")]
    pid: Option<u32>,
}

/// A server that may be measured. Has no `Debug`, for it holds passwords.
pub(super) struct Subject {
    text: String,
    url: Url,
    trust: Trust,
    domain: Option<String>,
    pubsub: Option<String>,
    accounts: Vec<Account>,
    source: Source,
    pid: Option<u32>,
}

impl Other {
    /// The server that is named, if one is; nothing is connected to.
    pub(super) fn subject(&self) -> anyhow::Result<Option<Subject>> {
        let Some(text) = &self.url else { return Ok(None) };
        let url = Url::parse(text).map_err(anyhow::Error::msg)?;
        self.named_twice(&url)?;
        let accounts = self.accounts()?;
        if accounts.is_empty() {
            bail!("--url needs --user NAME or --users PREFIX00001..05000: somebody has to log in");
        }
        let source = match self.node.as_slice() {
            [] => Source::Ours,
            nodes => Source::Given(nodes.to_vec()),
        };
        Ok(Some(Subject {
            text: text.clone(),
            trust: if url.secure { self.trust()? } else { Trust::Insecure },
            url,
            domain: self.domain.clone(),
            pubsub: self.pubsub.clone(),
            accounts,
            source,
            pid: self.pid,
        }))
    }

    /// A load driver must not hit a server that somebody works on because of a slip.
    fn named_twice(&self, url: &Url) -> anyhow::Result<()> {
        let bare = |host: &str| host.trim_matches(['[', ']']).to_ascii_lowercase();
        let host = bare(&url.host);
        let is_here = host == "localhost"
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        if is_here || self.i_may_load.as_deref().map(bare) == Some(host.clone()) {
            return Ok(());
        }
        let typed = match &self.i_may_load {
            None => "--i-may-load is not given".to_owned(),
            Some(typed) => format!("--i-may-load is {typed:?}"),
        };
        bail!(
            "{host} is not this machine and {typed}: nothing is put under load that is not named twice; if you may \
             do it, give --i-may-load {host}"
        )
    }

    fn trust(&self) -> anyhow::Result<Trust> {
        match (&self.ca, &self.pin, self.insecure) {
            (Some(path), _, _) => {
                let shown = || format!("--ca {}", path.display());
                let pem = std::fs::read_to_string(path).with_context(shown)?;
                Trust::ca_pem(&pem).with_context(shown)
            }
            (_, Some(pin), _) => Trust::pin(pin).context("--pin"),
            (_, _, true) => {
                warn(INSECURE);
                Ok(Trust::Insecure)
            }
            _ => bail!("a wss URL needs --ca FILE, --pin sha256/…, or --insecure"),
        }
    }

    fn accounts(&self) -> anyhow::Result<Vec<Account>> {
        let mut accounts = Vec::new();
        for text in &self.user {
            let (name, password) = with_password(text, "--user")?;
            accounts.push(Account { name: name.to_owned(), password });
        }
        for text in &self.users {
            let (range, password) = with_password(text, "--users")?;
            let read = mock::accounts(&format!("{range}:{password}"));
            let mock::Accounts { range, password } =
                read.map_err(|why| anyhow::anyhow!("--users: {why}"))?;
            accounts.extend(range.names().map(|name| Account { name, password: password.clone() }));
        }
        Ok(accounts)
    }
}

/// Splits at the first colon; without one the password is that of the environment.
fn with_password<'a>(text: &'a str, option: &str) -> anyhow::Result<(&'a str, String)> {
    if let Some((name, password)) = text.split_once(':') {
        return Ok((name, password.to_owned()));
    }
    match std::env::var(PASSWORD) {
        Ok(password) if !password.is_empty() => Ok((text, password)),
        _ => bail!("{option} needs a password: {text}:PASSWORD, or the variable {PASSWORD}"),
    }
}

impl Subject {
    async fn stage(&self) -> Result<Stage, Error> {
        let host = self.url.host.trim_matches(['[', ']']);
        let mut server = Server {
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
        Ok(Stage {
            server: Arc::new(server),
            accounts: self.accounts.clone(),
            source: self.source.clone(),
            pid: self.pid,
        })
    }
}

/// Measures what can be measured there.
///
/// # Errors
///
/// Nobody can log in; what is wrong later is among the failures.
pub(super) async fn measure(
    extent: &Extent,
    subject: &Subject,
    progress: &Progress,
) -> Result<Figures, Error> {
    let mut figures = Figures::new(&subject.text);
    let stage = subject.stage().await?;
    // One login before thousands: a wrong password must not lock all accounts.
    stage.owner().await?.leave().await;
    if extent.has(Kind::Start) {
        figures.cannot("start to ready", "it runs already");
    }
    if extent.has(Kind::Suite) {
        figures.cannot("the suite", &format!("that is for `{} conformance --url`", program()));
    }
    if subject.pid.is_none() {
        figures.cannot(
            "memory and processor time of the server",
            "--pid does not say which process it is",
        );
    }
    if extent.has(Kind::Logins) {
        match stage.logins(extent, progress).await {
            Ok(measured) => figures.take_all(Ok(measured)),
            Err(error) => failed(&mut figures, "logins", &error),
        }
    }
    if extent.has(Kind::Sessions) {
        sessions(extent, &stage, progress, &mut figures).await;
    }
    Ok(figures)
}

async fn sessions(extent: &Extent, stage: &Stage, progress: &Progress, figures: &mut Figures) {
    let accounts = stage.accounts.len();
    for size in extent.sessions.iter().filter(|size| **size > accounts) {
        let why = format!("each needs an account of its own, and there are {accounts}");
        figures.cannot(&format!("{size} sessions"), &why);
    }
    if !stage.source.is_ours() {
        figures.cannot("one publication to many", "nobody here may publish to the nodes of --node");
    }
    if extent.sessions.iter().all(|size| *size > accounts) {
        return;
    }
    for _ in 0..extent.rounds {
        if let Err(error) = stage.sessions(extent, progress, figures).await {
            failed(figures, "sessions", &error);
            break;
        }
    }
}

/// A server that lets nobody create nodes has told so, and fails nothing.
fn failed(figures: &mut Figures, what: &str, error: &Error) {
    match error {
        Error::Step { step: Step::Create, cause: remote::Error::Stanza(condition) } => figures
            .cannot(
                what,
                &format!("the server lets nobody create nodes ({condition}); name two with --node"),
            ),
        _ => figures.fail(&format!("{what}: {error}")),
    }
}
