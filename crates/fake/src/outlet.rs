//! The outlet of the engine: outputs go to the tasks of the connections, messages of clients to the
//! expectations and to those who wait for them, all that is noted to the readers of events, and
//! publications to a log.

use std::sync::Arc;
use std::time::Duration;

use engine::{ConnectionId, Kind, Outlet, Output, Said};
use parking_lot::{Mutex, MutexGuard};

use crate::events::Readers;
use crate::expectation::Expectations;
use crate::pattern::Candidate;
use crate::publications::Publications;
use crate::socket::Sockets;
use crate::waiting::Waits;

/// The outlet of a fake's engine. Clones are the same outlet.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeOutlet {
    /// The channels to the tasks of the connections.
    pub(crate) sockets: Sockets,
    expectations: Arc<Mutex<Expectations>>,
    waiting: Arc<Mutex<Waits>>,
    readers: Arc<Mutex<Readers>>,
    publications: Arc<Mutex<Publications>>,
}

impl FakeOutlet {
    /// The expectations. A holder of this lock must not take that of the engine.
    pub(crate) fn expectations(&self) -> MutexGuard<'_, Expectations> {
        self.expectations.lock()
    }

    /// The waits for messages. A holder of this lock must not take that of the engine.
    pub(crate) fn waiting(&self) -> MutexGuard<'_, Waits> {
        self.waiting.lock()
    }

    /// The readers of events. A holder of this lock must not take that of the engine.
    pub(crate) fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock()
    }

    /// The publications that are kept. A holder of this lock must not take that of the engine.
    pub(crate) fn publications(&self) -> MutexGuard<'_, Publications> {
        self.publications.lock()
    }
}

impl Outlet for FakeOutlet {
    fn open(&mut self, id: ConnectionId) {
        self.sockets.outbox(id);
    }

    fn put(&mut self, id: ConnectionId, output: Output) {
        self.sockets.put(id, output);
    }

    fn wants_publications(&self) -> bool {
        self.publications().are_kept()
    }

    fn published(&mut self, at: Duration, node: &str, payload: String) {
        self.publications().add(at, node, payload);
    }

    fn listens(&self, kind: Kind) -> bool {
        let is_awaited = || !self.expectations().is_empty() || !self.waiting().is_empty();
        (matches!(kind, Kind::Text | Kind::Http) && is_awaited()) || self.readers().want(kind)
    }

    fn hear(&mut self, said: &Said) -> bool {
        self.readers().hear(said);
        // Readers of events alone need no look into it.
        if self.expectations().is_empty() && self.waiting().is_empty() {
            return false;
        }
        let Some(heard) = Candidate::of(said) else {
            return false;
        };
        self.expectations().hear(said, &heard);
        self.waiting().hear(said, &heard)
    }
}
