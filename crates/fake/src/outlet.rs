//! The outlet of the engine: outputs go to the tasks of the connections, messages of clients to the
//! expectations, and all that is noted to the readers of events.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{ConnectionId, Kind, Outlet, Output, Said, Speaker};

use crate::events::Readers;
use crate::expectation::Expectations;
use crate::socket::Sockets;

/// The outlet of a fake's engine. Clones are the same outlet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way {
    /// The channels to the tasks of the connections.
    pub(crate) sockets: Sockets,
    expectations: Arc<Mutex<Expectations>>,
    readers: Arc<Mutex<Readers>>,
}

impl Way {
    /// The expectations. A holder of this lock must not take that of the engine.
    pub(crate) fn expectations(&self) -> MutexGuard<'_, Expectations> {
        self.expectations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The readers of events. A holder of this lock must not take that of the engine.
    pub(crate) fn readers(&self) -> MutexGuard<'_, Readers> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet for Way {
    fn open(&mut self, id: ConnectionId) {
        self.sockets.outbox(id);
    }

    fn put(&mut self, id: ConnectionId, output: Output) {
        self.sockets.put(id, output);
    }

    fn listens(&self, kind: Kind) -> bool {
        (kind == Kind::Text && !self.expectations().is_empty()) || self.readers().want(kind)
    }

    fn hear(&mut self, said: &Said) {
        if said.speaker == Speaker::Client && said.kind == Kind::Text {
            self.expectations().hear(said);
        }
        self.readers().hear(said);
    }
}
