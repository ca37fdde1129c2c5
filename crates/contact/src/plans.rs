//! The plans of the world, in the order in which they fall due.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::traffic::Step;

/// A plan: something that the world will do by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Plan {
    /// The agent's client has been away for too long.
    ForcedLogout(String),
    /// The agent answers the setup call of a nailed connection.
    SetupAnswered(String),
    /// The wrap-up timer of an agent runs out.
    WrapUpEnds(String),
    /// The statistics of a queue may be published again.
    Statistics(String),
    /// A step of the generated traffic.
    Traffic(Step),
}

/// The handle of a plan, to cancel it.
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
