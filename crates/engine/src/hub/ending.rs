//! How sessions end, and which sessions hear of it.

use stanza::{Element, Jid, escape, ns};

use super::Hub;
use crate::context::{Context, Effect};
use crate::fault::{Name, Parameter};
use crate::numbers::StreamId;
use crate::outgoing::{ElementKind, Outgoing};
use crate::timers::Timer;

impl Hub {
    /// Ends a stream from the server's side without naming a reason: Openfire's own way of closing
    /// a session. The session hears that it is unavailable, if it had not said so itself (recorded:
    /// presence_unknown_type).
    pub(crate) fn kick(&mut self, cx: &mut Context, id: StreamId) {
        let hears = cx.is_openfire();
        let jid = self.sessions.get(id).map(|session| session.jid.clone());
        self.close_session(cx, id, hears);
        cx.want(Effect::Close(id));
        if let Some(jid) = jid {
            self.watch_presence(cx, &jid, true);
        }
    }

    /// Forgets the session of a stream and tells its siblings. A fault may let it outlive its
    /// stream.
    pub(crate) fn end_session(&mut self, cx: &mut Context, id: StreamId, goodbye: bool) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        if session.is_ghost || leaves_ghost(cx, id, &session.jid) {
            self.sessions.set_ghost(id);
        } else {
            self.end_session_for_good(cx, id, goodbye);
        }
    }

    /// Forgets a session, be it a ghost or not. A client that was told of the end or has begun it
    /// has said goodbye; one whose connection just ends has not.
    pub(crate) fn end_session_for_good(&mut self, cx: &mut Context, id: StreamId, goodbye: bool) {
        let Some(jid) = self.sessions.get(id).map(|session| session.jid.clone()) else {
            return;
        };
        self.close_session(cx, id, false);
        self.watch_presence(cx, &jid, goodbye);
    }

    /// Ends a session. Openfire says for it that it is unavailable, also if it has never been
    /// available; `hears` tells whether the session itself gets to know that.
    fn close_session(&mut self, cx: &mut Context, id: StreamId, hears: bool) {
        let Some(session) = self.sessions.get_mut(id) else {
            return;
        };
        session.is_deaf = !hears;
        let jid = session.jid.clone();
        let says = session.is_available() || !session.was_available && cx.is_openfire();
        let gone = Element::new(ns::CLIENT, "presence")
            .with_attr("type", "unavailable")
            .with_attr("from", jid.to_string());
        if says && self.sessions.route(&jid) == Some(id) {
            self.tell_availability(cx, &gone, &jid);
        } else if cx.is_openfire() {
            self.directed.take(&jid);
        } else {
            // RFC 6121 §4.6.3, the third case: those who were shown it hear of its end.
            self.end_directed(cx, &gone, &jid);
        }
        self.sessions.end(id);
        if self.sessions.find(&jid).is_none() {
            self.capabilities.leave(&jid);
        }
    }
}

/// Whether the session of a stream outlives it because of a fault. It does so once.
fn leaves_ghost(cx: &mut Context, id: StreamId, jid: &Jid) -> bool {
    let Some(fault) = cx.fault(Name::GhostSession, jid.local.as_deref(), id) else {
        return false;
    };
    cx.set_timer(fault.duration(Parameter::For).unwrap_or_default(), id, Timer::GhostOver);
    true
}

/// An unavailable presence in Openfire's spelling.
pub(super) fn unavailable(from: &str, to: &str) -> Outgoing {
    let (from, to) = (escape::attr(from), escape::attr(to));
    let xml = format!(
        "<presence xmlns=\"{}\" type=\"unavailable\" from=\"{from}\" to=\"{to}\"/>",
        ns::CLIENT
    );
    Outgoing::new(ElementKind::Presence, xml)
}
