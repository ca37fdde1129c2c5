//! Assignments of an administrator to teams (Cisco DevNet, "Team").

use std::collections::{BTreeMap, BTreeSet};

use crate::configuration::Kind;

/// The kinds of objects that are assigned to teams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Assignable {
    Reason,
    WrapUpReason,
    PhoneBook,
    Workflow,
}

/// Objects and desktops of teams.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assignments {
    objects: BTreeMap<(Assignable, u32), BTreeSet<String>>,
    desktops: BTreeMap<String, String>,
}

impl Assignable {
    /// The kind of configuration objects that this is, if it has a schema.
    pub fn of(kind: &Kind) -> Option<Self> {
        (kind.one == "Workflow").then_some(Self::Workflow)
    }
}

impl Assignments {
    /// Whether the object of this number is assigned to a team.
    pub fn has(&self, what: Assignable, id: u32, team: &str) -> bool {
        self.objects.get(&(what, id)).is_some_and(|teams| teams.contains(team))
    }

    /// Assigns an object to a team.
    pub fn add(&mut self, what: Assignable, id: u32, team: impl Into<String>) {
        self.objects.entry((what, id)).or_default().insert(team.into());
    }

    /// Takes an object away from a team.
    pub fn take(&mut self, what: Assignable, id: u32, team: &str) {
        if let Some(teams) = self.objects.get_mut(&(what, id)) {
            teams.remove(team);
        }
    }

    /// Takes an object away from all teams.
    pub fn forget(&mut self, what: Assignable, id: u32) {
        self.objects.remove(&(what, id));
    }

    /// The layout of a team's desktop; none if the team has the default one.
    pub fn desktop(&self, team: &str) -> Option<&str> {
        self.desktops.get(team).map(String::as_str)
    }

    /// Gives a team a desktop of its own, or the default one.
    pub fn set_desktop(&mut self, team: &str, layout: Option<String>) {
        match layout {
            Some(layout) => self.desktops.insert(team.to_owned(), layout),
            None => self.desktops.remove(team),
        };
    }
}
