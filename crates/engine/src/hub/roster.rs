//! Rosters: the contacts of accounts, and how subscriptions to presence change them (RFC 6121 §2,
//! appendix A).

use std::collections::BTreeMap;

use stanza::{Element, Jid, Writer, ns};

use super::Hub;
use super::java_map::JavaMap;
use super::subscription::Action;
use crate::budget::{Budget, Share, Weigh};
use crate::context::Context;
use crate::java::java_hash;
use crate::outgoing::{ElementKind, Outgoing};
use crate::spelling::presence_between;

/// How many contacts an account may have.
const MAX_CONTACTS: usize = 256;

/// The request of an account that a contact has not answered (RFC 6121 §A.1, "Pending Out").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PendingOut {
    Nothing,
    Subscribe,
    Unsubscribe,
}

/// The stanza of a contact that waits for the account (RFC 6121 §A.1, "Pending In").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PendingIn {
    Nothing,
    Subscribe,
    Unsubscribe,
}

/// How an account and a contact stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    pub(super) to: bool,
    pub(super) from: bool,
    asked: PendingOut,
    received: PendingIn,
}

/// One contact of an account.
#[derive(Debug, Clone)]
pub(super) struct Contact {
    /// As the account has written it, with a resource if it liked (`RosterItem.getJid`).
    pub(super) jid: Jid,
    name: Option<String>,
    groups: Vec<String>,
    /// The account sees the contact's presence.
    pub(super) to: bool,
    /// The contact sees the account's presence.
    pub(super) from: bool,
    asked: PendingOut,
    pub(super) received: PendingIn,
    /// Tells it from all others, in the version of the roster.
    mark: i32,
}

/// The contacts of all accounts.
#[derive(Debug)]
pub(super) struct Rosters {
    /// By bare JID.
    rosters: BTreeMap<Jid, JavaMap<Contact>>,
    /// How many contacts there have been.
    made: i32,
    /// Their share of the memory for clients.
    share: Share,
}

impl Rosters {
    /// No contacts yet; each takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { rosters: BTreeMap::new(), made: 0, share: memory.nothing() }
    }

    /// The entry of a contact in the roster of an account.
    pub(super) fn contact(&self, whose: &Jid, contact: &Jid) -> Option<&Contact> {
        self.rosters.get(&whose.bare())?.get(&contact.bare().to_string())
    }

    /// All contacts of an account, in Openfire's order.
    pub(super) fn contacts(&self, whose: &Jid) -> Vec<Contact> {
        let roster = self.rosters.get(&whose.bare()).into_iter();
        roster.flat_map(|roster| roster.iter().map(|(_, contact)| contact.clone())).collect()
    }

    /// The contacts that see the presence of an account.
    pub(super) fn subscribers(&self, whose: &Jid) -> Vec<Jid> {
        let contacts = self.contacts(whose).into_iter();
        contacts.filter(|contact| contact.from).map(|contact| contact.jid).collect()
    }

    /// Whether a contact is there, or can be added.
    pub(super) fn has_room_for(&self, whose: &Jid, contact: &Jid) -> bool {
        let count = self.rosters.get(&whose.bare()).map_or(0, JavaMap::len);
        count < MAX_CONTACTS || self.contact(whose, contact).is_some()
    }

    /// Changes a contact, which is made if it is not there. None is returned where there is no
    /// room for it, or for what it becomes.
    pub(super) fn change<T>(
        &mut self,
        whose: &Jid,
        jid: &Jid,
        change: impl FnOnce(&mut Contact) -> T,
    ) -> Option<T> {
        if !self.has_room_for(whose, jid) {
            return None;
        }
        let whose = whose.bare();
        let (key, known) = (jid.bare().to_string(), self.contact(&whose, jid));
        let before = known.map(Contact::weight).unwrap_or_default();
        let mut contact = match known {
            Some(contact) => contact.clone(),
            None => {
                self.made = self.made.wrapping_add(1);
                Contact::new(jid.clone(), self.made)
            }
        };
        let result = change(&mut contact);
        if !self.share.follow(before, contact.weight()) {
            return None;
        }
        self.rosters.entry(whose).or_default().insert(key, contact);
        Some(result)
    }

    /// Removes a contact.
    pub(super) fn remove(&mut self, whose: &Jid, contact: &Jid) {
        if let Some(roster) = self.rosters.get_mut(&whose.bare())
            && let Some(removed) = roster.remove(&contact.bare().to_string())
        {
            self.share.shrink(removed.weight());
        }
    }

    /// The version of a roster: a hash of the contacts that are in it, whatever is known about
    /// them, and of the name of the account (recorded: roster_get, -1702151960 for `agent1004`).
    pub(super) fn version(&self, whose: &Jid) -> String {
        let contacts = self.contacts(whose).into_iter();
        let hash = contacts.fold(0_i32, |hash, contact| {
            hash.wrapping_add(java_hash(&contact.jid.bare().to_string()) ^ contact.mark)
        });
        let name = java_hash(whose.local.as_deref().unwrap_or_default());
        hash.wrapping_mul(31 * 31).wrapping_add(name).to_string()
    }

    /// The whole roster, as it is given to its owner.
    pub(super) fn query(&self, whose: &Jid) -> String {
        let contacts = self.contacts(whose).into_iter();
        let items: String = contacts.filter(Contact::is_shown).map(|it| it.item()).collect();
        wrapped(&items, &self.version(whose))
    }
}

impl Weigh for Contact {
    fn weight(&self) -> usize {
        // A roster may be there for this contact alone.
        2 * (size_of::<Self>() + self.jid.weight()) + self.name.weight() + self.groups.weight()
    }
}

impl Contact {
    /// The groups that it is in.
    pub(super) fn groups(&self) -> &[String] {
        &self.groups
    }

    fn new(jid: Jid, number: i32) -> Self {
        Self {
            jid,
            name: None,
            groups: Vec::new(),
            to: false,
            from: false,
            asked: PendingOut::Nothing,
            received: PendingIn::Nothing,
            // Any odd factor spreads the numbers.
            mark: number.wrapping_mul(0x3779_B1B5),
        }
    }

    pub(super) fn state(&self) -> State {
        State { to: self.to, from: self.from, asked: self.asked, received: self.received }
    }

    /// Name and groups are the account's own.
    pub(super) fn rename(&mut self, name: Option<String>, groups: Vec<String>) {
        (self.name, self.groups) = (name, groups);
    }

    /// Neither side sees the other any more.
    pub(super) fn part(&mut self) {
        (self.to, self.from) = (false, false);
        (self.asked, self.received) = (PendingOut::Nothing, PendingIn::Nothing);
    }

    /// The state after a stanza that the account has sent to the contact, or got from it. Openfire
    /// has a table of its own (RFC 3921 §9, with odd entries): an `unsubscribe` of one who only
    /// sees or is only seen ends whatever there is.
    pub(super) fn take(&mut self, action: Action, sends: bool) {
        let (saw, was_seen) = (self.to, self.from);
        match (action, sends) {
            (Action::Subscribe, true) => {
                self.asked = if saw { PendingOut::Nothing } else { PendingOut::Subscribe };
            }
            (Action::Subscribe, false) => {
                self.received = if was_seen { PendingIn::Nothing } else { PendingIn::Subscribe };
            }
            (Action::Subscribed, true) => {
                (self.from, self.received) = (true, PendingIn::Nothing);
            }
            (Action::Subscribed, false) => (self.to, self.asked) = (true, PendingOut::Nothing),
            (Action::Unsubscribe, true) => {
                if saw {
                    (self.to, self.asked) = (false, PendingOut::Unsubscribe);
                } else {
                    self.from = false;
                }
            }
            (Action::Unsubscribe, false) => {
                if was_seen {
                    (self.from, self.received) = (false, PendingIn::Unsubscribe);
                } else if saw {
                    (self.to, self.received) = (false, PendingIn::Nothing);
                }
            }
            (Action::Unsubscribed, true) => {
                (self.from, self.received) = (false, PendingIn::Nothing);
            }
            (Action::Unsubscribed, false) => {
                if saw && was_seen {
                    self.received = PendingIn::Nothing;
                }
                (self.to, self.asked) = (false, PendingOut::Nothing);
            }
        }
        // An empty name becomes that of the contact (`RosterItem.setSubStatus`).
        let is_new = (self.to, self.from) != (saw, was_seen);
        if is_new && self.to && self.name.as_deref() == Some("") {
            self.name = self.jid.local.clone().or_else(|| self.name.take());
        }
    }

    /// Whether the account is shown the contact: neither one that only asks, nor one that is
    /// nothing at all.
    fn is_shown(&self) -> bool {
        self.to
            || self.from
            || match self.received {
                PendingIn::Nothing => self.asked != PendingOut::Nothing,
                PendingIn::Subscribe => false,
                PendingIn::Unsubscribe => true,
            }
    }

    fn item(&self) -> String {
        let subscription = match (self.to, self.from) {
            (false, false) => "none",
            (true, false) => "to",
            (false, true) => "from",
            (true, true) => "both",
        };
        let mut xml = Writer::default();
        xml.start("item");
        xml.attr("jid", &self.jid.bare().to_string());
        if let Some(name) = &self.name {
            xml.attr("name", name);
        }
        match self.asked {
            PendingOut::Nothing => {}
            PendingOut::Subscribe => xml.attr("ask", "subscribe"),
            PendingOut::Unsubscribe => xml.attr("ask", "unsubscribe"),
        }
        xml.attr("subscription", subscription);
        for group in &self.groups {
            xml.start("group");
            xml.text(group);
            xml.end("group");
        }
        xml.end("item");
        xml.finish()
    }
}

fn wrapped(items: &str, version: &str) -> String {
    let ns = ns::ROSTER;
    if items.is_empty() {
        format!("<query xmlns=\"{ns}\" ver=\"{version}\"/>")
    } else {
        format!("<query xmlns=\"{ns}\" ver=\"{version}\">{items}</query>")
    }
}

impl Hub {
    /// Tells an account how a contact stands now, if it is shown it.
    pub(super) fn push_change(&mut self, cx: &mut Context, whose: &Jid, contact: &Jid) {
        if let Some(contact) =
            self.stored.rosters.contact(whose, contact).filter(|it| it.is_shown())
        {
            let item = contact.item();
            self.push(cx, whose, &item);
        }
    }

    /// Tells an account of a contact that it has made itself.
    pub(super) fn push_new(&mut self, cx: &mut Context, whose: &Jid, contact: &Jid) {
        if let Some(item) = self.stored.rosters.contact(whose, contact).map(Contact::item) {
            self.push(cx, whose, &item);
        }
    }

    /// Removes a contact. It is told what that means for it.
    pub(super) fn remove_contact(&mut self, cx: &mut Context, whose: &Jid, jid: &Jid) -> bool {
        let Some(contact) = self.stored.rosters.contact(whose, jid).cloned() else {
            return false;
        };
        let whose = whose.bare();
        for (due, kind) in [(contact.to, "unsubscribe"), (contact.from, "unsubscribed")] {
            if due {
                let presence = presence_between(Some(&whose), Some(jid)).with_attr("type", kind);
                self.subscription(cx, &presence, &whose, Some(jid));
            }
        }
        self.stored.rosters.remove(&whose, jid);
        self.auto_unsubscribe(cx, &whose, &contact.jid);
        let mut item = Writer::default();
        item.start("item");
        item.attr("jid", &jid.bare().to_string());
        item.attr("subscription", "remove");
        item.end("item");
        self.push(cx, &whose, &item.finish());
        true
    }

    /// Tells all available resources of an account the same (RFC 6121 §2.1.6). The versions of
    /// pushes mean nothing.
    fn push(&mut self, cx: &mut Context, whose: &Jid, item: &str) {
        let version = i32::from_be_bytes((cx.chance.bits() as u32).to_be_bytes());
        let query = wrapped(item, &version.to_string());
        let request = self.request_id(cx);
        let receivers: Vec<_> = self
            .sessions
            .available_of(&whose.bare())
            .filter_map(|(jid, _)| Some((self.sessions.find(jid)?, jid.to_string())))
            .collect();
        for (receiver, to) in receivers {
            let mut xml = Writer::default();
            xml.start("iq");
            for (name, value) in
                [("xmlns", ns::CLIENT), ("type", "set"), ("id", &request), ("to", &to)]
            {
                xml.attr(name, value);
            }
            xml.raw(&query);
            xml.end("iq");
            cx.deliver(receiver, Outgoing::new(ElementKind::Request, xml.finish()));
        }
    }
}

/// The text of the groups of an item.
pub(super) fn groups_of(item: &Element) -> Vec<String> {
    let groups = item.children().filter(|child| child.name.local == "group");
    groups.map(|group| group.text().trim_matches(|c| c <= ' ').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contact(stanzas: &[(Action, bool)]) -> Contact {
        let mut contact = Contact::new(Jid::parse("b@d").expect("a JID"), 1);
        for (action, sends) in stanzas {
            contact.take(*action, *sends);
        }
        contact
    }

    fn item(stanzas: &[(Action, bool)]) -> String {
        let contact = contact(stanzas);
        let item = contact.item();
        let state = item.trim_start_matches("<item jid=\"b@d\" ").trim_end_matches("/>");
        format!("{state}{}", if contact.is_shown() { "" } else { ", not shown" })
    }

    #[test]
    fn stanzas_change_how_two_stand() {
        use Action::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};
        let sees = [(Subscribe, true), (Subscribed, false)];
        let seen = [(Subscribe, false), (Subscribed, true)];
        let both = [sees, seen].concat();
        for (before, then, after) in [
            (&[][..], (Subscribe, true), r#"ask="subscribe" subscription="none""#),
            (&[], (Subscribe, false), r#"subscription="none", not shown"#),
            (&[], (Unsubscribe, true), r#"subscription="none", not shown"#),
            (&sees, (Subscribe, true), r#"subscription="to""#),
            (&sees, (Unsubscribe, true), r#"ask="unsubscribe" subscription="none""#),
            (&sees, (Unsubscribed, false), r#"subscription="none", not shown"#),
            // Odd, but so it is.
            (&sees, (Unsubscribe, false), r#"subscription="none", not shown"#),
            (&seen, (Unsubscribe, true), r#"subscription="none", not shown"#),
            (&seen, (Unsubscribe, false), r#"subscription="none""#),
            (&seen, (Unsubscribed, true), r#"subscription="none", not shown"#),
            (&both, (Unsubscribe, true), r#"ask="unsubscribe" subscription="from""#),
            (&both, (Unsubscribe, false), r#"subscription="to""#),
            (&both, (Unsubscribed, true), r#"subscription="to""#),
            (&both, (Unsubscribed, false), r#"subscription="from""#),
        ] {
            assert_eq!(item(&[before, &[then]].concat()), after, "{before:?} {then:?}");
        }
    }

    /// `RosterItem.setSubStatus`, `Roster.broadcastPresence`.
    #[test]
    fn a_contact_is_named_when_it_is_seen_and_kept_as_it_was_written() {
        use Action::{Subscribe, Subscribed};
        let mut rosters = Rosters::new(&Budget::new(10_000));
        let jid = |text| Jid::parse(text).expect("a JID");
        let (own, written) = (jid("a@d/x"), jid("b@d/y"));
        rosters.change(&own, &written, |it| it.rename(Some(String::new()), Vec::new())).unwrap();
        rosters.change(&own, &jid("b@d"), |it| it.take(Subscribe, true)).unwrap();
        let shown = rosters.query(&own);
        assert!(shown.contains(r#"<item jid="b@d" name="" ask="subscribe" "#), "{shown}");
        rosters.change(&own, &jid("b@d"), |it| it.take(Subscribed, false)).unwrap();
        rosters.change(&own, &jid("b@d"), |it| it.take(Subscribed, true)).unwrap();
        let shown = rosters.query(&own);
        assert!(shown.contains(r#"<item jid="b@d" name="b" subscription="both"/>"#), "{shown}");
        assert_eq!(rosters.subscribers(&own), [written]);
    }

    #[test]
    fn a_request_waits_until_it_is_answered() {
        use Action::{Subscribe, Subscribed, Unsubscribe, Unsubscribed};
        let asked = (Subscribe, false);
        assert_eq!(contact(&[asked]).received, PendingIn::Subscribe);
        for answer in [Subscribed, Unsubscribed] {
            assert_eq!(contact(&[asked, (answer, true)]).received, PendingIn::Nothing);
        }
        let ended = [asked, (Subscribed, true), (Unsubscribe, false)];
        assert_eq!(contact(&ended).received, PendingIn::Unsubscribe);
    }

    /// Names and states do not change the version, comings and goings do.
    #[test]
    fn the_version_is_that_of_the_contacts_there() {
        let mut rosters = Rosters::new(&Budget::new(10_000));
        let (own, other) = (Jid::parse("agent1004@d/r").unwrap(), Jid::parse("b@d").unwrap());
        assert_eq!(rosters.version(&own), "-1702151960");
        rosters.change(&own, &other, |contact| contact.take(Action::Subscribe, true)).unwrap();
        let first = rosters.version(&own);
        rosters.change(&own, &other, |it| it.rename(Some("b".to_owned()), Vec::new())).unwrap();
        assert_eq!(rosters.version(&own), first);
        rosters.remove(&own, &other);
        assert_eq!(rosters.version(&own), "-1702151960");
        rosters.change(&own, &other, |_| ()).unwrap();
        assert_ne!(rosters.version(&own), first);
        assert!(
            rosters.change(&own, &other, |it| it.rename(None, vec!["x".repeat(10_000)])).is_none()
        );
    }
}
