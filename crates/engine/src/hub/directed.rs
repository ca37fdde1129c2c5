//! Directed presence: the addresses that a session has shown itself to, and must tell of its end
//! (RFC 6121 §4.6.3).

use std::collections::BTreeMap;

use stanza::Jid;

use super::java_map::JavaMap;
use crate::budget::{Budget, Share, Weigh};

/// How many addresses a sender's directed presence is remembered for; the others do not hear of
/// its end.
const MAX_DIRECTED: usize = 1024;

/// A resource, and the addresses to which presence was sent that it got.
#[derive(Debug)]
struct DirectedPresence {
    handler: Jid,
    /// By their text, in the order of a `HashSet` (`DirectedPresence`).
    receivers: JavaMap<Jid>,
}

/// The directed presences of all addresses.
#[derive(Debug)]
pub(super) struct Directed {
    by_sender: BTreeMap<Jid, Vec<DirectedPresence>>,
    /// Their share of the memory for clients.
    share: Share,
}

impl Directed {
    /// None yet; each takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { by_sender: BTreeMap::new(), share: memory.nothing() }
    }

    /// A sender has shown himself to a resource by presence to this address.
    pub(super) fn show(&mut self, sender: &Jid, handler: &Jid, receiver: &Jid) {
        let all = self.by_sender.get(sender).map(Vec::as_slice).unwrap_or_default();
        let text = receiver.to_string();
        let is_known =
            |it: &DirectedPresence| it.handler == *handler && it.receivers.get(&text).is_some();
        let known = all.iter().any(is_known);
        let count: usize = all.iter().map(|shown| shown.receivers.len()).sum();
        if known || count >= MAX_DIRECTED || !self.share.grow(weight(handler, receiver)) {
            return;
        }
        let all = self.by_sender.entry(sender.clone()).or_default();
        if let Some(shown) = all.iter_mut().find(|shown| shown.handler == *handler) {
            shown.receivers.insert(text, receiver.clone());
        } else {
            let mut shown =
                DirectedPresence { handler: handler.clone(), receivers: JavaMap::default() };
            shown.receivers.insert(text, receiver.clone());
            all.push(shown);
        }
    }

    /// A sender has told a resource that he is gone; of a service's address, only this receiver.
    pub(super) fn hide(&mut self, sender: &Jid, handler: &Jid, receiver: &Jid) {
        let Some(all) = self.by_sender.get_mut(sender) else {
            return;
        };
        if let Some(position) = all.iter().position(|shown| shown.handler == *handler) {
            let shown = &mut all[position];
            if handler.local.is_some() {
                self.share.shrink(all.remove(position).weight());
            } else if shown.receivers.remove(&receiver.to_string()).is_some() {
                self.share.shrink(weight(handler, receiver));
                if shown.receivers.is_empty() {
                    all.remove(position);
                }
            }
        }
        if all.is_empty() {
            self.by_sender.remove(sender);
        }
    }

    /// Whether a sender has shown himself to an account. Openfire searches the text of the
    /// addresses for that of the account.
    pub(super) fn shows(&self, sender: &Jid, to: &Jid) -> bool {
        let account = to.bare().to_string();
        let all = self.by_sender.get(sender).into_iter().flatten();
        all.flat_map(|shown| shown.receivers.iter()).any(|(text, _)| text.contains(&account))
    }

    /// The addresses to which a sender has shown himself.
    pub(super) fn of(&self, sender: &Jid) -> Vec<Jid> {
        let all = self.by_sender.get(sender).into_iter().flatten();
        all.flat_map(DirectedPresence::receivers).collect()
    }

    /// The addresses to which a sender has shown himself, which he does no more: once for each
    /// resource that has got the presence.
    pub(super) fn take(&mut self, sender: &Jid) -> Vec<Jid> {
        let all = self.by_sender.remove(sender).unwrap_or_default();
        self.share.shrink(all.iter().map(DirectedPresence::weight).sum());
        all.iter().flat_map(DirectedPresence::receivers).collect()
    }
}

impl DirectedPresence {
    fn receivers(&self) -> impl Iterator<Item = Jid> + '_ {
        self.receivers.iter().map(|(_, receiver)| receiver.clone())
    }

    fn weight(&self) -> usize {
        self.receivers.iter().map(|(_, receiver)| weight(&self.handler, receiver)).sum()
    }
}

fn weight(handler: &Jid, receiver: &Jid) -> usize {
    handler.weight() + receiver.weight()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jid(text: &str) -> Jid {
        Jid::parse(text).expect("a JID")
    }

    #[test]
    fn each_resource_counts() {
        let memory = Budget::new(10_000);
        let mut directed = Directed::new(&memory);
        let (sender, bare) = (jid("a@d/r"), jid("b@d"));
        for handler in ["b@d/one", "b@d/two", "b@d/one"] {
            directed.show(&sender, &jid(handler), &bare);
        }
        assert!(
            directed.shows(&sender, &jid("b@d/three")) && !directed.shows(&sender, &jid("c@d"))
        );
        assert!(!directed.shows(&jid("a@d/s"), &bare));
        directed.hide(&sender, &jid("b@d/one"), &bare);
        directed.show(&sender, &jid("b@d/one"), &jid("b@d/one"));
        assert_eq!(directed.take(&sender), [bare.clone(), jid("b@d/one")]);
        assert_eq!(directed.take(&sender), []);
        directed.hide(&sender, &bare, &bare);
        assert!(memory.share(10_000).is_some());
    }

    /// `PresenceUpdateHandler.directedPresenceSent`: a service forgets the rooms one by one.
    #[test]
    fn a_service_forgets_one_receiver() {
        let memory = Budget::new(10_000);
        let mut directed = Directed::new(&memory);
        let (sender, rooms) = (jid("a@d/r"), jid("rooms.d"));
        for room in ["x@rooms.d/n", "y@rooms.d/n"] {
            directed.show(&sender, &rooms, &jid(room));
        }
        directed.hide(&sender, &rooms, &jid("x@rooms.d/n"));
        directed.hide(&sender, &rooms, &jid("z@rooms.d/n"));
        assert_eq!(directed.of(&sender), [jid("y@rooms.d/n")]);
        directed.hide(&sender, &rooms, &jid("y@rooms.d/n"));
        assert_eq!(directed.take(&sender), []);
        assert!(memory.share(10_000).is_some());
    }

    /// The receivers at one resource come in the order of their hashes (`DirectedPresence`).
    #[test]
    fn receivers_come_in_the_order_of_java() {
        let mut directed = Directed::new(&Budget::new(10_000));
        let handler = jid("b@d/one");
        // The hash of a single letter is its character: `p` falls into the first of 16 buckets.
        for receiver in ["a", "p"] {
            directed.show(&jid("a@d/r"), &handler, &jid(receiver));
        }
        assert_eq!(directed.of(&jid("a@d/r")), [jid("p"), jid("a")]);
    }

    #[test]
    fn they_are_bounded() {
        let mut directed = Directed::new(&Budget::new(10_000_000));
        for number in 0..2 * MAX_DIRECTED {
            let to = jid(&format!("b{number}@d"));
            directed.show(&jid("a@d/r"), &to, &to);
        }
        assert_eq!(directed.take(&jid("a@d/r")).len(), MAX_DIRECTED);
    }
}
