//! Why the service refuses a request, and the error it answers with.

use stanza::{Element, ns};

use super::place::ServiceAddress;
use super::policy::PubSubPolicy;
use super::tag::tag;
use crate::spelling::{Condition, echo, echo_children, iq_error, payload};

/// A request that is not carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// An error that echoes the request's payload.
    Error(Condition, Option<Detail>),
    /// An exception inside Openfire: internal-server-error, of `pubsub.DOMAIN` without the payload
    /// (recorded: ps_sub_no_jid).
    Crash,
    /// An exception that Openfire swallows: no answer at all (recorded:
    /// ps_create_bad_access_model).
    Silence,
}

/// The pubsub-specific condition beside the stanza's own (XEP-0060 §11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    ClosedNode,
    InvalidJid,
    InvalidOptions,
    InvalidPayload,
    ItemForbidden,
    ItemRequired,
    JidRequired,
    MaxNodesExceeded,
    NodeIdRequired,
    NotInRosterGroup,
    NotSubscribed,
    PayloadRequired,
    PayloadTooBig,
    PendingSubscription,
    PreconditionNotMet,
    PresenceSubscriptionRequired,
    TooManySubscriptions,
    /// The feature that is missing, by its short name.
    Unsupported(&'static str),
    UnsupportedAccessModel,
}

impl Refusal {
    /// An error with nothing but the stanza condition.
    pub(super) fn of(condition: Condition) -> Self {
        Self::Error(condition, None)
    }

    /// An error with the pubsub condition that explains it.
    pub(super) fn with(condition: Condition, detail: Detail) -> Self {
        Self::Error(condition, Some(detail))
    }

    /// A feature that the service or the node lacks.
    pub(super) fn unsupported(feature: &'static str) -> Self {
        Self::with(Condition::FeatureNotImplemented, Detail::Unsupported(feature))
    }

    /// The condition of the error that is answered.
    pub(super) fn condition(self) -> &'static str {
        match self {
            Self::Error(condition, None) => condition.name(),
            Self::Error(_, Some(detail)) => detail.name(),
            Self::Crash => Condition::InternalServerError.name(),
            Self::Silence => "no answer",
        }
    }

    /// The error stanza for the request `received` at `place`, or `None` where there is no answer.
    pub(super) fn answer(
        self,
        received: &Element,
        to: &str,
        policy: &PubSubPolicy,
        place: &ServiceAddress,
    ) -> Option<String> {
        let request = place.addressed(received);
        let written_back = || match policy.checks_requests {
            true => echo_children(received),
            false => payload(received).map(|it| echo(it, &received.name.ns)).unwrap_or_default(),
        };
        let (condition, detail, request, payload) = match self {
            Self::Error(condition, detail) => (condition, detail, &*request, written_back()),
            // The handler of personal eventing knows the request alone (recorded: generated,
            // pubsub_187).
            Self::Crash if place.is_personal() => {
                (Condition::InternalServerError, None, received, written_back())
            }
            Self::Crash => (Condition::InternalServerError, None, &*request, String::new()),
            Self::Silence => return None,
        };
        let extra = detail.map(Detail::xml).unwrap_or_default();
        Some(iq_error(request, to, &payload, &condition.error(policy.legacy_codes, &extra)))
    }
}

impl Detail {
    fn xml(self) -> String {
        let mut attributes = vec![("xmlns", ns::PUBSUB_ERRORS)];
        if let Self::Unsupported(feature) = self {
            attributes.push(("feature", feature));
        }
        tag(self.name(), &attributes, "")
    }

    fn name(self) -> &'static str {
        match self {
            Self::ClosedNode => "closed-node",
            Self::InvalidJid => "invalid-jid",
            Self::InvalidOptions => "invalid-options",
            Self::InvalidPayload => "invalid-payload",
            Self::ItemForbidden => "item-forbidden",
            Self::ItemRequired => "item-required",
            Self::JidRequired => "jid-required",
            Self::MaxNodesExceeded => "max-nodes-exceeded",
            Self::NodeIdRequired => "nodeid-required",
            Self::NotInRosterGroup => "not-in-roster-group",
            Self::NotSubscribed => "not-subscribed",
            Self::PayloadRequired => "payload-required",
            Self::PayloadTooBig => "payload-too-big",
            Self::PendingSubscription => "pending-subscription",
            Self::PreconditionNotMet => "precondition-not-met",
            Self::PresenceSubscriptionRequired => "presence-subscription-required",
            Self::TooManySubscriptions => "too-many-subscriptions",
            Self::Unsupported(_) => "unsupported",
            Self::UnsupportedAccessModel => "unsupported-access-model",
        }
    }
}
