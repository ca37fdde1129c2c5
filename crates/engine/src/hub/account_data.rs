//! Data that a server keeps for an account, as far as recorded: private data, and empty answers
//! for the rest.

use std::collections::{BTreeMap, HashSet};

use stanza::{Element, Name, ns};

use super::reply::Reply;
use crate::budget::{Budget, Share, Weigh};
use crate::spelling::{Condition, echo};

const VCARD: &str = "vcard-temp";
const PRIVATE: &str = "jabber:iq:private";
const PRIVACY: &str = "jabber:iq:privacy";
const BLOCKING: &str = "urn:xmpp:blocking";
const REGISTER: &str = "jabber:iq:register";
const LAST: &str = "jabber:iq:last";
const OFFLINE: &str = "http://jabber.org/protocol/offline";

/// How many elements of private data an account may keep.
const MAX_KEPT: usize = 64;

/// Private data (XEP-0049).
#[derive(Debug)]
pub(super) struct PrivateData {
    /// By account and name of the element, its text.
    kept: BTreeMap<String, BTreeMap<(String, String), String>>,
    /// Its share of the memory for clients.
    share: Share,
}

impl PrivateData {
    /// No data yet; what comes takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { kept: BTreeMap::new(), share: memory.nothing() }
    }

    /// Keeps an element; false when there is no room for it.
    fn keep(&mut self, account: &str, element: &Element) -> bool {
        let kept = self.kept.entry(account.to_owned()).or_default();
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
        let kept = self.kept.get(account).and_then(|kept| kept.get(&key(&element.name)));
        kept.cloned().unwrap_or_else(|| echo(element, PRIVATE))
    }

    /// The reply to a request for an account's data: its own when `other` is false.
    pub(super) fn reply(
        &mut self,
        child: &Element,
        set: bool,
        account: &str,
        other: bool,
    ) -> Reply {
        let name = child.name.local.as_str();
        match (child.name.ns.as_str(), set) {
            // Recorded: vcard_own, vcard_other.
            (VCARD, false) => Reply::Result(format!("<vCard xmlns=\"{VCARD}\"/>")),
            // Recorded: last_user.
            (LAST, false) if other => {
                Reply::ErrorWith(format!("<query xmlns=\"{LAST}\"/>"), Condition::Forbidden)
            }
            _ if other => Reply::Unknown,
            // Recorded: private_get, private_set_get.
            (PRIVATE, true) => {
                let mut fits = true;
                for element in child.children().filter(|element| element.name.ns != ns::CLIENT) {
                    fits &= self.keep(account, element);
                }
                if fits {
                    Reply::Result(String::new())
                } else {
                    Reply::Error(Condition::ResourceConstraint)
                }
            }
            (PRIVATE, false) => {
                // However often an element is asked for, it comes once.
                let mut given = HashSet::new();
                let asked = child.children().filter(|element| given.insert(&element.name));
                let kept: String = asked.map(|element| self.kept(account, element)).collect();
                Reply::Result(format!("<query xmlns=\"{PRIVATE}\">{kept}</query>"))
            }
            // Recorded: privacy_get, blocklist_get, offline_get. Nothing is kept of these.
            (PRIVACY, false) => Reply::Result(echo(child, ns::CLIENT)),
            (BLOCKING, false) if name == "blocklist" => {
                Reply::Result(format!("<blocklist xmlns=\"{BLOCKING}\"/>"))
            }
            (OFFLINE, false) => Reply::Result(String::new()),
            // Recorded: register_get, with `register.inband=false`.
            (REGISTER, _) => Reply::Error(Condition::Forbidden),
            _ => Reply::Unknown,
        }
    }
}

fn key(name: &Name) -> (String, String) {
    (name.ns.clone(), name.local.clone())
}
