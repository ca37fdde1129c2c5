//! How sessions end, and who hears of it.

use stanza::{escape, ns};

use crate::connection::ConnectionId;
use crate::engine::Engine;
use crate::outlet::Output;
use crate::profile::Manner;
use crate::session::{Presence, Session};

impl Engine {
    /// Ends a stream from the server's side without naming a reason: Openfire's own way of closing a session.
    /// The session hears that it is unavailable, if it had not said so itself (recorded: presence_unknown_type).
    pub(crate) fn close_silently(&mut self, id: ConnectionId) {
        let session = self.sessions.remove(id);
        if let Some(session) = &session {
            self.announce_end(session);
            self.end_directed(&session.jid, &session.directed);
        }
        let gone = session
            .as_ref()
            .is_some_and(|session| !matches!(session.presence, Presence::Unavailable));
        if gone && self.profile.broadcast_presence && self.profile.bind == Manner::Openfire {
            let jid = session.as_ref().map(|session| session.jid.to_string()).unwrap_or_default();
            self.say(id, unavailable(&jid, &jid));
        }
        self.close_stream(id);
        if let Some(session) = session {
            self.watch_presence(&session.jid, true);
        }
    }

    /// Forgets the session of a connection and tells its siblings.
    /// A fault may let it outlive its connection.
    pub(crate) fn end_session(&mut self, id: ConnectionId) {
        let Some(session) = self.sessions.get(id) else {
            return;
        };
        if session.is_ghost || self.leaves_ghost(id) {
            self.sessions.set_ghost(id);
        } else {
            self.end_session_for_good(id);
        }
    }

    pub(crate) fn end_session_for_good(&mut self, id: ConnectionId) {
        let Some(session) = self.sessions.remove(id) else {
            return;
        };
        if session.is_available() {
            self.announce_end(&session);
        }
        self.end_directed(&session.jid, &session.directed);
        // Who had begun to close has said goodbye; a connection that just ends has not.
        let goodbye = self.connections.get(&id).is_none_or(|connection| !connection.is_streaming());
        self.watch_presence(&session.jid, goodbye);
    }

    fn announce_end(&mut self, session: &Session) {
        if !self.profile.broadcast_presence || matches!(session.presence, Presence::Unavailable) {
            return;
        }
        let from = session.jid.to_string();
        for (sibling, other) in self.sessions.of(&session.jid) {
            if other.is_available() {
                self.say_to_session(sibling, unavailable(&from, &other.jid.to_string()));
            }
        }
    }

    /// Ends every connection as a server that shuts down does (recorded: shutdown_*).
    pub(crate) fn end_all(&mut self) {
        let ids: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for id in ids {
            if self.sessions.get(id).is_some() {
                match self.profile.stream {
                    Manner::Openfire => self.close_silently(id),
                    // RFC 6120 §4.9.3.20.
                    Manner::Rfc => self.stream_error(id, "system-shutdown"),
                }
            } else {
                self.go_away(id);
            }
            self.put(id, Output::Finish);
        }
    }
}

/// An unavailable presence in Openfire's spelling.
pub(crate) fn unavailable(from: &str, to: &str) -> String {
    let (from, to) = (escape::attr(from), escape::attr(to));
    format!("<presence xmlns=\"{}\" type=\"unavailable\" from=\"{from}\" to=\"{to}\"/>", ns::CLIENT)
}
