//! Entity capabilities of sessions (XEP-0115). The server asks once for the features behind a hash,
//! and verifies the hash before they count (`EntityCapabilitiesManager`).

use std::collections::{BTreeMap, BTreeSet};

use stanza::caps::{DiscoInfo, ver};
use stanza::{Element, Jid, ns};

use super::Hub;
use crate::budget::{Budget, Share, Weigh};
use crate::context::Context;

/// How many questions wait for an answer. The oldest is forgotten first.
const MOST_QUESTIONS: usize = 4096;

/// How many addresses are remembered that have no session. The first that left is forgotten first.
const MOST_GONE: usize = 4096;

/// The capabilities that are known, and whose they are.
#[derive(Debug)]
pub(super) struct Capabilities {
    /// The questions, by the number in their id, which counts up.
    asked: BTreeMap<u64, Question>,
    /// The features behind each verified hash that an address has.
    features: BTreeMap<String, Features>,
    /// Openfire keeps the verified hash of an address when its session ends, so the next session
    /// that has it is not asked.
    addresses: BTreeMap<Jid, Address>,
    /// The addresses that have no session, by the order in which they left.
    gone: BTreeMap<u64, Jid>,
    /// How many have left so far.
    departures: u64,
    /// Their share of the memory for clients.
    share: Share,
}

#[derive(Debug)]
struct Question {
    id: String,
    hash: String,
}

#[derive(Debug)]
struct Features {
    known: BTreeSet<String>,
    /// How many addresses have the hash.
    addresses: usize,
}

#[derive(Debug)]
struct Address {
    /// The verified hash that it had last.
    hash: String,
    /// Its place among those that have left.
    gone: Option<u64>,
}

impl Capabilities {
    /// None yet; each takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self {
            asked: BTreeMap::new(),
            features: BTreeMap::new(),
            addresses: BTreeMap::new(),
            gone: BTreeMap::new(),
            departures: 0,
            share: memory.nothing(),
        }
    }

    /// Whether a session has a feature; none where its capabilities are not known.
    pub(super) fn has(&self, session: &Jid, feature: &str) -> Option<bool> {
        let address = self.addresses.get(session)?;
        Some(self.features.get(&address.hash)?.known.contains(feature))
    }

    /// The session of an address has ended.
    pub(super) fn leave(&mut self, session: &Jid) {
        let Some(address) = self.addresses.get_mut(session) else {
            return;
        };
        self.departures += 1;
        if let Some(before) = address.gone.replace(self.departures) {
            self.gone.remove(&before);
        }
        self.gone.insert(self.departures, session.clone());
        if self.gone.len() > MOST_GONE
            && let Some((_, first)) = self.gone.pop_first()
        {
            self.forget(&first);
        }
    }

    /// A session announces a hash: true if the features behind it are known.
    fn announce(&mut self, session: &Jid, hash: &str) -> bool {
        let is_known = self.features.contains_key(hash);
        if is_known {
            self.assign(session, hash);
        }
        is_known
    }

    /// A session was asked what is behind a hash.
    fn ask(&mut self, id: String, hash: &str) {
        if self.asked.len() >= MOST_QUESTIONS
            && let Some((_, oldest)) = self.asked.pop_first()
        {
            self.share.shrink(oldest.weight());
        }
        let (number, question) = (number_of(&id), Question { id, hash: hash.to_owned() });
        if let Some(number) = number
            && self.share.grow(question.weight())
        {
            self.asked.insert(number, question);
        }
    }

    /// The hash that was asked for by this id, which is answered.
    fn answered(&mut self, id: &str) -> Option<String> {
        let number = number_of(id)?;
        self.asked.get(&number).filter(|question| question.id == id)?;
        let question = self.asked.remove(&number)?;
        self.share.shrink(question.weight());
        Some(question.hash)
    }

    /// The features behind a hash are these, as a session says that has it.
    fn learn(&mut self, session: &Jid, hash: &str, known: BTreeSet<String>) {
        if !self.features.contains_key(hash) {
            let features = Features { known, addresses: 0 };
            if !self.share.grow(weight(hash, &features)) {
                return;
            }
            self.features.insert(hash.to_owned(), features);
        }
        self.assign(session, hash);
        self.drop_unused(hash);
    }

    /// A session has this hash from now on, whose features are known.
    fn assign(&mut self, session: &Jid, hash: &str) {
        if let Some(address) = self.addresses.get_mut(session)
            && address.hash == hash
        {
            if let Some(place) = address.gone.take() {
                self.gone.remove(&place);
            }
            return;
        }
        self.forget(session);
        let address = Address { hash: hash.to_owned(), gone: None };
        if let Some(features) = self.features.get_mut(hash)
            && self.share.grow(address.weight_at(session))
        {
            features.addresses += 1;
            self.addresses.insert(session.clone(), address);
        }
    }

    /// Forgets an address, and the features that no other has.
    fn forget(&mut self, session: &Jid) {
        let Some(address) = self.addresses.remove(session) else {
            return;
        };
        self.share.shrink(address.weight_at(session));
        if let Some(place) = address.gone {
            self.gone.remove(&place);
        }
        if let Some(features) = self.features.get_mut(&address.hash) {
            features.addresses -= 1;
        }
        self.drop_unused(&address.hash);
    }

    /// Forgets features that no address has (`EntityCapabilitiesManager.checkObsolete`).
    fn drop_unused(&mut self, hash: &str) {
        if let Some(features) = self.features.get(hash)
            && features.addresses == 0
        {
            self.share.shrink(weight(hash, features));
            self.features.remove(hash);
        }
    }
}

/// The number of a request of the server, which its id ends with.
fn number_of(id: &str) -> Option<u64> {
    id.rsplit('-').next()?.parse().ok()
}

impl Address {
    /// Its weight with its two keys: itself and its place among those that have left.
    fn weight_at(&self, session: &Jid) -> usize {
        2 * session.weight() + self.hash.weight()
    }
}

impl Weigh for Question {
    fn weight(&self) -> usize {
        self.id.weight() + self.hash.weight()
    }
}

impl Hub {
    /// Openfire asks for capabilities as long as it has not verified their hash (recorded:
    /// presence_caps_unknown_ver; the older form without `hash` is left alone,
    /// presence_caps_legacy).
    pub(super) fn query_caps(&mut self, cx: &mut Context, presence: &Element, own: &Jid) {
        let (Some(caps), Some(id)) = (presence.child(ns::CAPS, "c"), self.sessions.find(own))
        else {
            return;
        };
        let given = |name| caps.attr(name).filter(|value: &&str| !value.trim().is_empty());
        let (None, Some(_), Some(hash)) = (presence.attr("type"), given("hash"), given("ver"))
        else {
            return;
        };
        if !self.capabilities.announce(own, hash) {
            let question = self.ask(cx, id, own, ns::DISCO_INFO);
            self.capabilities.ask(question, hash);
        }
    }

    /// Takes an answer to a question about capabilities, wherever it is sent; false if it answers
    /// none (`IQRouter.handle`).
    pub(super) fn hear_caps(&mut self, answer: &Element, own: &Jid) -> bool {
        let hash = answer.attr("id").and_then(|id| self.capabilities.answered(id));
        let Some(hash) = hash else { return false };
        let query = answer.children().next().filter(|_| answer.attr("type") == Some("result"));
        let mut info = query.map(DiscoInfo::of).unwrap_or_default();
        // Openfire looks for the language under a name that it does not have.
        info.identities.iter_mut().for_each(|identity| identity.lang.clear());
        if ver(&info) == hash {
            self.capabilities.learn(own, &hash, info.features.into_iter().collect());
        }
        true
    }
}

/// The weight of a hash with its features.
fn weight(hash: &str, features: &Features) -> usize {
    hash.to_owned().weight() + features.known.iter().map(Weigh::weight).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(features: &[&str]) -> BTreeSet<String> {
        features.iter().map(|feature| (*feature).to_owned()).collect()
    }

    fn jid(text: &str) -> Jid {
        Jid::parse(text).expect("a JID")
    }

    /// `EntityCapabilitiesManager.checkObsolete`.
    #[test]
    fn features_are_known_as_long_as_an_address_has_their_hash() {
        let budget = Budget::new(10_000);
        let mut all = Capabilities::new(&budget);
        let (one, two) = (jid("a@d/one"), jid("a@d/two"));
        assert!(!all.announce(&one, "x") && all.has(&one, "f").is_none());
        all.learn(&one, "x", known(&["f"]));
        assert!(all.announce(&two, "x"));
        assert_eq!((all.has(&one, "f"), all.has(&two, "g")), (Some(true), Some(false)));
        all.learn(&one, "y", known(&["g"]));
        assert_eq!((all.has(&one, "f"), all.has(&two, "f")), (Some(false), Some(true)));
        assert!(all.announce(&two, "y"));
        assert!(!all.announce(&one, "x"));
    }

    #[test]
    fn an_address_is_known_when_it_comes_back_and_many_others_are_forgotten() {
        let mut all = Capabilities::new(&Budget::new(4 << 20));
        let (stays, returns) = (jid("a@d/stays"), jid("a@d/returns"));
        all.learn(&stays, "x", known(&["f"]));
        for number in 0..200_000 {
            let session = jid(&format!("a@d/{number}"));
            assert!(all.announce(&session, "x"), "{number}");
            assert_eq!(all.has(&session, "f"), Some(true), "{number}");
            all.leave(&session);
            // Each session of this one is new, and its address is not.
            all.announce(&returns, "x");
            all.leave(&returns);
        }
        assert_eq!((all.gone.len(), all.addresses.len()), (MOST_GONE, MOST_GONE + 1));
        assert_eq!(all.features["x"].addresses, MOST_GONE + 1);
        assert_eq!((all.has(&stays, "f"), all.has(&returns, "f")), (Some(true), Some(true)));
        assert_eq!(all.has(&jid("a@d/0"), "f"), None);
    }

    #[test]
    fn all_memory_is_given_back() {
        let mut all = Capabilities::new(&Budget::new(10_000));
        let one = jid("a@d/one");
        all.ask("7-1".to_owned(), "x");
        all.learn(&one, "x", known(&["f"]));
        all.leave(&one);
        assert_eq!(all.answered("7-1").as_deref(), Some("x"));
        all.forget(&one);
        assert_eq!((all.share.octets(), all.gone.len()), (0, 0));
    }

    #[test]
    fn a_question_is_answered_once_and_the_oldest_is_forgotten() {
        let budget = Budget::new(1 << 20);
        let mut all = Capabilities::new(&budget);
        for number in 0..=MOST_QUESTIONS {
            all.ask(format!("7-{number}"), "x");
        }
        assert_eq!(
            (all.answered("7-0"), all.answered("8-1"), all.answered("7-01")),
            (None, None, None)
        );
        assert_eq!((all.answered("7-1"), all.answered("7-1")), (Some("x".to_owned()), None));
    }

    #[test]
    fn without_memory_nothing_is_known() {
        let mut all = Capabilities::new(&Budget::new(0));
        let one = jid("a@d/one");
        all.ask("7-1".to_owned(), "x");
        all.learn(&one, "x", known(&["f"]));
        assert_eq!((all.answered("7-1"), all.has(&one, "f"), all.share.octets()), (None, None, 0));
    }

    /// Where there is memory for features and none for the address, nothing is kept.
    #[test]
    fn features_of_nobody_are_not_kept() {
        let features = Features { known: known(&["f"]), addresses: 0 };
        let mut all = Capabilities::new(&Budget::new(weight("x", &features)));
        all.learn(&jid("a@d/one"), "x", features.known);
        assert_eq!((all.features.len(), all.share.octets()), (0, 0));
    }
}
