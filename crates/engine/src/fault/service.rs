//! Faults of the service as a whole and of the upgrade, and how faults come and go.

use super::installed::Occasion;
use super::{Fault, Name, Parameter};
use crate::connection::{ConnectionId, Hold};
use crate::engine::Engine;
use crate::error::Error;
use crate::outlet::Output;
use crate::timers::Timer;

/// Nobody in particular.
const ANYBODY: Occasion<'static> = Occasion { account: None, node: None };

/// How long a piece of output or an element may wait in all, in octets; who makes the fake hold more is cut off.
const MOST_HELD: usize = 8 << 20;

/// What waiting takes beside the octets.
const PIECE: usize = 64;

impl Engine {
    /// Adds a fault, which strikes from now on; one of the whole service strikes at once.
    pub(crate) fn install(&mut self, fault: Fault) -> Result<u64, Error> {
        let (name, time) = (fault.name, fault.duration(Parameter::For));
        let line = fault.clone();
        let number = self.faults.add(fault)?;
        if !matches!(name, Name::OutOfService | Name::Gone) {
            return Ok(number);
        }
        self.note_fault(ConnectionId::NONE, &line);
        if let Some(time) = time {
            self.timers.set(self.now + time, ConnectionId::NONE, Timer::FaultOver(number));
        }
        if name == Name::OutOfService {
            self.end_all();
        } else {
            self.break_all_off();
        }
        Ok(number)
    }

    /// Breaks all connections off, ghosts included.
    pub(crate) fn break_all_off(&mut self) {
        let all: Vec<ConnectionId> = self.connections.keys().copied().collect();
        for id in all {
            self.hold(id, Hold::Nothing);
            self.break_off(id, Output::Cut);
        }
        let ghosts: Vec<ConnectionId> = self.sessions.ghosts().map(|(id, _)| id).collect();
        for id in ghosts {
            self.end_session_for_good(id);
        }
    }

    /// Removes all faults.
    pub(crate) fn clear_faults(&mut self) {
        let all: Vec<u64> = self.faults.list().iter().map(|installed| installed.id).collect();
        for number in all {
            self.uninstall(number);
        }
    }

    /// Removes a fault; says whether there was one of this number.
    pub(crate) fn uninstall(&mut self, number: u64) -> bool {
        let removed = self.faults.remove(number);
        if let Some(installed) = &removed {
            let fact = format!("fault {} is over", installed.fault);
            self.record.fact(self.now, ConnectionId::NONE, &fact);
        }
        removed.is_some()
    }

    /// Whether the machine is off, so to speak.
    pub fn is_gone(&self) -> bool {
        self.faults.lasting(Name::Gone)
    }

    /// The status with which this request for a WebSocket is refused.
    pub(crate) fn refused_upgrade(&mut self, id: ConnectionId) -> Option<u64> {
        if self.faults.lasting(Name::OutOfService) {
            return Some(503);
        }
        let fault = self.upgrade_fault(id, Name::RefuseUpgrade)?;
        fault.number(Parameter::Status)
    }

    /// Whether the accept value of this answer is to be wrong.
    pub(crate) fn wrong_accept(&mut self, id: ConnectionId) -> bool {
        self.upgrade_fault(id, Name::WrongAccept).is_some()
    }

    /// Sends the answer to a request for a WebSocket, late or in pieces if there is a fault for it.
    pub(crate) fn put_slowly(&mut self, id: ConnectionId, response: Vec<u8>) {
        let mut due = self.now;
        if let Some(fault) = self.upgrade_fault(id, Name::DelayUpgrade) {
            due += fault.duration(Parameter::By).unwrap_or_default();
        }
        let Some(fault) = self.upgrade_fault(id, Name::DribbleUpgrade) else {
            if due > self.now {
                self.hold(id, Hold::Until(due));
            }
            self.put(id, Output::Octets(response));
            return;
        };
        let pause = fault.duration(Parameter::Pause).unwrap_or_default();
        for octet in response {
            self.postpone(id, due, Timer::Deliver(Output::Octets(vec![octet])));
            due += pause;
        }
        self.hold(id, Hold::Until(due));
    }

    /// Whether the session of a connection outlives it. It does so once.
    pub(crate) fn leaves_ghost(&mut self, id: ConnectionId) -> bool {
        if self.faults.is_empty() {
            return false;
        }
        let account = self.connections.get(&id).and_then(|known| known.user().map(str::to_owned));
        let occasion = Occasion { account: account.as_deref(), node: None };
        let Some(fault) = self.faults.named(Name::GhostSession, occasion) else {
            return false;
        };
        self.note_fault(id, &fault);
        let time = fault.duration(Parameter::For).unwrap_or_default();
        self.timers.set(self.now + time, id, Timer::GhostOver);
        true
    }

    /// Holds back what the fake puts on a connection.
    pub(crate) fn hold(&mut self, id: ConnectionId, hold: Hold) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.hold = hold;
        }
    }

    /// Says or sends something later, unless too much waits already.
    pub(crate) fn postpone(&mut self, id: ConnectionId, due: std::time::Duration, timer: Timer) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        connection.held += waiting(&timer);
        if connection.held > MOST_HELD {
            connection.hold = Hold::Nothing;
            self.break_off(id, Output::Cut);
        } else {
            self.timers.set(due, id, timer);
        }
    }

    /// Something that was postponed waits no longer.
    pub(crate) fn unheld(&mut self, id: ConnectionId, timer: &Timer) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.held = connection.held.saturating_sub(waiting(timer));
        }
    }

    fn upgrade_fault(&mut self, id: ConnectionId, name: Name) -> Option<Fault> {
        if self.faults.is_empty() {
            return None;
        }
        let fault = self.faults.named(name, ANYBODY)?;
        self.note_fault(id, &fault);
        Some(fault)
    }
}

/// How much something takes while it waits.
fn waiting(timer: &Timer) -> usize {
    PIECE
        + match timer {
            Timer::Deliver(Output::Octets(octets)) => octets.len(),
            Timer::Say(xml) => xml.len(),
            _ => 0,
        }
}
