//! More than two parties: consultation, transfer, conference; and a supervisor who listens.
//!
//! Which of the two calls survives a transfer or a conference is not documented. Here it is the
//! first one: the other agent gets it with POST, and the consultation ends with DELETE.

use crate::Flavour;
use crate::agent_state::AgentState;
use crate::call::{Action, CallState, CallType, PartState, Party};
use crate::change::DialogEvent;
use crate::refusal::Refusal;
use crate::world::World;

/// The digits of a telephone. CCX takes no letters (Developer Guide 12.5, page 93).
const DIGITS: &str = "0123456789*#";
const DIGITS_AND_LETTERS: &str = "0123456789*#ABCD";

impl World {
    /// An agent holds a call and calls a third party about it.
    pub(crate) fn consult(&mut self, call: u64, id: &str, number: &str) -> Result<(), Refusal> {
        let now = self.now;
        if let Some(party) = self.call_mut(call)?.party_mut(id) {
            party.turn(PartState::Held, now);
        }
        self.put(call);
        self.dial(id, number, Some(call)).map(drop)
    }

    /// The other party of an agent's consultation comes into the call that it is about. The agent
    /// stays, or leaves.
    pub(crate) fn end_consultation(&mut self, id: &str, stays: bool) -> Result<(), Refusal> {
        let now = self.now;
        let Some((first, consultation)) = self.pair_of(id) else {
            let action = if stays { Action::Conference } else { Action::Transfer };
            return Err(Refusal::NoCall { agent: id.to_owned(), action });
        };
        let joining: Vec<Party> = self
            .call(consultation)?
            .live()
            .filter(|it| it.agent.as_deref() != Some(id))
            .cloned()
            .collect();
        let known = self.call_mut(first)?;
        known.call_type = if stays { CallType::Conference } else { CallType::Transfer };
        known.state = CallState::Active;
        if let Some(party) = joining.first() {
            party.address.clone_into(&mut known.to);
        }
        for party in known.parties.iter_mut().filter(|party| party.state == PartState::Held) {
            party.turn(PartState::Active, now);
        }
        known.parties.extend(joining.iter().cloned());
        self.put_aside(consultation, id);
        if stays {
            self.tell_dialog(id, DialogEvent::Put, first);
            self.follow(id);
        } else {
            self.part_from(first, id, true);
        }
        for other in joining.iter().filter_map(|party| party.agent.clone()) {
            if let Some(agent) = self.agents.get_mut(&other) {
                agent.calls.push(first);
            }
            self.tell_dialog(&other, DialogEvent::Post, first);
            self.put_aside(consultation, &other);
        }
        let joined = |agent: &String| joining.iter().any(|it| it.agent.as_ref() == Some(agent));
        let others: Vec<String> =
            self.call(first)?.live().filter_map(|party| party.agent.clone()).collect();
        for other in others.iter().filter(|other| *other != id && !joined(other)) {
            self.tell_dialog(other, DialogEvent::Put, first);
        }
        self.calls.remove(&consultation);
        self.forget_if_over(first);
        Ok(())
    }

    /// Sends a call to a number, without a consultation; the agent leaves.
    pub(crate) fn send_on(&mut self, call: u64, id: &str, number: &str) -> Result<(), Refusal> {
        let now = self.now;
        let target = self.agent_at(number).filter(|other| other != id);
        let (before, state) = match &target {
            Some(other) => (Some(self.reachable(other)?.state), PartState::Alerting),
            None => (None, PartState::Active),
        };
        let known = self.call_mut(call)?;
        known.call_type = CallType::Transfer;
        number.clone_into(&mut known.to);
        known.parties.push(Party::new(number, target.as_deref(), state, now));
        if target.is_some() {
            known.state = CallState::Alerting;
        }
        self.part_from(call, id, true);
        if let (Some(other), Some(before)) = (&target, before) {
            self.begin(other, before);
            if let Some(agent) = self.agents.get_mut(other) {
                agent.calls.push(call);
            }
            self.tell_dialog(other, DialogEvent::Post, call);
        }
        self.forget_if_over(call);
        Ok(())
    }

    /// An agent takes another party out of a conference.
    pub(crate) fn drop_party(&mut self, call: u64, id: &str, address: &str) -> Result<(), Refusal> {
        let now = self.now;
        let known = self.call_mut(call)?;
        let party = known.parties.iter_mut().find(|party| {
            party.address == address && party.state.is_live() && party.agent.as_deref() != Some(id)
        });
        let party =
            party.ok_or_else(|| Refusal::UnknownParty { call, address: address.to_owned() })?;
        match party.agent.clone() {
            Some(other) => self.part_from(call, &other, true),
            None => party.turn(PartState::Dropped, now),
        }
        self.put(call);
        Ok(())
    }

    /// Sends digits as tones. They change nothing; the call is told again.
    pub(crate) fn send_digits(&mut self, call: u64, digits: &str) -> Result<(), Refusal> {
        let known = match self.flavour {
            Flavour::Ccx => DIGITS,
            Flavour::Cce => DIGITS_AND_LETTERS,
        };
        if !digits.chars().all(|digit| known.contains(digit)) {
            return Err(Refusal::Digits { digits: digits.to_owned(), known });
        }
        self.put(call);
        Ok(())
    }

    /// A supervisor listens to an agent of the team; neither the agent nor the other party hears
    /// it. Returns the id of the supervisor's own call.
    ///
    /// # Errors
    ///
    /// An agent is unknown, `by` does not supervise the team of `id` or has a call, or the agent
    /// talks in no call.
    pub fn listen(&mut self, by: &str, id: &str) -> Result<u64, Refusal> {
        self.check_supervises(by, id)?;
        let before = self.reachable(by)?.state;
        let agent = self.agent(id)?;
        let is_active =
            |call: &&u64| self.calls.get(call).is_some_and(|call| call.state == CallState::Active);
        let heard = agent.calls.iter().rev().find(is_active).copied();
        let heard = heard.ok_or_else(|| Refusal::NothingToHear { agent: id.to_owned() })?;
        let (address, own) = (agent.extension.clone(), self.agent(by)?.extension.clone());
        let parties = vec![
            Party::new(&own, Some(by), PartState::Active, self.now),
            // The agent does not hear of it, so it is no agent of this call.
            Party::new(&address, None, PartState::Active, self.now),
        ];
        self.begin(by, before);
        let kind = CallType::SupervisorMonitor;
        let call = self.store(parties, address, kind, CallState::Active, None);
        self.call_mut(call)?.associated = Some(heard);
        self.post(call);
        self.enter(by, AgentState::Talking, None, "");
        self.settle();
        Ok(call)
    }

    /// A supervisor who listens comes into the call, which becomes a conference.
    ///
    /// # Errors
    ///
    /// No call has the id, or `by` does not listen by it.
    pub fn barge_in(&mut self, by: &str, listening: u64) -> Result<(), Refusal> {
        let own = self.call(listening)?;
        let is_own = own.call_type == CallType::SupervisorMonitor && own.party(by).is_some();
        let Some(heard) = own.associated.filter(|_| is_own) else {
            return Err(Refusal::NothingToHear { agent: by.to_owned() });
        };
        let party = own.party(by).cloned();
        let known = self.call_mut(heard)?;
        known.call_type = CallType::Conference;
        known.parties.extend(party);
        self.put_aside(listening, by);
        self.calls.remove(&listening);
        if let Some(agent) = self.agents.get_mut(by) {
            agent.calls.push(heard);
        }
        self.tell_dialog(by, DialogEvent::Post, heard);
        let others: Vec<String> =
            self.call(heard)?.live().filter_map(|party| party.agent.clone()).collect();
        for other in others.iter().filter(|other| *other != by) {
            self.tell_dialog(other, DialogEvent::Put, heard);
        }
        self.settle();
        Ok(())
    }

    /// The calls of supervisors who listen to a call end with it.
    pub(crate) fn stop_listening(&mut self, heard: u64) {
        let listening = self.calls.values().filter(|call| {
            call.call_type == CallType::SupervisorMonitor && call.associated == Some(heard)
        });
        let listening: Vec<u64> = listening.map(|call| call.id).collect();
        for call in listening {
            self.end(call);
        }
    }

    /// An agent's first call and its consultation about it.
    fn pair_of(&self, id: &str) -> Option<(u64, u64)> {
        let own = &self.agents.get(id)?.calls;
        own.iter().find_map(|call| {
            let consultation = self.calls.get(call)?;
            let first = consultation.associated.filter(|first| own.contains(first))?;
            (consultation.call_type == CallType::Consult).then_some((first, *call))
        })
    }

    /// A call is gone from an agent's list, and its state stays.
    fn put_aside(&mut self, call: u64, id: &str) {
        let now = self.now;
        if let Some(agent) = self.agents.get_mut(id) {
            agent.calls.retain(|own| *own != call);
        }
        if let Some(party) = self.calls.get_mut(&call).and_then(|call| call.party_mut(id)) {
            party.turn(PartState::Dropped, now);
        }
        self.tell_dialog(id, DialogEvent::Delete, call);
    }
}
