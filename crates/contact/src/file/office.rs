//! The objects of configuration in a world file: reasons, phone books, workflows, and the teams
//! that they are for.

use std::collections::BTreeSet;

use serde::Deserialize;
use toml::Spanned;

use super::values::{Mistake, among, number};
use crate::agent_state::AgentState;
use crate::assignment::{Assignable, Assignments};
use crate::configuration::Objects;
use crate::office::{Contact, PhoneBook, Reason, WrapUpReason};
use crate::spec::TeamSpec;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigurationEntry {
    /// The object as an administrator sends it by REST.
    xml: Spanned<String>,
    teams: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonEntry {
    id: Spanned<u32>,
    code: u32,
    label: String,
    category: Spanned<String>,
    teams: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrapUpReasonEntry {
    id: Spanned<u32>,
    label: String,
    teams: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PhoneBookEntry {
    id: Spanned<u32>,
    name: String,
    #[serde(default)]
    contacts: Vec<ContactEntry>,
    teams: Option<Vec<Spanned<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContactEntry {
    first_name: String,
    last_name: Option<String>,
    number: String,
    note: Option<String>,
}

/// The teams of the file, and what it gives to them.
pub(super) struct Given<'a> {
    pub(super) teams: &'a [TeamSpec],
    pub(super) assignments: Assignments,
}

impl Given<'_> {
    /// Assigns an object to the teams of its entry. An entry that names none is for all; the
    /// answer says whether it is.
    fn assign(
        &mut self,
        what: Assignable,
        id: u32,
        names: Option<&[Spanned<String>]>,
    ) -> Result<bool, Mistake> {
        for name in names.unwrap_or_default() {
            let known = self.teams.iter().map(|team| team.id.as_str());
            self.assignments.add(what, id, among(name, "team", known)?);
        }
        Ok(names.is_none())
    }
}

pub(super) fn reasons(
    entries: Vec<ReasonEntry>,
    given: &mut Given<'_>,
) -> Result<Vec<Reason>, Mistake> {
    let mut seen = BTreeSet::new();
    let mut reasons = Vec::new();
    for entry in entries {
        let category = match entry.category.as_ref().as_str() {
            "NOT_READY" => AgentState::NotReady,
            "LOGOUT" => AgentState::Logout,
            other => {
                let message = format!("no category {other:?}: there is NOT_READY, LOGOUT");
                return Err(Mistake(entry.category.span().start, message));
            }
        };
        let id = number(&entry.id, "reason", &mut seen)?;
        reasons.push(Reason {
            id,
            code: entry.code,
            label: entry.label,
            category,
            for_all: given.assign(Assignable::Reason, id, entry.teams.as_deref())?,
            system: false,
        });
    }
    Ok(reasons)
}

pub(super) fn wrap_up_reasons(
    entries: Vec<WrapUpReasonEntry>,
    given: &mut Given<'_>,
) -> Result<Vec<WrapUpReason>, Mistake> {
    let mut seen = BTreeSet::new();
    let reason = |entry: WrapUpReasonEntry| {
        let id = number(&entry.id, "wrap-up reason", &mut seen)?;
        let for_all = given.assign(Assignable::WrapUpReason, id, entry.teams.as_deref())?;
        Ok(WrapUpReason { id, label: entry.label, for_all })
    };
    entries.into_iter().map(reason).collect()
}

/// Contacts are numbered through all books, from 1.
pub(super) fn phone_books(
    entries: Vec<PhoneBookEntry>,
    given: &mut Given<'_>,
) -> Result<Vec<PhoneBook>, Mistake> {
    let (mut seen, mut ids) = (BTreeSet::new(), 1..);
    let book = |entry: PhoneBookEntry| {
        let id = number(&entry.id, "phone book", &mut seen)?;
        let for_all = given.assign(Assignable::PhoneBook, id, entry.teams.as_deref())?;
        let contacts = entry.contacts.into_iter().zip(&mut ids).map(|(contact, id)| Contact {
            id,
            first_name: contact.first_name,
            last_name: contact.last_name.unwrap_or_default(),
            number: contact.number,
            note: contact.note.unwrap_or_default(),
        });
        Ok(PhoneBook { id, name: entry.name, for_all, contacts: contacts.collect() })
    };
    entries.into_iter().map(book).collect()
}

/// The objects of configuration, with those that every installation has.
pub(super) fn objects(
    entries: &[ConfigurationEntry],
    given: &mut Given<'_>,
) -> Result<Objects, Mistake> {
    let mut objects = Objects::default();
    for ConfigurationEntry { xml, teams } in entries {
        let added = objects.add_text(xml.as_ref());
        let (kind, id) = added.map_err(|message| Mistake(xml.span().start, message))?;
        match (Assignable::of(kind), teams) {
            (Some(what), _) => {
                let is_for_all = given.assign(what, id, teams.as_deref())?;
                let all = given.teams.iter().filter(|_| is_for_all);
                all.for_each(|team| given.assignments.add(what, id, team.id.as_str()));
            }
            (None, Some(_)) => {
                let message = format!("`teams` is for a workflow: <{}> is for all", kind.one);
                return Err(Mistake(xml.span().start, message));
            }
            (None, None) => {}
        }
    }
    let at = entries.last().map_or(0, |entry| entry.xml.span().start);
    objects.complete().map_err(|message| Mistake(at, message))?;
    Ok(objects)
}
