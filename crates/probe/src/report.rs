//! The report of a probe: steps, and facts about the server.

use std::time::Duration;

use mask::Secrets;
use remote::{AccountLock, Error, LockError};
use serde::Serialize;
use stanza::caps::DiscoInfo;
use wire::ResponseHead;
use wire::net::{CertificateFacts, SpkiPin};

use crate::{ApiUser, SystemInfo};

/// The steps of a probe, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProbeStep {
    /// DNS: the address of the host.
    Address,
    /// The TCP connection.
    Tcp,
    /// The TLS handshake, for `wss`.
    Tls,
    /// The object about the server in the REST API of Finesse.
    SystemInfo,
    /// The user of the account in the REST API.
    User,
    /// The upgrade from HTTP to WebSocket (RFC 6455 §4).
    Upgrade,
    /// The `<open/>` of both sides (RFC 7395 §3.4).
    Open,
    /// The stream features (RFC 6120 §4.3.2).
    Features,
    /// SASL PLAIN, and the new stream.
    Login,
    /// Resource binding (RFC 6120 §7).
    Bind,
    /// Initial presence (RFC 6121 §4.2).
    Presence,
    /// The publish-subscribe service, and the account's subscriptions.
    Pubsub,
}

impl ProbeStep {
    /// All steps, in order.
    pub const ALL: [Self; 12] = [
        Self::Address,
        Self::Tcp,
        Self::Tls,
        Self::SystemInfo,
        Self::User,
        Self::Upgrade,
        Self::Open,
        Self::Features,
        Self::Login,
        Self::Bind,
        Self::Presence,
        Self::Pubsub,
    ];

    /// The name in the text report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::SystemInfo => "SystemInfo",
            Self::User => "User",
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

/// The outcome of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepOutcome {
    /// The step succeeded.
    Ok,
    /// The step failed.
    Broke,
    /// The step was left out or not reached.
    Skipped,
}

/// The report of one step.
#[derive(Debug, Clone, Serialize)]
pub struct StepReport {
    pub stage: ProbeStep,
    pub outcome: StepOutcome,
    #[serde(rename = "millis", serialize_with = "millis")]
    pub took: Duration,
    /// The result, the error, or the reason for leaving it out; one line.
    pub said: String,
    /// Details: label, value.
    pub details: Vec<(&'static str, String)>,
    /// Advice for a failed step, most likely cause first.
    pub look_at: Vec<String>,
}

/// A subscription of the account (XEP-0060 §5.6).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subscription {
    pub node: String,
    /// The subscriber, a bare or full JID.
    pub jid: String,
    /// The subid, if the service uses subids.
    pub subid: Option<String>,
}

/// Facts about the server, as far as the probe came.
#[derive(Debug, Default)]
pub struct Facts {
    /// SystemInfo, from the REST API.
    pub system: Option<SystemInfo>,
    /// The user of the account, from the REST API.
    pub api_user: Option<ApiUser>,
    /// The response to the upgrade.
    pub(crate) answer: Option<ResponseHead>,
    /// The result of the TLS handshake.
    pub(crate) pin: Option<SpkiPin>,
    pub(crate) certificate: Option<CertificateFacts>,
    /// `from` of its `<open/>`.
    pub domain: Option<String>,
    /// `id` of its `<open/>`.
    pub(crate) stream_id: Option<String>,
    /// The offered SASL mechanisms.
    pub(crate) mechanisms: Vec<String>,
    /// Node and hash of its capabilities (XEP-0115).
    pub(crate) caps: Option<(String, String)>,
    /// Its answer to service discovery (XEP-0030).
    pub(crate) info: Option<DiscoInfo>,
    /// Name and version, from its answer (XEP-0092).
    pub(crate) version: Option<(String, String)>,
    /// JID of the publish-subscribe service among its items.
    pub pubsub: Option<String>,
    /// The subscriptions of the account.
    pub subscriptions: Vec<Subscription>,
}

/// The result of a probe.
pub struct ProbeReport {
    /// The probed URL.
    pub url: String,
    /// The login name, if the probe logged in.
    pub user: Option<String>,
    /// The steps, in order.
    pub steps: Vec<StepReport>,
    /// The facts about the server.
    pub facts: Facts,
    /// The failed step on the WebSocket or on the way to it, with its error.
    pub trouble: Option<(ProbeStep, Error)>,
    /// The first failed request to the REST API, with its error.
    pub api_trouble: Option<(ProbeStep, Error)>,
    /// The error if another run holds the account's lock.
    pub held: Option<LockError>,
    /// The lock of the account, kept for the run that follows.
    pub lock: Option<AccountLock>,
    /// The checked nodes: path, and whether the node exists.
    pub nodes: Vec<(String, bool)>,
}

impl ProbeReport {
    /// The same without passwords in what the server said.
    #[must_use]
    pub fn masked(mut self, secrets: &Secrets) -> Self {
        let facts = &mut self.facts;
        let headers = facts.answer.iter_mut().flat_map(|answer| &mut answer.headers.0);
        let identities = facts.info.iter_mut().flat_map(|info| &mut info.identities);
        let pairs = headers.chain(&mut facts.caps).chain(&mut facts.version);
        let mut texts: Vec<&mut String> = pairs.flat_map(|(one, two)| [one, two]).collect();
        texts.extend(identities.map(|identity| &mut identity.name));
        texts.extend(facts.system.iter_mut().flat_map(SystemInfo::texts));
        texts.extend(facts.api_user.iter_mut().flat_map(ApiUser::texts));
        texts.extend(facts.domain.iter_mut().chain(&mut facts.stream_id).chain(&mut facts.pubsub));
        texts.extend(facts.mechanisms.iter_mut().chain(&mut self.user));
        for subscription in &mut facts.subscriptions {
            texts.extend([&mut subscription.node, &mut subscription.jid]);
            texts.extend(&mut subscription.subid);
        }
        for step in &mut self.steps {
            texts.push(&mut step.said);
            texts.extend(step.details.iter_mut().map(|(_, value)| value));
            texts.extend(&mut step.look_at);
        }
        for text in texts {
            *text = secrets.scrub(&mask::urls(text));
        }
        self.url = secrets.scrub(&mask::url(&self.url));
        for (_, trouble) in self.trouble.iter_mut().chain(&mut self.api_trouble) {
            let said = trouble.to_string();
            let masked = secrets.scrub(&said);
            if masked != said {
                *trouble = Error::Unexpected(masked);
            }
        }
        self
    }

    /// Whether a login was refused, so that it must not be repeated: servers lock accounts.
    pub fn is_refused(&self) -> bool {
        let mut troubles = self.trouble.iter().chain(&self.api_trouble);
        troubles.any(|(_, trouble)| matches!(trouble, Error::Login(_)))
    }

    /// Whether a step succeeded.
    pub(crate) fn has_done(&self, stage: ProbeStep) -> bool {
        self.steps.iter().any(|step| step.stage == stage && step.outcome == StepOutcome::Ok)
    }
}

fn millis<S: serde::Serializer>(took: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(u64::try_from(took.as_millis()).unwrap_or(u64::MAX))
}
