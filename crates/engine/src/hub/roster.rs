//! Rosters and subscriptions to presence (RFC 6121 §2, §3; recorded: presence_subscription_dance).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use stanza::{Element, Jid, escape, ns};

use super::Hub;
use super::presence::addressed;
use super::reply::Reply;
use super::session::Presence;
use crate::budget::{Budget, Share, Weigh};
use crate::context::Context;
use crate::java::java_hash;
use crate::outgoing::{Copy, Outgoing, What};
use crate::spelling::Condition;

/// How many contacts an account may have.
const MAX_CONTACTS: usize = 256;

/// One contact of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Contact {
    /// The account sees the contact's presence.
    to: bool,
    /// The contact sees the account's presence.
    from: bool,
    /// The account has asked to see the contact's presence.
    asked: bool,
}

/// The contacts of one account, by bare JID.
#[derive(Debug, Clone, Default)]
pub(super) struct Roster(BTreeMap<String, Contact>);

/// The contacts of all accounts.
#[derive(Debug)]
pub(super) struct Rosters {
    /// By bare JID.
    rosters: BTreeMap<String, Roster>,
    /// Their share of the memory for clients.
    share: Share,
}

impl Rosters {
    /// No contacts yet; what comes takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { rosters: BTreeMap::new(), share: memory.nothing() }
    }

    pub(super) fn roster(&self, bare: &Jid) -> Roster {
        self.rosters.get(&bare.to_string()).cloned().unwrap_or_default()
    }

    fn change(&mut self, whose: &Jid, contact: &Jid, change: impl FnOnce(&mut Contact)) {
        let (whose, contact) = (whose.bare().to_string(), contact.bare().to_string());
        // A roster may be there for this contact alone.
        let weight = 2 * size_of::<Contact>() + whose.weight() + contact.weight();
        let roster = &mut self.rosters.entry(whose).or_default().0;
        if roster.contains_key(&contact) || roster.len() < MAX_CONTACTS && self.share.grow(weight) {
            change(roster.entry(contact).or_default());
        }
    }

    fn remove(&mut self, whose: &Jid, contact: &Jid) -> Option<Contact> {
        let (whose, contact) = (whose.bare().to_string(), contact.bare().to_string());
        let removed = self.rosters.get_mut(&whose)?.0.remove(&contact)?;
        self.share.shrink(2 * size_of::<Contact>() + whose.weight() + contact.weight());
        Some(removed)
    }

    /// Whether an account shows its presence to another.
    pub(super) fn shows(&self, owner: &Jid, viewer: &Jid) -> bool {
        let roster = self.rosters.get(&owner.bare().to_string());
        let contact = roster.and_then(|roster| roster.0.get(&viewer.bare().to_string()));
        owner.is_of_account(viewer) || contact.is_some_and(|contact| contact.from)
    }

    /// The accounts that see the presence of an account.
    fn watchers(&self, whose: &Jid) -> Vec<Jid> {
        let roster = self.roster(&whose.bare());
        let watching = roster.0.iter().filter(|(_, contact)| contact.from);
        watching.filter_map(|(watcher, _)| Jid::parse(watcher).ok()).collect()
    }
}

impl Roster {
    /// A number that changes with the contacts. Without any it is the hash of the name of the
    /// account (recorded: roster_get, -1702151960 for `agent1004`).
    pub(super) fn version(&self, whose: &Jid) -> String {
        if self.0.is_empty() {
            return java_hash(whose.local.as_deref().unwrap_or_default()).to_string();
        }
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        (hasher.finish() % (1 << 31)).to_string()
    }

    /// The whole roster, as it is given to its owner.
    pub(super) fn query(&self, whose: &Jid) -> String {
        let items: String = self.0.iter().map(|(jid, contact)| contact.item(jid)).collect();
        self.wrapped(whose, &items)
    }

    fn wrapped(&self, whose: &Jid, items: &str) -> String {
        let (ns, version) = (ns::ROSTER, self.version(whose));
        if items.is_empty() {
            format!("<query xmlns=\"{ns}\" ver=\"{version}\"/>")
        } else {
            format!("<query xmlns=\"{ns}\" ver=\"{version}\">{items}</query>")
        }
    }
}

impl Contact {
    fn item(&self, jid: &str) -> String {
        let subscription = match (self.to, self.from) {
            (false, false) => "none",
            (true, false) => "to",
            (false, true) => "from",
            (true, true) => "both",
        };
        let ask = if self.asked { " ask=\"subscribe\"" } else { "" };
        item(jid, ask, subscription)
    }
}

/// Whether rosters are kept: by the roster service, which is also what reflects presence.
pub(super) fn keeps_contacts(cx: &Context) -> bool {
    cx.settings.profile.broadcast_presence && cx.is_openfire()
}

impl Hub {
    /// A `<presence/>` that asks for, grants or ends a subscription (RFC 6121 §3); false if it is
    /// none of these.
    pub(super) fn subscription(
        &mut self,
        cx: &mut Context,
        presence: &Element,
        own: &Jid,
        to: &Jid,
    ) -> bool {
        if !keeps_contacts(cx) || to.local.is_none() || to.domain != cx.settings.domain {
            return false;
        }
        let (own, to) = (own.bare(), to.bare());
        match presence.attr("type") {
            Some("subscribe") => {
                self.rosters.change(&own, &to, |contact| contact.asked = !contact.to);
                self.push(cx, &own, &to);
                self.tell(cx, presence, &own, &to);
            }
            Some("subscribed") => {
                let asked = self
                    .rosters
                    .roster(&to)
                    .0
                    .get(&own.to_string())
                    .is_some_and(|contact| contact.asked);
                if !asked {
                    return false;
                }
                self.rosters.change(&own, &to, |contact| contact.from = true);
                self.push(cx, &own, &to);
                self.rosters
                    .change(&to, &own, |contact| (contact.to, contact.asked) = (true, false));
                self.push(cx, &to, &own);
                self.tell(cx, presence, &own, &to);
                self.show_all(cx, &own, &to);
            }
            _ => return false,
        }
        true
    }

    /// A change of one's own roster. Only the removal of a contact is known.
    pub(super) fn change_contacts(
        &mut self,
        cx: &mut Context,
        query: &Element,
        own: &Jid,
    ) -> Reply {
        let item = query.children().find(|child| child.name.local == "item");
        let contact = item
            .filter(|item| item.attr("subscription") == Some("remove"))
            .and_then(|item| Jid::parse(item.attr("jid")?).ok());
        let removed = contact.and_then(|contact| {
            let removed =
                self.rosters.roster(&own.bare()).0.get(&contact.bare().to_string()).cloned()?;
            Some((contact.bare(), removed))
        });
        let Some((contact, removed)) = removed else {
            // Recorded: roster_remove_absent.
            return Reply::ErrorWith(String::new(), Condition::ItemNotFound);
        };
        let bare = own.bare();
        if removed.to || removed.asked {
            self.push_item(cx, &bare, &item_text(&contact, " ask=\"unsubscribe\"", "none"));
            self.rosters.change(&contact, &bare, |other| other.from = false);
            self.push(cx, &contact, &bare);
            let (from, to) = (escape_jid(&bare), escape_jid(&contact));
            let text = format!(
                "<presence xmlns=\"{}\" from=\"{from}\" to=\"{to}\" type=\"unsubscribe\"/>",
                ns::CLIENT
            );
            let copy = Arc::new(Outgoing::new(What::Presence, text));
            self.tell_available(cx, &contact, || Copy::from(&copy));
        }
        self.rosters.remove(&bare, &contact);
        self.push_item(cx, &bare, &item_text(&contact, "", "remove"));
        Reply::Result(String::new())
    }

    /// Shows a presence to those who see the account's.
    pub(super) fn show_watchers(&self, cx: &mut Context, presence: &Element, own: &Jid) {
        let shown = Arc::new(presence.clone());
        for watcher in self.rosters.watchers(own) {
            self.tell_available(cx, &watcher, || addressed(&shown, own, &watcher));
        }
    }

    /// Passes a subscription stanza on, from bare to bare JID.
    fn tell(&self, cx: &mut Context, presence: &Element, own: &Jid, to: &Jid) {
        let shown = Arc::new(presence.clone());
        self.tell_available(cx, to, || addressed(&shown, own, to));
    }

    /// Shows the presences of all resources of an account to all resources of another.
    fn show_all(&self, cx: &mut Context, own: &Jid, to: &Jid) {
        for (_, shown) in self.sessions.of(own) {
            let Presence::Available { stanza, .. } = &shown.presence else { continue };
            let stanza = Arc::new(stanza.clone());
            for (receiver, session) in self.sessions.of(to) {
                if session.is_available() {
                    cx.deliver(receiver, addressed(&stanza, &shown.jid, &session.jid));
                }
            }
        }
    }

    fn tell_available(&self, cx: &mut Context, to: &Jid, copy: impl Fn() -> Copy) {
        for (receiver, session) in self.sessions.of(to) {
            if session.is_available() {
                cx.deliver(receiver, copy());
            }
        }
    }

    /// Tells all resources of an account how one contact stands now (RFC 6121 §2.1.6).
    fn push(&mut self, cx: &mut Context, whose: &Jid, contact: &Jid) {
        let roster = self.rosters.roster(whose);
        let contact = contact.to_string();
        if let Some(item) = roster.0.get(&contact).map(|known| known.item(&contact)) {
            self.push_item(cx, whose, &item);
        }
    }

    fn push_item(&mut self, cx: &mut Context, whose: &Jid, item: &str) {
        let query = self.rosters.roster(whose).wrapped(whose, item);
        let whose = self.sessions.of(whose);
        let receivers: Vec<_> = whose.iter().map(|(id, to)| (*id, escape_jid(&to.jid))).collect();
        for (receiver, to) in receivers {
            let request = self.request_id(cx);
            let text = format!(
                "<iq xmlns=\"{}\" type=\"set\" id=\"{request}\" to=\"{to}\">{query}</iq>",
                ns::CLIENT
            );
            cx.deliver(receiver, Outgoing::new(What::Request, text));
        }
    }
}

fn item_text(jid: &Jid, ask: &str, subscription: &str) -> String {
    item(&jid.to_string(), ask, subscription)
}

fn item(jid: &str, ask: &str, subscription: &str) -> String {
    format!("<item jid=\"{}\"{ask} subscription=\"{subscription}\"/>", escape::attr(jid))
}

fn escape_jid(jid: &Jid) -> String {
    escape::attr(&jid.to_string()).into_owned()
}
