//! The people of a node: accounts with an affiliation, in the order in which they came.

use std::collections::{BTreeMap, HashMap};

use stanza::Jid;

use crate::budget::{Share, Weigh};

/// People with an affiliation to a node at most: as many as may subscribe to it, since each
/// subscriber is a member.
const MOST_PEOPLE: usize = 16_384;

/// The affiliation of an account with a node (XEP-0060 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Affiliation {
    Owner,
    Publisher,
    /// May subscribe to a whitelist node. Openfire knows no such word and says `none`; there
    /// subscribers have it, too.
    Member,
    Outcast,
}

/// One account and its affiliation.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// Mostly a bare address.
    pub(super) jid: Jid,
    pub(super) affiliation: Affiliation,
    /// Whether it has a part of the node's share.
    counts: bool,
}

/// People and their affiliations, by address. A question for one takes no longer
/// among thousands.
#[derive(Debug, Clone, Default)]
pub(super) struct People {
    /// By the place in which they came.
    all: BTreeMap<u64, Person>,
    places: HashMap<Jid, u64>,
    /// The next place.
    next: u64,
}

impl Person {
    fn weight(&self) -> usize {
        if self.counts { weight(&self.jid) } else { 0 }
    }
}

impl People {
    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Person> {
        self.all.values()
    }

    pub(super) fn get(&self, jid: &Jid) -> Option<Affiliation> {
        Some(self.all.get(self.places.get(jid)?)?.affiliation)
    }

    /// Whether somebody has an affiliation from the start.
    pub(super) fn is_given(&self, jid: &Jid) -> bool {
        self.places.get(jid).and_then(|place| self.all.get(place)).is_some_and(|it| !it.counts)
    }

    /// Gives somebody an affiliation, and takes memory from `share` for a newcomer; false when
    /// there is no room.
    pub(super) fn set(&mut self, jid: &Jid, affiliation: Affiliation, share: &mut Share) -> bool {
        let (is_new, jid) = (!self.places.contains_key(jid), jid.clone());
        if is_new && (self.all.len() >= MOST_PEOPLE || !share.grow(weight(&jid))) {
            return false;
        }
        self.put(jid, affiliation, true);
        true
    }

    /// Gives somebody an affiliation that is there for free.
    pub(super) fn give(&mut self, jid: Jid, affiliation: Affiliation) {
        self.put(jid, affiliation, false);
    }

    /// Takes the affiliation of somebody away.
    pub(super) fn remove(&mut self, jid: &Jid, share: &mut Share) {
        let place = self.places.remove(jid);
        let person = place.and_then(|place| self.all.remove(&place));
        share.shrink(person.map_or(0, |person| person.weight()));
    }

    /// The weight of all in the memory for clients.
    pub(super) fn weight(&self) -> usize {
        self.all.values().map(Person::weight).sum()
    }

    fn put(&mut self, jid: Jid, affiliation: Affiliation, counts: bool) {
        match self.places.get(&jid).and_then(|place| self.all.get_mut(place)) {
            Some(known) => known.affiliation = affiliation,
            None => {
                self.places.insert(jid.clone(), self.next);
                self.all.insert(self.next, Person { jid, affiliation, counts });
                self.next += 1;
            }
        }
    }
}

/// Each has an address here and in the index.
fn weight(jid: &Jid) -> usize {
    2 * jid.weight() + size_of::<Affiliation>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    #[test]
    fn their_number_has_a_bound() {
        let (mut people, mut share) = (People::default(), Budget::new(32 << 20).nothing());
        let mut add = |number: u32| {
            let jid = Jid::parse(&format!("agent{number:05}@d")).expect("a JID");
            people.set(&jid, Affiliation::Member, &mut share)
        };
        assert!((0..5000).all(&mut add), "as many as subscribe in a large contact centre");
        assert!(!(5000..17_000).all(add));
    }

    #[test]
    fn they_keep_their_places_and_give_back_what_they_took() {
        let jid = |text: &str| Jid::parse(text).expect("a JID");
        let budget = Budget::new(100_000);
        let (mut people, mut share) = (People::default(), budget.nothing());
        for name in ["b@d", "a@d", "c@d/x", "b@d"] {
            assert!(people.set(&jid(name), Affiliation::Member, &mut share));
        }
        assert!(people.set(&jid("b@d"), Affiliation::Owner, &mut share));
        let listed: Vec<String> = people.iter().map(|person| person.jid.to_string()).collect();
        assert_eq!(listed, ["b@d", "a@d", "c@d/x"]);
        assert_eq!(people.get(&jid("b@d")), Some(Affiliation::Owner));
        assert_eq!(people.get(&jid("c@d")), None);
        for name in listed {
            people.remove(&jid(&name), &mut share);
        }
        assert_eq!((share.octets(), people.iter().count()), (0, 0));
    }
}
