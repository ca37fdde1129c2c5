//! The service as a whole: faults come and go, connections are broken off or ended, and all begins
//! anew.

use std::time::Duration;

use super::Engine;
use crate::dialect::Dialect;
use crate::error::Error;
use crate::fact::Fact;
use crate::fault::{Fault, Name, Parameter};
use crate::numbers::{ConnectionId, Party, StreamId};
use crate::outlet::Output;
use crate::timers::Timer;
use crate::transport::{Connection, Hold};

impl Engine {
    /// Adds a fault, which strikes from now on; one of the whole service strikes at once.
    pub(super) fn install(&mut self, fault: Fault) -> Result<u64, Error> {
        let (name, time) = (fault.name, fault.duration(Parameter::For));
        let line = fault.clone();
        let number = self.cx.faults.add(fault)?;
        let is_of_service = matches!(name, Name::OutOfService | Name::Gone);
        if let Some(time) = time.filter(|_| is_of_service || name == Name::RefuseRest) {
            self.cx.set_timer(time, Party::Service, Timer::FaultOver(number));
        }
        if !is_of_service {
            return Ok(number);
        }
        self.cx.note_fault(Party::Service, &line);
        if name == Name::OutOfService {
            self.end_all();
        } else {
            self.break_all_off();
        }
        Ok(number)
    }

    /// Removes a fault; says whether there was one of this number.
    pub(super) fn uninstall(&mut self, number: u64) -> bool {
        let removed = self.cx.faults.remove(number);
        if let Some(installed) = &removed {
            self.cx.note_fact(Party::Service, Fact::Over(installed.fault.clone()));
        }
        removed.is_some()
    }

    /// Whether the fault `gone` is installed.
    pub fn is_gone(&self) -> bool {
        self.cx.faults.lasting(Name::Gone)
    }

    /// Ends every connection as a server that shuts down does (recorded: shutdown_*).
    pub(super) fn end_all(&mut self) {
        // A session needs the connections on which it has something to say.
        let (mut all, others): (Vec<ConnectionId>, Vec<ConnectionId>) =
            self.connections.keys().partition(|id| self.connections[id].is_session());
        all.extend(others);
        for id in all {
            let stream = self.connections.get(&id).and_then(|connection| connection.stream);
            match stream.filter(|stream| self.hub.sessions.get(*stream).is_some()) {
                Some(stream) => match self.cx.dialect() {
                    Dialect::Openfire => self.kick_stream(stream),
                    // RFC 6120 §4.9.3.20.
                    Dialect::Rfc => {
                        self.with_stream(stream, |stream, cx| stream.fail(cx, "system-shutdown"));
                    }
                },
                None => self.with_connection(id, Connection::go_away),
            }
            self.run();
            self.put(id, Output::Finish);
            self.run();
        }
    }

    /// Puts everything back to the start but for time, the numbers of connections, and the
    /// accounts.
    pub fn reset(&mut self, now: Duration) {
        self.cx.now = now;
        let faults: Vec<u64> = self.cx.faults.list().iter().map(|fault| fault.id).collect();
        for number in faults {
            self.uninstall(number);
        }
        self.break_all_off();
        if let Some(script) = &mut self.script {
            script.begin_anew();
        }
        self.hub.begin_anew(&mut self.cx);
        self.run();
        self.cx.record.clear();
    }

    /// Breaks all connections off, ghosts included.
    fn break_all_off(&mut self) {
        let all: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for id in all {
            self.with_connection(id, |connection, _| connection.hold = Hold::Nothing);
            self.break_off(id, Output::Cut);
            self.run();
        }
        let ghosts: Vec<StreamId> = self.hub.sessions.ghosts().map(|(id, _)| id).collect();
        for id in ghosts {
            self.end_ghost(id);
        }
    }
}
