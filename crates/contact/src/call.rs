//! A call, which Finesse names a dialog, and its parties (Cisco DevNet, "Dialog").

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agent_state::Flavour;
use crate::names::names;
use crate::outbound::Outbound;

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
        /// Put it on hold and call a third party about it.
        ConsultCall = "CONSULT_CALL",
        /// Join the other party of the consultation to the call and leave.
        Transfer = "TRANSFER",
        /// Join the other party of the consultation to the call and stay.
        Conference = "CONFERENCE",
        /// Send the call to a number and leave, without a consultation.
        TransferSst = "TRANSFER_SST",
        /// Take another party out of a conference.
        ParticipantDrop = "PARTICIPANT_DROP",
        SendDtmf = "SEND_DTMF",
        /// Take the customer that a dialer offers.
        Accept = "ACCEPT",
        /// Leave the customer to other agents.
        Reject = "REJECT",
        /// Take the customer out of the campaign.
        Close = "CLOSE",
        /// Say what was found at the other end of an outbound call.
        Reclassify = "RECLASSIFY",
        UpdateScheduledCallback = "UPDATE_SCHEDULED_CALLBACK",
        CancelScheduledCallback = "CANCEL_SCHEDULED_CALLBACK",
        StartRecording = "START_RECORDING",
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
        /// About another call, which is on hold.
        Consult = "CONSULT",
        Transfer = "TRANSFER",
        Conference = "CONFERENCE",
        /// A dialer offers a customer.
        OutboundPreview = "OUTBOUND_PREVIEW",
        /// To a customer whom a dialer offered.
        Outbound = "OUTBOUND",
        /// A supervisor listens to an agent.
        SupervisorMonitor = "SUPERVISOR_MONITOR",
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
    /// The call that it is about: of a consultation, or of a supervisor who listens.
    pub(crate) associated: Option<u64>,
    pub(crate) state: CallState,
    pub(crate) parties: Vec<Party>,
    pub(crate) variables: Vec<(String, String)>,
    /// The label of the reason that an agent gave for it.
    pub(crate) wrap_up_reason: Option<String>,
    /// The dialer's side, if a dialer began it.
    pub(crate) outbound: Option<Outbound>,
    pub(crate) is_recorded: bool,
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
    /// Whether the party is in the call.
    pub(crate) fn is_live(self) -> bool {
        !matches!(self, Self::WrapUp | Self::Dropped)
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

    /// The parties that are in the call.
    pub(crate) fn live(&self) -> impl Iterator<Item = &Party> {
        self.parties.iter().filter(|party| party.state.is_live())
    }

    /// The actions that an agent may take whose calls are `own`, of which this is one.
    pub(crate) fn actions(&self, agent: &str, own: &[&Self]) -> Vec<Action> {
        use Action::{
            Accept, Answer, CancelScheduledCallback, Close, Conference, ConsultCall, Drop, Hold,
            ParticipantDrop, Reclassify, Reject, Retrieve, SendDtmf, Transfer, TransferSst,
            UpdateCallData, UpdateScheduledCallback,
        };
        let Some(party) = self.party(agent) else { return Vec::new() };
        let others = || own.iter().filter(|other| other.id != self.id);
        let is_active =
            |call: &&&Self| call.party(agent).is_some_and(|party| party.state == PartState::Active);
        let mut actions = match party.state {
            PartState::Alerting if self.call_type == CallType::OutboundPreview => {
                return vec![Accept, Close, Reject];
            }
            PartState::Alerting => vec![Answer],
            PartState::Initiating | PartState::Initiated => vec![Drop, UpdateCallData],
            PartState::Active if self.call_type == CallType::SupervisorMonitor => vec![Drop],
            PartState::Active => {
                let mut actions = vec![Hold, Drop, UpdateCallData, SendDtmf];
                if own.len() == 1 {
                    actions.extend([ConsultCall, TransferSst]);
                }
                actions
            }
            PartState::Held if others().any(|other| is_active(&other)) => {
                vec![Drop, UpdateCallData]
            }
            PartState::Held => vec![Retrieve, Drop, UpdateCallData],
            PartState::WrapUp => vec![UpdateCallData],
            PartState::Failed => vec![Drop],
            PartState::Dropped => Vec::new(),
        };
        let consults = |one: &Self, other: &Self| {
            one.call_type == CallType::Consult
                && one.associated == Some(other.id)
                && one.state == CallState::Active
        };
        if others().any(|other| consults(self, other) || consults(other, self)) {
            actions.extend([Transfer, Conference]);
        }
        if party.state == PartState::Active && self.live().count() > 2 {
            actions.push(ParticipantDrop);
        }
        let is_over = matches!(party.state, PartState::Dropped | PartState::Failed);
        if let Some(outbound) = self.outbound.as_ref().filter(|_| !is_over) {
            actions.extend([Reclassify, UpdateScheduledCallback]);
            actions.extend(outbound.callback.as_ref().map(|_| CancelScheduledCallback));
        }
        actions
    }

    /// Whether an agent got the call rather than made it.
    pub(crate) fn is_incoming(&self, agent: &str) -> bool {
        self.parties.first().is_some_and(|party| party.agent.as_deref() != Some(agent))
    }
}
