//! Availability: what a session says about it, who is told, and who may ask (RFC 6121 §4.2 to
//! §4.5).

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use stanza::{Element, Jid, ns};

use super::Hub;
use super::presence::Fatal;
use super::privacy_list::{CheckedStanza, StanzaKind};
use super::roster::PendingIn;
use super::session::Presence;
use super::stamped::Stamped;
use crate::budget::{Budget, Share, Weigh};
use crate::context::Context;
use crate::fact::Fact;
use crate::fault::Name;
use crate::numbers::StreamId;
use crate::outgoing::ElementKind;
use crate::spelling::{Condition, presence_between, set_attr, stanza_text};
use crate::stream::Stream;

/// The last unavailable presence of accounts without resources, if it says more than that they
/// are gone. Those that may see them get it as long as they are offline.
#[derive(Debug)]
pub(super) struct LastWords {
    by_account: BTreeMap<String, Arc<Element>>,
    /// When they had gone.
    left: BTreeMap<String, Duration>,
    /// Their share of the memory for clients.
    share: Share,
}

impl LastWords {
    /// None yet; each takes its share of `memory`.
    pub(super) fn new(memory: &Budget) -> Self {
        Self { by_account: BTreeMap::new(), left: BTreeMap::new(), share: memory.nothing() }
    }

    fn of(&self, account: &Jid) -> Option<Arc<Element>> {
        self.by_account.get(account.local.as_deref()?).cloned()
    }

    /// When the last resource of an account had gone, if it has not come back, and the status that
    /// it left with.
    pub(super) fn left(&self, account: &Jid) -> Option<(Duration, String)> {
        let left = *self.left.get(account.local.as_deref()?)?;
        let words = self.of(account);
        let status = words.and_then(|words| {
            words.children().find(|child| child.name.local == "status").map(Element::text)
        });
        let status = status.unwrap_or_default();
        Some((left, status.split_whitespace().collect::<Vec<_>>().join(" ")))
    }

    fn forget(&mut self, account: &str) {
        self.left.remove(account);
        if let Some(words) = self.by_account.remove(account) {
            self.share.shrink(words.weight());
        }
    }

    /// Somebody goes. If the same words are there already, they are those that count.
    fn keep(&mut self, account: &str, words: &Element, now: Duration) {
        let kept = match self.by_account.get(account) {
            Some(kept) => **kept == *words,
            None => words.children().next().is_none(),
        };
        if kept && self.left.contains_key(account) {
            return;
        }
        self.forget(account);
        self.left.insert(account.to_owned(), now);
        if words.children().next().is_some() && self.share.grow(words.weight()) {
            self.by_account.insert(account.to_owned(), Arc::new(words.clone()));
        }
    }
}

impl Hub {
    /// A presence without an address: its sender's availability, as everybody may know it.
    pub(super) fn update_presence(&mut self, cx: &mut Context, presence: &Element, from: &Jid) {
        if cx.settings.profile.caps_query {
            self.query_caps(cx, presence, from);
        }
        self.tell_availability(cx, presence, from);
        self.watch_presence(cx, from, true);
    }

    /// Those who are concerned hear of somebody's availability, the session itself before all.
    pub(super) fn tell_availability(&mut self, cx: &mut Context, presence: &Element, from: &Jid) {
        let session = self.sessions.find(from);
        let available = presence.attr("type").is_none();
        let begins = session.map(|id| self.take_presence(cx, id, presence, from, available));
        if let (Some(id), Some(Err(Fatal))) = (session, &begins) {
            let error = Some(Condition::ResourceConstraint);
            let refusal = Stamped::new(presence.clone(), None, Some(from.clone()));
            cx.deliver(id, Stamped { error, ..refusal }.copy(cx));
            return;
        }
        self.broadcast(cx, presence, from);
        if available {
            if let Some(id) = session {
                self.initialize(cx, id);
            }
        } else {
            self.end_directed(cx, presence, from);
        }
        self.keep_last_words(cx, presence, from, available);
        if let Some(Ok(true)) = begins {
            self.send_last_items(cx, from);
        }
    }

    /// The session takes what it says about itself, and returns whether it becomes available. A new
    /// resource sees its siblings, before it sees itself (recorded: presence_siblings; RFC 6121
    /// §4.2.2).
    fn take_presence(
        &mut self,
        cx: &mut Context,
        id: StreamId,
        presence: &Element,
        from: &Jid,
        available: bool,
    ) -> Result<bool, Fatal> {
        if !available && cx.faults.lasting(Name::StayAvailable) {
            return Ok(false);
        }
        let stanza = presence.clone();
        let state = if available {
            let priority = priority(presence);
            let counts_zero = priority < 0 && cx.faults.lasting(Name::NegativeCounts);
            Presence::Available { priority: if counts_zero { 0 } else { priority }, stanza }
        } else {
            Presence::Unavailable { stanza }
        };
        let was_available = self.sessions.set_presence(id, state).ok_or(Fatal)?;
        match (was_available, available) {
            (false, true) => {
                cx.note_fact(id, Fact::Available);
                self.show_siblings(cx, id, from);
                self.show_application(cx, id, from);
            }
            (_, false) => cx.note_fact(id, Fact::Unavailable),
            (true, true) => {}
        }
        Ok(!was_available && available)
    }

    fn show_siblings(&self, cx: &mut Context, id: StreamId, own: &Jid) {
        for (jid, session) in self.sessions.available_of(&own.bare()) {
            if jid != own {
                let stanza = session.last_presence();
                let from = stanza.attr("from").and_then(|from| Jid::parse(from).ok());
                let shown = Stamped::new(stanza, from, Some(own.clone()));
                cx.deliver(id, shown.copy(cx));
            }
        }
    }

    /// Those who see an account are told first, then the sender itself, then its siblings
    /// (recorded: presence_siblings).
    pub(super) fn broadcast(&mut self, cx: &mut Context, presence: &Element, from: &Jid) {
        if !cx.settings.profile.broadcast_presence {
            return;
        }
        let shown = Stamped::new(presence.clone(), Some(from.clone()), None);
        if cx.keeps_contacts() {
            for subscriber in self.stored.rosters.subscribers(from) {
                if self.hides_from(from, &subscriber) {
                    continue;
                }
                let shown = shown.to(&subscriber);
                for at in self.presence_routes(cx, &subscriber.bare(), None) {
                    self.send_presence(cx, Some(&at), &shown);
                }
            }
        }
        self.send_presence(cx, Some(from), &shown.to(from));
        for at in self.presence_routes(cx, &from.bare(), None) {
            if at != *from {
                self.send_presence(cx, Some(&at), &shown.to(&at));
            }
        }
        if cx.faults.lasting(Name::DirectedForEver) {
            for to in self.directed.of(from) {
                self.send_presence(cx, Some(&to), &shown.to(&to));
            }
        }
    }

    /// Tells those who saw a session by directed presence that it is gone (recorded:
    /// presence_directed).
    pub(super) fn end_directed(&mut self, cx: &mut Context, presence: &Element, from: &Jid) {
        for to in self.directed.take(from) {
            // An update of one's own presence is never fatal.
            let _ = self.route_presence(cx, presence, Some(from), Some(&to));
        }
    }

    /// A session that has become available gets what waits for it: requests to see its presence,
    /// and the presence of those that it sees.
    fn initialize(&mut self, cx: &mut Context, id: StreamId) {
        let Some(session) = self.sessions.get_mut(id).filter(|session| !session.is_initialized)
        else {
            return;
        };
        session.is_initialized = true;
        let own = session.jid.clone();
        if !cx.keeps_contacts() {
            return;
        }
        for contact in self.stored.rosters.contacts(&own) {
            let waiting = match contact.received {
                PendingIn::Subscribe => Some("subscribe"),
                PendingIn::Unsubscribe => Some("unsubscribe"),
                PendingIn::Nothing => None,
            };
            if let Some(kind) = waiting {
                let presence =
                    presence_between(Some(&contact.jid), Some(&own.bare())).with_attr("type", kind);
                let (from, to) = (Some(contact.jid.clone()), Some(own.bare()));
                cx.deliver(id, Stamped::new(presence, from, to).copy(cx));
            }
            if contact.to {
                self.show_presence(cx, &own, &contact.jid.bare());
            }
        }
    }

    /// A probe of a client (RFC 6121 §4.3; recorded: presence_probe_self).
    pub(super) fn probe(&mut self, cx: &mut Context, from: &Jid, account: &Jid) {
        let error = match self.stored.rosters.contact(account, from) {
            Some(contact) if contact.from => return self.show_presence(cx, from, account),
            Some(contact) if contact.received == PendingIn::Subscribe => Condition::NotAuthorized,
            _ => Condition::Forbidden,
        };
        let presence = Element::new(ns::CLIENT, "presence")
            .with_attr("type", "error")
            .with_attr("to", from.to_string())
            .with_attr("from", account.to_string());
        let answer = Stamped::new(presence, Some(account.clone()), Some(from.clone()));
        self.deliver_presence(cx, &Stamped { error: Some(error), ..answer });
    }

    /// A probe of a client, by the letter. A stranger learns of no session but one that has sent
    /// presence to him (RFC 6121 §4.3.2, §4.6.6).
    pub(super) fn probe_by_the_letter(
        &self,
        cx: &mut Context,
        stream: &Stream,
        probe: &Element,
        own: &Jid,
        to: &Jid,
    ) {
        if cx.faults.lasting(Name::ProbeErrors) {
            stream.return_to_sender(cx, probe, Condition::Forbidden);
            return;
        }
        let shown = to.resource.is_some() && self.directed.shows(to, own);
        let (from, kind) =
            if shown { (to.clone(), None) } else { (to.bare(), Some("unsubscribed")) };
        let mut answer = presence_between(Some(&from), Some(own));
        set_attr(&mut answer, "type", kind.map(str::to_owned));
        // §4.3.2.1.
        set_attr(&mut answer, "id", probe.attr("id").map(str::to_owned));
        stream.say(cx, ElementKind::Presence, stanza_text(&answer, ""));
    }

    /// Shows an account's presence to a resource, or to all available resources of another account:
    /// that of its available sessions, or else its last words.
    pub(super) fn show_presence(&mut self, cx: &mut Context, prober: &Jid, account: &Jid) {
        if account.domain != cx.settings.domain {
            return;
        }
        let probers = match prober.resource {
            None if prober.domain == cx.settings.domain => self.available_at(prober),
            _ => vec![prober.clone()],
        };
        let account = account.bare();
        let sessions = self.sessions.available_of(&account);
        let mut shown: Vec<Stamped> = sessions
            .map(|(_, session)| {
                Stamped::new(session.last_presence(), Some(session.jid.clone()), None)
            })
            .collect();
        if shown.is_empty()
            && let Some(words) = self.stored.last_words.of(&account)
        {
            shown.push(Stamped::new(words, Some(account), None));
        }
        for presence in shown {
            for to in &probers {
                let sender = presence.from.as_ref();
                if !sender.is_some_and(|sender| self.hides_from(sender, to)) {
                    self.deliver_presence(cx, &presence.to(to));
                }
            }
        }
    }

    /// Whether a privacy list keeps the presence of a session, or of an account without one, from
    /// somebody (XEP-0016 §2.11).
    fn hides_from(&self, whose: &Jid, from: &Jid) -> bool {
        let is_own = whose.is_of_account(from);
        let what = if is_own { StanzaKind::PresenceIn } else { StanzaKind::PresenceOut };
        match self.sessions.find(whose) {
            Some(session) => self.session_blocks(session, what, from),
            None => self.is_denied(whose, &CheckedStanza { what, from, is_own }),
        }
    }

    /// Tells an account that all resources of another are unavailable, but for those that have
    /// shown themselves to it.
    pub(super) fn hide_presence(&mut self, cx: &mut Context, from: &Jid, whose: &Jid) {
        if whose.domain != cx.settings.domain || !self.is_registered(cx, whose) {
            return;
        }
        let receivers = if from.domain == cx.settings.domain {
            self.available_at(from)
        } else {
            vec![from.clone()]
        };
        for own in self.available_at(whose) {
            if self.directed.shows(&own, from) {
                continue;
            }
            let gone = Element::new(ns::CLIENT, "presence").with_attr("type", "unavailable");
            let gone = Stamped::new(gone, Some(own), None);
            for to in &receivers {
                self.deliver_presence(cx, &gone.to(to));
            }
        }
    }

    /// The addresses of the available sessions of an account.
    fn available_at(&self, account: &Jid) -> Vec<Jid> {
        let account = account.bare();
        let sessions = self.sessions.available_of(&account);
        sessions.map(|(_, session)| session.jid.clone()).collect()
    }

    /// Whether an address is that of an account of this server.
    pub(super) fn is_registered(&self, cx: &Context, jid: &Jid) -> bool {
        jid.domain == cx.settings.domain
            && jid.local.as_deref().is_some_and(|name| cx.settings.accounts.has(name))
    }

    fn keep_last_words(&mut self, cx: &Context, presence: &Element, from: &Jid, available: bool) {
        let Some(account) = from.local.as_deref() else {
            return;
        };
        if presence.attr("to").is_some() || !self.is_registered(cx, from) {
            return;
        }
        match (available, self.sessions.available_of(&from.bare()).count()) {
            (true, ..=1) => self.stored.last_words.forget(account),
            (false, 0) => self.stored.last_words.keep(account, presence, cx.now),
            _ => {}
        }
    }
}

/// The priority of a presence; a value that is no number counts as none.
fn priority(presence: &Element) -> i32 {
    let priority = presence.children().find(|child| child.name.local == "priority");
    priority.and_then(|priority| priority.text().trim().parse().ok()).unwrap_or(0)
}
