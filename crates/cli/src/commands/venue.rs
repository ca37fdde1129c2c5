//! Where the cases of a run are played: a fake at home, a server that a target file describes, or one named on the spot.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::bail;
use case::Case;
use fakes::FakeVenue;
use live::{Cleared, INSECURE, ServerVenue, Surveyed, survey};
use remote::{Access, Account, AccountLock};
use runner::{Endpoint, Environment, Target, Venue};
use suite::BASELINE;

use super::conformance::Args;
use super::spot::{Spot, trust};
use crate::Suite;

/// The variable that holds the password for `--user`.
pub(super) const PASSWORD: &str = "CONFORMANCE_PASSWORD";

/// A place to play, and what has to be said loudly.
pub(super) struct Place {
    pub(super) venue: Arc<dyn Venue>,
    pub(super) warnings: Vec<String>,
    /// Accounts that nobody else on this machine may use meanwhile.
    pub(super) locks: Vec<AccountLock>,
}

/// The target that was asked for. Nothing is connected to, and no variable of the environment is wanted yet.
pub(super) fn target(args: &Args, suite: &Suite) -> anyhow::Result<Target> {
    let target = match (&args.target, &args.url) {
        (None, Some(url)) => Target::unknown(url),
        (name, _) => suite.target(name.as_deref().unwrap_or(BASELINE))?,
    };
    if matches!(target.endpoint, Endpoint::Fake { .. }) && args.retries > 0 {
        bail!(
            "target {} is a fake of ours: what it does once, it does always, so a case that comes to something else is \
             a bug; --retries is for servers",
            target.name
        );
    }
    match (&target.endpoint, &args.url, &args.sabotage) {
        (Endpoint::Fake { .. }, Some(_), _) => bail!(
            "target {} is a fake of ours; --url wants none, or the file of a server",
            target.name
        ),
        (Endpoint::Server(_), _, Some(_)) => {
            bail!("target {} is a server: --sabotage breaks fakes of ours", target.name)
        }
        _ => Ok(target),
    }
}

/// The place to play `cases` against a target. A server is looked at before.
pub(super) async fn place(
    args: &Args,
    target: Target,
    cases: &[&Case],
    environment: Environment<'_>,
) -> anyhow::Result<Place> {
    if let Endpoint::Fake { .. } = target.endpoint {
        let venue = FakeVenue::new(target, args.sabotage.clone()).map_err(anyhow::Error::msg)?;
        return Ok(Place { venue: Arc::new(venue), warnings: Vec::new(), locks: Vec::new() });
    }
    let cleared = match &args.url {
        Some(url) => {
            let mut cleared = on_the_spot(&args.spot, target, url)?;
            if args.spot.user.is_none() {
                let warning = "no --user: cases that log in will not get far";
                cleared.warnings.push(warning.to_owned());
            }
            cleared
        }
        None => by_its_file(target, environment)?,
    };
    let Surveyed { cleared, locks } = survey(cleared, cases).await?;
    let Cleared { target, access, warnings } = cleared;
    let venue = ServerVenue::new(target, access).map_err(anyhow::Error::msg)?;
    Ok(Place { venue: Arc::new(venue), warnings, locks })
}

/// What the file of a target and the environment say.
pub(super) fn by_its_file(target: Target, environment: Environment<'_>) -> anyhow::Result<Cleared> {
    Cleared::of(target, environment).map_err(anyhow::Error::msg)
}

/// What the command line says of a server.
pub(super) fn on_the_spot(spot: &Spot, target: Target, url: &str) -> anyhow::Result<Cleared> {
    let is_secure = !url.starts_with("ws://");
    let trust = trust(is_secure, spot.ca.as_deref(), spot.pin.as_deref(), spot.insecure)?;
    let warnings = if spot.insecure { vec![INSECURE.to_owned()] } else { Vec::new() };
    let mut accounts = BTreeMap::new();
    match (&spot.user, std::env::var(PASSWORD)) {
        (Some(user), Ok(password)) if !password.is_empty() => {
            let account = Account { name: user.clone(), password };
            accounts.insert("agent".to_owned(), account);
        }
        (Some(_), _) => bail!("--user needs its password in the environment variable {PASSWORD}"),
        (None, _) => {}
    }
    let (url, domain) = (url.to_owned(), spot.domain.clone());
    let access = Access { url, trust, domain, pubsub: None, accounts, publisher: None };
    Ok(Cleared { target, access, warnings })
}
