//! Requests that are accepted first and carried out, or refused, afterwards: as the REST API has
//! them. A refusal is an event.

use crate::agent_state::{AgentState, Flavour, Wanted};
use crate::change::{ApiError, Change};
use crate::refusal::Refusal;
use crate::world::World;

/// The request that the world is carrying out.
#[derive(Debug)]
pub(crate) struct CurrentRequest {
    /// The id of the agent who asks.
    pub(crate) agent: String,
    /// The id of the request; empty for none.
    pub(crate) request: String,
}

impl World {
    /// Carries out a request of an agent that was accepted. The events of the agent's calls that it
    /// causes have its id. A refusal becomes an event: about a call if `call` names one, else about
    /// the agent.
    pub fn carry_out<T>(
        &mut self,
        agent: &str,
        call: Option<u64>,
        request: &str,
        act: impl FnOnce(&mut Self) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        self.asking = Some(CurrentRequest { agent: agent.to_owned(), request: request.to_owned() });
        let result = act(self);
        self.asking = None;
        if let Err(refusal) = &result {
            let error = self.api_error(refusal);
            let (agent, request) = (agent.to_owned(), request.to_owned());
            self.tell(Change::Error { agent, call, error, request });
        }
        result
    }

    /// A REST request of a client. It is always accepted; a refusal comes later, as an event.
    ///
    /// # Errors
    ///
    /// No agent has the id, or the id of the request is too long.
    pub fn ask(
        &mut self,
        id: &str,
        wanted: Wanted,
        reason: Option<u32>,
        request: &str,
    ) -> Result<(), Refusal> {
        self.agent(id)?;
        match self.carry_out(id, None, request, |world| world.request(id, wanted, reason, request))
        {
            Err(refusal @ Refusal::TooMany { .. }) => Err(refusal),
            _ => Ok(()),
        }
    }

    /// A refusal in Finesse's terms. Codes and messages are Cisco's. Which documented error goes
    /// with which refusal is a guess, except for the device and for what an agent asks for who is
    /// signed out.
    pub(crate) fn api_error(&self, refusal: &Refusal) -> ApiError {
        match refusal {
            Refusal::Device { .. } | Refusal::UnknownDevice { .. } => ApiError {
                kind: "Invalid Device",
                message: "CF_INVALID_LOGON_DEVICE_SPECIFIED",
                data: 260,
            },
            Refusal::WrapUp { .. } => {
                ApiError { kind: "Invalid State", message: "CF_INVALID_AGENT_WORKMODE", data: 265 }
            }
            Refusal::State { state: AgentState::Logout, .. } => match self.flavour {
                Flavour::Ccx => {
                    ApiError { kind: "Invalid State", message: "CF_INVALID_PARAMETER", data: 1010 }
                }
                Flavour::Cce => ApiError {
                    kind: "Invalid State",
                    message: "CF_INVALID_PASSWORD_SPECIFIED",
                    data: 257,
                },
            },
            // Developer Guide 12.5, pages 95, 108, 109 and 112, have the type; message and code are
            // chosen here.
            Refusal::Action { .. } | Refusal::NoCall { .. } | Refusal::Setup { .. } => ApiError {
                kind: "Generic Error",
                message: "CF_GENERIC_OPERATION_REJECTION",
                data: 71,
            },
            // Developer Guide 12.5, page 32, has the type; message and code are chosen here.
            Refusal::NotMobile { .. } => ApiError {
                kind: "Mode Not Allowed",
                message: "CF_GENERIC_OPERATION_REJECTION",
                data: 71,
            },
            // Developer Guide 12.5, page 93.
            Refusal::Digits { .. } => {
                ApiError { kind: "Invalid Input", message: "CF_VALUE_OUT_OF_RANGE", data: 3 }
            }
            _ => ApiError { kind: "Invalid State", message: "CF_INVALID_OBJECT_STATE", data: 22 },
        }
    }
}
