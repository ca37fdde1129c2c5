//! What a probe reports: each step, and what the server said of itself.

use std::time::Duration;

use remote::{AccountLock, Error, LockError};
use serde::Serialize;
use stanza::caps::DiscoInfo;
use wire::ResponseHead;
use wire::net::{CertificateFacts, SpkiPin};

/// A step on the way, in the order in which they are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeStep {
    /// From the host name to an address.
    Address,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
    /// From HTTP to WebSocket.
    Upgrade,
    /// The `<open/>` of either side.
    Open,
    /// What the stream offers.
    Features,
    /// SASL PLAIN, and the stream that follows.
    Login,
    /// The full JID.
    Bind,
    /// Becoming available.
    Presence,
    /// The publish-subscribe service, and what the account is subscribed to.
    Pubsub,
}

impl ProbeStep {
    /// All of them, in order.
    pub const ALL: [Self; 10] = [
        Self::Address,
        Self::Tcp,
        Self::Tls,
        Self::Upgrade,
        Self::Open,
        Self::Features,
        Self::Login,
        Self::Bind,
        Self::Presence,
        Self::Pubsub,
    ];

    /// Its name for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Upgrade => "upgrade",
            Self::Open => "open",
            Self::Features => "features",
            Self::Login => "login",
            Self::Bind => "bind",
            Self::Presence => "presence",
            Self::Pubsub => "pubsub",
        }
    }
}

/// How far a step came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepOutcome {
    /// As it should.
    Ok,
    /// It broke here.
    Broke,
    /// It was left out, or never reached.
    Skipped,
}

/// One step, as it went.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    /// Which.
    pub stage: ProbeStep,
    /// How far it came.
    pub outcome: StepOutcome,
    /// How long it took.
    #[serde(rename = "millis", serialize_with = "millis")]
    pub took: Duration,
    /// What came of it, what broke, or why it was left out; one line.
    pub said: String,
    /// More about it: label, value.
    pub details: Vec<(&'static str, String)>,
    /// Where to look, when it broke.
    pub look_at: Vec<String>,
}

/// A subscription of the account (XEP-0060 §5.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    /// The node.
    pub node: String,
    /// Who is subscribed, as a bare or a full JID.
    pub jid: String,
    /// Its id, where the service tells several of one subscriber apart.
    pub subid: Option<String>,
}

/// What a server said of itself, as far as it came to that.
#[derive(Debug, Default)]
pub struct Facts {
    /// The answer to the upgrade.
    pub(crate) answer: Option<ResponseHead>,
    /// What TLS settled.
    pub(crate) pin: Option<SpkiPin>,
    pub(crate) certificate: Option<CertificateFacts>,
    /// `from` of its `<open/>`.
    pub domain: Option<String>,
    /// `id` of its `<open/>`.
    pub(crate) stream_id: Option<String>,
    /// SASL mechanisms.
    pub(crate) mechanisms: Vec<String>,
    /// Node and hash of its capabilities (XEP-0115).
    pub(crate) caps: Option<(String, String)>,
    /// What it says of itself when asked (XEP-0030).
    pub(crate) info: Option<DiscoInfo>,
    /// Name and version, when asked (XEP-0092).
    pub(crate) version: Option<(String, String)>,
    /// The publish-subscribe service among its items.
    pub pubsub: Option<String>,
    /// What the account is subscribed to.
    pub subscriptions: Vec<Subscription>,
}

/// What came of a probe.
pub struct ProbeReport {
    /// Where it went.
    pub url: String,
    /// The login name, when it came to that.
    pub user: Option<String>,
    /// Each step.
    pub steps: Vec<StepReport>,
    /// What was learnt.
    pub facts: Facts,
    /// Why it broke, where it did.
    pub trouble: Option<(ProbeStep, Error)>,
    /// Another run has the account.
    pub held: Option<LockError>,
    /// The account, as long as it is kept for what follows.
    pub lock: Option<AccountLock>,
    /// Nodes that were asked for: path, and whether there is such a node.
    pub nodes: Vec<(String, bool)>,
}

fn millis<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
