//! Signing in: the extension, the phone of a mobile agent, the device of an extension that several
//! devices share.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::agent_state::{AgentState, Wanted};
use crate::names::names;
use crate::refusal::{LONGEST, Refusal, check_length};
use crate::world::World;

names! {
    /// How the phone of a mobile agent is connected (Developer Guide 12.5, "User: Sign In as a
    /// Mobile Agent").
    MobileMode, "mode of mobile agents" {
        /// The phone is dialled for each call.
        CallByCall = "CALL_BY_CALL",
        /// The phone is dialled once, and stays connected.
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

impl World {
    /// Signs in. No effect on an agent that is signed in. Phone and device count until the agent
    /// signs out.
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
        if agent.state != AgentState::Logout {
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
        let agent = self.agent_mut(id)?;
        agent.extension = extension;
        agent.mobile = mobile;
        agent.device = device;
        self.request(id, Wanted::Login, None, request)
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
