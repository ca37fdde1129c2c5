//! Faults that strike at a moment: before or after the server answers what came at a point.

use std::time::Duration;

use stanza::{Element, ns};
use wire::CloseFrame;
use wire::close::code;

use super::Engine;
use crate::context::{Context, Effect};
use crate::fault::{Arrival, Edge, Fault, Name, Occasion, Parameter, Transport};
use crate::numbers::ConnectionId;
use crate::outgoing::ElementKind;
use crate::outlet::Output;
use crate::spelling::{Condition, echo_children, iq_error};
use crate::stream::Stream;
use crate::timers::Timer;
use crate::transport::Hold;

impl Engine {
    /// Deals with the client of a connection: a fault may be about its transport alone.
    pub(super) fn deal_with<T>(&mut self, id: ConnectionId, act: impl FnOnce(&mut Self) -> T) -> T {
        let over = self.connections.get(&id).map(|connection| connection.transport);
        self.deal_over(over, act)
    }

    /// The same with a client that speaks over this transport.
    pub(super) fn deal_over<T>(
        &mut self,
        over: Option<Transport>,
        act: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = self.cx.faults.deal_over(over);
        let done = act(self);
        self.cx.faults.deal_over(before);
        done
    }

    /// Lets the faults of this moment strike, once all that came before is done. Returns true if
    /// the message must not be answered.
    pub(super) fn strike(
        &mut self,
        id: ConnectionId,
        edge: Edge,
        arrival: &Arrival,
        request: Option<&Element>,
    ) -> bool {
        if self.cx.faults.is_empty() {
            return false;
        }
        self.run();
        let account = self.stream_of(id).and_then(Stream::user).map(str::to_owned);
        let occasion = arrival.occasion(account.as_deref());
        let due = self.cx.faults.at(edge, arrival.point, occasion);
        // The first that ends it all is the last to strike.
        due.iter().any(|fault| {
            let is_over = self.strike_with(id, fault, request);
            self.run();
            is_over
        })
    }

    /// A connection carries a stream from now on. If there is a fault for that, it is cut once it
    /// is idle.
    pub(super) fn watch_idle(&mut self, id: ConnectionId) {
        let fault = self.cx.faults.named(Name::CutIdle, Occasion::default());
        if let Some(time) = fault.and_then(|fault| fault.duration(Parameter::For)) {
            self.cx.set_timer(time, id, Timer::CutIdle(time));
        }
    }

    /// Cuts a connection on which nothing was said for this time, or looks again when that may be
    /// so.
    pub(super) fn cut_if_idle(&mut self, id: ConnectionId, time: Duration) {
        let is_it = |fault: &Fault| {
            fault.name == Name::CutIdle && fault.duration(Parameter::For) == Some(time)
        };
        // The fault may have been removed.
        let fault = self.cx.faults.list().iter().find(|one| is_it(&one.fault));
        let Some(fault) = fault.map(|one| one.fault.clone()) else { return };
        let Some(connection) = self.connections.get(&id) else { return };
        let due = connection.last_sent.max(connection.last_active) + time;
        if due > self.cx.now {
            self.cx.set_timer(due - self.cx.now, id, Timer::CutIdle(time));
        } else {
            self.cx.note_fault(id, &fault);
            self.break_off(id, Output::Cut);
        }
    }

    /// Returns true if nothing may be answered any more.
    fn strike_with(&mut self, id: ConnectionId, fault: &Fault, request: Option<&Element>) -> bool {
        self.cx.note_fault(id, fault);
        let condition = fault.text(Parameter::Condition).unwrap_or("undefined-condition");
        match fault.name {
            Name::DropTcp => self.break_off(id, Output::Cut),
            Name::ResetTcp => self.break_off(id, Output::Reset),
            Name::Stall => {
                let until = fault.duration(Parameter::For).map(|time| self.cx.now + time);
                self.with_connection(id, |connection, _| {
                    connection.hold = until.map_or(Hold::Forever, Hold::Until);
                });
                // The input is dealt with; only its answer waits.
                return false;
            }
            Name::Close => {
                let code = fault.number(Parameter::Code).and_then(|code| u16::try_from(code).ok());
                let reason = fault.text(Parameter::Reason).unwrap_or_default();
                // RFC 6455 §7.1.7.
                let frame = CloseFrame::new(code.unwrap_or(code::INTERNAL_ERROR), reason);
                self.with_connection(id, |connection, cx| connection.close_as(cx, frame));
            }
            Name::StreamError => self.with_stream_of(id, |stream, cx| stream.fail(cx, condition)),
            Name::Conflict => {
                self.with_stream_of(id, |stream, cx| cx.want(Effect::Conflict(stream.id)));
            }
            Name::Refuse => match request {
                Some(request) => self.with_stream_of(id, |stream, cx| {
                    refuse_with(cx, stream, request, condition);
                }),
                None => return false,
            },
            _ => return false,
        }
        true
    }
}

/// Answers a request or a login with an error of any name.
fn refuse_with(cx: &mut Context, stream: &Stream, request: &Element, condition: &str) {
    if request.name.local != "iq" {
        stream.say_failure(cx, condition);
        return;
    }
    let error = match Condition::named(condition) {
        Some(known) => known.error(cx.settings.profile.legacy_codes, ""),
        // RFC 6120 §8.3.2: a type there must be.
        None => {
            format!("<error type=\"cancel\"><{condition} xmlns=\"{}\"/></error>", ns::STANZA_ERRORS)
        }
    };
    let to = stream.address(cx);
    let xml = iq_error(request, &to, &echo_children(request), &error);
    stream.say(cx, ElementKind::Error, xml);
}
