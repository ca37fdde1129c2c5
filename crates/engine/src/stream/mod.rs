//! One XMPP stream: its login, its resource, its counters. Nothing here knows what carries it.

mod elements;
mod language;
mod management;
mod opening;
mod reading;
mod sasl;

use stanza::{Element, Jid, ns};

use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fact::Fact;
use crate::fault::Name;
use crate::numbers::StreamId;
use crate::outgoing::{ElementKind, Outgoing};
use crate::spelling::{
    Condition, echo, echo_children, iq_error, payload, set_attr, stanza_text, take_out_error,
};
use management::Counters;

pub(crate) use elements::Handled;

/// An XMPP stream: open, SASL, restart, bind, stanzas.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    framing: Framing,
    /// Its id on the wire, once the server has opened it.
    name: Option<String>,
    /// The server has sent `<close/>`.
    closed: bool,
    /// The server is closing its carrier, so nothing more can be sent.
    severed: bool,
    pub(crate) login: Login,
    /// The client has begun a login, be it over or not: only then is a `<response/>` one.
    sasl_begun: bool,
    /// Failed logins so far; never reset (recorded: sasl_success_does_not_reset).
    failures: u32,
    /// After `<success/>` the stream must be opened anew (RFC 6120 §6.4.6).
    pub(crate) restart_due: bool,
    /// The full JID once a resource is bound.
    pub(crate) bound: Option<Jid>,
    /// Full JIDs that were bound on this stream before that one.
    pub(crate) bound_before: Vec<Jid>,
    /// Counts stanzas once stream management is enabled.
    counters: Option<Counters>,
    /// The language that the client gave it, where that is remembered (RFC 6120 §4.7.4).
    pub(crate) lang: Option<String>,
    /// The account that the client said it was, before it logged in (RFC 6120 §4.7.1).
    claimed: Option<String>,
    /// Elements that wait to be overtaken by the next of their kind.
    pub(crate) overtaken: Vec<Outgoing>,
    /// Text of earlier messages, kept by the fault `join-messages`.
    joined: String,
}

/// How a stream begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// By `<open/>` and `<close/>` (RFC 7395 §3.3).
    Elements,
    /// By a start tag and an end tag (RFC 6120 §4.2), in whose place the transport puts these
    /// elements.
    Tags,
    /// By its carrier (XEP-0206 §2).
    Carrier,
}

/// How far SASL has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// Nothing was tried.
    Untouched,
    /// So many empty challenges have been sent.
    Challenged(u8),
    /// The last try failed.
    Failed,
    /// This account is logged in.
    Done(String),
}

impl Stream {
    /// A stream that is not open yet.
    pub(crate) fn new(id: StreamId, framing: Framing) -> Self {
        Self {
            id,
            framing,
            name: None,
            closed: false,
            severed: false,
            login: Login::Untouched,
            sasl_begun: false,
            failures: 0,
            restart_due: false,
            bound: None,
            bound_before: Vec::new(),
            counters: None,
            lang: None,
            claimed: None,
            overtaken: Vec::new(),
            joined: String::new(),
        }
    }

    /// Whether elements open and close it.
    pub(crate) fn is_framed(&self) -> bool {
        self.framing != Framing::Carrier
    }

    /// The account that is logged in.
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.login {
            Login::Done(user) => Some(user),
            _ => None,
        }
    }

    /// Whether the server has opened it, be it closed by now or not.
    pub(crate) fn has_begun(&self) -> bool {
        self.name.is_some()
    }

    /// The id on the wire of a stream that has begun.
    pub(crate) fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the server has closed it.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Whether it is open in both directions.
    pub(crate) fn is_open(&self) -> bool {
        self.has_begun() && !self.closed && !self.severed
    }

    /// Whether anything can still be sent on it.
    pub(crate) fn is_severed(&self) -> bool {
        self.severed
    }

    /// Its carrier is being closed.
    pub(crate) fn sever(&mut self) {
        self.severed = true;
    }

    /// Its address: its full JID, or domain and stream id before a resource is bound (Openfire's
    /// form).
    pub(crate) fn address(&self, cx: &Context) -> String {
        let domain = &cx.settings.domain;
        match (&self.bound, &self.name) {
            (Some(jid), _) => jid.to_string(),
            (None, Some(name)) => format!("{domain}/{name}"),
            (None, None) => domain.clone(),
        }
    }

    /// Sends an element on it, in its turn.
    pub(crate) fn say(&self, cx: &mut Context, what: impl Into<Option<ElementKind>>, xml: String) {
        cx.say(self.id, Outgoing::new(what, xml));
    }

    /// Ends it with an error (RFC 6120 §4.9, RFC 7395 §3.5).
    pub(crate) fn fail(&mut self, cx: &mut Context, condition: &str) {
        // RFC 7395 §3.5: during the opening, the server's own open comes first.
        if !self.has_begun() {
            self.answer_open(cx, None);
        }
        self.say_error(cx, condition);
        if cx.faults.lasting(Name::SurviveErrors) {
            return;
        }
        // After a stream error Openfire's session lives until the socket ends (recorded:
        // closing_error).
        if cx.dialect() == Dialect::Rfc {
            self.end_session(cx);
        }
        self.close(cx);
    }

    /// An exception has come over a stanza, as it does in Openfire. It ends a framed stream, whose
    /// reader hears of it. Of another, nobody hears: the rest of the request is lost with it.
    pub(crate) fn throw(&mut self, cx: &mut Context) {
        if self.is_framed() {
            self.fail(cx, "internal-server-error");
        } else {
            cx.want(Effect::DropRequest(self.id));
        }
    }

    /// Sends a stream error and leaves the stream as it is.
    pub(crate) fn say_error(&self, cx: &mut Context, condition: &str) {
        cx.note_fact(self.id, Fact::StreamError { condition: condition.to_owned() });
        let (streams, errors) = (ns::STREAMS, ns::STREAM_ERRORS);
        self.say(
            cx,
            ElementKind::StreamError,
            format!("<stream:error xmlns:stream=\"{streams}\"><{condition} xmlns=\"{errors}\"/></stream:error>"),
        );
    }

    /// Sends `<close/>`, then closes what carries the stream.
    pub(crate) fn close(&mut self, cx: &mut Context) {
        self.say_close(cx);
        cx.want(Effect::CloseCarrier(self.id));
    }

    /// Sends `<close/>`, once (RFC 7395 §3.6).
    pub(crate) fn say_close(&mut self, cx: &mut Context) {
        if self.has_begun() && !std::mem::replace(&mut self.closed, true) && self.is_framed() {
            let quote = cx.dialect().quote();
            self.say(
                cx,
                ElementKind::Close,
                format!("<close xmlns={quote}{}{quote}/>", ns::FRAMING),
            );
        }
    }

    /// Ends the session that is bound on it, if there is one.
    pub(crate) fn end_session(&self, cx: &mut Context) {
        cx.want(Effect::EndSession { stream: self.id, goodbye: !self.is_open() });
    }

    /// The stream has this full JID from now on.
    pub(crate) fn take_resource(&mut self, jid: Jid) {
        self.bound_before.extend(self.bound.replace(jid));
    }

    /// Answers a request with an error, its payload written back.
    pub(crate) fn refuse(&self, cx: &mut Context, iq: &Element, condition: Condition) {
        let error = condition.error(cx.settings.profile.legacy_codes, "");
        let to = self.address(cx);
        let written_back = match cx.dialect() {
            Dialect::Openfire => payload(iq).map(|child| echo(child, &iq.name.ns)),
            Dialect::Rfc => Some(echo_children(iq)),
        };
        self.say(
            cx,
            ElementKind::Error,
            iq_error(iq, &to, &written_back.unwrap_or_default(), &error),
        );
    }

    /// Sends a message or presence back with an error (recorded: prebind_presence,
    /// presence_probe_self).
    pub(crate) fn return_to_sender(
        &self,
        cx: &mut Context,
        stanza: &Element,
        condition: Condition,
    ) {
        let mut answer = stanza.clone();
        set_attr(&mut answer, "from", None);
        set_attr(&mut answer, "to", Some(self.address(cx)));
        if let Some(to) = stanza.attr("to").filter(|to| !to.is_empty()) {
            set_attr(&mut answer, "from", Some(to.to_owned()));
        }
        set_attr(&mut answer, "type", Some("error".to_owned()));
        take_out_error(&mut answer);
        let error = condition.error(cx.settings.profile.legacy_codes, "");
        self.say(cx, ElementKind::of(&answer), stanza_text(&answer, &error));
    }

    /// Returns any stanza with an error.
    pub(crate) fn reject(&self, cx: &mut Context, stanza: &Element, condition: Condition) {
        if stanza.name.local == "iq" {
            self.refuse(cx, stanza, condition);
        } else {
            self.return_to_sender(cx, stanza, condition);
        }
    }
}
