//! Signing in: the extension, the phone of a mobile agent, the device of an extension that several
//! devices share.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::agent_state::{AgentState, Wanted};
use crate::call::Action;
use crate::change::Change;
use crate::names::names;
use crate::plans::{Plan, PlanId};
use crate::refusal::{LONGEST, Refusal, check_length};
use crate::world::World;

/// How long the phone of a nailed connection rings until the agent answers it. Chosen here.
const RINGING: Duration = Duration::from_secs(1);

names! {
    /// How the phone of a mobile agent is connected (Developer Guide 12.5, "User: Sign In as a
    /// Mobile Agent").
    MobileMode, "mode of mobile agents" {
        /// The phone is dialled for each call.
        CallByCall = "CALL_BY_CALL",
        /// The phone is dialled at the sign-in, and stays connected. The agent has to answer this
        /// setup call before it is signed in (Cisco, "Unified Mobile Agent Guide for Unified CCE").
        NailedConnection = "NAILED_CONNECTION",
    }
}

/// The phone of an agent that works elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MobileAgent {
    pub mode: MobileMode,
    /// The number of the phone.
    pub dial_number: String,
}

/// One of the devices of an extension (Finesse 12.5 and later).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Device {
    /// Names it in requests.
    pub id: String,
    /// Its name for people.
    pub name: String,
}

/// The way in which an agent signs in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignIn {
    /// The extension, which the agent keeps from then on; none for the one that it has.
    pub extension: Option<String>,
    /// The phone of a mobile agent.
    pub mobile: Option<MobileAgent>,
    /// The id of the device; none where the extension has one.
    pub device: Option<String>,
}

/// The call that sets up a nailed connection: it rings at the agent's phone.
#[derive(Debug, Clone)]
pub(crate) struct SetupCall {
    how: SignIn,
    request: String,
    /// The plan to answer it.
    answer: PlanId,
}

impl World {
    /// Signs in. No effect on an agent that is signed in, or whose phone rings with the setup call
    /// of a nailed connection: that is answered by itself after a second, or by
    /// [`World::act`]. Phone and device count until the agent signs out.
    ///
    /// # Errors
    ///
    /// No agent has the id, the extension is taken or too long, the agent may not be mobile, or has
    /// no such device.
    pub fn sign_in(&mut self, id: &str, how: SignIn, request: &str) -> Result<(), Refusal> {
        let SignIn { extension, mobile, device } = how;
        let texts = [extension.as_ref(), mobile.as_ref().map(|mobile| &mobile.dial_number)];
        let longest = texts.into_iter().flatten().map(String::len).max();
        check_length("characters of an extension or number", longest.unwrap_or(0), LONGEST)?;
        let agent = self.agent(id)?;
        if agent.state != AgentState::Logout || agent.setup.is_some() {
            return Ok(());
        }
        if mobile.is_some() && !agent.may_be_mobile {
            return Err(Refusal::NotMobile { agent: id.to_owned() });
        }
        if let Some(device) = &device
            && !agent.devices.iter().any(|own| own.id == *device)
        {
            let known = agent.devices.iter().map(|device| device.id.clone()).collect();
            let (agent, device) = (id.to_owned(), device.clone());
            return Err(Refusal::UnknownDevice { agent, device, known });
        }
        let extension = extension.unwrap_or_else(|| agent.extension.clone());
        self.check_device(id, &extension)?;
        let is_nailed = mobile.as_ref().is_some_and(|it| it.mode == MobileMode::NailedConnection);
        let how = SignIn { extension: Some(extension), mobile, device };
        if !is_nailed {
            return self.come_in(id, how, request);
        }
        check_length("characters of a request's id", request.len(), LONGEST)?;
        let answer = self.plans.make(self.now + RINGING, Plan::SetupAnswered(id.to_owned()));
        self.agent_mut(id)?.setup = Some(SetupCall { how, request: request.to_owned(), answer });
        Ok(())
    }

    fn come_in(&mut self, id: &str, how: SignIn, request: &str) -> Result<(), Refusal> {
        let SignIn { extension, mobile, device } = how;
        if let Some(extension) = extension {
            self.check_device(id, &extension)?;
            if let Some(agent) = self.agents.get_mut(id) {
                self.extensions.change(id, &agent.extension, &extension);
                agent.extension = extension;
            }
        }
        let agent = self.agent_mut(id)?;
        agent.mobile = mobile;
        agent.device = device;
        self.request(id, Wanted::Login, None, request)
    }

    /// The agent answers the setup call at its phone, or hangs up. The sign-in is done then, or
    /// refused; either is an event.
    ///
    /// # Errors
    ///
    /// No agent has the id, its phone does not ring, or the action is another one.
    pub(crate) fn act_on_setup(&mut self, id: &str, action: Action) -> Result<(), Refusal> {
        let is_known = matches!(action, Action::Answer | Action::Drop);
        let setup = self.agent_mut(id)?.setup.take_if(|_| is_known);
        let Some(SetupCall { how, request, answer }) = setup else {
            return Err(Refusal::NoCall { agent: id.to_owned(), action });
        };
        self.plans.give_up(answer);
        let done = match action {
            Action::Answer => self.come_in(id, how, &request),
            _ => Err(Refusal::Setup { agent: id.to_owned() }),
        };
        if let Err(refusal) = done {
            let error = self.api_error(&refusal);
            self.tell(Change::Error { agent: id.to_owned(), call: None, error, request });
        }
        Ok(())
    }

    /// The setup call has rung for long enough.
    pub(crate) fn answer_setup(&mut self, id: &str) {
        // An agent whose phone no longer rings has nothing to answer.
        let _ = self.act_on_setup(id, Action::Answer);
    }

    /// As [`World::sign_in`], at this extension.
    ///
    /// # Errors
    ///
    /// As [`World::sign_in`].
    pub fn login_at(&mut self, id: &str, extension: &str, request: &str) -> Result<(), Refusal> {
        let how = SignIn { extension: Some(extension.to_owned()), ..SignIn::default() };
        self.sign_in(id, how, request)
    }
}
