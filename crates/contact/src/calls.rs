//! Calls from first ring to end, and the states of the agents in them.
//!
//! A call and an agent change together. The order of the two events is not documented. Here it is
//! the order in which the telephony platform reports them: an agent is reserved before its phone
//! rings; all else changes the call first. An agent is in one call at a time.

use crate::agent::Agent;
use crate::agent_state::AgentState;
use crate::call::{Action, Call, CallState, CallType, Cause, PartState, Party};
use crate::change::{Change, DialogEvent};
use crate::refusal::{LONGEST, Refusal, check_length};
use crate::spec::WrapUpMode;
use crate::{Flavour, World};

/// The most variables of one call.
const MOST_VARIABLES: usize = 64;

impl World {
    /// A call from outside rings at an agent: from a queue where the agent is ready, else at its
    /// own number. Returns the id of the call.
    ///
    /// # Errors
    ///
    /// No agent has the id, no call can reach it in its state, or the number is too long.
    pub fn ring(&mut self, id: &str, from: &str) -> Result<u64, Refusal> {
        let ready = self.reachable(id)?.state == AgentState::Ready;
        let queue = if ready { self.queue_of(id) } else { None };
        let number = match &queue {
            Some(queue) => self.queues.get(queue).map(|queue| queue.number.clone()),
            None => None,
        };
        let extension = self.agent(id)?.extension.clone();
        let call_type = if ready { CallType::from_queue(self.flavour) } else { CallType::OtherIn };
        let dialed = number.unwrap_or_else(|| extension.clone());
        check_length("characters of a number", from.len(), LONGEST)?;
        let caller = Party::new(from, None, PartState::Initiated, self.now);
        let call = self.place(caller, id, dialed, call_type, queue)?;
        self.settle();
        Ok(call)
    }

    /// An agent calls a number: the extension of another agent, or a number outside. Returns the id
    /// of the call.
    ///
    /// # Errors
    ///
    /// No agent has the id, it can make no call in its state, or the number is too long.
    pub fn make_call(&mut self, id: &str, number: &str) -> Result<u64, Refusal> {
        let agent = self.reachable(id)?;
        let (address, before) = (agent.extension.clone(), agent.state);
        check_length("characters of a number", number.len(), LONGEST)?;
        let called = self.agents.values().find(|other| {
            other.id != id && other.extension == number && other.state != AgentState::Logout
        });
        let called = called.map(|other| other.id.clone());
        let caller = Party::new(&address, Some(id), PartState::Initiated, self.now);
        let call = match called {
            Some(other) if self.reachable(&other).is_ok() => {
                self.begin(id, before);
                self.place(caller, &other, number.to_owned(), CallType::AgentInside, None)?
            }
            Some(_) => {
                let call = self.call_out(caller, number, CallType::AgentInside);
                self.begin(id, before);
                self.post(call);
                self.fail(call, Cause::Busy)?;
                call
            }
            None => {
                let call = self.call_out(caller, number, CallType::Out);
                self.begin(id, before);
                self.post(call);
                call
            }
        };
        if let Some(agent) = self.agents.get_mut(id) {
            agent.call = Some(call);
        }
        self.enter_talking(id);
        self.settle();
        Ok(call)
    }

    /// The agent takes an action on its call.
    ///
    /// # Errors
    ///
    /// No agent has the id, it has no call, or its state in the call does not allow the action.
    pub fn act(&mut self, id: &str, action: Action) -> Result<(), Refusal> {
        let Some(call) = self.agent(id)?.call else {
            return Err(Refusal::NoCall { agent: id.to_owned(), action });
        };
        self.act_in(call, id, action)
    }

    /// The first agent of the call who may take the action takes it.
    ///
    /// # Errors
    ///
    /// No call has the id, or none of its agents may take the action.
    pub fn act_for(&mut self, call: u64, action: Action) -> Result<(), Refusal> {
        let agents = self.call(call)?.agents();
        let may = |id: &&String| {
            let party = self.calls.get(&call).and_then(|call| call.party(id));
            party.is_some_and(|party| party.state.actions().contains(&action))
        };
        let id = agents.iter().find(may).or_else(|| agents.first()).cloned().unwrap_or_default();
        self.act_in(call, &id, action)
    }

    /// The party outside answers a call that an agent has made.
    ///
    /// # Errors
    ///
    /// No call has the id, or it is not INITIATED.
    pub fn other_side_answers(&mut self, call: u64) -> Result<(), Refusal> {
        let now = self.now;
        let known = self.call_mut(call)?;
        let outside = known.parties.iter_mut().find(|party| party.agent.is_none());
        match (known.state, outside) {
            (CallState::Initiated, Some(party)) => party.turn(PartState::Active, now),
            (state, _) => {
                let hint = "the other side answers a call that an agent has made to the outside, \
                            once, while it is INITIATED";
                return Err(Refusal::Call { call, state: state.name(), hint });
            }
        }
        known.state = CallState::Active;
        if let Some(caller) = known.parties.first_mut() {
            caller.turn(PartState::Active, now);
        }
        self.put(call);
        self.settle();
        Ok(())
    }

    /// The party outside ends the call, or gives up before it is answered.
    ///
    /// # Errors
    ///
    /// No call has the id, or it has ended.
    pub fn other_side_hangs_up(&mut self, call: u64) -> Result<(), Refusal> {
        let known = self.call(call)?;
        if matches!(known.state, CallState::Dropped | CallState::Failed) {
            let hint = "the other side can leave a call that has not ended";
            return Err(Refusal::Call { call, state: known.state.name(), hint });
        }
        self.end(call);
        self.settle();
        Ok(())
    }

    /// A call that an agent has made fails.
    ///
    /// # Errors
    ///
    /// No call has the id, or it is not INITIATED.
    pub fn other_side_fails(&mut self, call: u64, cause: Cause) -> Result<(), Refusal> {
        let known = self.call(call)?;
        if known.state != CallState::Initiated {
            let hint = "a call can fail while it is INITIATED";
            return Err(Refusal::Call { call, state: known.state.name(), hint });
        }
        self.fail(call, cause)?;
        self.settle();
        Ok(())
    }

    /// Sets a call variable. A new variable is added at the end.
    ///
    /// # Errors
    ///
    /// No call has the id, it has too many variables, or the name or value is too long.
    pub fn set_variable(&mut self, call: u64, name: &str, value: &str) -> Result<(), Refusal> {
        self.update_call_data(call, &[(name.to_owned(), value.to_owned())])
    }

    /// Sets call variables, all or none. `wrapUpReason` is the reason of the wrap-up.
    ///
    /// # Errors
    ///
    /// No call has the id, it would have too many variables, or a name or value is too long.
    pub fn update_call_data(
        &mut self,
        call: u64,
        values: &[(String, String)],
    ) -> Result<(), Refusal> {
        let known = self.call_mut(call)?;
        let mut changed = known.variables.clone();
        let mut wrap_up_reason = known.wrap_up_reason.clone();
        for (name, value) in values {
            check_length("characters of a variable", name.len().max(value.len()), LONGEST)?;
            if name == "wrapUpReason" {
                wrap_up_reason = Some(value.clone());
                continue;
            }
            match changed.iter_mut().find(|(other, _)| other == name) {
                Some((_, old)) => value.clone_into(old),
                None => changed.push((name.clone(), value.clone())),
            }
        }
        check_length("variables of a call", changed.len(), MOST_VARIABLES)?;
        known.variables = changed;
        known.wrap_up_reason = wrap_up_reason;
        self.put(call);
        Ok(())
    }

    /// Rings at an agent who can be reached. The caller may be an agent too.
    pub(crate) fn place(
        &mut self,
        caller: Party,
        id: &str,
        dialed: String,
        call_type: CallType,
        queue: Option<String>,
    ) -> Result<u64, Refusal> {
        let (extension, before) = {
            let agent = self.reachable(id)?;
            (agent.extension.clone(), agent.state)
        };
        let number = self.number_of_call();
        let called = Party::new(&extension, Some(id), PartState::Alerting, self.now);
        self.begin(id, before);
        let from_queue = matches!(call_type, CallType::AcdIn | CallType::PrerouteAcdIn);
        if from_queue {
            self.enter(id, AgentState::Reserved, None, "");
        }
        let call = Call {
            id: number,
            from: caller.address.clone(),
            to: extension,
            dialed,
            call_type,
            queue,
            state: CallState::Alerting,
            parties: vec![caller, called],
            variables: Vec::new(),
            wrap_up_reason: None,
        };
        for agent in call.agents() {
            if let Some(agent) = self.agents.get_mut(&agent) {
                agent.call = Some(number);
            }
        }
        self.calls.insert(number, call);
        self.post(number);
        Ok(number)
    }

    /// Withdraws the ringing call, if any, from the agent.
    pub(crate) fn stop_ringing(&mut self, id: &str) {
        let call = self.agents.get(id).and_then(|agent| self.calls.get(&agent.call?));
        if let Some(call) = call.filter(|call| call.state == CallState::Alerting) {
            self.end(call.id);
        }
    }

    /// Whether a call rings at the agent, or is being made by it, without a change of its state.
    pub(crate) fn is_called(&self, id: &str) -> bool {
        let call = self.agents.get(id).and_then(|agent| self.calls.get(&agent.call?));
        call.is_some_and(|call| call.state == CallState::Alerting)
    }

    /// The agent's wrap-up is over: its call is gone from its list.
    pub(crate) fn finish_wrap_up(&mut self, id: &str) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        if let Some(plan) = agent.wrap_up_ends.take() {
            self.plans.give_up(plan);
        }
        let Some(call) = agent.call.take() else { return };
        let now = self.now;
        if let Some(party) = self.calls.get_mut(&call).and_then(|call| call.party_mut(id)) {
            party.turn(PartState::Dropped, now);
        }
        self.tell_dialog(id, DialogEvent::Delete, call);
        self.forget_if_over(call);
    }

    pub(crate) fn is_incoming(&self, id: &str) -> bool {
        let call = self.agents.get(id).and_then(|agent| self.calls.get(&agent.call?));
        call.is_none_or(|call| call.is_incoming(id))
    }

    pub(crate) fn call(&self, id: u64) -> Result<&Call, Refusal> {
        self.calls.get(&id).ok_or_else(|| Refusal::UnknownCall {
            id,
            known: self.calls.keys().map(ToString::to_string).collect(),
        })
    }

    fn call_mut(&mut self, id: u64) -> Result<&mut Call, Refusal> {
        self.call(id)?;
        self.calls.get_mut(&id).ok_or(Refusal::UnknownCall { id, known: Vec::new() })
    }

    fn act_in(&mut self, call: u64, id: &str, action: Action) -> Result<(), Refusal> {
        let now = self.now;
        let known = self.call_mut(call)?;
        let Some(party) = known.party_mut(id) else {
            return Err(Refusal::NoCall { agent: id.to_owned(), action });
        };
        let allowed = party.state.actions();
        if !allowed.contains(&action) {
            return Err(Refusal::Action {
                agent: id.to_owned(),
                call,
                action,
                state: party.state.name(),
                allowed: allowed.to_vec(),
            });
        }
        match action {
            Action::Answer => {
                for party in &mut known.parties {
                    party.turn(PartState::Active, now);
                }
                known.state = CallState::Active;
                self.put(call);
                self.enter_talking(id);
            }
            Action::Hold | Action::Retrieve => {
                let held = action == Action::Hold;
                party.turn(if held { PartState::Held } else { PartState::Active }, now);
                self.put(call);
                // CCX has no HOLD state; the agent stays in TALKING.
                if self.flavour == Flavour::Cce {
                    let state = if held { AgentState::Hold } else { AgentState::Talking };
                    self.enter(id, state, None, "");
                }
            }
            Action::Drop => self.end(call),
            Action::UpdateCallData => {}
        }
        self.settle();
        Ok(())
    }

    /// Ends a call for both parties after one has left.
    fn end(&mut self, call: u64) {
        let now = self.now;
        let Some(known) = self.calls.get_mut(&call) else { return };
        let answered = known.state == CallState::Active;
        known.state = CallState::Dropped;
        let agents = known.agents();
        for party in &mut known.parties {
            party.turn(PartState::Dropped, now);
        }
        for id in agents {
            let Some(agent) = self.agents.get(&id) else { continue };
            if answered && self.wraps_up(&id) {
                if let Some(party) = self.calls.get_mut(&call).and_then(|call| call.party_mut(&id))
                {
                    party.turn(PartState::WrapUp, now);
                }
                self.tell_dialog(&id, DialogEvent::Put, call);
                self.wrap_up(&id);
                continue;
            }
            let changes = agent.state.is_busy();
            if let Some(agent) = self.agents.get_mut(&id) {
                agent.call = None;
            }
            self.tell_dialog(&id, DialogEvent::Delete, call);
            if changes {
                self.back_from_call(&id);
            }
        }
        self.forget_if_over(call);
    }

    /// A call that did not come about stays with its caller, who has to drop it.
    fn fail(&mut self, call: u64, cause: Cause) -> Result<(), Refusal> {
        let now = self.now;
        let known = self.call_mut(call)?;
        known.state = CallState::Failed;
        for party in &mut known.parties {
            party.turn(PartState::Failed, now);
            party.cause = Some(cause);
        }
        self.put(call);
        Ok(())
    }

    fn wraps_up(&self, id: &str) -> bool {
        let Some(agent) = self.agents.get(id) else { return false };
        match agent.wrap_up_mode(self.is_incoming(id)) {
            WrapUpMode::Required | WrapUpMode::RequiredWithData => true,
            WrapUpMode::Optional => matches!(agent.pending, Some((AgentState::Work, _))),
            WrapUpMode::NotAllowed => false,
        }
    }

    /// An agent to whom a call can come, or who can make one. From READY a real CCE may want
    /// NOT_READY first.
    fn reachable(&self, id: &str) -> Result<&Agent, Refusal> {
        let agent = self.agent(id)?;
        if agent.call.is_none() && matches!(agent.state, AgentState::Ready | AgentState::NotReady) {
            return Ok(agent);
        }
        Err(Refusal::Unreachable { agent: id.to_owned(), state: agent.state })
    }

    /// Stores the agent's state before its call.
    fn begin(&mut self, id: &str, before: AgentState) {
        if let Some(agent) = self.agents.get_mut(id) {
            agent.before_call = before;
        }
    }

    fn enter_talking(&mut self, id: &str) {
        self.enter(id, AgentState::Talking, None, "");
    }

    fn call_out(&mut self, caller: Party, number: &str, call_type: CallType) -> u64 {
        let id = self.number_of_call();
        let other = Party::new(number, None, PartState::Alerting, self.now);
        let call = Call {
            id,
            from: caller.address.clone(),
            to: number.to_owned(),
            dialed: number.to_owned(),
            call_type,
            queue: None,
            state: CallState::Initiated,
            parties: vec![caller, other],
            variables: Vec::new(),
            wrap_up_reason: None,
        };
        self.calls.insert(id, call);
        id
    }

    fn number_of_call(&mut self) -> u64 {
        let id = self.next_call;
        self.next_call += 1;
        id
    }

    /// The call is new to all its agents.
    fn post(&mut self, call: u64) {
        self.tell_all(DialogEvent::Post, call);
    }

    /// The call has changed for all its agents.
    fn put(&mut self, call: u64) {
        self.tell_all(DialogEvent::Put, call);
    }

    fn tell_all(&mut self, event: DialogEvent, call: u64) {
        let agents = self.calls.get(&call).map(Call::agents).unwrap_or_default();
        for agent in agents {
            // An agent who has left gets no more events of the call.
            let left = self.calls.get(&call).and_then(|call| call.party(&agent));
            if left.is_some_and(|party| party.state != PartState::Dropped) {
                self.tell_dialog(&agent, event, call);
            }
        }
    }

    fn tell_dialog(&mut self, agent: &str, event: DialogEvent, call: u64) {
        let asking = self.asking.as_ref().filter(|asking| asking.agent == agent);
        let request = asking.map(|asking| asking.request.clone()).unwrap_or_default();
        if let Some(call) = self.call_view(call) {
            self.tell(Change::Dialog { agent: agent.to_owned(), event, call, request });
        }
    }

    /// Forgets a call that no agent wraps up any more.
    fn forget_if_over(&mut self, call: u64) {
        let is_over = self.calls.get(&call).is_some_and(|call| {
            let agents = call.parties.iter().filter(|party| party.agent.is_some());
            agents.into_iter().all(|party| party.state == PartState::Dropped)
        });
        if is_over {
            self.calls.remove(&call);
        }
    }
}
