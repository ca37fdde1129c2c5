//! Waits for messages of clients, requests and answers, found by the sort that they wait for.

use std::collections::{BTreeMap, HashMap};

use engine::Said;
use tokio::sync::oneshot;

use crate::pattern::{Candidate, CandidateSort, Pattern};

/// All waits of a fake. A message ends the oldest of those that it fits.
#[derive(Debug, Default)]
pub(crate) struct Waits {
    by_sort: HashMap<CandidateSort, BTreeMap<u64, Waiter>>,
    numbered: u64,
}

#[derive(Debug)]
struct Waiter {
    pattern: Pattern,
    heard: oneshot::Sender<Said>,
}

impl Waits {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_sort.is_empty()
    }

    /// Waits for a message; the number is for [`Waits::remove`].
    pub(crate) fn add(&mut self, pattern: Pattern) -> (u64, oneshot::Receiver<Said>) {
        let (heard, message) = oneshot::channel();
        self.numbered += 1;
        let waits = self.by_sort.entry(pattern.sort()).or_default();
        waits.insert(self.numbered, Waiter { pattern, heard });
        (self.numbered, message)
    }

    /// Ends a wait for this sort, if it has not ended.
    pub(crate) fn remove(&mut self, sort: &CandidateSort, number: u64) {
        if let Some(waits) = self.by_sort.get_mut(sort) {
            waits.remove(&number);
            if waits.is_empty() {
                self.by_sort.remove(sort);
            }
        }
    }

    /// Whether an entry ends a wait.
    pub(crate) fn hear(&mut self, said: &Said, heard: &Candidate) -> bool {
        let sort = heard.sort();
        let Some(waits) = self.by_sort.get_mut(&sort) else {
            return false;
        };
        let fits = |(_, waiter): &(&u64, &Waiter)| {
            !waiter.heard.is_closed() && waiter.pattern.fits_heard(heard)
        };
        let Some(number) = waits.iter().find(fits).map(|(number, _)| *number) else {
            return false;
        };
        let waiter = waits.remove(&number);
        if waits.is_empty() {
            self.by_sort.remove(&sort);
        }
        waiter.is_some_and(|waiter| waiter.heard.send(said.clone()).is_ok())
    }
}
