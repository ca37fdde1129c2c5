//! Views of the world: plain values to print and compare.

use std::time::Duration;

use serde::Serialize;

use crate::World;
use crate::agent::Agent;
use crate::agent_state::{AgentState, Flavour, Wanted};
use crate::call::{Action, Call, CallState, CallType, Cause, PartState};
use crate::office::Reason;
use crate::outbound::Outbound;
use crate::queue::Queue;
use crate::refusal::Refusal;
use crate::sign_in::{Device, MobileAgent};
use crate::spec::WrapUp;

/// The whole world at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WorldView {
    pub flavour: Flavour,
    /// Teams, in the order of the world file.
    pub teams: Vec<TeamView>,
    pub agents: Vec<AgentView>,
    /// Calls that go on or are wrapped up, by id.
    pub calls: Vec<CallView>,
    pub queues: Vec<QueueView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TeamView {
    /// Names it in nodes.
    pub id: String,
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AgentView {
    /// Names it in nodes and addresses.
    pub id: String,
    /// The name to sign in with by REST.
    pub login_name: String,
    pub first_name: String,
    pub last_name: String,
    /// The extension of its phone.
    pub extension: String,
    /// The phone with which it signed in as a mobile agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<MobileAgent>,
    /// The devices of its extension, if there are several to choose from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub devices: Vec<Device>,
    /// The id of the device with which it signed in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub active_device: Option<String>,
    pub team: TeamView,
    /// Teams that it supervises.
    pub supervises: Vec<TeamView>,
    pub state: AgentState,
    /// The pending state, which begins when its call or wrap-up ends.
    pub pending_state: Option<AgentState>,
    /// The changes of state that may be asked for now.
    pub allowed: &'static [Wanted],
    /// The reason of NOT_READY or LOGOUT.
    pub reason: Option<Reason>,
    /// When the state began, as XEP-0082 writes it; none before the first change.
    pub since: Option<String>,
    pub wrap_up: WrapUp,
    /// The last of its calls.
    pub call: Option<u64>,
    /// Its calls, in the order in which they began; or the one that it wraps up.
    pub calls: Vec<u64>,
    /// Whether its client is available.
    pub present: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CallView {
    /// Names it in nodes.
    pub id: u64,
    pub state: CallState,
    /// The number of the caller.
    pub from: String,
    /// The number that is called.
    pub to: String,
    pub dialed: String,
    /// The call type in Finesse's words, e.g. `AGENT_INSIDE`.
    pub call_type: CallType,
    /// Id and name of its queue.
    pub queue: Option<TeamView>,
    /// The call that it is about: of a consultation, or of a supervisor who listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub associated: Option<u64>,
    /// Its parties; the caller comes first.
    pub parties: Vec<PartyView>,
    /// Its variables, in the order in which they were set.
    pub variables: Vec<(String, String)>,
    /// The label of the reason that an agent gave for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wrap_up_reason: Option<String>,
    /// The dialer's side, if a dialer began it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outbound: Option<Outbound>,
}

/// One party of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartyView {
    pub address: String,
    /// The agent's id; none for a party outside.
    pub agent: Option<String>,
    pub state: PartState,
    pub cause: Option<Cause>,
    /// The allowed actions; empty for a party outside.
    pub actions: Vec<Action>,
    /// Time at which the party joined.
    pub began: String,
    /// Time of its last change.
    pub since: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QueueView {
    /// Names it in nodes.
    pub id: String,
    pub name: String,
    /// The number that callers dial.
    pub number: String,
    pub statistics: Statistics,
}

/// The statistics of a queue (Cisco DevNet, "Queue").
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Statistics {
    pub calls_in_queue: usize,
    /// The time since which the first caller waits.
    pub start_time_of_longest_call: Option<String>,
    pub ready: usize,
    pub not_ready: usize,
    /// Agents at whom it rings, or who have a caller on hold.
    pub busy_other: usize,
    /// Agents who are signed in.
    pub logged_on: usize,
    /// Agents in an incoming call.
    pub talking_inbound: usize,
    /// Agents in an outgoing call.
    pub talking_outbound: usize,
    /// Agents in a call with another agent.
    pub talking_internal: usize,
    /// Agents who wrap up and will not be ready.
    pub wrap_up_not_ready: usize,
    /// Agents who wrap up and will be ready.
    pub wrap_up_ready: usize,
}

impl World {
    /// The whole world as it is now.
    pub fn view(&self) -> WorldView {
        WorldView {
            flavour: self.flavour,
            teams: self.team_views(),
            agents: self.agents.values().map(|agent| self.view_of(agent)).collect(),
            calls: self.calls.values().map(|call| self.view_of_call(call)).collect(),
            queues: self.queues.values().map(|queue| self.queue_view(queue)).collect(),
        }
    }

    /// All teams, in the order of the world file.
    pub fn team_views(&self) -> Vec<TeamView> {
        self.teams.iter().map(|team| self.team_view(&team.id)).collect()
    }

    /// Ids of the queues, and of the agents who serve each.
    pub fn served_queues(&self) -> Vec<(String, Vec<String>)> {
        self.queues.values().map(|queue| (queue.id.clone(), queue.agents.clone())).collect()
    }

    /// The ids of all agents, in alphabetical order.
    pub fn agent_ids(&self) -> Vec<String> {
        self.agents.keys().cloned().collect()
    }

    /// One agent.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownAgent`].
    pub fn agent_by_id(&self, id: &str) -> Result<AgentView, Refusal> {
        Ok(self.view_of(self.agent(id)?))
    }

    /// The agent of this id, or else of this login name.
    pub fn agent_named(&self, name: &str) -> Option<AgentView> {
        let by_login = || self.agents.values().find(|agent| agent.login_name == name);
        self.agents.get(name).or_else(by_login).map(|agent| self.view_of(agent))
    }

    /// The members of a team, by id.
    pub fn members(&self, team: &str) -> Vec<AgentView> {
        let members = self.agents.values().filter(|agent| agent.team == team);
        members.map(|agent| self.view_of(agent)).collect()
    }

    /// The queues that an agent serves.
    pub fn queues_of(&self, agent: &str) -> Vec<QueueView> {
        let serves = |queue: &&Queue| queue.agents.iter().any(|id| id == agent);
        self.queues.values().filter(serves).map(|queue| self.queue_view(queue)).collect()
    }

    /// One call that has not ended.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownCall`].
    pub fn call_by_id(&self, id: u64) -> Result<CallView, Refusal> {
        Ok(self.view_of_call(self.call(id)?))
    }

    /// One queue.
    ///
    /// # Errors
    ///
    /// [`Refusal::UnknownQueue`].
    pub fn queue_by_id(&self, id: &str) -> Result<QueueView, Refusal> {
        let queue = self.queues.get(id).ok_or_else(|| self.unknown_queue(id))?;
        Ok(self.queue_view(queue))
    }

    pub(crate) fn agent_view(&self, id: &str) -> Option<AgentView> {
        self.agents.get(id).map(|agent| self.view_of(agent))
    }

    pub(crate) fn call_view(&self, id: u64) -> Option<CallView> {
        self.calls.get(&id).map(|call| self.view_of_call(call))
    }

    pub(crate) fn queue_view(&self, queue: &Queue) -> QueueView {
        QueueView {
            id: queue.id.clone(),
            name: queue.name.clone(),
            number: queue.number.clone(),
            statistics: self.statistics(queue),
        }
    }

    /// A server time by the calendar.
    pub(crate) fn stamp(&self, at: Duration) -> String {
        self.calendar.stamp(at)
    }

    fn view_of(&self, agent: &Agent) -> AgentView {
        AgentView {
            id: agent.id.clone(),
            login_name: agent.login_name.clone(),
            first_name: agent.first_name.clone(),
            last_name: agent.last_name.clone(),
            extension: agent.extension.clone(),
            mobile: agent.mobile.clone(),
            devices: agent.devices.clone(),
            active_device: agent.device.clone(),
            team: self.team_view(&agent.team),
            supervises: agent.supervises.iter().map(|team| self.team_view(team)).collect(),
            state: agent.state,
            pending_state: agent.pending.as_ref().map(|(state, _)| *state),
            allowed: agent.state.allowed(self.flavour),
            reason: agent.reason.clone(),
            since: agent.since.map(|since| self.stamp(since)),
            wrap_up: agent.wrap_up.clone(),
            call: agent.calls.last().copied(),
            calls: agent.calls.clone(),
            present: !agent.present.is_empty(),
        }
    }

    fn view_of_call(&self, call: &Call) -> CallView {
        let queue = call.queue.as_ref().and_then(|id| self.queues.get(id));
        CallView {
            id: call.id,
            state: call.state,
            from: call.from.clone(),
            to: call.to.clone(),
            dialed: call.dialed.clone(),
            call_type: call.call_type,
            queue: queue.map(|queue| TeamView { id: queue.id.clone(), name: queue.name.clone() }),
            associated: call.associated,
            parties: call
                .parties
                .iter()
                .map(|party| PartyView {
                    address: party.address.clone(),
                    agent: party.agent.clone(),
                    state: party.state,
                    cause: party.cause,
                    actions: match &party.agent {
                        Some(agent) => self.actions(call, agent),
                        None => Vec::new(),
                    },
                    began: self.stamp(party.began),
                    since: self.stamp(party.since),
                })
                .collect(),
            variables: call.variables.clone(),
            wrap_up_reason: call.wrap_up_reason.clone(),
            outbound: call.outbound.clone(),
        }
    }

    fn team_view(&self, id: &str) -> TeamView {
        let name = self.teams.iter().find(|team| team.id == id).map(|team| team.name.clone());
        TeamView { id: id.to_owned(), name: name.unwrap_or_default() }
    }
}
