//! The options of a bench against another server. The user must name a remote server twice.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;

use ::bench::{NodeSource, OtherServer};
use anyhow::bail;
use live::INSECURE;
use mask::Secrets;
use remote::{Account, Url};
use wire::net::Trust;

use super::super::quantity::number;
use super::warn;
use crate::commands::known;
use crate::commands::mock;
use crate::commands::server_options::trust;
use crate::commands::venue::PASSWORD;

/// Options for a server other than the fake.
#[derive(clap::Args)]
#[command(next_help_heading = "Another server")]
pub(super) struct Other {
    /// Measure the server at this URL instead of the fake
    #[arg(long, value_name = "wss://HOST:PORT/ws/")]
    url: Option<String>,

    /// The host of the URL again, if it is not on this machine: you confirm that you may put it
    /// under load
    #[arg(long, value_name = "HOST", requires = "url")]
    i_may_load: Option<String>,

    /// An account; may be given several times. The default password comes from CONFORMANCE_PASSWORD
    #[arg(long, value_name = "NAME[:PASSWORD]", requires = "url")]
    user: Vec<String>,

    /// A numbered range of accounts; may be given several times
    #[arg(long, value_name = "PREFIX00001..05000[:PASSWORD]", requires = "url")]
    users: Vec<String>,

    /// Trust certificates signed by this CA (PEM)
    #[arg(long, value_name = "FILE", requires = "url", group = "bench-trust")]
    ca: Option<PathBuf>,

    /// Trust the certificate with this public key (sha256/BASE64)
    #[arg(long, value_name = "sha256/…", requires = "url", group = "bench-trust")]
    pin: Option<String>,

    /// Trust any certificate
    #[arg(long, requires = "url", group = "bench-trust")]
    insecure: bool,

    /// XMPP domain of the server [default: ask the server]
    #[arg(long, value_name = "DOMAIN", requires = "url")]
    domain: Option<String>,

    /// Address of the publish-subscribe service [default: pubsub.DOMAIN]
    #[arg(long, value_name = "ADDRESS", requires = "url")]
    pubsub: Option<String>,

    /// A node that all accounts may subscribe to, if the server lets no account create nodes; give
    /// two
    #[arg(long, value_name = "NODE", requires = "url")]
    node: Vec<String>,

    /// The process id of the server, to measure its memory
    #[arg(long, value_name = "PID", requires = "url", value_parser = number(1..=u32::MAX, 4321))]
    pid: Option<u32>,
}

impl Other {
    /// The server in the options, if any. Does not connect.
    pub(super) fn server(&self) -> anyhow::Result<Option<OtherServer>> {
        let Some(text) = &self.url else { return Ok(None) };
        let url = Url::parse(text).map_err(anyhow::Error::msg)?;
        self.named_twice(&url)?;
        let accounts = self.accounts()?;
        if accounts.is_empty() {
            bail!("--url needs accounts: --user NAME or --users PREFIX00001..05000");
        }
        let mut secrets = Secrets::default();
        for (number, password) in accounts
            .iter()
            .map(|account| &account.password)
            .collect::<BTreeSet<_>>()
            .iter()
            .enumerate()
        {
            if let Err(why) = mask::long_enough(password) {
                bail!("a password of --user or --users {why}");
            }
            secrets.password(number.to_string(), password.as_str());
        }
        known::keep_secret(secrets);
        let source = match self.node.as_slice() {
            [] => NodeSource::Ours,
            nodes => NodeSource::Given(nodes.to_vec()),
        };
        Ok(Some(OtherServer {
            text: text.clone(),
            trust: self.trust(&url)?,
            url,
            domain: self.domain.clone(),
            pubsub: self.pubsub.clone(),
            accounts,
            source,
            pid: self.pid,
        }))
    }

    /// Guards a production server against a slip of the keyboard.
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
            "{host} is not this machine, and {typed}; a remote server must be named twice. If you may put it \
             under load, add --i-may-load {host}"
        )
    }

    fn trust(&self, url: &Url) -> anyhow::Result<Trust> {
        if !url.secure {
            return Ok(Trust::Insecure);
        }
        if self.insecure {
            warn(INSECURE);
        }
        trust(url.secure, self.ca.as_deref(), self.pin.as_deref(), self.insecure)
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

/// Splits at the first colon; without a colon the password comes from the environment.
fn with_password<'a>(text: &'a str, option: &str) -> anyhow::Result<(&'a str, String)> {
    if let Some((name, password)) = text.split_once(':') {
        return Ok((name, password.to_owned()));
    }
    match std::env::var(PASSWORD) {
        Ok(password) if !password.is_empty() => Ok((text, password)),
        _ => bail!("{option} needs a password: {text}:PASSWORD, or the variable {PASSWORD}"),
    }
}
