//! The items that a node keeps: in the order of their publication, and found by their ids.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use stanza::{Element, Jid};

use crate::budget::{Share, Weigh};
use crate::spelling::echo;

/// A published item.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) id: String,
    pub(super) payload: Option<Element>,
    /// Full JID of the session; bare for private data, and the server's own for what it publishes.
    pub(super) publisher: Jid,
    /// Server time of its publication.
    pub(super) created: Duration,
    /// Its share of the memory for clients.
    pub(super) share: Share,
}

/// Items, one for each id. A step takes no longer among thousands.
#[derive(Debug, Clone, Default)]
pub(super) struct StoredItems {
    /// By the place in which they came.
    all: BTreeMap<u64, Arc<Item>>,
    places: HashMap<String, u64>,
    /// The next place.
    next: u64,
}

impl Item {
    /// Takes from its share as much as it weighs; false when so much is not left.
    pub(super) fn is_affordable(&mut self) -> bool {
        // The index has a copy of the id.
        let weight = 2 * self.id.weight() + self.payload.weight() + self.publisher.weight();
        self.share.set(size_of::<Self>() + weight)
    }

    /// Whether its payload holds a word, if one is asked for.
    pub(super) fn holds(&self, keyword: Option<&str>) -> bool {
        keyword.is_none_or(|keyword| {
            let payload = self.payload.as_ref().map(|payload| echo(payload, ""));
            payload.is_none_or(|payload| payload.contains(keyword))
        })
    }
}

impl StoredItems {
    /// Adds an item at the end; one of the same id goes. The oldest go until no more than `limit`
    /// are left.
    pub(super) fn push(&mut self, item: Arc<Item>, limit: usize) {
        if let Some(place) = self.places.insert(item.id.clone(), self.next) {
            self.all.remove(&place);
        }
        self.all.insert(self.next, item);
        self.next += 1;
        while self.all.len() > limit
            && let Some((_, oldest)) = self.all.pop_first()
        {
            self.places.remove(&oldest.id);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Item>> {
        self.all.get(self.places.get(id)?)
    }

    pub(super) fn remove(&mut self, id: &str) {
        if let Some(place) = self.places.remove(id) {
            self.all.remove(&place);
        }
    }

    pub(super) fn newest_first(&self) -> impl Iterator<Item = &Arc<Item>> {
        self.all.values().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::Budget;

    #[test]
    fn the_last_of_each_id_stays_and_the_oldest_goes() {
        let budget = Budget::new(0);
        let mut kept = StoredItems::default();
        let mut push = |id: &str| {
            let (id, publisher) = (id.to_owned(), Jid::parse("a@d/r").expect("a JID"));
            let (payload, share) = (None, budget.nothing());
            let item = Item { id, payload, publisher, created: Duration::ZERO, share };
            kept.push(Arc::new(item), 2);
        };
        ["a", "b", "a", "c", "a"].into_iter().for_each(&mut push);
        let ids: Vec<&str> = kept.newest_first().map(|item| item.id.as_str()).collect();
        assert_eq!((ids, kept.get("b").is_none(), kept.places.len()), (vec!["a", "c"], true, 2));
        kept.remove("a");
        assert!(kept.get("a").is_none() && kept.get("c").is_some());
    }
}
