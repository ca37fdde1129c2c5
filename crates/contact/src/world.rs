//! The running contact centre. Two servers can share it; each reads the changes from its own side.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::accepted::CurrentRequest;
use crate::agent::Agent;
use crate::agent_state::{AgentState, Flavour};
use crate::calendar::Calendar;
use crate::call::Call;
use crate::change::{Change, Outboxes};
use crate::extensions::Extensions;
use crate::office::Office;
use crate::plans::{Plan, Plans};
use crate::queue::Queue;
use crate::shape::{self, Collections, Values};
use crate::spec::{TeamSpec, WorldSpec};
use crate::traffic::Traffic;

/// The id of the first call.
const FIRST_CALL: u64 = 16_780_001;

/// A running contact centre.
pub struct World {
    pub(crate) flavour: Flavour,
    pub(crate) calendar: Calendar,
    /// The present server time.
    pub(crate) now: Duration,
    pub(crate) notice: Duration,
    pub(crate) wait: Duration,
    pub(crate) forced: AgentState,
    /// Whether agents may record their calls.
    pub(crate) records: bool,
    pub(crate) collections: Option<Collections>,
    pub(crate) values: Values,
    pub(crate) teams: Vec<TeamSpec>,
    pub(crate) agents: BTreeMap<String, Agent>,
    pub(crate) extensions: Extensions,
    pub(crate) queues: BTreeMap<String, Queue>,
    /// The configuration, which an administrator may change.
    pub office: Office,
    pub(crate) calls: BTreeMap<u64, Call>,
    pub(crate) next_call: u64,
    pub(crate) plans: Plans,
    pub(crate) traffic: Option<Traffic>,
    pub(crate) outboxes: Outboxes,
    /// The request that is being carried out.
    pub(crate) asking: Option<CurrentRequest>,
}

/// A world behind a lock, for one server or for the two of a pair.
#[derive(Clone)]
pub struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world, for as long as the guard lives. Take no other lock meanwhile: two servers could
    /// wait for each other.
    pub fn lock(&self) -> MutexGuard<'_, World> {
        // A panic elsewhere leaves a world in which at worst one step was not taken to its end.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    /// The world as described, at server time zero.
    pub fn new(spec: &WorldSpec, calendar: Calendar) -> Self {
        let spec = shape::shaped(spec);
        let agents = spec.agents.iter().map(|agent| (agent.id.clone(), Agent::new(agent)));
        let agents: BTreeMap<_, _> = agents.collect();
        let queues = spec.queues.iter().map(|queue| (queue.id.clone(), Queue::new(queue)));
        Self {
            flavour: spec.flavour,
            calendar,
            now: Duration::ZERO,
            notice: spec.notice,
            wait: spec.wait,
            forced: spec.forced,
            records: spec.records,
            collections: spec.collections,
            values: spec.values,
            teams: spec.teams,
            extensions: Extensions::of(agents.values()),
            agents,
            queues: queues.collect(),
            office: spec.office,
            calls: BTreeMap::new(),
            next_call: FIRST_CALL,
            plans: Plans::default(),
            traffic: None,
            outboxes: Outboxes::default(),
            asking: None,
        }
    }

    /// Resets the world to its description: no calls, no agent signed in. Time and the sides go on.
    /// `traffic` is calls per minute and the seed.
    pub fn begin_anew(&mut self, spec: &WorldSpec, traffic: Option<(u32, u64)>) {
        let outboxes = std::mem::take(&mut self.outboxes);
        let now = self.now;
        *self = Self { now, outboxes, ..Self::new(spec, self.calendar) };
        if let Some((calls_per_minute, seed)) = traffic {
            self.start_traffic(calls_per_minute, seed);
        }
    }

    /// Sets the server time. It never goes back, even if two engines report times out of order.
    pub fn at(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// The server time of the next plan.
    pub fn next_due(&self) -> Option<Duration> {
        self.plans.next_due()
    }

    /// Carries out the next plan that is due at `now`; `false` when none is.
    pub fn fire_next(&mut self, now: Duration) -> bool {
        let Some((due, plan)) = self.plans.take_due(now) else { return false };
        self.at(due);
        match plan {
            Plan::ForcedLogout(agent) => self.force_out(&agent),
            Plan::SetupAnswered(agent) => self.answer_setup(&agent),
            Plan::WrapUpEnds(agent) => self.wrap_up_is_over(&agent),
            Plan::Statistics(queue) => self.publish_statistics(&queue),
            Plan::Traffic(step) => self.traffic_step(step),
        }
        self.settle();
        true
    }

    /// The follow-up of any change: waiting callers get agents, and statistics become due.
    pub(crate) fn settle(&mut self) {
        self.distribute();
        self.watch_statistics();
    }

    /// Opens a side from which changes are read; returns its number.
    pub fn join(&mut self) -> usize {
        self.outboxes.open()
    }

    /// Closes a side and drops its unread changes.
    pub fn leave(&mut self, side: usize) {
        self.outboxes.close(side);
        // The agents of this side have lost their clients.
        let of_side = self.agents.values().filter(|agent| agent.present.contains(&side));
        let lost: Vec<String> = of_side.map(|agent| agent.id.clone()).collect();
        for agent in lost {
            self.attend(side, &agent, false, false);
        }
    }

    /// The changes that this side has not read yet, in order.
    pub fn take_changes(&mut self, side: usize) -> Vec<Arc<Change>> {
        self.outboxes.take(side)
    }

    /// Whether this side has not read all changes yet.
    pub fn has_changes(&self, side: usize) -> bool {
        self.outboxes.has_any(side)
    }

    /// How many elements a list has at most, if the world has shapes.
    pub fn longest_list(&self) -> Option<usize> {
        self.collections.map(Collections::count)
    }

    /// CCX or CCE, of this world.
    pub fn flavour(&self) -> Flavour {
        self.flavour
    }

    pub(crate) fn tell(&mut self, change: Change) {
        self.outboxes.push(change);
    }
}
