//! A probe: one connection to a server, step by step. It shows the time of each step, and the step
//! that fails.
//!
//! ```text
//! address → TCP → TLS → SystemInfo → User → upgrade → open → features → login → bind → presence → pubsub
//! ```
//!
//! SystemInfo and User are requests to the REST API of Finesse, on a connection of their own.

mod about;
mod advice;
mod api;
mod certificate;
mod disagreement;
mod draft;
mod engine;
mod json;
mod openfire;
mod report;
mod text;
mod traits;
mod walk;

use remote::{Access, Client, Deadlines, Error, Url, pubsub};
use stanza::{Element, ns};
use wire::net::{SpkiPin, TlsFacts, Trust};

use api::ApiAnswers;
use walk::Walk;

pub use api::{ApiUser, SystemInfo};
pub use disagreement::Disagreement;
pub use draft::draft;
pub use engine::{Conclusion, Recognised};
pub use json::json;
pub use openfire::{Openfire, OpenfireSetting};
pub use report::{Facts, ProbeReport, ProbeStep, StepOutcome, StepReport, Subscription};
pub use text::text;
pub use traits::{Pair, Trait, pairs};

/// The resource that the probe binds; no client of a person uses it.
pub const RESOURCE: &str = "conformance-probe";

/// The last step of a probe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// End after the features, without a login.
    Features,
    /// Log in and look at the services, without presence.
    Services,
    /// Take all steps: the account becomes available for a moment.
    All,
}

/// The questions to the REST API, which come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ApiDepth {
    /// None.
    Nothing,
    /// SystemInfo, which needs no login.
    SystemInfo,
    /// The user of the account, too.
    User,
}

/// The plan of a probe.
pub struct ProbePlan<'a> {
    /// The server and its accounts.
    pub access: &'a Access,
    /// Name of the account for the login.
    pub account: &'a str,
    /// The last step to take.
    pub depth: Depth,
    /// The requests to the REST API.
    pub api: ApiDepth,
    /// The factor on all deadlines.
    pub patience: f64,
    /// Nodes whose existence is checked.
    pub nodes: Vec<String>,
}

/// Probes a server.
///
/// # Errors
///
/// The URL does not parse; one line.
pub async fn probe(plan: &ProbePlan<'_>) -> Result<ProbeReport, String> {
    let url = Url::parse(&plan.access.url)?;
    let asked = match plan.api {
        ApiDepth::Nothing => Ok(ApiAnswers::default()),
        ApiDepth::SystemInfo | ApiDepth::User => api::ask(plan, &url).await,
    };
    let asked = match asked {
        Ok(asked) => asked,
        Err(trouble) => {
            let mut walk = Walk::new(plan, &url.host, &ApiAnswers::default());
            walk.unreached(trouble, &url).await;
            walk.rest();
            return Ok(walk.probe);
        }
    };
    let told = asked.system.as_ref().map(|system| system.domain.clone());
    let host = || url.host.trim_matches(['[', ']']).to_owned();
    let told = told.filter(|told| !told.is_empty());
    let to = plan.access.domain.clone().or(told).unwrap_or_else(host);
    let mut found = once(plan, &url, &to, &asked).await;
    // A server that refuses the host of its URL may have named its domain (RFC 6120 §4.7.2).
    let told = found.facts.domain.clone().filter(|told| *told != to);
    if let (Some((_, Error::StreamError(_))), Some(told)) = (&found.trouble, told)
        && plan.access.domain.is_none()
    {
        found = once(plan, &url, &told, &asked).await;
    }
    found.api_trouble = asked.trouble;
    Ok(found)
}

/// One WebSocket, with a stream to the domain `to`.
async fn once(plan: &ProbePlan<'_>, url: &Url, to: &str, asked: &ApiAnswers) -> ProbeReport {
    let mut walk = Walk::new(plan, to, asked);
    let deadlines = Deadlines::with_patience(plan.patience);
    match Client::connect(url, &plan.access.trust, deadlines).await {
        Ok(mut client) => {
            walk.connected(&client, url);
            if let Err(trouble) = walk.talk(&mut client, url).await {
                walk.broke(trouble);
            }
            client.leave().await;
        }
        Err(trouble) => walk.unreached(trouble, url).await,
    }
    walk.rest();
    walk.probe
}

/// The pin of a server's public key.
///
/// # Errors
///
/// The TLS connection cannot be made, or the certificate does not parse.
pub async fn pin(host: &str, port: u16) -> Result<SpkiPin, Error> {
    let url = Url { secure: true, host: host.to_owned(), port, path: String::new() };
    let facts = shown(&url).await?;
    facts
        .and_then(|facts| facts.peer_pin)
        .ok_or_else(|| Error::Unexpected(format!("{host}:{port} sends no certificate that parses")))
}

/// TLS facts of a server: connects without checking the certificate and sends nothing.
async fn shown(url: &Url) -> Result<Option<TlsFacts>, Error> {
    let client = Client::connect(url, &Trust::Insecure, Deadlines::with_patience(1.0)).await?;
    let facts = client.stream().tls_facts();
    client.leave().await;
    Ok(facts)
}

/// The subscriptions of the account (XEP-0060 §5.6).
pub(crate) async fn subscriptions(
    client: &mut Client,
    service: &str,
) -> Result<Vec<Subscription>, Error> {
    let answer = client.ask("get", Some(service), pubsub::subscriptions()).await?;
    let list = answer
        .child(ns::PUBSUB, "pubsub")
        .and_then(|pubsub| pubsub.child(ns::PUBSUB, "subscriptions"));
    let subscription = |own: &Element| {
        let text = |name| own.attr(name).map(str::to_owned);
        Some(Subscription { node: text("node")?, jid: text("jid")?, subid: text("subid") })
    };
    let mut all: Vec<Subscription> =
        list.map(|list| list.children().filter_map(subscription).collect()).unwrap_or_default();
    all.sort_by(|a, b| (&a.node, &a.jid, &a.subid).cmp(&(&b.node, &b.jid, &b.subid)));
    Ok(all)
}
