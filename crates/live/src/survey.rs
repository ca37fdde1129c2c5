//! The survey before a run: is the server there, which domain and services does it have, do the
//! accounts log in, and does it have the nodes that the target's file promises?
//!
//! It takes one connection for each account, and one more to the REST API where the target's file
//! says that the server is a Finesse.

use case::Case;
use probe::{ApiDepth, Depth, Disagreement, ProbePlan, ProbeReport, ProbeStep, probe};
use remote::{AccountLock, Error};
use runner::Target;
use textual::Hint;

use crate::Cleared;

/// The account whose connection asks about everything.
const AGENT: &str = "agent";

/// The account that configures by REST. It has no login over XMPP that could be looked at.
const ADMINISTRATOR: &str = "administrator";

/// A server that may be played against and is there.
pub struct Surveyed {
    /// The target, with the features that it provides and lacks; the way to reach it; the remarks
    /// about it.
    pub cleared: Cleared,
    /// The accounts, kept from other runs on this machine as long as this lives.
    pub locks: Vec<AccountLock>,
    /// The findings, for reports: name, value.
    pub about: Vec<(&'static str, String)>,
}

/// Why nothing is played.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// The server is not there, does not let an account in, or another run has the account.
    #[error("{0}")]
    Server(String),
    /// The target's file has to say more.
    #[error("{0}")]
    File(String),
}

/// Looks at the server before `cases` are played.
///
/// # Errors
///
/// Nothing could be played, or it would do harm.
pub async fn survey(mut cleared: Cleared, cases: &[&Case]) -> Result<Surveyed, SurveyError> {
    let mut accounts = runner::accounts(&cleared.target, cases);
    accounts.retain(|account| {
        account != ADMINISTRATOR && cleared.access.accounts.contains_key(account)
    });
    // A login is not made for cases that make none.
    let mut locks = Vec::new();
    let depth = if accounts.remove(AGENT) { Depth::Services } else { Depth::Features };
    let api = if cleared.target.vendor { ApiDepth::SystemInfo } else { ApiDepth::Nothing };
    let found = look(&cleared, AGENT, depth, api).await?;
    let about = found.about();
    take_in(&mut cleared, found, &mut locks)?;
    for account in &accounts {
        let found = look(&cleared, account, Depth::Services, ApiDepth::Nothing).await?;
        take_in(&mut cleared, found, &mut locks)?;
    }
    Ok(Surveyed { cleared, locks, about })
}

/// Probes with an account.
async fn look(
    cleared: &Cleared,
    account: &str,
    depth: Depth,
    api: ApiDepth,
) -> Result<ProbeReport, SurveyError> {
    let promised = cleared.target.provides.iter().filter(|(need, _)| need.starts_with("node."));
    let plan = ProbePlan {
        access: &cleared.access,
        account,
        depth,
        api,
        patience: cleared.target.patience,
        nodes: promised.map(|(_, node)| node.clone()).filter(|node| !node.is_empty()).collect(),
    };
    probe(&plan).await.map_err(SurveyError::File)
}

/// Adds what was found to what is known.
fn take_in(
    cleared: &mut Cleared,
    mut found: ProbeReport,
    locks: &mut Vec<AccountLock>,
) -> Result<(), SurveyError> {
    let Cleared { target, access, warnings } = cleared;
    locks.extend(found.lock.take());
    if let Some(held) = &found.held {
        return Err(SurveyError::Server(format!("target {}: {held}", target.name)));
    }
    // Nothing is wrong with the server, and every case would blame it.
    if let Some(why) = found.wrong_domain(access) {
        return Err(SurveyError::File(format!("target {}: {why}", target.name)));
    }
    if let Some((stage, trouble)) = &found.api_trouble {
        let said = access.secrets().scrub(&told(&target.name, *stage, trouble, &found));
        warnings.push(said.lines().next().unwrap_or_default().to_owned());
    }
    for Disagreement { what, told, found, means } in found.disagreements() {
        warnings.push(access.secrets().scrub(&format!(
            "target {}: {what}: SystemInfo tells {told}, the WebSocket {found}: {means}",
            target.name
        )));
    }
    let mut pubsub_is_known = found.facts.pubsub.is_some();
    if let Some((stage, trouble)) = &found.trouble {
        let secrets = access.secrets();
        let said = secrets.scrub(&told(&target.name, *stage, trouble, &found));
        match (stage, trouble) {
            (ProbeStep::Address | ProbeStep::Tcp | ProbeStep::Tls, _)
            | (ProbeStep::Login, Error::Login(_))
            | (_, Error::Unreadable(_) | Error::SpeaksTls) => {
                return Err(SurveyError::Server(said));
            }
            (ProbeStep::Pubsub, Error::Unexpected(why)) => {
                target.missing.insert("pubsub".to_owned(), secrets.scrub(why));
                pubsub_is_known = true;
            }
            (ProbeStep::Open | ProbeStep::Features, Error::StreamError(condition))
                if condition == "host-unknown" && access.domain.is_some() =>
            {
                return Err(SurveyError::File(said));
            }
            _ if access.domain.is_some() => {
                warnings.push(said.lines().next().unwrap_or_default().to_owned())
            }
            (ProbeStep::Open, _) => return Err(SurveyError::File(said)),
            _ if found.facts.domain.is_none() => return Err(SurveyError::Server(said)),
            _ => warnings.push(said.lines().next().unwrap_or_default().to_owned()),
        }
    }
    if access.domain.is_none() {
        access.domain = found.facts.domain;
    }
    if access.pubsub.is_none() {
        access.pubsub = found.facts.pubsub;
    }
    if pubsub_is_known {
        nodes(target, &found.nodes, access.publisher.is_some());
    }
    Ok(())
}

/// Takes out of what the target provides the nodes that are not as their names say.
fn nodes(target: &mut Target, found: &[(String, bool)], has_publisher: bool) {
    let way_out = if has_publisher { "; the command `nodes` makes it" } else { "" };
    let without_service = target.missing.get("pubsub").cloned();
    let wrong = |need: &str, node: &str| {
        if let Some(why) = &without_service {
            return Some(why.clone());
        }
        let (_, there) = found.iter().find(|(known, _)| known == node)?;
        match (need, there) {
            ("node.absent", true) => Some(format!("{node} should be absent, and is there")),
            ("node.absent", false) | (_, true) => None,
            (_, false) => Some(format!("the server has no node {node}{way_out}")),
        }
    };
    let promised = target.provides.iter().filter(|(need, _)| need.starts_with("node."));
    let wrong: Vec<(String, String)> =
        promised.filter_map(|(need, node)| Some((need.clone(), wrong(need, node)?))).collect();
    for (need, why) in wrong {
        target.provides.remove(&need);
        target.missing.insert(need, why);
    }
}

/// The failure, the place to look, and the way to see more.
fn told(target: &str, stage: ProbeStep, trouble: &Error, found: &ProbeReport) -> String {
    // An error of dialling names its step itself.
    let mut said = match trouble {
        Error::Dial(error) => format!("target {target}: {error}"),
        _ => format!("target {target}: {}: {trouble}", stage.word()),
    };
    let step = found.steps.iter().find(|step| step.stage == stage);
    for look_at in step.into_iter().flat_map(|step| &step.look_at) {
        said.push_str(&format!("\n  look at  {look_at}"));
    }
    // A server that is given by its URL has no name for the command.
    if !matches!(trouble, Error::Login(_)) && target != "url" {
        said.push_str(&format!("\n  step by step: {}", Hint::new(["probe", target])));
    }
    said
}
