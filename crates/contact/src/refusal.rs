//! What the world refuses, and what could be asked for instead.

use thiserror::Error;

use crate::agent_state::{AgentState, Wanted};
use crate::call::Action;
use crate::names::UnknownName;

/// Octets of a number, a name or a value that somebody gives the world.
pub(crate) const LONGEST: usize = 1024;

/// Why something does not happen in the world. Each says what there is, or what is allowed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// No agent has this id.
    #[error("no agent {id:?}: there {}", listed(known))]
    UnknownAgent {
        /// As asked for.
        id: String,
        /// All agents.
        known: Vec<String>,
    },
    /// No call has this id, or it has ended.
    #[error("no call {id}: there {}", listed(known))]
    UnknownCall {
        /// As asked for.
        id: u64,
        /// All calls.
        known: Vec<String>,
    },
    /// No queue has this id.
    #[error("no queue {id:?}: there {}", listed(known))]
    UnknownQueue {
        /// As asked for.
        id: String,
        /// All queues.
        known: Vec<String>,
    },
    /// No reason of this category has this id.
    #[error("no reason {id} for {category}: there {}", listed(known))]
    UnknownReason {
        /// As asked for.
        id: u32,
        /// NOT_READY or LOGOUT.
        category: AgentState,
        /// All of the category.
        known: Vec<String>,
    },
    /// The name of a state, a request, a flavour … is none.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// The state does not allow the request.
    #[error(
        "agent {agent} is in {state}, where {wanted} is not allowed: {} can be asked for there",
        one_of(allowed)
    )]
    State {
        /// Who asked.
        agent: String,
        /// The state as it is.
        state: AgentState,
        /// What was asked for.
        wanted: Wanted,
        /// What may be.
        allowed: &'static [Wanted],
    },
    /// The agent's settings do not let it wrap up when it likes.
    #[error(
        "agent {agent} cannot ask for WORK: its wrap-up is {mode}, and WORK can be asked for where it is OPTIONAL or required"
    )]
    WrapUp {
        /// Who asked.
        agent: String,
        /// The setting as it is.
        mode: &'static str,
    },
    /// Someone else is signed in at this extension.
    #[error("extension {extension} is taken: agent {by} is signed in there")]
    Device {
        /// The extension.
        extension: String,
        /// Who has it.
        by: String,
    },
    /// No call can reach the agent, or be made by it, in this state.
    #[error(
        "agent {agent} is in {state}, where it can neither get nor make a call: it can in READY and NOT_READY"
    )]
    Unreachable {
        /// Who.
        agent: String,
        /// The state as it is.
        state: AgentState,
    },
    /// The agent has no call.
    #[error("agent {agent} has no call, so it cannot {action}")]
    NoCall {
        /// Who.
        agent: String,
        /// What was to be done.
        action: Action,
    },
    /// The part of the agent in its call does not allow the action.
    #[error(
        "agent {agent} cannot {action}: its part in call {call} is {state}, {}",
        can_do(allowed)
    )]
    Action {
        /// Who.
        agent: String,
        /// In which call.
        call: u64,
        /// What was to be done.
        action: Action,
        /// The state of the agent's part.
        state: &'static str,
        /// What may be done.
        allowed: Vec<Action>,
    },
    /// What the other side is to do is not possible now.
    #[error("call {call} is {state}: {hint}")]
    Call {
        /// Which call.
        call: u64,
        /// Its state.
        state: &'static str,
        /// What is possible when.
        hint: &'static str,
    },
    /// The agent supervises no team of the other.
    #[error("agent {by} does not supervise team {team} of agent {agent}")]
    NoSupervisor {
        /// Who wanted to change the state.
        by: String,
        /// Whose state.
        agent: String,
        /// The team.
        team: String,
    },
    /// A bound that keeps memory finite.
    #[error("{what}: {most} is the most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The bound.
        most: usize,
    },
}

pub(crate) fn check_length(what: &'static str, count: usize, most: usize) -> Result<(), Refusal> {
    if count > most { Err(Refusal::TooMany { what, most }) } else { Ok(()) }
}

/// `are 1001, 1002`, the first twenty of many.
fn listed(known: &[String]) -> String {
    match known {
        [] => "is none".to_owned(),
        [only] => format!("is {only}"),
        few if few.len() <= 20 => format!("are {}", few.join(", ")),
        many => format!("are {} and {} more", many[..20].join(", "), many.len() - 20),
    }
}

fn one_of(allowed: &[Wanted]) -> String {
    allowed.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn can_do(allowed: &[Action]) -> String {
    if allowed.is_empty() {
        return "where nothing can be done".to_owned();
    }
    let names: Vec<String> = allowed.iter().map(ToString::to_string).collect();
    format!("where it can {}", names.join(", "))
}
