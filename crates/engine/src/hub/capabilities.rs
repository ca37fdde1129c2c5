//! Entity capabilities of sessions (XEP-0115). The server asks once for the features behind a hash,
//! and verifies the hash before they count (`EntityCapabilitiesManager`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use stanza::caps::{DiscoInfo, ver};
use stanza::{Element, Jid, ns};

use super::Hub;
use crate::budget::{Budget, Share, Weigh};
use crate::context::Context;

/// How many questions wait for an answer. The oldest is forgotten first.
const MOST_QUESTIONS: usize = 4096;

/// The capabilities that are known, and whose they are.
#[derive(Debug)]
pub(super) struct Capabilities {
    /// The hashes that were asked for, by the id of the question.
    asked: VecDeque<(String, String)>,
    /// The features behind each verified hash.
    features: BTreeMap<String, BTreeSet<String>>,
    /// The verified hash that an address had last. It stays when the session ends.
    hashes: BTreeMap<Jid, String>,
    /// Their share of the memory for clients.
    share: Share,
}

impl Capabilities {
    /// None yet; each takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self {
            asked: VecDeque::new(),
            features: BTreeMap::new(),
            hashes: BTreeMap::new(),
            share: memory.nothing(),
        }
    }

    /// Whether a session has a feature; none where its capabilities are not known.
    pub(super) fn has(&self, session: &Jid, feature: &str) -> Option<bool> {
        Some(self.features.get(self.hashes.get(session)?)?.contains(feature))
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
            && let Some((id, hash)) = self.asked.pop_front()
        {
            self.share.shrink(id.weight() + hash.weight());
        }
        let hash = hash.to_owned();
        if self.share.grow(id.weight() + hash.weight()) {
            self.asked.push_back((id, hash));
        }
    }

    /// The hash that was asked for by this id, which is answered.
    fn answered(&mut self, id: &str) -> Option<String> {
        let at = self.asked.iter().position(|(asked, _)| asked == id)?;
        let (id, hash) = self.asked.remove(at)?;
        self.share.shrink(id.weight() + hash.weight());
        Some(hash)
    }

    /// The features behind a hash are these, as a session says that has it.
    fn learn(&mut self, session: &Jid, hash: &str, features: BTreeSet<String>) {
        if !self.features.contains_key(hash) {
            if !self.share.grow(weight(hash, &features)) {
                return;
            }
            self.features.insert(hash.to_owned(), features);
        }
        self.assign(session, hash);
    }

    /// A session has this hash from now on. Features that are nobody's are forgotten when the last
    /// takes another hash.
    fn assign(&mut self, session: &Jid, hash: &str) {
        if self.hashes.get(session).is_some_and(|known| known == hash) {
            return;
        }
        let weight = |hash: &str| session.weight() + hash.to_owned().weight();
        let before = self.hashes.remove(session);
        if let Some(before) = &before {
            self.share.shrink(weight(before));
        }
        if self.share.grow(weight(hash)) {
            self.hashes.insert(session.clone(), hash.to_owned());
        }
        if let Some(before) = before
            && !self.hashes.values().any(|hash| *hash == before)
            && let Some(features) = self.features.remove(&before)
        {
            self.share.shrink(self::weight(&before, &features));
        }
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

/// Hashes and features are kept as long as somebody has them.
fn weight(hash: &str, features: &BTreeSet<String>) -> usize {
    hash.to_owned().weight() + features.iter().map(Weigh::weight).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(features: &[&str]) -> BTreeSet<String> {
        features.iter().map(|feature| (*feature).to_owned()).collect()
    }

    /// `EntityCapabilitiesManager.checkObsolete`.
    #[test]
    fn features_are_known_as_long_as_an_address_has_their_hash() {
        let budget = Budget::new(10_000);
        let mut all = Capabilities::new(&budget);
        let jid = |text| Jid::parse(text).expect("a JID");
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
    fn a_question_is_answered_once_and_the_oldest_is_forgotten() {
        let budget = Budget::new(1 << 20);
        let mut all = Capabilities::new(&budget);
        for number in 0..=MOST_QUESTIONS {
            all.ask(number.to_string(), "x");
        }
        assert_eq!((all.answered("0"), all.answered("1")), (None, Some("x".to_owned())));
        assert_eq!(all.answered("1"), None);
    }

    #[test]
    fn without_memory_nothing_is_known() {
        let mut all = Capabilities::new(&Budget::new(0));
        let one = Jid::parse("a@d/one").expect("a JID");
        all.ask("1".to_owned(), "x");
        all.learn(&one, "x", known(&["f"]));
        assert_eq!((all.answered("1"), all.has(&one, "f"), all.share.octets()), (None, None, 0));
    }
}
