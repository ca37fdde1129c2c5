//! A call, which Finesse names a dialog, and its parties (Cisco DevNet, "Dialog").

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agent_state::Flavour;
use crate::names::names;

names! {
    /// The state of a call.
    CallState, "call state" {
        /// A number is being dialled.
        Initiating = "INITIATING",
        /// The other side is being called.
        Initiated = "INITIATED",
        /// The agent's phone rings.
        Alerting = "ALERTING",
        /// The parties talk, or one has the other on hold.
        Active = "ACTIVE",
        Dropped = "DROPPED",
        /// No connection came about.
        Failed = "FAILED",
        /// An agent has accepted an outbound call before it is made.
        Accepted = "ACCEPTED",
    }
}

names! {
    /// The state of one party of a call.
    PartState, "state of a party" {
        Initiating = "INITIATING",
        Initiated = "INITIATED",
        Alerting = "ALERTING",
        Active = "ACTIVE",
        /// Has put the others on hold.
        Held = "HELD",
        /// The call is over, and the agent wraps it up.
        WrapUp = "WRAP_UP",
        Dropped = "DROPPED",
        Failed = "FAILED",
    }
}

names! {
    /// The actions of a party on its call.
    Action, "action" {
        /// Take a call that rings.
        Answer = "ANSWER",
        /// Put it on hold.
        Hold = "HOLD",
        /// Come back from hold.
        Retrieve = "RETRIEVE",
        Drop = "DROP",
        UpdateCallData = "UPDATE_CALL_DATA",
    }
}

names! {
    /// Why a call failed.
    Cause, "cause" {
        /// The other side is in a call.
        Busy = "BUSY",
        /// There is no such number.
        BadDestination = "BAD_DESTINATION",
        Other = "OTHER",
    }
}

names! {
    /// The origin and direction of a call.
    CallType, "call type" {
        /// From a queue of CCX.
        AcdIn = "ACD_IN",
        /// From a queue of CCE.
        PrerouteAcdIn = "PREROUTE_ACD_IN",
        /// From outside to the agent's own number.
        OtherIn = "OTHER_IN",
        Out = "OUT",
        /// From agent to agent.
        AgentInside = "AGENT_INSIDE",
    }
}

/// A call at an agent. A caller who waits in a queue is not a call yet.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) dialed: String,
    pub(crate) call_type: CallType,
    /// Id of the queue that it came from.
    pub(crate) queue: Option<String>,
    pub(crate) state: CallState,
    pub(crate) parties: Vec<Party>,
    pub(crate) variables: Vec<(String, String)>,
    /// The label of the reason that an agent gave for it.
    pub(crate) wrap_up_reason: Option<String>,
}

/// One party of a call.
#[derive(Debug, Clone)]
pub(crate) struct Party {
    pub(crate) address: String,
    /// The agent's id; none for a party outside.
    pub(crate) agent: Option<String>,
    pub(crate) state: PartState,
    pub(crate) cause: Option<Cause>,
    /// Server time at which the party joined, and of its last change.
    pub(crate) began: Duration,
    pub(crate) since: Duration,
}

impl CallType {
    /// The type of a call from a queue.
    pub(crate) fn from_queue(flavour: Flavour) -> Self {
        match flavour {
            Flavour::Ccx => Self::AcdIn,
            Flavour::Cce => Self::PrerouteAcdIn,
        }
    }
}

impl PartState {
    /// The actions that a party may take. A real Finesse also lists transfers, consultations and
    /// DTMF, which are not implemented here.
    pub(crate) fn actions(self) -> &'static [Action] {
        use Action::{Answer, Drop, Hold, Retrieve, UpdateCallData};
        match self {
            Self::Alerting => &[Answer],
            Self::Initiating | Self::Initiated => &[Drop, UpdateCallData],
            Self::Active => &[Hold, Drop, UpdateCallData],
            Self::Held => &[Retrieve, Drop, UpdateCallData],
            Self::WrapUp => &[UpdateCallData],
            Self::Dropped => &[],
            Self::Failed => &[Drop],
        }
    }
}

impl Party {
    pub(crate) fn new(address: &str, agent: Option<&str>, state: PartState, now: Duration) -> Self {
        Self {
            address: address.to_owned(),
            agent: agent.map(str::to_owned),
            state,
            cause: None,
            began: now,
            since: now,
        }
    }

    pub(crate) fn turn(&mut self, state: PartState, now: Duration) {
        self.state = state;
        self.since = now;
    }
}

impl Call {
    pub(crate) fn party(&self, agent: &str) -> Option<&Party> {
        self.parties.iter().find(|party| party.agent.as_deref() == Some(agent))
    }

    pub(crate) fn party_mut(&mut self, agent: &str) -> Option<&mut Party> {
        self.parties.iter_mut().find(|party| party.agent.as_deref() == Some(agent))
    }

    /// The agents of the call, who are notified of its changes.
    pub(crate) fn agents(&self) -> Vec<String> {
        self.parties.iter().filter_map(|party| party.agent.clone()).collect()
    }

    /// Whether an agent got the call rather than made it.
    pub(crate) fn is_incoming(&self, agent: &str) -> bool {
        self.parties.first().is_some_and(|party| party.agent.as_deref() != Some(agent))
    }
}
