//! Attendance: an agent whose presence is lost is signed out after a while (Cisco, "Desktop
//! presence and forced logout").
//!
//! A client that signs off is noticed at once. A client that is just gone is noticed after up to
//! two minutes; here always after two. From then on the agent has a minute to come back, unless the
//! world sets another time.

use crate::agent_state::AgentState;
use crate::plans::Plan;
use crate::world::World;

impl World {
    /// The client of an account has become available on one side, or has gone, in order or not.
    pub fn attend(&mut self, side: usize, id: &str, present: bool, goodbye: bool) {
        let wait = if goodbye { self.wait } else { self.notice + self.wait };
        let due = self.now + wait;
        let Some(agent) = self.agents.get_mut(id) else { return };
        if present {
            agent.present.insert(side);
            if let Some(plan) = agent.absence.take() {
                self.plans.give_up(plan);
            }
        } else if agent.present.remove(&side)
            && agent.present.is_empty()
            && agent.state != AgentState::Logout
        {
            agent.absence = Some(self.plans.make(due, Plan::ForcedLogout(id.to_owned())));
        }
    }
}
