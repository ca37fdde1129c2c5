//! Changes of the world, with all that a publication needs, and the sides that have not read them
//! yet.

use std::sync::Arc;

use crate::view::{AgentView, CallView, QueueView};

/// One change of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// An agent's state, pending state or reason.
    Agent {
        /// The agent as it is now.
        agent: AgentView,
        /// The id of the request behind the change; empty for none.
        request: String,
    },
    /// A call of an agent.
    Dialog {
        /// The id of the agent that is notified.
        agent: String,
        /// The change of the call in the agent's list.
        event: DialogEvent,
        /// The call as it is now.
        call: CallView,
        /// The id of the request behind the change, if this agent asked; empty for none.
        request: String,
    },
    /// The statistics of a queue.
    Queue {
        /// The queue as it is now.
        queue: QueueView,
        /// The ids of the agents that serve it.
        agents: Vec<String>,
    },
    /// A request that was accepted and then refused (Cisco DevNet, "Finesse API errors").
    Error {
        /// The id of the agent who asked.
        agent: String,
        /// The call that the request was about, if it was about one.
        call: Option<u64>,
        error: ApiError,
        /// The id of the request; empty for none.
        request: String,
    },
}

/// The change of a call in the list of an agent's calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DialogEvent {
    /// It is new there.
    Post,
    Put,
    Delete,
}

/// An error that Finesse sends as an event, in its own terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// Cisco's `errorType`.
    pub kind: &'static str,
    /// Cisco's `errorMessage`.
    pub message: &'static str,
    /// Cisco's `errorData`.
    pub data: u32,
}

/// The changes that each side has not read yet. A side reads within the call that made the change;
/// the other side of a pair, right after it.
#[derive(Debug, Default)]
pub(crate) struct Outboxes(Vec<Option<Vec<Arc<Change>>>>);

impl Outboxes {
    pub(crate) fn open(&mut self) -> usize {
        self.0.push(Some(Vec::new()));
        self.0.len() - 1
    }

    pub(crate) fn close(&mut self, side: usize) {
        if let Some(outbox) = self.0.get_mut(side) {
            *outbox = None;
        }
    }

    pub(crate) fn push(&mut self, change: Change) {
        let change = Arc::new(change);
        for outbox in self.0.iter_mut().flatten() {
            outbox.push(Arc::clone(&change));
        }
    }

    pub(crate) fn has_any(&self, side: usize) -> bool {
        self.0.get(side).and_then(Option::as_ref).is_some_and(|outbox| !outbox.is_empty())
    }

    pub(crate) fn take(&mut self, side: usize) -> Vec<Arc<Change>> {
        self.0.get_mut(side).and_then(Option::as_mut).map(std::mem::take).unwrap_or_default()
    }
}
