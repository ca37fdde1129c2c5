//! Queues: callers who wait for an agent, agents who wait for a call, and their statistics.

use std::collections::VecDeque;
use std::time::Duration;

use crate::agent_state::{AgentState, Flavour};

use crate::call::{Call, CallType, PartState, Party};
use crate::change::Change;
use crate::plans::Plan;
use crate::refusal::{LONGEST, Refusal, check_length};
use crate::spec::QueueSpec;
use crate::view::Statistics;
use crate::world::World;

/// The most callers who wait in one queue.
const MOST_WAITING: usize = 1000;

/// Statistics of a queue are published after a change, at most once in this time (Cisco DevNet,
/// "Queue notification").
const PAUSE: Duration = Duration::from_secs(10);

/// A queue and its waiting callers.
#[derive(Debug, Clone)]
pub(crate) struct Queue {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) number: String,
    pub(crate) agents: Vec<String>,
    waiting: VecDeque<Waiting>,
    /// The statistics last published, and when.
    published: Option<(Statistics, Duration)>,
    /// Whether there is a plan to publish.
    planned: bool,
}

#[derive(Debug, Clone)]
struct Waiting {
    from: String,
    since: Duration,
}

impl Queue {
    pub(crate) fn new(spec: &QueueSpec) -> Self {
        Self {
            id: spec.id.clone(),
            name: spec.name.clone(),
            number: spec.number.clone(),
            agents: spec.agents.clone(),
            waiting: VecDeque::new(),
            published: None,
            planned: false,
        }
    }
}

impl World {
    /// A caller dials a queue. The agent who has been READY longest gets the call, whose id is
    /// returned; if no agent is READY, the caller waits.
    ///
    /// # Errors
    ///
    /// No queue has the id, too many callers wait, or the number is too long.
    pub fn call_queue(&mut self, id: &str, from: &str) -> Result<Option<u64>, Refusal> {
        let since = self.now;
        check_length("characters of a number", from.len(), LONGEST)?;
        let unknown = self.unknown_queue(id);
        let queue = self.queues.get_mut(id).ok_or(unknown)?;
        if queue.waiting.len() >= MOST_WAITING {
            return Err(Refusal::TooMany { what: "callers in a queue", most: MOST_WAITING });
        }
        queue.waiting.push_back(Waiting { from: from.to_owned(), since });
        let before = self.calls.keys().next_back().copied();
        self.settle();
        let mut newer = self.calls.values().rev().take_while(|call| Some(call.id) > before);
        let is_it = |call: &&Call| call.from == from && call.queue.as_deref() == Some(id);
        Ok(newer.find(is_it).map(|call| call.id))
    }

    /// A waiting caller gives up.
    pub(crate) fn give_up_waiting(&mut self, id: &str, from: &str) {
        if let Some(queue) = self.queues.get_mut(id) {
            queue.waiting.retain(|waiting| waiting.from != from);
        }
    }

    pub(crate) fn unknown_queue(&self, id: &str) -> Refusal {
        Refusal::UnknownQueue { id: id.to_owned(), known: self.queues.keys().cloned().collect() }
    }

    /// The queue whose calls an agent gets first.
    pub(crate) fn queue_of(&self, agent: &str) -> Option<String> {
        let serves = |queue: &&Queue| queue.agents.iter().any(|other| other == agent);
        self.queues.values().find(serves).map(|queue| queue.id.clone())
    }

    /// Gives waiting callers to ready agents.
    pub(crate) fn distribute(&mut self) {
        loop {
            let next =
                self.queues.values().filter(|queue| !queue.waiting.is_empty()).find_map(|queue| {
                    Some((queue.id.clone(), queue.number.clone(), self.longest_ready(queue)?))
                });
            let Some((id, number, agent)) = next else { return };
            let waiting = self.queues.get_mut(&id).and_then(|queue| queue.waiting.pop_front());
            let Some(waiting) = waiting else { return };
            let caller = Party::new(&waiting.from, None, PartState::Initiated, self.now);
            let call_type = CallType::from_queue(self.flavour);
            let placed = self.place(caller, &agent, number, call_type, Some(id));
            if let Ok(call) = placed {
                self.traffic_rings(call, &agent);
            }
        }
    }

    fn longest_ready(&self, queue: &Queue) -> Option<String> {
        let agents = queue.agents.iter().filter_map(|id| self.agents.get(id));
        let ready =
            agents.filter(|agent| agent.state == AgentState::Ready && agent.calls.is_empty());
        ready.min_by_key(|agent| (agent.since, &agent.id)).map(|agent| agent.id.clone())
    }

    /// Plans to publish changed statistics. Only CCE has nodes for queues.
    pub(crate) fn watch_statistics(&mut self) {
        if self.flavour != Flavour::Cce {
            return;
        }
        let due: Vec<(String, Duration)> = self
            .queues
            .values()
            .filter(|queue| !queue.planned)
            .filter_map(|queue| match &queue.published {
                None => Some((queue.id.clone(), self.now)),
                Some((numbers, _)) if *numbers == self.statistics(queue) => None,
                Some((_, at)) => Some((queue.id.clone(), (*at + PAUSE).max(self.now))),
            })
            .collect();
        for (id, due) in due {
            if let Some(queue) = self.queues.get_mut(&id) {
                queue.planned = true;
            }
            if due <= self.now {
                self.publish_statistics(&id);
            } else {
                self.plans.make(due, Plan::Statistics(id));
            }
        }
    }

    pub(crate) fn publish_statistics(&mut self, id: &str) {
        let Some(queue) = self.queues.get(id) else { return };
        let numbers = self.statistics(queue);
        let agents = queue.agents.clone();
        let view = self.queue_view(queue);
        if let Some(queue) = self.queues.get_mut(id) {
            queue.published = Some((numbers, self.now));
            queue.planned = false;
        }
        self.tell(Change::Queue { queue: view, agents });
    }

    pub(crate) fn statistics(&self, queue: &Queue) -> Statistics {
        let mut numbers = Statistics {
            calls_in_queue: queue.waiting.len(),
            start_time_of_longest_call: queue.waiting.front().map(|first| self.stamp(first.since)),
            ..Statistics::default()
        };
        for agent in queue.agents.iter().filter_map(|id| self.agents.get(id)) {
            if agent.state == AgentState::Logout {
                continue;
            }
            numbers.logged_on += 1;
            let call_type =
                agent.calls.last().and_then(|call| self.calls.get(call)).map(|c| c.call_type);
            match agent.state {
                AgentState::Ready => numbers.ready += 1,
                AgentState::NotReady => numbers.not_ready += 1,
                AgentState::WorkReady => numbers.wrap_up_ready += 1,
                AgentState::Work => numbers.wrap_up_not_ready += 1,
                AgentState::Talking => match call_type {
                    Some(CallType::Out | CallType::Outbound) => numbers.talking_outbound += 1,
                    Some(CallType::AgentInside) => numbers.talking_internal += 1,
                    _ => numbers.talking_inbound += 1,
                },
                _ => numbers.busy_other += 1,
            }
        }
        numbers
    }
}
