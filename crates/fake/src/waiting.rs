//! Waits for messages of clients, found by the kind of message that they wait for.

use std::collections::{BTreeMap, HashMap};

use engine::Said;
use stanza::{Element, Name};
use tokio::sync::oneshot;

use crate::pattern::Pattern;

/// All waits of a fake. A message ends the oldest of those that it fits.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    by_kind: HashMap<Name, BTreeMap<u64, Waiter>>,
    numbered: u64,
}

#[derive(Debug)]
struct Waiter {
    pattern: Pattern,
    heard: oneshot::Sender<Said>,
}

impl Waiting {
    pub(crate) fn is_empty(&self) -> bool {
        self.by_kind.is_empty()
    }

    /// Waits for a message; the number is for [`Waiting::remove`].
    pub(crate) fn add(&mut self, pattern: Pattern) -> (u64, oneshot::Receiver<Said>) {
        let (heard, message) = oneshot::channel();
        self.numbered += 1;
        let waits = self.by_kind.entry(pattern.kind().clone()).or_default();
        waits.insert(self.numbered, Waiter { pattern, heard });
        (self.numbered, message)
    }

    /// Ends a wait for this kind of message, if it has not ended.
    pub(crate) fn remove(&mut self, kind: &Name, number: u64) {
        if let Some(waits) = self.by_kind.get_mut(kind) {
            waits.remove(&number);
            if waits.is_empty() {
                self.by_kind.remove(kind);
            }
        }
    }

    /// Whether a message ends a wait.
    pub(crate) fn hear(&mut self, said: &Said, message: &Element) -> bool {
        let Some(waits) = self.by_kind.get_mut(&message.name) else {
            return false;
        };
        let fits = |(_, waiter): &(&u64, &Waiter)| {
            !waiter.heard.is_closed() && waiter.pattern.fits_element(message)
        };
        let Some(number) = waits.iter().find(fits).map(|(number, _)| *number) else {
            return false;
        };
        let waiter = waits.remove(&number);
        if waits.is_empty() {
            self.by_kind.remove(&message.name);
        }
        waiter.is_some_and(|waiter| waiter.heard.send(said.clone()).is_ok())
    }
}
