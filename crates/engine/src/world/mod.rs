//! The contact centre behind the server: agents, teams, queues and calls, with Finesse's own state machines.
//!
//! A pure model. It knows server time and nothing of sockets, XML or XMPP; what happens in it is a list of [`Change`]s,
//! which `updates/` makes publications of. Two engines can share one world: each reads the changes from its own side.

mod agent;
mod agent_state;
mod attendance;
mod calendar;
mod call;
mod calls;
mod chance;
mod change;
mod file;
mod names;
mod plans;
mod queue;
mod refusal;
mod spec;
mod system;
#[cfg(test)]
mod tests;
mod traffic;
mod view;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use agent_state::{AgentState, Flavour, Wanted};
pub use call::{Action, CallState, CallType, Cause, PartState};
pub use names::UnknownName;
pub use refusal::Refusal;
pub use spec::{Password, Reason, WorldFileError, WorldSpec, WrapUp, WrapUpMode};
pub use view::{AgentView, CallView, PartyView, QueueView, Statistics, TeamView, WorldView};

pub use system::SystemStatus;

pub use calendar::Calendar;
pub(crate) use chance::Chance;
pub(crate) use change::{ApiError, Change, DialogEvent};

use agent::Agent;
use call::Call;
use change::Outboxes;
use plans::{Plan, Plans};
use queue::Queue;
use spec::TeamSpec;
use traffic::Traffic;

/// The id of the first call.
const FIRST_CALL: u64 = 16_780_001;

/// A contact centre at work.
pub struct World {
    flavour: Flavour,
    calendar: Calendar,
    /// Server time of what is going on.
    now: Duration,
    notice: Duration,
    wait: Duration,
    forced: AgentState,
    teams: Vec<TeamSpec>,
    agents: BTreeMap<String, Agent>,
    queues: BTreeMap<String, Queue>,
    reasons: Vec<Reason>,
    calls: BTreeMap<u64, Call>,
    next_call: u64,
    plans: Plans,
    traffic: Option<Traffic>,
    outboxes: Outboxes,
}

/// A world that the engines of one or two fakes share.
#[derive(Clone)]
pub struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    /// A world for the engines that get a clone of this.
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// Nobody holds this while it waits for another lock, so two engines cannot wait for each other.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        // A panic elsewhere leaves a world in which at worst one step was not taken to its end.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// The world as described, at server time zero.
    pub fn new(spec: &WorldSpec, calendar: Calendar) -> Self {
        let agents = spec.agents.iter().map(|agent| (agent.id.clone(), Agent::new(agent)));
        let queues = spec.queues.iter().map(|queue| (queue.id.clone(), Queue::new(queue)));
        Self {
            flavour: spec.flavour,
            calendar,
            now: Duration::ZERO,
            notice: spec.notice,
            wait: spec.wait,
            forced: spec.forced,
            teams: spec.teams.clone(),
            agents: agents.collect(),
            queues: queues.collect(),
            reasons: spec.reasons.clone(),
            calls: BTreeMap::new(),
            next_call: FIRST_CALL,
            plans: Plans::default(),
            traffic: None,
            outboxes: Outboxes::default(),
        }
    }

    /// Begins again as described: no calls, and nobody signed in. Time and the sides that read go on.
    pub(crate) fn begin_anew(&mut self, spec: &WorldSpec, traffic: Option<(u32, u64)>) {
        let outboxes = std::mem::take(&mut self.outboxes);
        let now = self.now;
        *self = Self { now, outboxes, ..Self::new(spec, self.calendar) };
        if let Some((calls_per_minute, seed)) = traffic {
            self.start_traffic(calls_per_minute, seed);
        }
    }

    /// Server time of what comes next. It does not go back, though two engines may tell it in another order.
    pub(crate) fn at(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// When something next happens by itself.
    pub(crate) fn next_due(&self) -> Option<Duration> {
        self.plans.next_due()
    }

    /// Does the next thing that has fallen due at `now`; false when there is none.
    pub(crate) fn fire_next(&mut self, now: Duration) -> bool {
        let Some((due, plan)) = self.plans.take_due(now) else { return false };
        self.at(due);
        match plan {
            Plan::ForcedLogout(agent) => self.force_out(&agent),
            Plan::WrapUpEnds(agent) => self.wrap_up_is_over(&agent),
            Plan::Statistics(queue) => self.publish_statistics(&queue),
            Plan::Traffic(step) => self.traffic_step(step),
        }
        self.settle();
        true
    }

    /// What follows from any change: waiting calls find agents, and statistics become due.
    fn settle(&mut self) {
        self.distribute();
        self.watch_statistics();
    }

    /// Opens a side from which changes are read.
    pub(crate) fn join(&mut self) -> usize {
        self.outboxes.open()
    }

    /// Closes a side; nothing is kept for it any more.
    pub(crate) fn leave(&mut self, side: usize) {
        self.outboxes.close(side);
        // Whose clients were there has lost them.
        let of_side = self.agents.values().filter(|agent| agent.present.contains(&side));
        let lost: Vec<String> = of_side.map(|agent| agent.id.clone()).collect();
        for agent in lost {
            self.attend(side, &agent, false, false);
        }
    }

    /// The changes that this side has not read yet, in order.
    pub(crate) fn take_changes(&mut self, side: usize) -> Vec<Arc<Change>> {
        self.outboxes.take(side)
    }

    /// Whether this side has not read all changes yet.
    pub(crate) fn has_changes(&self, side: usize) -> bool {
        self.outboxes.has_any(side)
    }

    pub(crate) fn flavour(&self) -> Flavour {
        self.flavour
    }

    fn tell(&mut self, change: Change) {
        self.outboxes.push(change);
    }
}
