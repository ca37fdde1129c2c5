//! Refusals of the world, each with the alternatives.

use thiserror::Error;

use crate::agent_state::{AgentState, Wanted};
use crate::call::Action;
use crate::names::UnknownName;

/// The longest number, name or value from outside, in octets.
pub(crate) const LONGEST: usize = 1024;

/// A request that the world refuses. The text lists the known ids or the allowed requests.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No agent has this id.
    #[error("no agent has the id {id:?}; {}", listed(known))]
    UnknownAgent { id: String, known: Vec<String> },
    /// No call has this id, or it has ended.
    #[error("no call has the id {id}; {}", listed(known))]
    UnknownCall { id: u64, known: Vec<String> },
    /// No queue has this id.
    #[error("no queue has the id {id:?}; {}", listed(known))]
    UnknownQueue { id: String, known: Vec<String> },
    /// No reason of this category has this id.
    #[error("no reason for {category} has the id {id}; {}", listed(known))]
    UnknownReason {
        id: u32,
        category: AgentState,
        /// Reasons of the category.
        known: Vec<String>,
    },
    /// A name that is no state, request, flavour …
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// The agent's state does not allow the request.
    #[error(
        "agent {agent} is in {state}, which does not allow {wanted}; it allows {}",
        one_of(allowed)
    )]
    State { agent: String, state: AgentState, wanted: Wanted, allowed: &'static [Wanted] },
    /// The agent's wrap-up setting does not allow WORK requests.
    #[error(
        "agent {agent} cannot ask for WORK: its wrap-up is {mode}, and must be OPTIONAL or REQUIRED"
    )]
    WrapUp {
        agent: String,
        /// The setting as it is.
        mode: &'static str,
    },
    /// A dialer offers customers only to agents that are ready.
    #[error("agent {agent} is in {state}; a dialer offers customers to agents in READY only")]
    NotReady { agent: String, state: AgentState },
    /// The time of a callback has another form.
    #[error("{text:?} is no time of a callback: wanted YYYY-MM-DDThh:mm, e.g. 2026-03-07T14:30")]
    NoTime { text: String },
    /// Another agent is signed in at this extension.
    #[error("extension {extension} is taken: agent {by} is signed in there")]
    Device { extension: String, by: String },
    /// The agent is not configured as a mobile agent.
    #[error("agent {agent} may not be a mobile agent: `mobile` of the world file allows it")]
    NotMobile { agent: String },
    /// The agent has not answered the setup call of a nailed connection.
    #[error("agent {agent} has not answered the setup call, and is not signed in")]
    Setup { agent: String },
    /// The extension of the agent has no such device.
    #[error("agent {agent} has no device {device:?}; {}", listed(known))]
    UnknownDevice {
        agent: String,
        device: String,
        /// The devices that there are.
        known: Vec<String>,
    },
    /// No call can reach the agent, or be made by it, in this state.
    #[error("agent {agent} is in {state}; it can get or make a call in READY and NOT_READY only")]
    Unreachable { agent: String, state: AgentState },
    /// The agent has no call.
    #[error("agent {agent} has no call, so it cannot {action}")]
    NoCall { agent: String, action: Action },
    /// The state of the agent in its call does not allow the action.
    #[error(
        "agent {agent} cannot {action}: its part in call {call} is {state}, {}",
        can_do(allowed)
    )]
    Action {
        agent: String,
        call: u64,
        action: Action,
        /// The state of the agent's part.
        state: &'static str,
        /// The allowed actions.
        allowed: Vec<Action>,
    },
    /// The state of the call does not allow the action of the party outside.
    #[error("call {call} is {state}: {hint}")]
    Call {
        call: u64,
        state: &'static str,
        /// The state in which the action is possible.
        hint: &'static str,
    },
    /// The action needs a number, an address or digits.
    #[error("{action} needs {what}")]
    Without {
        action: Action,
        /// The thing that it needs.
        what: &'static str,
    },
    /// Digits that the telephone does not have.
    #[error("{digits:?} cannot be sent as DTMF: the digits are {known}")]
    Digits {
        digits: String,
        /// The digits that there are.
        known: &'static str,
    },
    /// No party of the call has this address.
    #[error("call {call} has no other party {address:?}")]
    UnknownParty { call: u64, address: String },
    /// The agent talks in no call.
    #[error("agent {agent} is in no call that can be listened to")]
    NothingToHear { agent: String },
    /// `by` does not supervise the team of the agent.
    #[error("agent {by} does not supervise team {team} of agent {agent}")]
    NoSupervisor {
        /// The supervisor who wanted to change the state.
        by: String,
        agent: String,
        team: String,
    },
    /// A bound that keeps memory finite.
    #[error("{what}: {most} is the most")]
    TooMany { what: &'static str, most: usize },
}

pub(crate) fn check_length(what: &'static str, count: usize, most: usize) -> Result<(), Refusal> {
    if count > most { Err(Refusal::TooMany { what, most }) } else { Ok(()) }
}

/// `known: 1001, 1002`, the first twenty of many.
fn listed(known: &[String]) -> String {
    match known {
        [] => "there is none at all".to_owned(),
        few if few.len() <= 20 => format!("known: {}", few.join(", ")),
        many => format!("known: {} and {} more", many[..20].join(", "), many.len() - 20),
    }
}

fn one_of(allowed: &[Wanted]) -> String {
    allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn can_do(allowed: &[Action]) -> String {
    if allowed.is_empty() {
        return "which allows no action".to_owned();
    }
    let names: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    format!("which allows {}", names.join(", "))
}
