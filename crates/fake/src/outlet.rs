//! The outlet of the engine: outputs go to the tasks of the connections, messages of clients to the
//! expectations and to those who wait for them.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use engine::{ConnectionId, Outlet, Output, Said};

use crate::expectation::Expectations;
use crate::pattern;
use crate::socket::Sockets;
use crate::waiting::Waiting;

/// The outlet of a fake's engine. Clones are the same outlet.
#[derive(Debug, Clone, Default)]
pub(crate) struct Way {
    /// The channels to the tasks of the connections.
    pub(crate) sockets: Sockets,
    expectations: Arc<Mutex<Expectations>>,
    waiting: Arc<Mutex<Waiting>>,
}

impl Way {
    /// The expectations. A holder of this lock must not take that of the engine.
    pub(crate) fn expectations(&self) -> MutexGuard<'_, Expectations> {
        self.expectations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The waits for messages. A holder of this lock must not take that of the engine.
    pub(crate) fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
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
        !self.expectations().is_empty() || !self.waiting().is_empty()
    }

    fn hear(&mut self, said: &Said) -> bool {
        let Some(message) = pattern::read(&said.text) else {
            return false;
        };
        self.expectations().hear(said, &message);
        self.waiting().hear(said, &message)
    }
}
