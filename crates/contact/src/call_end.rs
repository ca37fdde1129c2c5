//! The ends of calls: for one agent or for all, with or without wrap-up, and the states of the
//! agents afterwards.

use crate::agent_state::AgentState;
use crate::call::{CallState, PartState};
use crate::change::DialogEvent;
use crate::spec::WrapUpMode;
use crate::{Flavour, World};

impl World {
    /// Withdraws the calls that ring from the agent.
    pub(crate) fn stop_ringing(&mut self, id: &str) {
        let own = self.agents.get(id).map(|agent| agent.calls.clone()).unwrap_or_default();
        for call in own {
            if self.calls.get(&call).is_some_and(|call| call.state == CallState::Alerting) {
                self.end(call);
            }
        }
    }

    /// The agent's wrap-up is over: its call is gone from its list.
    pub(crate) fn finish_wrap_up(&mut self, id: &str) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        if let Some(plan) = agent.wrap_up_ends.take() {
            self.plans.give_up(plan);
        }
        let Some(call) = agent.calls.pop() else { return };
        let now = self.now;
        if let Some(party) = self.calls.get_mut(&call).and_then(|call| call.party_mut(id)) {
            party.turn(PartState::Dropped, now);
        }
        self.tell_dialog(id, DialogEvent::Delete, call);
        self.forget_if_over(call);
    }

    /// An agent leaves a call: a conference goes on without it, another call ends.
    pub(crate) fn drop_out(&mut self, call: u64, id: &str) {
        let is_conference = self.calls.get(&call).is_some_and(|known| known.live().count() > 2);
        if !is_conference {
            return self.end(call);
        }
        self.part_from(call, id, true);
        self.put(call);
        self.forget_if_over(call);
    }

    /// Ends a call for all its parties.
    pub(crate) fn end(&mut self, call: u64) {
        let now = self.now;
        let Some(known) = self.calls.get_mut(&call) else { return };
        let answered = known.state == CallState::Active;
        known.state = CallState::Dropped;
        let agents: Vec<String> = known.live().filter_map(|party| party.agent.clone()).collect();
        for party in known.parties.iter_mut().filter(|party| party.state.is_live()) {
            party.turn(PartState::Dropped, now);
        }
        for id in agents {
            self.part_from(call, &id, answered);
        }
        self.forget_if_over(call);
        self.stop_listening(call);
    }

    /// An agent's part in a call is over. It wraps up if that was its last call.
    pub(crate) fn part_from(&mut self, call: u64, id: &str, answered: bool) {
        let now = self.now;
        let Some(agent) = self.agents.get(id) else { return };
        let is_last = agent.calls == [call];
        let changes = agent.state.is_busy();
        let wraps_up = answered && is_last && self.wraps_up(id);
        let state = if wraps_up { PartState::WrapUp } else { PartState::Dropped };
        if let Some(party) = self.calls.get_mut(&call).and_then(|call| call.party_mut(id)) {
            party.turn(state, now);
        }
        if wraps_up {
            self.tell_dialog(id, DialogEvent::Put, call);
            self.wrap_up(id);
            return;
        }
        if let Some(agent) = self.agents.get_mut(id) {
            agent.calls.retain(|own| *own != call);
        }
        self.tell_dialog(id, DialogEvent::Delete, call);
        match (is_last, changes) {
            (true, true) => self.back_from_call(id),
            (true, false) => {}
            (false, _) => self.follow(id),
        }
    }

    /// The state of an agent who talks follows its calls. CCX has no HOLD state; there the agent
    /// stays in TALKING.
    pub(crate) fn follow(&mut self, id: &str) {
        let Some(agent) = self.agents.get(id) else { return };
        let parts = agent.calls.iter().filter_map(|call| self.calls.get(call)?.party(id));
        let is_held =
            parts.clone().count() > 0 && parts.clone().all(|p| p.state == PartState::Held);
        let state = match self.flavour {
            Flavour::Cce if is_held => AgentState::Hold,
            _ => AgentState::Talking,
        };
        if matches!(agent.state, AgentState::Talking | AgentState::Hold) && agent.state != state {
            self.enter(id, state, None, "");
        }
    }

    fn wraps_up(&self, id: &str) -> bool {
        let Some(agent) = self.agents.get(id) else { return false };
        match agent.wrap_up_mode(self.is_incoming(id)) {
            WrapUpMode::Required | WrapUpMode::RequiredWithData => true,
            WrapUpMode::Optional => matches!(agent.pending, Some((AgentState::Work, _))),
            WrapUpMode::NotAllowed => false,
        }
    }

    /// Forgets a call in which no agent takes part any more.
    pub(crate) fn forget_if_over(&mut self, call: u64) {
        let is_over = self.calls.get(&call).is_some_and(|call| {
            let mut agents = call.parties.iter().filter(|party| party.agent.is_some());
            agents.all(|party| party.state == PartState::Dropped)
        });
        if is_over {
            self.calls.remove(&call);
        }
    }
}
