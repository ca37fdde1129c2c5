//! The result of a request to a service or an account, and its answer.

use stanza::ns;

use super::iq_stanza::{Addressee, Iq};
use crate::context::Context;
use crate::outgoing::ElementKind;
use crate::spelling::{Condition, iq_error, iq_result, set_attr};
use crate::stream::Stream;

/// The result of a request to a service or an account.
pub(super) enum Reply {
    Result(String),
    /// An error, with the payload written back.
    Error(Condition),
    /// An error with this payload, mostly none (recorded: roster_get_other).
    ErrorWith(String, Condition),
    /// A handler of Openfire threw, and the server answers in its place.
    Thrown,
    /// The handler itself answers, past the ways of stanzas.
    Past(Box<Self>),
    /// An error with these words and nothing else (recorded: generated conversations about
    /// rosters; the code comes behind the type).
    ErrorSaying(Condition, &'static str),
    Silence,
    /// No service knows this namespace.
    Unknown,
}

impl Reply {
    /// Whether it goes the way of a stanza. An answer that the server gives in a handler's place
    /// does not.
    pub(super) fn is_routed(&self) -> bool {
        matches!(
            self,
            Self::Result(_) | Self::Error(_) | Self::ErrorWith(..) | Self::ErrorSaying(..)
        )
    }

    /// Whether it goes past the ways of stanzas.
    pub(super) fn is_past(&self) -> bool {
        matches!(self, Self::Past(_))
    }

    /// Sends it as the answer to a request.
    pub(super) fn send(self, cx: &mut Context, stream: &Stream, iq: &Iq<'_>) {
        let address = iq.own.to_string();
        match self {
            Self::Result(payload) => {
                let mut base = iq.element.clone();
                let is_roster = iq.child().is_some_and(|child| child.name.ns == ns::ROSTER);
                if is_roster && !payload.is_empty() && iq.addressee() == Addressee::OwnAccount {
                    // A roster is no answer that is made from its request (recorded:
                    // roster_get_own_bare).
                    set_attr(&mut base, "to", None);
                }
                stream.say(cx, ElementKind::Result, iq_result(&base, &address, &payload));
            }
            Self::ErrorWith(payload, condition) => {
                let error = condition.error(cx.settings.profile.legacy_codes, "");
                stream.say(
                    cx,
                    ElementKind::Error,
                    iq_error(iq.element, &address, &payload, &error),
                );
            }
            Self::Error(condition) => stream.refuse(cx, iq.element, condition),
            Self::Thrown => stream.refuse(cx, iq.element, Condition::InternalServerError),
            Self::Past(reply) => reply.send(cx, stream, iq),
            Self::ErrorSaying(condition, words) => {
                let (code, kind) = condition.code_and_type();
                let (name, stanzas) = (condition.name(), ns::STANZA_ERRORS);
                let error = format!(
                    "<error type=\"{kind}\" code=\"{code}\"><{name} xmlns=\"{stanzas}\"/>\
                     <text xmlns=\"{stanzas}\">{words}</text></error>"
                );
                stream.say(cx, ElementKind::Error, iq_error(iq.element, &address, "", &error));
            }
            Self::Silence => {}
            Self::Unknown => {
                // Recorded: unknown_ns_domain against unknown_ns_no_to; RFC 6120 §8.3.3.19 has one
                // condition for both.
                let condition = if iq.addressee() == Addressee::Server && cx.is_openfire() {
                    Condition::FeatureNotImplemented
                } else {
                    Condition::ServiceUnavailable
                };
                stream.refuse(cx, iq.element, condition);
            }
        }
    }
}
