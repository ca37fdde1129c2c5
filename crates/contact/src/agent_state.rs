//! The states of an agent, and which request is allowed in which (Cisco DevNet, "User: Change agent
//! state").

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::names::names;

names! {
    /// The contact centre behind Finesse. The two differ in states, codes and queues.
    Flavour, "flavour" {
        /// Unified Contact Center Express: no HOLD and no WORK_READY, LOGOUT from READY, no queue
        /// nodes.
        Ccx = "ccx",
        /// Unified Contact Center Enterprise.
        Cce = "cce",
    }
}

names! {
    /// The state of an agent.
    AgentState, "agent state" {
        Logout = "LOGOUT",
        /// Signed in; gets no calls from queues.
        NotReady = "NOT_READY",
        /// Waits for a call.
        Ready = "READY",
        /// A call from a queue rings at the agent.
        Reserved = "RESERVED",
        /// An outbound call is being made for the agent.
        ReservedOutbound = "RESERVED_OUTBOUND",
        /// The agent looks at an outbound call before it is made.
        ReservedOutboundPreview = "RESERVED_OUTBOUND_PREVIEW",
        Talking = "TALKING",
        /// The call is on hold; CCE only.
        Hold = "HOLD",
        /// Wraps up; not ready afterwards with CCE.
        Work = "WORK",
        /// Wraps up and is ready afterwards; CCE only.
        WorkReady = "WORK_READY",
    }
}

names! {
    /// The states that an agent can request. LOGIN is only a request: it leads to NOT_READY.
    Wanted, "request" {
        Login = "LOGIN",
        Ready = "READY",
        NotReady = "NOT_READY",
        /// Wrap up after the call.
        Work = "WORK",
        Logout = "LOGOUT",
    }
}

impl AgentState {
    /// The requests allowed in this state. During a call the new state is pending until the call
    /// ends.
    ///
    /// No public table has RESERVED. NOT_READY is assumed to be allowed there, pending as well.
    pub fn allowed(self, flavour: Flavour) -> &'static [Wanted] {
        use Wanted::{Login, Logout, NotReady, Ready, Work};
        match (self, flavour) {
            (Self::Logout, _) => &[Login],
            (Self::Ready, Flavour::Cce) => &[Ready, NotReady],
            (Self::Ready | Self::NotReady | Self::Work | Self::WorkReady, _) => {
                &[Ready, NotReady, Logout]
            }
            (Self::Reserved | Self::ReservedOutbound | Self::ReservedOutboundPreview, _) => {
                &[NotReady]
            }
            (Self::Talking | Self::Hold, _) => &[Ready, NotReady, Work],
        }
    }

    /// Whether the agent is in a call or about to be.
    pub fn is_busy(self) -> bool {
        !matches!(self, Self::Logout | Self::NotReady | Self::Ready | Self::Work | Self::WorkReady)
    }
}

impl Wanted {
    /// The state after a request that takes effect at once.
    pub(crate) fn state(self) -> AgentState {
        match self {
            Self::Login | Self::NotReady => AgentState::NotReady,
            Self::Ready => AgentState::Ready,
            Self::Work => AgentState::Work,
            Self::Logout => AgentState::Logout,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flavours_differ_where_cisco_says_so() {
        assert!(AgentState::Ready.allowed(Flavour::Ccx).contains(&Wanted::Logout));
        assert!(!AgentState::Ready.allowed(Flavour::Cce).contains(&Wanted::Logout));
        for state in AgentState::ALL {
            let rest = AgentState::Ready == *state;
            assert_eq!(rest, state.allowed(Flavour::Ccx) != state.allowed(Flavour::Cce));
        }
    }

    #[test]
    fn names_parse_as_they_print() {
        for state in AgentState::ALL {
            assert_eq!(state.to_string().parse(), Ok(*state));
        }
        let error = "AWAY".parse::<Wanted>().expect_err("no such request").to_string();
        assert_eq!(error, "no request \"AWAY\": there is LOGIN, READY, NOT_READY, WORK, LOGOUT");
    }
}
