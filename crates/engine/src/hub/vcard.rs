//! The vCards of accounts (XEP-0054).

use std::collections::BTreeMap;

use stanza::{Element, ns};

use super::iq_stanza::{Addressee, Iq};
use super::reply::Reply;
use crate::budget::{Budget, Share, Weigh};
use crate::spelling::{Condition, echo};

/// The namespace of `<vCard/>`.
pub(super) const VCARD: &str = "vcard-temp";

/// The vCards that are kept.
#[derive(Debug)]
pub(super) struct VCards {
    /// By account, the text of its vCard.
    cards: BTreeMap<String, String>,
    /// Its share of the memory for clients.
    share: Share,
}

impl VCards {
    /// None yet; each takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { cards: BTreeMap::new(), share: memory.nothing() }
    }

    /// A vCard: that of the account that is asked, or one's own, which alone can be set (recorded:
    /// vcard_own, vcard_other). The server has none.
    pub(super) fn reply(&mut self, iq: &Iq<'_>, card: &Element, domain: &str) -> Reply {
        if iq.is_set() {
            return if self.keep(iq.account(), card) {
                Reply::Result(String::new())
            } else {
                Reply::Error(Condition::ResourceConstraint)
            };
        }
        let account = match (iq.addressee(), iq.to) {
            (Addressee::Server, _) => return Reply::Error(Condition::ItemNotFound),
            (_, Some(to)) if to.domain == domain => to.local.as_deref().unwrap_or_default(),
            _ => iq.account(),
        };
        let kept = self.cards.get(account).cloned();
        Reply::Result(kept.unwrap_or_else(|| format!("<vCard xmlns=\"{VCARD}\"/>")))
    }

    /// Keeps a vCard; false when there is no room for it.
    fn keep(&mut self, account: &str, card: &Element) -> bool {
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
