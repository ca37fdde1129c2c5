//! Calls from first ring to end, and the states of the agents in them.
//!
//! A call and an agent change together. The order of the two events is not documented. Here it is
//! the order in which the telephony platform reports them: an agent is reserved before its phone
//! rings; all else changes the call first. A consultation is an agent's second call.

use crate::agent::Agent;
use crate::agent_state::AgentState;
use crate::call::{Action, Call, CallState, CallType, Cause, PartState, Party};
use crate::change::{Change, DialogEvent};
use crate::refusal::{LONGEST, Refusal, check_length};
use crate::{World, shape};

impl World {
    /// A call from outside rings at an agent: from a queue where the agent is ready, else at its
    /// own number. A caller without a number has an empty one. Returns the id of the call.
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
        let before = self.reachable(id)?.state;
        check_length("characters of a number", number.len(), LONGEST)?;
        self.begin(id, before);
        let call = self.dial(id, number, None)?;
        self.enter(id, AgentState::Talking, None, "");
        self.settle();
        Ok(call)
    }

    /// The agent takes an action that needs nothing else, on the last of its calls that allows it;
    /// ANSWER and DROP on the setup call of a nailed connection, while that rings.
    ///
    /// # Errors
    ///
    /// No agent has the id, it has no call, or its state in the call does not allow the action.
    pub fn act(&mut self, id: &str, action: Action) -> Result<(), Refusal> {
        self.act_with(id, action, "")
    }

    /// As [`World::act`], for actions that need something: the number of CONSULT_CALL and
    /// TRANSFER_SST, the address of PARTICIPANT_DROP, the digits of SEND_DTMF, the classification
    /// of RECLASSIFY, the time of UPDATE_SCHEDULED_CALLBACK.
    ///
    /// # Errors
    ///
    /// As [`World::act_in`].
    pub fn act_with(&mut self, id: &str, action: Action, with: &str) -> Result<(), Refusal> {
        if self.agent(id)?.setup.is_some() {
            return self.act_on_setup(id, action);
        }
        let own = &self.agent(id)?.calls;
        let may = |call: &&u64| {
            self.calls.get(call).is_some_and(|call| self.actions(call, id).contains(&action))
        };
        let call = own.iter().rev().find(may).or_else(|| own.last()).copied();
        let call = call.ok_or_else(|| Refusal::NoCall { agent: id.to_owned(), action })?;
        self.act_in(call, id, action, with)
    }

    /// The first agent of the call who may take the action takes it.
    ///
    /// # Errors
    ///
    /// No call has the id, or none of its agents may take the action.
    pub fn act_for(&mut self, call: u64, action: Action) -> Result<(), Refusal> {
        let known = self.call(call)?;
        let agents = known.agents();
        let may = |id: &&String| self.actions(known, id).contains(&action);
        let id = agents.iter().find(may).or_else(|| agents.first()).cloned().unwrap_or_default();
        self.act_in(call, &id, action, "")
    }

    /// An agent takes an action on a call. `with` is the number of CONSULT_CALL and TRANSFER_SST,
    /// the address of PARTICIPANT_DROP, the digits of SEND_DTMF, the classification of RECLASSIFY,
    /// the time of UPDATE_SCHEDULED_CALLBACK.
    ///
    /// # Errors
    ///
    /// No call has the id, the agent has no part in it or may not take the action, or `with` is
    /// missing or cannot be.
    pub fn act_in(
        &mut self,
        call: u64,
        id: &str,
        action: Action,
        with: &str,
    ) -> Result<(), Refusal> {
        self.check_action(call, id, action)?;
        let needs = match action {
            Action::ConsultCall | Action::TransferSst => "a number",
            Action::ParticipantDrop => "the address of a party",
            Action::SendDtmf => "digits",
            Action::Reclassify => "a classification",
            Action::UpdateScheduledCallback => "a time",
            _ => "",
        };
        if !needs.is_empty() && with.is_empty() {
            return Err(Refusal::Without { action, what: needs });
        }
        check_length("characters of a number", with.len(), LONGEST)?;
        match action {
            Action::Answer => self.answer(call, id)?,
            Action::Hold => self.turn(call, id, PartState::Held)?,
            Action::Retrieve => self.turn(call, id, PartState::Active)?,
            Action::Drop => self.drop_out(call, id),
            Action::UpdateCallData => {}
            Action::ConsultCall => self.consult(call, id, with)?,
            Action::Transfer | Action::Conference => {
                self.end_consultation(id, action == Action::Conference)?;
            }
            Action::TransferSst => self.send_on(call, id, with)?,
            Action::ParticipantDrop => self.drop_party(call, id, with)?,
            Action::SendDtmf => self.send_digits(call, with)?,
            Action::Accept => self.accept(call, id)?,
            Action::Reject => self.decline(call, false)?,
            Action::Close => self.decline(call, true)?,
            Action::Reclassify => self.reclassify(call, with)?,
            Action::UpdateScheduledCallback => self.schedule_callback(call, id, with, None)?,
            Action::CancelScheduledCallback => self.cancel_callback(call)?,
            Action::StartRecording => self.start_recording(call)?,
        }
        self.settle();
        Ok(())
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
            (CallState::Initiated | CallState::Accepted, Some(party)) => {
                party.turn(PartState::Active, now);
            }
            (state, _) => {
                let hint = "the other side answers a call that an agent has made to the outside, \
                            once, while it is INITIATED or ACCEPTED";
                return Err(Refusal::Call { call, state: state.name(), hint });
            }
        }
        known.state = CallState::Active;
        if let Some(caller) = known.parties.first_mut() {
            caller.turn(PartState::Active, now);
        }
        let agents = known.agents();
        self.put(call);
        for id in agents {
            if self.agent(&id)?.state == AgentState::ReservedOutbound {
                self.enter(&id, AgentState::Talking, None, "");
            }
        }
        self.settle();
        Ok(())
    }

    /// The party outside ends the call, or gives up before it is answered. A conference goes on
    /// without it.
    ///
    /// # Errors
    ///
    /// No call has the id, or it has ended.
    pub fn other_side_hangs_up(&mut self, call: u64) -> Result<(), Refusal> {
        let now = self.now;
        let known = self.call_mut(call)?;
        if matches!(known.state, CallState::Dropped | CallState::Failed) {
            let hint = "the other side can leave a call that has not ended";
            return Err(Refusal::Call { call, state: known.state.name(), hint });
        }
        let is_conference = known.live().count() > 2;
        let outside = known.parties.iter_mut().find(|it| it.agent.is_none() && it.state.is_live());
        match outside {
            Some(party) if is_conference => {
                party.turn(PartState::Dropped, now);
                self.put(call);
            }
            _ => self.end(call),
        }
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
        if !matches!(known.state, CallState::Initiated | CallState::Accepted) {
            let hint = "a call can fail while it is INITIATED or ACCEPTED";
            return Err(Refusal::Call { call, state: known.state.name(), hint });
        }
        self.fail(call, cause)?;
        self.settle();
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
        let called = Party::new(&extension, Some(id), PartState::Alerting, self.now);
        self.begin(id, before);
        if matches!(call_type, CallType::AcdIn | CallType::PrerouteAcdIn) {
            self.enter(id, AgentState::Reserved, None, "");
        }
        let parties = vec![caller, called];
        let number = self.store(parties, dialed, call_type, CallState::Alerting, queue);
        self.post(number);
        Ok(number)
    }

    /// Whether a call rings at the agent, or is being made by it, without a change of its state.
    pub(crate) fn is_called(&self, id: &str) -> bool {
        self.last_call(id).is_some_and(|call| call.state == CallState::Alerting)
    }

    pub(crate) fn is_incoming(&self, id: &str) -> bool {
        self.last_call(id).is_none_or(|call| call.is_incoming(id))
    }

    /// The actions that an agent may take on a call.
    pub(crate) fn actions(&self, call: &Call, id: &str) -> Vec<Action> {
        let own = self.agents.get(id).map(|agent| agent.calls.as_slice()).unwrap_or_default();
        let own: Vec<&Call> = own.iter().filter_map(|call| self.calls.get(call)).collect();
        let mut actions = call.actions(id, &own);
        let talks = call.party(id).is_some_and(|party| party.state == PartState::Active);
        let listens = call.call_type == CallType::SupervisorMonitor;
        if self.records && talks && !listens && !call.is_recorded {
            actions.push(Action::StartRecording);
        }
        actions
    }

    pub(crate) fn call(&self, id: u64) -> Result<&Call, Refusal> {
        self.calls.get(&id).ok_or_else(|| Refusal::UnknownCall {
            id,
            known: self.calls.keys().map(ToString::to_string).collect(),
        })
    }

    pub(crate) fn call_mut(&mut self, id: u64) -> Result<&mut Call, Refusal> {
        self.call(id)?;
        self.calls.get_mut(&id).ok_or(Refusal::UnknownCall { id, known: Vec::new() })
    }

    fn last_call(&self, id: &str) -> Option<&Call> {
        self.calls.get(self.agents.get(id)?.calls.last()?)
    }

    pub(crate) fn check_action(&self, call: u64, id: &str, action: Action) -> Result<(), Refusal> {
        let known = self.call(call)?;
        let Some(party) = known.party(id) else {
            return Err(Refusal::NoCall { agent: id.to_owned(), action });
        };
        let allowed = self.actions(known, id);
        if allowed.contains(&action) {
            return Ok(());
        }
        let (agent, state) = (id.to_owned(), party.state.name());
        Err(Refusal::Action { agent, call, action, state, allowed })
    }

    fn answer(&mut self, call: u64, id: &str) -> Result<(), Refusal> {
        let now = self.now;
        let known = self.call_mut(call)?;
        for party in &mut known.parties {
            if matches!(party.state, PartState::Alerting | PartState::Initiated) {
                party.turn(PartState::Active, now);
            }
        }
        known.state = CallState::Active;
        self.put(call);
        self.enter(id, AgentState::Talking, None, "");
        Ok(())
    }

    /// An agent's part in a call is this from now on.
    pub(crate) fn turn(&mut self, call: u64, id: &str, state: PartState) -> Result<(), Refusal> {
        let now = self.now;
        if let Some(party) = self.call_mut(call)?.party_mut(id) {
            party.turn(state, now);
        }
        self.put(call);
        self.follow(id);
        Ok(())
    }

    /// Calls a number for an agent, by itself or about another call.
    pub(crate) fn dial(
        &mut self,
        id: &str,
        number: &str,
        about: Option<u64>,
    ) -> Result<u64, Refusal> {
        let caller = self.agent(id)?.extension.clone();
        let caller = Party::new(&caller, Some(id), PartState::Initiated, self.now);
        let called = self.agent_at(number).filter(|other| other != id);
        let call_type = match (about, &called) {
            (Some(_), _) => CallType::Consult,
            (None, Some(_)) => CallType::AgentInside,
            (None, None) => CallType::Out,
        };
        let other = match &called {
            Some(other) if self.reachable(other).is_ok() => {
                let before = self.agent(other)?.state;
                self.begin(other, before);
                Some(other.as_str())
            }
            _ => None,
        };
        let state = match other {
            Some(_) => CallState::Alerting,
            None => CallState::Initiated,
        };
        let parties = vec![caller, Party::new(number, other, PartState::Alerting, self.now)];
        let call = self.store(parties, number.to_owned(), call_type, state, None);
        self.call_mut(call)?.associated = about;
        self.post(call);
        if called.is_some() && other.is_none() {
            self.fail(call, Cause::Busy)?;
        }
        Ok(call)
    }

    /// The agent who is signed in at an extension.
    pub(crate) fn agent_at(&self, extension: &str) -> Option<String> {
        self.signed_in_at(extension).next().map(|agent| agent.id.clone())
    }

    /// A failed call stays with its caller until the caller drops it.
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

    /// An agent to whom a call can come, or who can make one. From READY a real CCE may want
    /// NOT_READY first.
    pub(crate) fn reachable(&self, id: &str) -> Result<&Agent, Refusal> {
        let agent = self.agent(id)?;
        let is_free = matches!(agent.state, AgentState::Ready | AgentState::NotReady);
        if agent.calls.is_empty() && is_free {
            return Ok(agent);
        }
        Err(Refusal::Unreachable { agent: id.to_owned(), state: agent.state })
    }

    /// Stores the agent's state before its call.
    pub(crate) fn begin(&mut self, id: &str, before: AgentState) {
        if let Some(agent) = self.agents.get_mut(id) {
            agent.before_call = before;
        }
    }

    /// Keeps a new call of these parties; the first party is the caller. Returns its id.
    pub(crate) fn store(
        &mut self,
        parties: Vec<Party>,
        dialed: String,
        call_type: CallType,
        state: CallState,
        queue: Option<String>,
    ) -> u64 {
        let id = self.next_call;
        self.next_call += 1;
        let address =
            |party: Option<&Party>| party.map(|it| it.address.clone()).unwrap_or_default();
        let call = Call {
            id,
            from: address(parties.first()),
            to: address(parties.last()),
            dialed,
            call_type,
            queue,
            associated: None,
            state,
            parties,
            variables: shape::variables(self.values),
            wrap_up_reason: None,
            outbound: None,
            is_recorded: false,
        };
        for agent in call.agents() {
            if let Some(agent) = self.agents.get_mut(&agent) {
                agent.calls.push(id);
            }
        }
        self.calls.insert(id, call);
        id
    }

    /// The call is new to all its agents.
    pub(crate) fn post(&mut self, call: u64) {
        self.tell_all(DialogEvent::Post, call);
    }

    /// The call has changed for all its agents.
    pub(crate) fn put(&mut self, call: u64) {
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

    /// Tells one agent of a call. An agent who has left it sees it as ended.
    pub(crate) fn tell_dialog(&mut self, agent: &str, event: DialogEvent, call: u64) {
        let asking = self.asking.as_ref().filter(|asking| asking.agent == agent);
        let request = asking.map(|asking| asking.request.clone()).unwrap_or_default();
        let is_in = self.calls.get(&call).and_then(|call| call.party(agent));
        let is_in = is_in.is_some_and(|party| party.state.is_live());
        if let Some(mut call) = self.call_view(call) {
            if !is_in {
                call.state = CallState::Dropped;
            }
            self.tell(Change::Dialog { agent: agent.to_owned(), event, call, request });
        }
    }
}
