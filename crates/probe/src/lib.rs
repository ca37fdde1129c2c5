//! A probe: one gentle connection to a server, step by step. It shows how far it comes, how long
//! each step takes, and where it breaks.
//!
//! ```text
//! address → TCP → TLS → upgrade → open → features → login → bind → presence → pubsub
//! ```

mod advice;
mod certificate;
mod draft;
mod engine;
mod json;
mod openfire;
mod report;
mod text;
mod walk;

use std::time::Instant;

use remote::{Access, Client, Deadlines, Error, Url, pubsub};
use stanza::{Element, ns};
use wire::net::{SpkiPin, TlsFacts, Trust};

use walk::Walk;

pub use draft::draft;
pub use engine::{Conclusion, Recognised};
pub use json::json;
pub use openfire::{Openfire, OpenfireSetting};
pub use report::{Facts, ProbeReport, ProbeStep, StepOutcome, StepReport, Subscription};
pub use text::text;

/// The resource that is bound; not one that a person's client has.
pub const RESOURCE: &str = "conformance-probe";

/// How far to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// To the features: nobody is logged in.
    Features,
    /// To the services: an account is logged in, and nobody sees it.
    Services,
    /// All the way: the account becomes available for a moment.
    All,
}

/// What to ask for on the way.
pub struct ProbePlan<'a> {
    /// Whom to reach.
    pub access: &'a Access,
    /// Name of the account to log in with.
    pub account: &'a str,
    /// How far to go.
    pub depth: Depth,
    /// Factor on deadlines.
    pub patience: f64,
    /// Nodes whose existence is of interest.
    pub nodes: Vec<String>,
}

/// Goes to a server and back.
///
/// # Errors
///
/// The URL is none; one line.
pub async fn probe(plan: &ProbePlan<'_>) -> Result<ProbeReport, String> {
    let url = Url::parse(&plan.access.url)?;
    let host = url.host.trim_matches(['[', ']']).to_owned();
    let to = plan.access.domain.clone().unwrap_or(host);
    let first = once(plan, &url, &to).await;
    // A server that refuses the host of its URL may have said what it is called instead (RFC 6120
    // §4.7.2).
    let told = first.facts.domain.clone().filter(|told| *told != to);
    match (&first.trouble, told) {
        (Some((_, Error::StreamError(_))), Some(told)) if plan.access.domain.is_none() => {
            Ok(once(plan, &url, &told).await)
        }
        _ => Ok(first),
    }
}

/// One connection, with a stream to the domain `to`.
async fn once(plan: &ProbePlan<'_>, url: &Url, to: &str) -> ProbeReport {
    let mut walk = Walk {
        plan,
        to,
        probe: ProbeReport {
            url: plan.access.url.clone(),
            user: None,
            steps: Vec::new(),
            facts: Facts::default(),
            trouble: None,
            held: None,
            lock: None,
            nodes: Vec::new(),
        },
        began: Instant::now(),
        stage: ProbeStep::Address,
    };
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
/// No connection over TLS.
pub async fn pin(host: &str, port: u16) -> Result<SpkiPin, Error> {
    let url = Url { secure: true, host: host.to_owned(), port, path: String::new() };
    let facts = shown(&url).await?;
    facts.and_then(|facts| facts.peer_pin).ok_or_else(|| {
        Error::Unexpected(format!("{host}:{port} shows no certificate that can be read"))
    })
}

/// What a server shows to somebody who trusts anybody, and says nothing to it.
async fn shown(url: &Url) -> Result<Option<TlsFacts>, Error> {
    let client = Client::connect(url, &Trust::Insecure, Deadlines::with_patience(1.0)).await?;
    let facts = client.stream().tls_facts();
    client.leave().await;
    Ok(facts)
}

/// What the account is subscribed to (XEP-0060 §5.6).
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
