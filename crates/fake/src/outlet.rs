//! Where the engine's output goes: to the tasks of the connections, and what clients say to the expectations.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{ConnectionId, Outlet, Output, Said};

use crate::expectation::Expectations;
use crate::socket::Sockets;

/// The outlet of a fake's engine. Clones are the same outlet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way {
    /// The ways to the tasks of the connections.
    pub(crate) sockets: Sockets,
    expectations: Arc<Mutex<Expectations>>,
}

impl Way {
    /// What is expected of clients. A holder of this must not ask for the engine.
    pub(crate) fn expectations(&self) -> MutexGuard<'_, Expectations> {
        self.expectations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outlet for Way {
    fn open(&mut self, id: ConnectionId) {
        self.sockets.outbox(id);
    }

    fn put(&mut self, id: ConnectionId, output: Output) {
        self.sockets.put(id, output);
    }

    fn listens(&self) -> bool {
        !self.expectations().is_empty()
    }

    fn hear(&mut self, message: &Said) {
        self.expectations().hear(message);
    }
}
