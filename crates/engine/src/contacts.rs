//! Contacts: who sees whose presence, asked for and granted (RFC 6121 §2, §3; recorded: presence_subscription_dance).

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use stanza::{Element, Jid, escape, ns};

use crate::connection::ConnectionId;
use crate::engine::Engine;
use crate::iq::Reply;
use crate::openfire_xml::{Condition, set_attr, stanza_text};
use crate::profile::Manner;
use crate::session::Presence;

/// The version of a roster without contacts (recorded: roster_get).
const EMPTY: &str = "-1702151960";

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
pub(crate) struct Roster(BTreeMap<String, Contact>);

/// The contacts of all accounts, by bare JID.
#[derive(Debug, Default)]
pub(crate) struct Contacts(BTreeMap<String, Roster>);

impl Contacts {
    pub(crate) fn roster(&self, bare: &Jid) -> Roster {
        self.0.get(&bare.to_string()).cloned().unwrap_or_default()
    }

    fn change(&mut self, whose: &Jid, contact: &Jid, change: impl FnOnce(&mut Contact)) {
        let roster = &mut self.0.entry(whose.bare().to_string()).or_default().0;
        let contact = contact.bare().to_string();
        if roster.len() < MAX_CONTACTS || roster.contains_key(&contact) {
            change(roster.entry(contact).or_default());
        }
    }

    fn remove(&mut self, whose: &Jid, contact: &Jid) -> Option<Contact> {
        self.0.get_mut(&whose.bare().to_string())?.0.remove(&contact.bare().to_string())
    }

    /// Who sees the presence of an account.
    fn watchers(&self, whose: &Jid) -> Vec<Jid> {
        let roster = self.roster(&whose.bare());
        let watching = roster.0.iter().filter(|(_, contact)| contact.from);
        watching.filter_map(|(watcher, _)| Jid::parse(watcher).ok()).collect()
    }
}

impl Roster {
    /// A number that changes with the contacts.
    pub(crate) fn version(&self) -> String {
        if self.0.is_empty() {
            return EMPTY.to_owned();
        }
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        (hasher.finish() % (1 << 31)).to_string()
    }

    /// The whole roster, as it is given to its owner.
    pub(crate) fn query(&self) -> String {
        let items: String = self.0.iter().map(|(jid, contact)| contact.item(jid)).collect();
        self.wrapped(&items)
    }

    fn wrapped(&self, items: &str) -> String {
        let (ns, version) = (ns::ROSTER, self.version());
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

impl Engine {
    /// Whether rosters are kept: by the roster service, which is also what reflects presence.
    pub(crate) fn keeps_contacts(&self) -> bool {
        self.profile.broadcast_presence && self.profile.routing == Manner::Openfire
    }

    /// A `<presence/>` that asks for, grants or ends a subscription (RFC 6121 §3); false if it is none of these.
    pub(crate) fn subscription(&mut self, presence: &Element, own: &Jid, to: &Jid) -> bool {
        if !self.keeps_contacts() || to.local.is_none() || to.domain != self.domain {
            return false;
        }
        let (own, to) = (own.bare(), to.bare());
        match presence.attr("type") {
            Some("subscribe") => {
                self.contacts.change(&own, &to, |contact| contact.asked = !contact.to);
                self.push(&own, &to);
                self.tell(presence, &own, &to);
            }
            Some("subscribed") => {
                let asked = self
                    .contacts
                    .roster(&to)
                    .0
                    .get(&own.to_string())
                    .is_some_and(|contact| contact.asked);
                if !asked {
                    return false;
                }
                self.contacts.change(&own, &to, |contact| contact.from = true);
                self.push(&own, &to);
                self.contacts
                    .change(&to, &own, |contact| (contact.to, contact.asked) = (true, false));
                self.push(&to, &own);
                self.tell(presence, &own, &to);
                self.show_all(&own, &to);
            }
            _ => return false,
        }
        true
    }

    /// A change of one's own roster. Only the removal of a contact is known.
    pub(crate) fn change_contacts(
        &mut self,
        id: ConnectionId,
        iq: &Element,
        query: &Element,
        own: &Jid,
    ) {
        let item = query.children().find(|child| child.name.local == "item");
        let contact = item
            .filter(|item| item.attr("subscription") == Some("remove"))
            .and_then(|item| Jid::parse(item.attr("jid")?).ok());
        let removed = contact.and_then(|contact| {
            let removed =
                self.contacts.roster(&own.bare()).0.get(&contact.bare().to_string()).cloned()?;
            Some((contact.bare(), removed))
        });
        let Some((contact, removed)) = removed else {
            // Recorded: roster_remove_absent.
            let none = Reply::ErrorWith(String::new(), Condition::ItemNotFound);
            self.answer(id, iq, own, None, none);
            return;
        };
        let bare = own.bare();
        if removed.to || removed.asked {
            self.push_item(&bare, &item_text(&contact, " ask=\"unsubscribe\"", "none"));
            self.contacts.change(&contact, &bare, |other| other.from = false);
            self.push(&contact, &bare);
            let (from, to) = (escape_jid(&bare), escape_jid(&contact));
            let text = format!(
                "<presence xmlns=\"{}\" from=\"{from}\" to=\"{to}\" type=\"unsubscribe\"/>",
                ns::CLIENT
            );
            self.tell_available(&contact, &text);
        }
        self.contacts.remove(&bare, &contact);
        self.push_item(&bare, &item_text(&contact, "", "remove"));
        self.answer(id, iq, own, None, Reply::Result(String::new()));
    }

    /// Shows a presence to those who see the account's.
    pub(crate) fn show_watchers(&mut self, presence: &Element, own: &Jid) {
        for watcher in self.contacts.watchers(own) {
            let mut presence = presence.clone();
            set_attr(&mut presence, "from", Some(own.to_string()));
            set_attr(&mut presence, "to", Some(watcher.to_string()));
            self.tell_available(&watcher, &stanza_text(&presence, ""));
        }
    }

    /// Passes a subscription stanza on, from bare to bare JID.
    fn tell(&mut self, presence: &Element, own: &Jid, to: &Jid) {
        let mut presence = presence.clone();
        set_attr(&mut presence, "from", Some(own.to_string()));
        set_attr(&mut presence, "to", Some(to.to_string()));
        self.tell_available(to, &stanza_text(&presence, ""));
    }

    /// Shows the presences of all resources of an account to all resources of another.
    fn show_all(&mut self, own: &Jid, to: &Jid) {
        for (_, shown) in self.sessions.of(own) {
            let Presence::Available { stanza, .. } = &shown.presence else { continue };
            for (receiver, session) in self.sessions.of(to) {
                if session.is_available() {
                    let mut presence = stanza.clone();
                    set_attr(&mut presence, "from", Some(shown.jid.to_string()));
                    set_attr(&mut presence, "to", Some(session.jid.to_string()));
                    self.say_to_session(receiver, stanza_text(&presence, ""));
                }
            }
        }
    }

    fn tell_available(&mut self, to: &Jid, text: &str) {
        for (receiver, session) in self.sessions.of(to) {
            if session.is_available() {
                self.say_to_session(receiver, text);
            }
        }
    }

    /// Tells all resources of an account how one contact stands now (RFC 6121 §2.1.6).
    fn push(&mut self, whose: &Jid, contact: &Jid) {
        let roster = self.contacts.roster(whose);
        let contact = contact.to_string();
        if let Some(item) = roster.0.get(&contact).map(|known| known.item(&contact)) {
            self.push_item(whose, &item);
        }
    }

    fn push_item(&mut self, whose: &Jid, item: &str) {
        let query = self.contacts.roster(whose).wrapped(item);
        for (receiver, session) in self.sessions.of(whose) {
            let (request, to) = (self.request_id(), escape_jid(&session.jid));
            let text = format!(
                "<iq xmlns=\"{}\" type=\"set\" id=\"{request}\" to=\"{to}\">{query}</iq>",
                ns::CLIENT
            );
            self.say_to_session(receiver, text);
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
