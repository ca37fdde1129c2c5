//! Data that a server keeps for an account: private data and its vCard.

use std::collections::BTreeMap;

use stanza::{Element, Name, ns};

use super::iq::{Iq, Whose};
use super::reply::Reply;
use crate::budget::{Budget, Share, Weigh};
use crate::spelling::{Condition, echo, in_tag_of};

/// XEP-0054.
pub(super) const VCARD: &str = "vcard-temp";
/// XEP-0049.
pub(super) const PRIVATE: &str = "jabber:iq:private";

/// How many elements of private data an account may keep.
const MAX_KEPT: usize = 64;

/// What accounts have had kept.
#[derive(Debug)]
pub(super) struct AccountData {
    /// Private data: by account and name of the element, its text.
    private: BTreeMap<String, BTreeMap<(String, String), String>>,
    /// By account, the text of its vCard.
    cards: BTreeMap<String, String>,
    /// Its share of the memory for clients.
    share: Share,
}

impl AccountData {
    /// No data yet; what comes takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { private: BTreeMap::new(), cards: BTreeMap::new(), share: memory.nothing() }
    }

    /// Private data (recorded: private_get, private_set_get). Whatever the address, it is one's
    /// own. Openfire goes by the first element that is asked for or given, and throws without one.
    pub(super) fn private(&mut self, iq: &Iq<'_>, query: &Element) -> Reply {
        let mut elements = query.children();
        let Some(element) = elements.next() else {
            return Reply::Thrown;
        };
        if iq.is_set() {
            return if self.keep(iq.account(), element) {
                Reply::Result(String::new())
            } else {
                Reply::Error(Condition::ResourceConstraint)
            };
        }
        // The element is taken out of the request, and what is kept goes in at the end.
        let others: String = elements.map(|other| echo(other, PRIVATE)).collect();
        let kept = self.kept(iq.account(), element);
        Reply::Result(in_tag_of(query, &format!("{others}{kept}")))
    }

    /// A vCard: that of the account that is asked, or one's own, which alone can be set (recorded:
    /// vcard_own, vcard_other). The server has none.
    pub(super) fn vcard(&mut self, iq: &Iq<'_>, card: &Element, domain: &str) -> Reply {
        if iq.is_set() {
            return if self.keep_card(iq.account(), card) {
                Reply::Result(String::new())
            } else {
                Reply::Error(Condition::ResourceConstraint)
            };
        }
        let account = match (iq.whose(), iq.to) {
            (Whose::Servers, _) => return Reply::Error(Condition::ItemNotFound),
            (_, Some(to)) if to.domain == domain => to.local.as_deref().unwrap_or_default(),
            _ => iq.account(),
        };
        let kept = self.cards.get(account).cloned();
        Reply::Result(kept.unwrap_or_else(|| format!("<vCard xmlns=\"{VCARD}\"/>")))
    }

    /// Keeps an element; false when there is no room for it.
    fn keep(&mut self, account: &str, element: &Element) -> bool {
        let kept = self.private.entry(account.to_owned()).or_default();
        let (key, text) = (key(&element.name), echo(element, PRIVATE));
        let before = kept.get(&key).map_or(0, |text| key.weight() + text.weight());
        let room = (before > 0 || kept.len() < MAX_KEPT)
            && self.share.follow(before, key.weight() + text.weight());
        if room {
            kept.insert(key, text);
        }
        room
    }

    /// The element that is kept under the name of this one; itself when there is none.
    fn kept(&self, account: &str, element: &Element) -> String {
        let kept = self.private.get(account).and_then(|kept| kept.get(&key(&element.name)));
        kept.cloned().unwrap_or_else(|| echo(element, PRIVATE))
    }

    /// Keeps a vCard; false when there is no room for it.
    fn keep_card(&mut self, account: &str, card: &Element) -> bool {
        let text = echo(card, ns::CLIENT);
        let weight = |text: &String| account.to_owned().weight() + text.weight();
        let before = self.cards.get(account).map_or(0, &weight);
        let room = self.share.follow(before, weight(&text));
        if room {
            self.cards.insert(account.to_owned(), text);
        }
        room
    }
}

fn key(name: &Name) -> (String, String) {
    (name.ns.clone(), name.local.clone())
}
