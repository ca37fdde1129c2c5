//! Presence: availability, who sees it, and what a server does not take for presence (RFC 6121 §4).

use stanza::{Element, Jid, escape, ns};

use crate::connection::ConnectionId;
use crate::ending::unavailable;
use crate::engine::Engine;
use crate::openfire_xml::{Condition, set_attr, stanza_text};
use crate::profile::Manner;
use crate::session::Presence;

impl Engine {
    pub(crate) fn presence(
        &mut self,
        id: ConnectionId,
        presence: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        if to.is_some_and(|to| self.subscription(presence, own, to)) {
            return;
        }
        // Presence to the server is presence to everybody (recorded: presence_to_domain).
        let broadcast =
            to.is_none_or(|to| self.is_domain(to) && self.profile.presence == Manner::Openfire);
        match presence.attr("type") {
            None if broadcast => self.available(id, presence, own),
            Some("unavailable") if broadcast => self.gone(id, presence, own),
            None
            | Some("unavailable" | "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed") => {
                self.direct(id, presence, to);
            }
            Some("error") => {}
            // Recorded: presence_probe_self. Nobody's presence is ever told to a prober.
            Some("probe") if to.is_some_and(|to| to.local.is_some()) => {
                self.return_to_sender(id, presence, Condition::Forbidden);
            }
            Some(_) => match self.profile.presence {
                // Recorded: presence_unknown_type, presence_type_available, presence_probe_domain.
                Manner::Openfire => self.close_silently(id),
                // RFC 6121 §4.7.1 knows no such type; RFC 6120 §8.3.3.1.
                Manner::Rfc => self.return_to_sender(id, presence, Condition::BadRequest),
            },
        }
    }

    fn available(&mut self, id: ConnectionId, presence: &Element, own: &Jid) {
        if self.profile.presence == Manner::Rfc && !is_well_made(presence) {
            self.return_to_sender(id, presence, Condition::BadRequest);
            return;
        }
        let initial = !self.sessions.get(id).is_some_and(crate::session::Session::is_available);
        let priority =
            child_text(presence, "priority").and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        self.sessions.set_presence(id, Presence::Available { priority, stanza: presence.clone() });
        if self.profile.caps_query {
            self.query_caps(id, presence, own);
        }
        if initial {
            self.show_siblings(id, own);
            self.show_application(id, own);
        }
        self.broadcast(id, presence, own);
        self.watch_presence(own, true);
    }

    fn gone(&mut self, id: ConnectionId, presence: &Element, own: &Jid) {
        self.sessions.set_presence(id, Presence::Unavailable);
        self.broadcast(id, presence, own);
        let directed = self.sessions.take_directed(id);
        self.end_directed(own, &directed);
        self.watch_presence(own, true);
    }

    /// A new resource sees its siblings, before it sees itself (recorded: presence_siblings; RFC 6121 §4.2.2).
    fn show_siblings(&mut self, id: ConnectionId, own: &Jid) {
        for (_, sibling) in self.sessions.available_siblings(id, own) {
            if let Presence::Available { stanza, .. } = &sibling.presence {
                self.say_to_session(id, addressed(stanza, &sibling.jid, own));
            }
        }
    }

    /// To oneself first, then to the other available resources (recorded: presence_siblings).
    fn broadcast(&mut self, id: ConnectionId, presence: &Element, own: &Jid) {
        if !self.profile.broadcast_presence {
            return;
        }
        self.say_to_session(id, addressed(presence, own, own));
        self.show_watchers(presence, own);
        for (sibling, session) in self.sessions.available_siblings(id, own) {
            self.say_to_session(sibling, addressed(presence, own, &session.jid));
        }
    }

    /// Presence for one address is nobody else's business (RFC 6121 §4.6; recorded: presence_directed).
    fn direct(&mut self, id: ConnectionId, presence: &Element, to: Option<&Jid>) {
        let Some(to) = to else {
            return;
        };
        match presence.attr("type") {
            None => self.sessions.set_directed(id, to, true),
            Some("unavailable") => self.sessions.set_directed(id, to, false),
            Some(_) => {}
        }
        self.show(to, &stanza_text(presence, ""));
    }

    /// Tells those who saw a session by directed presence that it is gone.
    pub(crate) fn end_directed(&mut self, from: &Jid, directed: &[Jid]) {
        for to in directed {
            self.show(to, &unavailable(&from.to_string(), &to.to_string()));
        }
    }

    /// Delivers presence to a full JID, or to all available sessions of a bare one.
    fn show(&mut self, to: &Jid, text: &str) {
        if to.resource.is_some() {
            if let Some(receiver) = self.sessions.find(to) {
                self.say_to_session(receiver, text);
            }
            return;
        }
        for (receiver, session) in self.sessions.of(to) {
            if session.is_available() {
                self.say_to_session(receiver, text);
            }
        }
    }

    /// Openfire asks for capabilities as long as it has not verified their hash (recorded: presence_caps_unknown_ver;
    /// the older form without `hash` is left alone, presence_caps_legacy).
    fn query_caps(&mut self, id: ConnectionId, presence: &Element, own: &Jid) {
        let Some(caps) = presence.child(ns::CAPS, "c") else {
            return;
        };
        let (Some(_), Some(ver)) = (caps.attr("hash"), caps.attr("ver")) else {
            return;
        };
        if self.known_caps.contains(ver) {
            return;
        }
        let request = self.request_id();
        let (to, domain) = (escape::attr(&own.to_string()).into_owned(), self.domain.clone());
        self.say_to_session(
            id,
            format!(
                "<iq xmlns=\"{}\" type=\"get\" id=\"{request}\" to=\"{to}\" from=\"{domain}\"><query xmlns=\"{}\"/></iq>",
                ns::CLIENT,
                ns::DISCO_INFO
            ),
        );
    }
}

/// A presence on its way: its own attributes first, then `from` and `to` (recorded: presence_full, presence_to_domain).
fn addressed(presence: &Element, from: &Jid, to: &Jid) -> String {
    let mut presence = presence.clone();
    set_attr(&mut presence, "from", Some(from.to_string()));
    set_attr(&mut presence, "to", Some(to.to_string()));
    stanza_text(&presence, "")
}

/// The values of `show` and `priority` (RFC 6121 §4.7.2.1, §4.7.2.3).
fn is_well_made(presence: &Element) -> bool {
    let show = child_text(presence, "show");
    let priority = child_text(presence, "priority");
    show.is_none_or(|show| matches!(show.as_str(), "away" | "chat" | "dnd" | "xa"))
        && priority.is_none_or(|priority| priority.trim().parse::<i8>().is_ok())
}

fn child_text(presence: &Element, local: &str) -> Option<String> {
    presence.child(ns::CLIENT, local).map(Element::text)
}
