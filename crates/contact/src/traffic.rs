//! Generated traffic: agents sign in; callers come, are answered, perhaps held, and leave.
//!
//! All steps are planned in server time from one random sequence, so a seed repeats a day. Other
//! changes of the world are respected: a step that is no longer possible is left out.

use std::time::Duration;

use crate::World;
use crate::agent_state::{AgentState, Wanted};
use crate::call::{Action, CallState};
use crate::chance::Chance;
use crate::plans::Plan;

/// The most calls per minute.
const MOST: u32 = 6000;

/// The time that a caller waits in a queue.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub(crate) struct Traffic {
    per_minute: u32,
    chance: Chance,
    callers: u64,
}

/// One step of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// An agent begins its day.
    SignIn(String),
    /// An agent becomes ready, again.
    Ready(String),
    /// The next caller calls.
    Arrive,
    /// The waiting caller gives up.
    GiveUp { queue: String, from: String },
    /// The agent takes its call.
    Answer { agent: String, call: u64 },
    /// The caller hangs up.
    Abandon { call: u64 },
    /// The agent puts the caller on hold.
    Hold { agent: String, call: u64 },
    /// The agent comes back to the caller.
    Retrieve { agent: String, call: u64 },
    /// The agent ends the call.
    HangUp { agent: String, call: u64 },
}

impl World {
    /// Starts traffic of so many calls per minute. Agents who are signed out sign in within ten
    /// seconds.
    pub fn start_traffic(&mut self, per_minute: u32, seed: u64) {
        let mut chance = Chance::new(seed);
        for id in self.agent_ids() {
            let after = chance.between(100, 10_000);
            self.plan(after, Step::SignIn(id));
        }
        self.traffic = Some(Traffic { per_minute: per_minute.clamp(1, MOST), chance, callers: 0 });
        self.plan_arrival();
    }

    /// A phone rings, perhaps because of traffic: plans the agent's answer.
    pub(crate) fn traffic_rings(&mut self, call: u64, agent: &str) {
        let Some(traffic) = &mut self.traffic else { return };
        let agent = agent.to_owned();
        if traffic.chance.percent(8) {
            let after = traffic.chance.between(4_000, 12_000);
            self.plan(after, Step::Abandon { call });
        } else {
            let after = traffic.chance.between(1_500, 6_000);
            self.plan(after, Step::Answer { agent, call });
        }
    }

    pub(crate) fn traffic_step(&mut self, step: Step) {
        match step {
            Step::SignIn(id) => {
                if self.agents.get(&id).is_some_and(|agent| agent.state == AgentState::Logout)
                    && self.request(&id, Wanted::Login, None, "").is_ok()
                {
                    let after = self.draw(500, 5_000);
                    self.plan(after, Step::Ready(id));
                }
            }
            Step::Ready(id) => self.try_request(&id, Wanted::Ready, None),
            Step::Arrive => self.arrive(),
            Step::GiveUp { queue, from } => self.give_up_waiting(&queue, &from),
            Step::Answer { agent, call } if self.is_ringing(&agent, call) => {
                self.try_act(&agent, Action::Answer);
                self.plan_talk(agent, call);
            }
            Step::Abandon { call }
                if self.calls.get(&call).is_some_and(|c| c.state == CallState::Alerting) =>
            {
                // The call is there, so there is nothing to refuse.
                let _ = self.other_side_hangs_up(call);
            }
            Step::Hold { agent, call } if self.is_in(&agent, call) => {
                self.try_act(&agent, Action::Hold)
            }
            Step::Retrieve { agent, call } if self.is_in(&agent, call) => {
                self.try_act(&agent, Action::Retrieve);
            }
            Step::HangUp { agent, call } if self.is_in(&agent, call) => {
                self.leave_call(&agent, call)
            }
            Step::Answer { .. }
            | Step::Abandon { .. }
            | Step::Hold { .. }
            | Step::Retrieve { .. }
            | Step::HangUp { .. } => {}
        }
    }

    fn arrive(&mut self) {
        self.plan_arrival();
        let queues: Vec<String> = self.queues.keys().cloned().collect();
        let Some(traffic) = &mut self.traffic else { return };
        traffic.callers += 1;
        let from = format!("555{:04}", 100 + traffic.callers % 9900);
        if queues.is_empty() {
            self.arrive_without_queue(&from);
            return;
        }
        let at = usize::try_from(self.draw(0, queues.len() as u64)).unwrap_or(0);
        let queue = queues[at].clone();
        if self.call_queue(&queue, &from).is_ok() {
            let due = self.now + PATIENCE;
            self.plans.make(due, Plan::Traffic(Step::GiveUp { queue, from }));
        }
    }

    /// In a world without queues, the caller reaches a ready agent; if none is ready, the line is
    /// busy.
    fn arrive_without_queue(&mut self, from: &str) {
        let ready =
            self.agents.values().filter(|a| a.state == AgentState::Ready && a.calls.is_empty());
        let longest = ready.min_by_key(|agent| (agent.since, &agent.id));
        let Some(agent) = longest.map(|agent| agent.id.clone()) else { return };
        if let Ok(call) = self.ring(&agent, from) {
            self.traffic_rings(call, &agent);
        }
    }

    fn plan_arrival(&mut self) {
        let Some(traffic) = &mut self.traffic else { return };
        // Between half and one and a half times the mean.
        let mean = 60_000 / u64::from(traffic.per_minute);
        let after = traffic.chance.between(mean / 2, mean / 2 + mean + 1);
        self.plan(after, Step::Arrive);
    }

    /// Plans the steps of a call that has just been answered.
    fn plan_talk(&mut self, agent: String, call: u64) {
        let length = self.draw(10_000, 40_000);
        if self.draw(0, 100) < 25 {
            let from = self.draw(3_000, length / 2);
            let to = from + self.draw(2_000, length / 3);
            self.plan(from, Step::Hold { agent: agent.clone(), call });
            self.plan(to, Step::Retrieve { agent: agent.clone(), call });
        }
        self.plan(length, Step::HangUp { agent, call });
    }

    /// Ends the call, half of the time with wrap-up, now and then with a break after it.
    fn leave_call(&mut self, agent: &str, call: u64) {
        let (wraps_up, breaks) = (self.draw(0, 100) < 50, self.draw(0, 100) < 10);
        if wraps_up {
            self.try_request(agent, Wanted::Work, None);
        } else if breaks {
            let category = AgentState::NotReady;
            let reason = self.office.reasons.iter().find(|reason| reason.category == category);
            self.try_request(agent, Wanted::NotReady, reason.map(|reason| reason.id));
        }
        // One in three is ended by the caller.
        if self.draw(0, 3) == 0 {
            let _ = self.other_side_hangs_up(call);
        } else {
            self.try_act(agent, Action::Drop);
        }
        let after = if wraps_up { self.draw(3_000, 15_000) } else { self.draw(20_000, 60_000) };
        if wraps_up || breaks {
            self.plan(after, Step::Ready(agent.to_owned()));
        }
    }

    fn is_ringing(&self, agent: &str, call: u64) -> bool {
        self.is_in(agent, call)
            && self.calls.get(&call).is_some_and(|call| call.state == CallState::Alerting)
    }

    fn is_in(&self, agent: &str, call: u64) -> bool {
        self.agents.get(agent).is_some_and(|agent| agent.calls.contains(&call))
    }

    /// Drops a refusal: the step is no longer possible.
    fn try_request(&mut self, agent: &str, wanted: Wanted, reason: Option<u32>) {
        let _ = self.request(agent, wanted, reason, "");
    }

    fn try_act(&mut self, agent: &str, action: Action) {
        let _ = self.act(agent, action);
    }

    fn draw(&mut self, low: u64, high: u64) -> u64 {
        self.traffic.as_mut().map_or(low, |traffic| traffic.chance.between(low, high))
    }

    fn plan(&mut self, after_millis: u64, step: Step) {
        self.plans.make(self.now + Duration::from_millis(after_millis), Plan::Traffic(step));
    }
}
