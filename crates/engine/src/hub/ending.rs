//! How sessions end, and who hears of it.

use stanza::{Jid, escape, ns};

use super::Hub;
use super::session::{Presence, Session};
use crate::context::{Context, Effect};
use crate::fault::{Name, Parameter};
use crate::numbers::StreamId;
use crate::outgoing::{Outgoing, What};
use crate::timers::Timer;

impl Hub {
    /// Ends a stream from the server's side without naming a reason: Openfire's own way of closing
    /// a session. The session hears that it is unavailable, if it had not said so itself (recorded:
    /// presence_unknown_type).
    pub(crate) fn kick(&mut self, cx: &mut Context, id: StreamId) {
        let session = self.sessions.remove(id);
        if let Some(session) = &session {
            self.announce_end(cx, session);
            self.end_directed(cx, &session.jid, &session.directed);
            let gone = !matches!(session.presence, Presence::Unavailable);
            if gone && cx.settings.profile.broadcast_presence && cx.is_openfire() {
                let jid = session.jid.to_string();
                cx.say(id, unavailable(&jid, &jid));
            }
        }
        cx.want(Effect::Close(id));
        if let Some(session) = session {
            self.watch_presence(cx, &session.jid, true);
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
        let Some(session) = self.sessions.remove(id) else {
            return;
        };
        if session.is_available() {
            self.announce_end(cx, &session);
        }
        self.end_directed(cx, &session.jid, &session.directed);
        self.watch_presence(cx, &session.jid, goodbye);
    }

    fn announce_end(&self, cx: &mut Context, session: &Session) {
        let was_seen = !matches!(session.presence, Presence::Unavailable);
        if !cx.settings.profile.broadcast_presence || !was_seen {
            return;
        }
        let from = session.jid.to_string();
        for (sibling, other) in self.sessions.of(&session.jid) {
            if other.is_available() {
                cx.deliver(sibling, unavailable(&from, &other.jid.to_string()));
            }
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
    Outgoing::new(What::Presence, xml)
}
