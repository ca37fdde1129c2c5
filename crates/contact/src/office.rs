//! The configuration that the REST API reads and an administrator writes: reasons, wrap-up reasons,
//! phone books.

use serde::Serialize;

use crate::agent_state::AgentState;
use crate::assignment::{Assignable, Assignments};
use crate::configuration::{Kind, Object, Objects};

/// The configuration of an administrator.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Office {
    /// Reasons to be not ready or to sign out, in their order.
    pub reasons: Vec<Reason>,
    /// Reasons that an agent gives after a call.
    pub wrap_up_reasons: Vec<WrapUpReason>,
    pub phone_books: Vec<PhoneBook>,
    /// Layouts, workflows and all else that a schema describes.
    pub objects: Objects,
    /// The objects that are for some teams alone.
    pub assignments: Assignments,
}

impl Office {
    /// The layout of desktops that have none of their own.
    pub fn default_desktop(&self) -> &str {
        let config = Kind::named("LayoutConfig").map(|kind| self.objects.of(kind));
        config.and_then(|list| list.first()).map_or("", |object| object.text("layoutxml"))
    }

    /// Whether an object is for a team: it is for all, or assigned to this one.
    pub fn is_for(&self, team: &str, what: Assignable, id: u32, for_all: bool) -> bool {
        for_all || self.assignments.has(what, id, team)
    }

    /// The names of ECC variables, if they are configured.
    pub fn ecc_variables(&self) -> Vec<String> {
        let config = Kind::named("ECCVariableConfig").map(|kind| self.objects.of(kind));
        config.and_then(|list| list.first()).map(Object::names).unwrap_or_default()
    }
}

/// A reason to be not ready or to sign out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// Names the reason in requests.
    pub id: u32,
    /// The code that reports show.
    pub code: u32,
    pub label: String,
    pub category: AgentState,
    /// Whether it is for the agents of all teams.
    pub for_all: bool,
    /// Whether the system alone uses it.
    pub system: bool,
}

/// A reason that an agent gives after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrapUpReason {
    /// Names it in requests.
    pub id: u32,
    pub label: String,
    /// Whether it is for the agents of all teams.
    pub for_all: bool,
}

/// A phone book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneBook {
    /// Names it in requests.
    pub id: u32,
    pub name: String,
    /// Whether it is for the agents of all teams.
    pub for_all: bool,
    pub contacts: Vec<Contact>,
}

/// An entry of a phone book.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contact {
    /// Names it in requests.
    pub id: u32,
    pub first_name: String,
    pub last_name: String,
    pub number: String,
    pub note: String,
}
