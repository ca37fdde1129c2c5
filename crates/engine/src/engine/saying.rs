//! Sends an element on a stream, after the faults on outgoing elements.

use super::Engine;
use crate::fault::{Arrival, Edge, Point, Sending, WAIT, distorted, sending};
use crate::numbers::{ConnectionId, StreamId};
use crate::outgoing::{ElementKind, Outgoing};
use crate::timers::Timer;

impl Engine {
    /// Sends one element as a message of its own (RFC 7395 §3.3.3).
    pub(super) fn say(&mut self, id: StreamId, outgoing: Outgoing) {
        if self.cx.faults.is_empty() {
            self.send(id, outgoing);
        } else if let Some(by) = self.streams.get(&id).map(|carried| carried.by) {
            self.deal_with(by, |engine| engine.say_with_faults(id, by, outgoing));
        }
    }

    /// Sends one element, whatever the faults are.
    fn send(&mut self, stream: StreamId, outgoing: Outgoing) {
        let Some(carried) = self.streams.get_mut(&stream) else {
            return;
        };
        let Some(connection) = self.connections.get_mut(&carried.by) else {
            return;
        };
        let request = carried.stream.count_sent(&outgoing);
        let (id, hold) = (connection.id, connection.hold);
        let sent = connection.text(&mut self.cx, outgoing.xml);
        let asked = request.map(|request| connection.text(&mut self.cx, request.xml));
        self.put_text(id, sent, hold);
        if let Some(asked) = asked {
            self.put_text(id, asked, hold);
        }
        self.hub.sessions.touch(stream, self.cx.now);
    }

    /// Sends an element as the faults leave it.
    fn say_with_faults(&mut self, id: StreamId, by: ConnectionId, outgoing: Outgoing) {
        let outgoing = distorted(&self.cx.faults, outgoing);
        let Some(what) = outgoing.what else {
            self.send(id, outgoing);
            return;
        };
        let node = outgoing.node.as_deref().map(str::to_owned);
        let arrival = Arrival { node, ..Point::Event.into() };
        if what == ElementKind::Event && self.strike(by, Edge::Before, &arrival, None) {
            return;
        }
        let Some(carried) = self.streams.get(&id) else {
            return;
        };
        let overtakes = carried.stream.overtaken.iter().any(|other| other.what == Some(what));
        let occasion = arrival.occasion(carried.stream.user());
        let due = self.cx.faults_on(what, occasion, id);
        let Some(Sending { text, copies, late, waits }) = sending(&due, outgoing.xml) else {
            return;
        };
        let outgoing = Outgoing { xml: text, ..outgoing };
        for _ in 0..copies {
            let copy = outgoing.clone();
            if let Some(late) = late {
                let due = self.cx.now + late;
                self.with_carrier(id, |connection, cx| {
                    connection.postpone(cx, due, id, Timer::Say(copy));
                });
            } else if waits && !overtakes {
                self.with_stream(id, |stream, cx| {
                    stream.overtaken.push(copy);
                    cx.set_timer(WAIT, id, Timer::Overtaken);
                });
            } else {
                self.send(id, copy);
            }
        }
        if overtakes && late.is_none() {
            self.say_overtaken(id, |other| other == Some(what));
        }
        if what == ElementKind::Event {
            self.strike(by, Edge::After, &arrival, None);
        }
    }

    /// Sends what has waited to be overtaken.
    pub(super) fn say_overtaken(
        &mut self,
        id: StreamId,
        is_meant: impl Fn(Option<ElementKind>) -> bool,
    ) {
        let Some(carried) = self.streams.get_mut(&id) else {
            return;
        };
        let overtaken = std::mem::take(&mut carried.stream.overtaken);
        let (now, still): (Vec<Outgoing>, _) =
            overtaken.into_iter().partition(|outgoing| is_meant(outgoing.what));
        carried.stream.overtaken = still;
        for outgoing in now {
            self.say_late(id, outgoing);
        }
    }

    /// Sends something that was held back, unless it is too late for it.
    pub(super) fn say_late(&mut self, id: StreamId, outgoing: Outgoing) {
        if self.streams.get(&id).is_some_and(|carried| !carried.stream.is_severed()) {
            self.send(id, outgoing);
        }
    }
}
