//! The description of a world before it begins: teams, agents, queues, reasons.

use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::agent_state::{AgentState, Flavour};
use crate::file;
use crate::names::names;
use crate::office::Office;
use crate::shape::{Collections, Values};
use crate::sign_in::Device;

/// The built-in world, used when none is given.
static BUILT_IN: LazyLock<WorldSpec> = LazyLock::new(|| {
    WorldSpec::parse(include_str!("built_in.toml"), "built_in.toml")
        .expect("a test reads the built-in world")
});

/// The team of agents that are added without a world file.
const ONLY_TEAM: &str = "1";

/// The account of Finesse's web application. No agent can have this id.
pub const WEB_APPLICATION: &str = "finesse";

/// The initial contact centre of a fake.
#[derive(Debug, Clone)]
pub struct WorldSpec {
    pub flavour: Flavour,
    /// The password of agents without one of their own.
    pub password: Password,
    /// The time after which the loss of a client without unavailable presence is noticed.
    pub notice: Duration,
    /// Single sign-on; none where agents log in with passwords.
    pub sign_on: Option<SignOnSpec>,
    /// The time that an agent has to come back after its presence is lost.
    pub wait: Duration,
    /// The state of an agent that does not come back: LOGOUT, or NOT_READY as with CCE and LOAD =
    /// 0.
    pub forced: AgentState,
    /// Whether agents may record their calls; CCX only.
    pub(crate) records: bool,
    /// The length of lists; none for as many as there are.
    pub collections: Option<Collections>,
    pub values: Values,
    pub(crate) teams: Vec<TeamSpec>,
    pub(crate) agents: Vec<AgentSpec>,
    pub(crate) queues: Vec<QueueSpec>,
    pub(crate) office: Office,
    /// Accounts that configure, and are no agents.
    pub(crate) administrators: Vec<AdministratorSpec>,
}

/// Why a world file is refused.
#[derive(Debug, Error)]
pub enum WorldFileError {
    /// The file cannot be read.
    #[error("cannot read the world file {path}")]
    Unreadable {
        path: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The world file has an error.
    #[error("{path}:{line}:{column}: {message}")]
    Content {
        path: String,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// The error and the repair.
        message: String,
    },
}

/// A password, which `Debug` does not show.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(pub(crate) String);

#[derive(Debug, Clone)]
pub(crate) struct TeamSpec {
    pub(crate) id: String,
    pub(crate) name: String,
}

#[derive(Debug, Clone)]
pub(crate) struct AgentSpec {
    pub(crate) id: String,
    pub(crate) login_name: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) extension: String,
    /// Whether it may sign in as a mobile agent.
    pub(crate) may_be_mobile: bool,
    /// The devices of its extension, if there are several to choose from.
    pub(crate) devices: Vec<Device>,
    pub(crate) team: String,
    /// Ids of supervised teams; an agent with any is a supervisor.
    pub(crate) supervises: Vec<String>,
    pub(crate) wrap_up: WrapUp,
    pub(crate) state: AgentState,
    pub(crate) password: Option<Password>,
}

#[derive(Debug, Clone)]
pub(crate) struct AdministratorSpec {
    pub(crate) id: String,
    pub(crate) password: Option<Password>,
}

/// A queue (a CSQ with CCX, a skill group or precision queue with CCE).
#[derive(Debug, Clone)]
pub(crate) struct QueueSpec {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The number that callers dial.
    pub(crate) number: String,
    pub(crate) agents: Vec<String>,
}

names! {
    /// The way in which agents prove who they are, if it is not by password alone (Cisco DevNet,
    /// "SystemInfo": `systemAuthMode`).
    SignOnMode, "mode of single sign-on" {
        /// Every agent has tokens.
        Sso = "SSO",
        /// Some agents have tokens, the others passwords.
        Hybrid = "HYBRID",
    }
}

/// Single sign-on: agents get tokens, and log in with these.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignOnSpec {
    pub mode: SignOnMode,
    /// The life of an access token.
    pub token: Duration,
    /// The life of a refresh token.
    pub refresh: Duration,
    /// With [`SignOnMode::Hybrid`], the ids of the agents that have tokens.
    pub members: BTreeSet<String>,
}

/// The wrap-up settings of an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WrapUp {
    pub incoming: WrapUpMode,
    pub outgoing: WrapUpMode,
    pub seconds: u32,
}

names! {
    /// Whether there is wrap-up after a call.
    WrapUpMode, "wrap-up" {
        Required = "REQUIRED",
        /// If the agent requests it during the call.
        Optional = "OPTIONAL",
        NotAllowed = "NOT_ALLOWED",
        /// Always, with a wrap-up reason.
        RequiredWithData = "REQUIRED_WITH_WRAP_UP_DATA",
    }
}

impl WorldSpec {
    /// Two teams, ten agents of whom two are supervisors, two queues; CCX. All passwords are
    /// `secret`.
    pub fn built_in() -> Self {
        BUILT_IN.clone()
    }

    /// Reads a world file.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or has an error.
    pub fn read(path: &Path) -> Result<Self, WorldFileError> {
        let name = path.display().to_string();
        let text = files::read_text(path, files::SMALL)
            .map_err(|source| WorldFileError::Unreadable { path: name.clone(), source })?;
        Self::parse(&text, &name)
    }

    /// Reads the text of a world file; `path` is for messages.
    ///
    /// # Errors
    ///
    /// The world file has an error.
    pub fn parse(text: &str, path: &str) -> Result<Self, WorldFileError> {
        file::read(text, path)
    }

    /// A world without agents, and with the one team to which [`WorldSpec::add_agent`] adds.
    pub fn empty() -> Self {
        Self {
            teams: vec![TeamSpec { id: ONLY_TEAM.to_owned(), name: "Team 1".to_owned() }],
            agents: Vec::new(),
            queues: Vec::new(),
            ..Self::built_in()
        }
    }

    /// Ids of all agents.
    pub fn agent_ids(&self) -> impl Iterator<Item = &str> {
        self.agents.iter().map(|agent| agent.id.as_str())
    }

    /// The login name and the id of each agent that has another login name than its id.
    pub fn login_names(&self) -> impl Iterator<Item = (&str, &str)> {
        let names = self.agents.iter().map(|agent| (agent.login_name.as_str(), agent.id.as_str()));
        names.filter(|(name, id)| name != id)
    }

    /// The password of each agent.
    pub fn passwords(&self) -> impl Iterator<Item = (&str, &str)> {
        self.agents.iter().map(|agent| {
            let password = agent.password.as_ref().unwrap_or(&self.password);
            (agent.id.as_str(), password.0.as_str())
        })
    }

    /// The password of each administrator.
    pub fn administrators(&self) -> impl Iterator<Item = (&str, &str)> {
        self.administrators.iter().map(|administrator| {
            let password = administrator.password.as_ref().unwrap_or(&self.password);
            (administrator.id.as_str(), password.0.as_str())
        })
    }

    /// Lets an agent supervise the first team, if it supervises none yet.
    pub fn promote(&mut self, id: &str) {
        let Some(team) = self.teams.first().map(|team| team.id.clone()) else { return };
        if let Some(agent) = self.agents.iter_mut().find(|agent| agent.id == id)
            && agent.supervises.is_empty()
        {
            agent.supervises.push(team);
        }
    }

    /// Adds an agent of whom only the id is known to the first team.
    pub fn add_agent(&mut self, id: &str) {
        let team = self.teams.first().map_or_else(|| ONLY_TEAM.to_owned(), |team| team.id.clone());
        let extension = extension_of(id, self.agents.len());
        self.agents.push(AgentSpec {
            id: id.to_owned(),
            login_name: id.to_owned(),
            first_name: "Agent".to_owned(),
            last_name: id.to_owned(),
            extension,
            may_be_mobile: self.flavour == Flavour::Cce,
            devices: Vec::new(),
            team,
            supervises: Vec::new(),
            wrap_up: WrapUp::default(),
            state: AgentState::Logout,
            password: None,
        });
    }
}

/// An extension for an agent who was given none: `108` and the id where that is a number.
pub(crate) fn extension_of(id: &str, index: usize) -> String {
    if !id.is_empty() && id.len() <= 12 && id.bytes().all(|octet| octet.is_ascii_digit()) {
        format!("108{id}")
    } else {
        format!("109{index:04}")
    }
}

impl Default for WrapUp {
    /// As in what was captured from a real server: optional, two hours.
    fn default() -> Self {
        Self { incoming: WrapUpMode::Optional, outgoing: WrapUpMode::Optional, seconds: 7200 }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_world_has_two_teams_and_ten_agents() {
        let world = WorldSpec::built_in();
        assert_eq!((world.teams.len(), world.agents.len()), (2, 10));
        assert_eq!(world.agent_ids().take(3).collect::<Vec<_>>(), ["1001", "1002", "1003"]);
        assert!(world.agents.iter().all(|agent| agent.state == AgentState::Logout));
        assert!(!format!("{world:?}").contains("secret"));
    }

    #[test]
    fn extensions_are_numbers() {
        assert_eq!(extension_of("1001", 7), "1081001");
        assert_eq!(extension_of("ada", 7), "1090007");
    }
}
