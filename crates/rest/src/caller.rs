//! The sender of a request, once it is known.

use contact::AgentView;

/// Somebody with the right password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Caller {
    /// An agent; a supervisor if it supervises a team.
    Agent(Box<AgentView>),
    Administrator(String),
}

impl Caller {
    /// The name with which the caller asked.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Agent(agent) => &agent.id,
            Self::Administrator(name) => name,
        }
    }

    /// The caller, if it is an agent.
    pub(crate) fn into_agent(self) -> Option<AgentView> {
        match self {
            Self::Agent(agent) => Some(*agent),
            Self::Administrator(_) => None,
        }
    }

    /// Whether this agent supervises a team.
    pub(crate) fn supervises(&self, team: &str) -> bool {
        matches!(self, Self::Agent(agent) if agent.supervises.iter().any(|own| own.id == team))
    }
}
