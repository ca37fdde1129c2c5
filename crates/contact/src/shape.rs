//! The shapes of data that break clients: lists of none, one, two or many elements, and texts that
//! have to be escaped, or must not become numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::agent_state::AgentState;
use crate::names::names;
use crate::office::{Contact, Office, PhoneBook, Reason, WrapUpReason};
use crate::spec::WorldSpec;

/// How many elements `many` stands for.
const MANY: usize = 200;

/// Texts that have to survive the way to the client, one after the other.
const HOSTILE: &[&str] = &[
    "a|b",
    "Tom & Jerry",
    "]]>",
    "<b>&amp;</b>",
    "\"double\" 'single'",
    "line\rbreak",
    "🎧 é",
    "0042",
];

names! {
    /// The length of lists.
    Collections, "length of collections" {
        None = "0",
        One = "1",
        Two = "2",
        Many = "many",
    }
}

names! {
    /// The texts of a world.
    Values, "kind of values" {
        /// As the world file has them.
        Plain = "plain",
        /// With markup, quotes, line breaks, emoji and leading zeros.
        Hostile = "hostile",
    }
}

impl Collections {
    /// The number of elements.
    pub fn count(self) -> usize {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::Two => 2,
            Self::Many => MANY,
        }
    }
}

/// The world in its shapes: configured lists have the length, and texts are of the kind, that it
/// asks for. All other lists are cut where they are shown.
pub(crate) fn shaped(spec: &WorldSpec) -> WorldSpec {
    let mut spec = spec.clone();
    if let Some(collections) = spec.collections {
        fill(&mut spec.office, collections.count());
    }
    if spec.values == Values::Hostile {
        spoil(&mut spec);
    }
    spec
}

/// Makes up what is missing in each list.
fn fill(office: &mut Office, count: usize) {
    for category in [AgentState::NotReady, AgentState::Logout] {
        let there = office.reasons.iter().filter(|it| it.category == category).count();
        let first = after(office.reasons.iter().map(|it| it.id));
        for id in (first..).take(count.saturating_sub(there)) {
            let label = format!("Reason {id}");
            let reason = Reason { id, code: id, label, category, for_all: true, system: false };
            office.reasons.push(reason);
        }
    }
    let missing = count.saturating_sub(office.wrap_up_reasons.len());
    for id in (after(office.wrap_up_reasons.iter().map(|it| it.id))..).take(missing) {
        let label = format!("Wrap-up {id}");
        office.wrap_up_reasons.push(WrapUpReason { id, label, for_all: true });
    }
    let missing = count.saturating_sub(office.phone_books.len());
    for id in (after(office.phone_books.iter().map(|it| it.id))..).take(missing) {
        let (name, contacts) = (format!("Phone book {id}"), Vec::new());
        office.phone_books.push(PhoneBook { id, name, for_all: true, contacts });
    }
    let first = after(office.phone_books.iter().flat_map(|it| &it.contacts).map(|it| it.id));
    if let Some(book) = office.phone_books.first_mut() {
        for id in (first..).take(count.saturating_sub(book.contacts.len())) {
            let (first_name, number) = (format!("Contact {id}"), format!("5551{id:04}"));
            book.contacts.push(Contact { id, first_name, number, ..Contact::default() });
        }
    }
}

/// Gives the names and numbers of the world texts that clients stumble over. Ids and extensions
/// stay.
fn spoil(spec: &mut WorldSpec) {
    let mut texts = HOSTILE.iter().cycle();
    let mut spoil = |text: &mut String| {
        text.push(' ');
        text.push_str(texts.next().copied().unwrap_or_default());
    };
    for agent in &mut spec.agents {
        spoil(&mut agent.first_name);
        spoil(&mut agent.last_name);
    }
    spec.teams.iter_mut().for_each(|team| spoil(&mut team.name));
    for queue in &mut spec.queues {
        spoil(&mut queue.name);
        queue.number.insert_str(0, "00");
    }
    spec.office.reasons.iter_mut().for_each(|reason| spoil(&mut reason.label));
    spec.office.wrap_up_reasons.iter_mut().for_each(|reason| spoil(&mut reason.label));
    for book in &mut spec.office.phone_books {
        spoil(&mut book.name);
        for contact in &mut book.contacts {
            spoil(&mut contact.first_name);
            spoil(&mut contact.note);
            contact.number.insert_str(0, "00");
        }
    }
}

/// The call variables of a new call in a world of these values.
pub(crate) fn variables(values: Values) -> Vec<(String, String)> {
    let texts = HOSTILE.iter().filter(|_| values == Values::Hostile);
    let variable = |(number, text): (usize, &&str)| {
        (format!("callVariable{}", number + 1), (*text).to_owned())
    };
    texts.enumerate().map(variable).collect()
}

/// The id after these.
fn after(ids: impl Iterator<Item = u32>) -> u32 {
    ids.max().map_or(1, |id| id.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configured_lists_reach_the_length_that_is_asked_for() {
        let mut spec = WorldSpec::built_in();
        spec.collections = Some(Collections::Many);
        let spec = shaped(&spec);
        assert_eq!(spec.office.wrap_up_reasons.len(), MANY);
        assert_eq!(spec.office.phone_books[0].contacts.len(), MANY);
        assert_eq!(spec.office.reasons.len(), 2 * MANY);
    }

    #[test]
    fn hostile_values_are_everywhere_and_ids_stay() {
        let (plain, mut spec) = (WorldSpec::built_in(), WorldSpec::built_in());
        spec.values = Values::Hostile;
        let spec = shaped(&spec);
        assert!(plain.agent_ids().eq(spec.agent_ids()));
        assert!(spec.queues.iter().all(|queue| queue.number.starts_with("00")));
        let names: String = spec.agents.iter().map(|agent| agent.first_name.as_str()).collect();
        assert!(names.contains('|') && names.contains("]]>"), "{names}");
        assert_eq!(variables(Values::Plain), []);
        let variables = variables(Values::Hostile);
        assert!(variables.iter().any(|(_, value)| value.contains('\r')));
    }
}
