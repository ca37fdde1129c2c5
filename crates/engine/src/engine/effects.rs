//! The effects of handlers, carried out in order; and the way of octets out of the engine.

use std::time::Duration;

use super::Engine;
use crate::context::Effect;
use crate::dialect::Dialect;
use crate::fact::{End, Fact};
use crate::fault::{Edge, Name, Point};
use crate::numbers::{ConnectionId, StreamId};
use crate::outgoing::{Addressed, ElementKind, Outgoing};
use crate::outlet::Output;
use crate::script::ClientAct;
use crate::stream::Stream;
use crate::timers::Timer;
use crate::transport::{Connection, Hold, Phase};
use stanza::ns;

/// The delay of `slow-everything`, in server time.
const SLOW: Duration = Duration::from_secs(1);

impl Engine {
    /// Carries out all effects. The effects of one come before the next.
    pub(super) fn run(&mut self) {
        let mut pending = Vec::new();
        loop {
            self.cx.take_effects(&mut pending);
            match pending.pop() {
                Some(effect) => self.effect(effect),
                None => break,
            }
        }
    }

    fn effect(&mut self, effect: Effect) {
        match effect {
            Effect::Say(id, outgoing) => self.say(id, outgoing),
            Effect::Deliver(id, stanza) => self.deliver(id, stanza.written()),
            Effect::Carry(stanzas) => {
                for addressed in stanzas {
                    self.carry(addressed);
                    self.run();
                }
            }
            Effect::LoggedIn(id, account) => self.logged_in(id, account),
            Effect::EndSession { stream, goodbye } => {
                self.hub.end_session(&mut self.cx, stream, goodbye);
            }
            Effect::Kick(id) => self.kick_stream(id),
            Effect::Conflict(id) => self.conflict(id),
            Effect::Bind { stream, jid, request } => {
                if let Some(carried) = self.streams.get_mut(&stream) {
                    self.hub.bound(&mut self.cx, &mut carried.stream, &request, jid);
                }
            }
            Effect::Close(id) => self.with_stream(id, Stream::close),
            Effect::CloseCarrier(id) => self.with_carrier(id, Connection::close),
            Effect::Put(id, output) => self.put(id, output),
            Effect::DropRequest(id) => self.drop_request(id),
            Effect::NextRequest(id) => self.read_on(id),
            Effect::BreakOff(id, how) => self.break_off(id, how),
        }
    }

    /// Sends a stanza to its address.
    fn carry(&mut self, addressed: Addressed) {
        if let Some(presence) = addressed.as_presence() {
            self.hub.service_presence(&mut self.cx, presence, &addressed.to);
            self.run();
            return;
        }
        let mut receivers = self.hub.receivers(&mut self.cx, &addressed.to);
        receivers.retain(|receiver| !self.hub.keeps_off(&self.cx, *receiver, &addressed));
        let Some((last, first)) = receivers.split_last() else {
            return;
        };
        let stanza = addressed.written(&mut self.cx.chance);
        for receiver in first {
            self.deliver(*receiver, stanza.clone());
            self.run();
        }
        self.deliver(*last, stanza);
    }

    /// Sends a stanza to a session, as long as its stream is open.
    fn deliver(&mut self, id: StreamId, stanza: Outgoing) {
        if self.streams.get(&id).is_some_and(|carried| carried.stream.is_open()) {
            self.say(id, stanza);
        }
    }

    /// A login is right, unless a fault strikes.
    fn logged_in(&mut self, id: StreamId, account: String) {
        let Some(by) = self.streams.get(&id).map(|carried| carried.by) else {
            return;
        };
        if self.strike(by, Edge::Before, &Point::Success.into(), None) {
            return;
        }
        self.log_in(id, account);
        self.with_stream(id, |stream, cx| {
            stream.say(cx, ElementKind::Success, format!("<success xmlns=\"{}\"/>", ns::SASL));
        });
        self.strike(by, Edge::After, &Point::Success.into(), None);
    }

    /// A stream is that of this account from now on.
    pub(super) fn log_in(&mut self, id: StreamId, account: String) {
        self.cx.record.name(id, &account);
        self.cx.note_fact(id, Fact::LoggedIn);
        self.with_stream(id, |stream, _| stream.log_in(account));
        self.with_carrier(id, |connection, cx| {
            // Where there is no room among those that are logged in, it still has its place.
            if let Some(share) = cx.memory.members.share(connection.share.octets()) {
                connection.share = share;
            }
        });
    }

    /// The newcomer wins: the old stream is told `conflict` (RFC 6120 §7.7.2.2, §4.9.3.3; recorded:
    /// conflict_*).
    fn conflict(&mut self, holder: StreamId) {
        self.with_stream(holder, |stream, cx| match cx.dialect() {
            Dialect::Openfire => {
                stream.say_error(cx, "conflict");
                cx.want(Effect::Kick(holder));
            }
            Dialect::Rfc => stream.fail(cx, "conflict"),
        });
    }

    /// Ends a stream from the server's side without naming a reason.
    pub(super) fn kick_stream(&mut self, id: StreamId) {
        self.hub.kick(&mut self.cx, id);
        self.run();
        self.forget_ghost(id);
    }

    /// A session has outlived its stream for long enough.
    pub(super) fn end_ghost(&mut self, id: StreamId) {
        let goodbye = self.streams.get(&id).is_none_or(|carried| !carried.stream.is_open());
        self.hub.end_session_for_good(&mut self.cx, id, goodbye);
        self.run();
        self.forget_ghost(id);
    }

    /// The peer has not done its half of a close in time.
    pub(super) fn force_close(&mut self, id: ConnectionId) {
        self.with_stream_of(id, |stream, cx| stream.end_session(cx));
        self.run();
        self.with_connection(id, |connection, cx| {
            if connection.close_sent {
                connection.put(cx, Output::Close);
            } else {
                connection.close(cx);
            }
        });
    }

    /// Ends a connection without a word.
    pub(super) fn break_off(&mut self, id: ConnectionId, how: Output) {
        self.note_end(id, End::Server);
        self.with_stream_of(id, |stream, cx| stream.end_session(cx));
        self.run();
        self.put(id, how);
    }

    /// Hands out a message of text, which is most of what there is: at once when no fault is
    /// installed.
    pub(super) fn put_text(&mut self, id: ConnectionId, text: Output, hold: Hold) {
        if hold == Hold::Nothing && self.cx.faults.is_empty() {
            self.hand_out(id, text);
        } else {
            self.put(id, text);
        }
    }

    /// Hands out output, now or later.
    pub(super) fn put(&mut self, id: ConnectionId, output: Output) {
        let breaks_off = matches!(output, Output::Cut | Output::Reset);
        if self.cx.faults.lasting(Name::SlowEverything) && !breaks_off {
            let due = self.cx.now + SLOW;
            self.with_connection(id, |connection, cx| {
                connection.postpone(cx, due, id, Timer::Deliver(output));
            });
            return;
        }
        match self.connections.get_mut(&id) {
            Some(connection) if !breaks_off => match connection.hold {
                Hold::Until(due) if due > self.cx.now => {
                    connection.postpone(&mut self.cx, due, id, Timer::Deliver(output));
                }
                Hold::Forever => {}
                Hold::Until(_) | Hold::Nothing => self.hand_out(id, output),
            },
            _ => self.hand_out(id, output),
        }
    }

    /// Hands out output now.
    pub(super) fn hand_out(&mut self, id: ConnectionId, output: Output) {
        if self.connections.get(&id).is_some_and(Connection::is_session) {
            self.hand_to_session(id, output);
            return;
        }
        match &output {
            Output::Octets(octets) => self.sent += octets.len() as u64,
            Output::Page(_) | Output::Finish => {}
            Output::Close | Output::Cut | Output::Reset => self.forget(id),
        }
        self.cx.outlet.put(id, output);
    }

    /// A connection has ended, and with it its stream; the session may outlive both.
    pub(super) fn forget(&mut self, id: ConnectionId) {
        self.with_stream_of(id, |stream, cx| stream.end_session(cx));
        self.run();
        let Some(connection) = self.connections.remove(&id) else {
            return;
        };
        self.received += connection.undealt;
        if let Phase::Bosh(session) = &connection.phase {
            self.bosh.remove(session.sid());
            self.leave_between(id);
        }
        if let Some(script) = &mut self.script {
            script.hear(id, ClientAct::Gone);
        }
        self.cx.note_fact(id, Fact::Closed(connection.end.unwrap_or(End::Server)));
        self.cx.record.ended(id, connection.stream);
        self.cx.timers.cancel(id.into(), |_| true);
        if let Some(stream) = connection.stream {
            self.cx.timers.cancel(stream.into(), |timer| *timer != Timer::GhostOver);
            self.with_stream(stream, |stream, _| stream.sever());
            self.forget_ghost(stream);
        }
    }

    /// Forgets a stream that has neither connection nor session any more.
    fn forget_ghost(&mut self, id: StreamId) {
        let is_carried =
            |by: &ConnectionId| self.connections.get(by).is_some_and(|it| it.stream == Some(id));
        let carried = self.streams.get(&id).is_some_and(|carried| is_carried(&carried.by));
        if !carried && self.hub.sessions.get(id).is_none() {
            self.streams.remove(&id);
        }
    }
}
