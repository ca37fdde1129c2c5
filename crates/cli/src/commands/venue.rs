//! The server of a run: a fake in this process, a server with a target file, or one given by
//! `--url`.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::bail;
use case::Case;
use fakes::FakeVenue;
use finesse_fake::{EngineError, Fault};
use live::{Cleared, INSECURE, ServerVenue, Surveyed, survey};
use remote::{Access, Account, AccountLock, Url};
use runner::{Endpoint, Environment, Target, Venue};
use suite::BASELINE;
use verdict::Fact;

use super::known;
use super::server_options::{ServerOptions, trust};
use crate::Suite;

/// The environment variable with the password for `--user`.
pub(super) const PASSWORD: &str = "CONFORMANCE_PASSWORD";

/// The server or fake that a run is against.
#[derive(Clone, clap::Args)]
pub(crate) struct TargetOptions {
    /// The target to play against: a name (see `targets`) or a .toml file [default: mock]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) target: Option<String>,

    /// Break one rule in the fake, to see which cases notice. 'NAME over=bosh' breaks it for
    /// clients over BOSH alone, 'NAME over=ws' over WebSocket
    #[arg(long, value_name = "NAME", value_parser = sabotage)]
    pub(super) sabotage: Option<Fault>,

    /// Play against the server at this URL. Known deviations come from --target, if given. The
    /// password of --user comes from the variable CONFORMANCE_PASSWORD
    #[arg(long, value_name = "wss://HOST:PORT/ws/", conflicts_with = "sabotage")]
    pub(super) url: Option<String>,

    #[command(flatten)]
    pub(super) server: ServerOptions,
}

/// Looks up a sabotage by name; the error lists all names.
pub(super) fn sabotage(text: &str) -> Result<Fault, String> {
    let name = text.split_whitespace().next().unwrap_or_default();
    if Fault::sabotages().any(|known| known.name() == name) {
        return text.parse().map_err(|error: EngineError| error.to_string());
    }
    let known =
        Fault::sabotages().map(|known| format!("\n  {:<24} {}", known.name(), known.does()));
    Err(format!("unknown sabotage {name:?}; known sabotages:{}", known.collect::<String>()))
}

/// A venue with its warnings and account locks.
pub(super) struct PreparedVenue {
    pub(super) venue: Arc<dyn Venue>,
    pub(super) warnings: Vec<String>,
    /// Locks against other runs on this machine with the same accounts.
    pub(super) locks: Vec<AccountLock>,
    /// Facts about the server, for the reports.
    pub(super) about: Vec<Fact>,
}

/// The requested target. Neither connects nor reads environment variables.
pub(super) fn target(on: &TargetOptions, suite: &Suite) -> anyhow::Result<Target> {
    let target = match (&on.target, &on.url) {
        (None, Some(url)) => Target::unknown(url),
        (name, _) => suite.target(name.as_deref().unwrap_or(BASELINE))?,
    };
    match (&target.endpoint, &on.url, &on.sabotage) {
        (Endpoint::Fake { .. }, Some(_), _) => bail!(
            "target {} is a fake; use --url without --target, or with the target file of a server",
            target.name
        ),
        (Endpoint::Server(_), _, Some(_)) => {
            bail!("target {} is a server; --sabotage works only with fakes", target.name)
        }
        _ => Ok(target),
    }
}

/// The venue to play `cases` against a target. A server is surveyed first.
pub(super) async fn place(
    on: &TargetOptions,
    target: Target,
    cases: &[&Case],
    environment: Environment<'_>,
) -> anyhow::Result<PreparedVenue> {
    if let Endpoint::Fake { profile } = &target.endpoint {
        let about = vec![fact("engine", format!("a fake of this suite, profile {profile}"))];
        let venue = FakeVenue::new(target, on.sabotage.clone()).map_err(anyhow::Error::msg)?;
        let (venue, warnings, locks) = (Arc::new(venue), Vec::new(), Vec::new());
        return Ok(PreparedVenue { venue, warnings, locks, about });
    }
    let cleared = match &on.url {
        Some(url) => {
            let mut cleared = by_its_url(&on.server, target, url)?;
            if on.server.user.is_none() {
                let warning = "no --user: cases that log in cannot be played";
                cleared.warnings.push(warning.to_owned());
            }
            cleared
        }
        None => by_its_file(target, environment)?,
    };
    let Surveyed { cleared, locks, about } = survey(cleared, cases).await?;
    let Cleared { target, access, warnings } = cleared;
    let venue = ServerVenue::new(target, access).map_err(anyhow::Error::msg)?;
    let of_finesse = match venue.target().vendor {
        true => "judged, as the target's file says that it is one",
        false => "not judged, as no target file says that it is one",
    };
    let about = about.into_iter().map(|(name, value)| fact(name, value));
    let about = about.chain([fact("claims about Finesse alone", of_finesse.to_owned())]).collect();
    Ok(PreparedVenue { venue: Arc::new(venue), warnings, locks, about })
}

/// A fact for the reports.
pub(super) fn fact(name: &str, value: String) -> Fact {
    Fact { name: name.to_owned(), value }
}

/// The server of a target file, with settings from the environment.
pub(super) fn by_its_file(target: Target, environment: Environment<'_>) -> anyhow::Result<Cleared> {
    let cleared = Cleared::of(target, environment).map_err(anyhow::Error::msg)?;
    known::keep_secret(cleared.access.secrets());
    Ok(cleared)
}

/// The server given by `--url` and the options beside it.
pub(super) fn by_its_url(
    server: &ServerOptions,
    target: Target,
    url: &str,
) -> anyhow::Result<Cleared> {
    let is_secure = Url::parse(url).map_err(anyhow::Error::msg)?.secure;
    let trust = trust(is_secure, server.ca.as_deref(), server.pin.as_deref(), server.insecure)?;
    let warnings = if server.insecure { vec![INSECURE.to_owned()] } else { Vec::new() };
    let mut accounts = BTreeMap::new();
    match (&server.user, std::env::var(PASSWORD)) {
        (Some(user), Ok(password)) if !password.is_empty() => {
            if let Err(why) = mask::long_enough(&password) {
                bail!("{PASSWORD}, the password of --user {user}, {why}");
            }
            let account = Account { name: user.clone(), password };
            accounts.insert("agent".to_owned(), account);
        }
        (Some(_), _) => bail!("--user needs a password: set the environment variable {PASSWORD}"),
        (None, _) => {}
    }
    Url::parse(url).map_err(anyhow::Error::msg)?;
    let (url, domain) = (url.to_owned(), server.domain.clone());
    let access = Access { url, trust, domain, pubsub: None, accounts, publisher: None };
    known::keep_secret(access.secrets());
    Ok(Cleared { target, access, warnings })
}
