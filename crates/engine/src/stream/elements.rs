//! The way of an element of the client: the stream's own business is done here, stanzas are
//! handed on (RFC 7395 §3.3 to §3.6, RFC 6120 §4).

use std::borrow::Cow;

use stanza::{Element, ns};

use super::{Framing, Stream};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fault::Name;
use crate::outgoing::ElementKind;
use crate::spelling::{Condition, echo_root, set_attr, without_namespace};
use crate::timers::Timer;

/// The rest of the work on an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handled {
    /// Nothing.
    Done,
    /// It is a stanza of a client that is logged in.
    Stanza,
}

impl Stream {
    /// Takes an element of the client.
    pub(crate) fn take(&mut self, cx: &mut Context, element: &Element) -> Handled {
        match (cx.dialect(), self.has_begun()) {
            (Dialect::Openfire, _) if self.framing == Framing::Carrier => {
                return self.unframed_openfire(cx, element);
            }
            (Dialect::Openfire, _) if self.framing == Framing::Tags => {
                return self.tagged_openfire(cx, element);
            }
            (Dialect::Openfire, false) => self.first_openfire(cx, element),
            (Dialect::Openfire, true) => return self.next_openfire(cx, element),
            (Dialect::Rfc, false) => self.first_rfc(cx, element),
            (Dialect::Rfc, true) => return self.next_rfc(cx, element),
        }
        Handled::Done
    }

    /// Recorded: first_*. Anything but an `<open/>` in its namespace ends without a word.
    fn first_openfire(&mut self, cx: &mut Context, element: &Element) {
        if element.is(ns::FRAMING, "open") {
            self.open(cx, element);
        } else {
            self.close(cx);
        }
    }

    /// Openfire goes by local names alone (recorded: close_wrong_ns, frame_second_open_wrong_ns,
    /// frame_wrong_stanza_ns).
    fn next_openfire(&mut self, cx: &mut Context, element: &Element) -> Handled {
        match element.name.local.as_str() {
            "open" => self.open(cx, element),
            "close" => self.close(cx),
            _ if self.login_openfire(cx, element) => {}
            _ if self.user().is_none() => self.echo(cx, element, Condition::NotAuthorized),
            "iq" | "message" | "presence" => {
                self.count_received();
                return Handled::Stanza;
            }
            _ if self.management(cx, element) => {}
            _ => self.echo(cx, element, Condition::BadRequest),
        }
        Handled::Done
    }

    /// Takes an element of a login; false if it is none. To Openfire a `<response/>` is one only
    /// after an `<auth/>`.
    fn login_openfire(&mut self, cx: &mut Context, element: &Element) -> bool {
        match element.name.local.as_str() {
            "auth" => self.sasl_begun = true,
            "abort" => {}
            "response" if self.sasl_begun => {}
            _ => return false,
        }
        self.sasl(cx, element);
        true
    }

    /// Openfire reads no more than this on a stream that its carrier opens, and drops the rest
    /// (recorded: bosh_iq_bad_type). Even stanzas before the login go to the router.
    fn unframed_openfire(&mut self, cx: &mut Context, element: &Element) -> Handled {
        match element.name.local.as_str() {
            "auth" | "response" => self.sasl(cx, element),
            "iq" | "message" | "presence" => {
                self.count_received();
                return Handled::Stanza;
            }
            _ => {}
        }
        Handled::Done
    }

    /// Elements that Openfire reads over TCP (`StanzaHandler.process`). A start tag counts once,
    /// and once more after the login. Even stanzas before the login go to the router.
    fn tagged_openfire(&mut self, cx: &mut Context, element: &Element) -> Handled {
        match element.name.local.as_str() {
            "open" if !self.has_begun() || self.restart_due => self.open(cx, element),
            "open" => {}
            _ if !self.has_begun() => {}
            "close" => self.close(cx),
            _ if self.login_openfire(cx, element) => {}
            // Here the server counts even where it does not offer to.
            _ if self.managed(cx, element) => {}
            "iq" | "message" | "presence" => {
                self.count_received();
                return Handled::Stanza;
            }
            // TLS was not offered (`StanzaHandler.negotiateTLS`).
            "starttls" => self.fail(cx, "not-authorized"),
            "compress" => {
                let refused = "<failure xmlns='http://jabber.org/protocol/compress'><setup-failed/></failure>";
                self.say(cx, None, refused.to_owned());
            }
            _ => self.close(cx),
        }
        Handled::Done
    }

    fn first_rfc(&mut self, cx: &mut Context, element: &Element) {
        let is_stanza = element.name.ns == ns::CLIENT && is_stanza_name(&element.name.local);
        if element.name.local == "open" {
            self.open_rfc(cx, element);
        } else if element.is(ns::FRAMING, "close") {
            self.answer_open(cx, None);
            self.closed_by_client(cx);
        } else if is_stanza || element.name.ns == ns::SASL {
            // RFC 6120 §4.9.3.12.
            self.fail(cx, "not-authorized");
        } else {
            // RFC 6120 §4.9.3.24.
            self.fail(cx, "unsupported-stanza-type");
        }
    }

    fn next_rfc(&mut self, cx: &mut Context, element: &Element) -> Handled {
        let logged_in = self.user().is_some() && !self.restart_due;
        match (element.name.ns.as_str(), element.name.local.as_str()) {
            (_, "open") if self.restart_due && self.is_framed() => self.open_rfc(cx, element),
            (ns::FRAMING, "close") if self.is_framed() => self.closed_by_client(cx),
            // RFC 7395 §3.3.2.
            (namespace, "open" | "close") if namespace != ns::FRAMING && self.is_framed() => {
                self.fail(cx, "invalid-namespace");
            }
            (ns::SASL, "auth" | "response" | "abort") if self.user().is_none() => {
                self.sasl(cx, element);
            }
            // RFC 6120 §4.9.3.12.
            (ns::CLIENT, local) if is_stanza_name(local) && !logged_in => {
                self.fail(cx, "not-authorized");
            }
            (ns::CLIENT, local) if is_stanza_name(local) => return Handled::Stanza,
            // RFC 6120 §4.9.3.10: a stanza needs the content namespace, in each message anew (RFC
            // 7395 §3.3.3).
            (_, local) if is_stanza_name(local) && cx.faults.lasting(Name::AnyNamespace) => {
                return Handled::Stanza;
            }
            (_, local) if is_stanza_name(local) => self.fail(cx, "invalid-namespace"),
            // RFC 6120 §4.9.3.24.
            _ => self.fail(cx, "unsupported-stanza-type"),
        }
        Handled::Done
    }

    /// RFC 7395 §3.6: the client closes; the answer is `<close/>`, and the client then closes what
    /// carries the stream.
    fn closed_by_client(&mut self, cx: &mut Context) {
        self.end_session(cx);
        self.say_close(cx);
        cx.set_timer(cx.settings.profile.close_wait, self.id, Timer::CloseOverdue);
    }

    /// Openfire returns what it does not take, with `type="error"`, swapped addresses and no
    /// `xmlns` on stanzas (recorded: preauth_*, unknown_element_*).
    fn echo(&self, cx: &mut Context, element: &Element, condition: Condition) {
        let mut answer = element.clone();
        let (from, to) =
            (element.attr("from").map(str::to_owned), element.attr("to").map(str::to_owned));
        set_attr(&mut answer, "type", Some("error".to_owned()));
        set_attr(&mut answer, "to", from);
        set_attr(&mut answer, "from", to);
        let error = condition.error(true, "");
        let mut declared = element.spelling.iter().flat_map(|spelling| &spelling.declared);
        let is_default = |(prefix, uri): &(String, String)| {
            prefix.is_empty() && !matches!(uri.as_str(), "" | ns::CLIENT)
        };
        let error = match declared.any(is_default) {
            true => without_namespace(&error),
            false => Cow::Borrowed(error.as_str()),
        };
        self.say(cx, ElementKind::of(&answer), echo_root(&answer, &error));
    }
}

fn is_stanza_name(local: &str) -> bool {
    matches!(local, "iq" | "message" | "presence")
}
