//! What the world will do by itself, in the order in which it falls due.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::traffic::Step;

/// One thing that the world will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Nobody has seen the agent's client for too long.
    ForcedLogout(String),
    /// The wrap-up timer of an agent runs out.
    WrapUpEnds(String),
    /// The numbers of a queue may be published again.
    Statistics(String),
    /// Life of its own.
    Traffic(Step),
}

/// Names a plan, so that it can be given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PlanId(Duration, u64);

/// All plans, ordered by due time and then by the order in which they were made.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    queue: BTreeMap<PlanId, Plan>,
    made: u64,
}

impl Plans {
    pub(crate) fn make(&mut self, due: Duration, plan: Plan) -> PlanId {
        self.made += 1;
        let id = PlanId(due, self.made);
        self.queue.insert(id, plan);
        id
    }

    pub(crate) fn give_up(&mut self, id: PlanId) {
        self.queue.remove(&id);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.queue.len()
    }

    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.queue.keys().next().map(|PlanId(due, _)| *due)
    }

    pub(crate) fn take_due(&mut self, now: Duration) -> Option<(Duration, Plan)> {
        let entry = self.queue.first_entry()?;
        let PlanId(due, _) = *entry.key();
        (due <= now).then(|| (due, entry.remove()))
    }
}
