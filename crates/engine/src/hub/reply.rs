//! The result of a request to the server or to an account, and its answer.

use stanza::{Element, Jid, ns};

use crate::context::Context;
use crate::outgoing::What;
use crate::spelling::{Condition, iq_error, iq_result, set_attr};
use crate::stream::Stream;

/// The result of a request to the server or to an account.
pub(super) enum Reply {
    Result(String),
    /// An error, with the payload written back.
    Error(Condition),
    /// An error with this payload, mostly none (recorded: roster_get_other).
    ErrorWith(String, Condition),
    /// An error with these words and nothing else (recorded: generated conversations about
    /// rosters; the code comes behind the type).
    ErrorSaying(Condition, &'static str),
    Silence,
    /// No service knows this namespace.
    Unknown,
}

impl Reply {
    /// Sends it as the answer to a request.
    pub(super) fn send(
        self,
        cx: &mut Context,
        stream: &Stream,
        iq: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        let address = own.to_string();
        match self {
            Self::Result(payload) => {
                stream.say(
                    cx,
                    What::Result,
                    iq_result(&reply_base(iq, own, to), &address, &payload),
                );
            }
            Self::ErrorWith(payload, condition) => {
                let error = condition.error(cx.settings.profile.legacy_codes, "");
                stream.say(cx, What::Error, iq_error(iq, &address, &payload, &error));
            }
            Self::ErrorSaying(condition, words) => {
                let (code, kind) = condition.code_and_type();
                let (name, stanzas) = (condition.name(), ns::STANZA_ERRORS);
                let error = format!(
                    "<error type=\"{kind}\" code=\"{code}\"><{name} xmlns=\"{stanzas}\"/>\
                     <text xmlns=\"{stanzas}\">{words}</text></error>"
                );
                stream.say(cx, What::Error, iq_error(iq, &address, "", &error));
            }
            Self::Error(condition) => stream.refuse(cx, iq, condition),
            Self::Silence => {}
            Self::Unknown => {
                // Recorded: unknown_ns_domain against unknown_ns_no_to; RFC 6120 §8.3.3.19 has one
                // condition for both.
                let to_domain = to.is_some_and(|to| cx.is_domain(to));
                let condition = if to_domain && cx.is_openfire() {
                    Condition::FeatureNotImplemented
                } else {
                    Condition::ServiceUnavailable
                };
                stream.refuse(cx, iq, condition);
            }
        }
    }
}

/// The answer to a roster request never has a `from` (recorded: roster_get_own_bare).
fn reply_base(iq: &Element, own: &Jid, to: Option<&Jid>) -> Element {
    let mut base = iq.clone();
    let roster = iq.children().next().is_some_and(|child| child.name.ns == ns::ROSTER);
    if roster && to == Some(&own.bare()) {
        set_attr(&mut base, "to", None);
    }
    base
}
