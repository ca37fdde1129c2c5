//! Presence: availability, its receivers, and stanzas that are not broadcast (RFC 6121 §4).

use std::sync::Arc;

use stanza::{Element, Jid, ns};

use super::Hub;
use super::ending::unavailable;
use super::session::{Presence, Session};
use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fact::Fact;
use crate::numbers::StreamId;
use crate::outgoing::{Copy, Outgoing, What};
use crate::spelling::{Condition, stanza_text};
use crate::stream::Stream;

impl Hub {
    pub(super) fn presence(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        presence: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        if to.is_some_and(|to| self.subscription(cx, presence, own, to)) {
            return;
        }
        // Presence to the server is presence to everybody (recorded: presence_to_domain).
        let broadcast = to.is_none_or(|to| cx.is_domain(to) && cx.is_openfire());
        match presence.attr("type") {
            None if broadcast => self.available(cx, stream, presence, own),
            Some("unavailable") if broadcast => self.gone(cx, stream.id, presence, own),
            None
            | Some("unavailable" | "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed") => {
                self.direct(cx, stream.id, presence, own, to);
            }
            Some("error") => {}
            // Recorded: presence_probe_self. Nobody's presence is ever told to a prober.
            Some("probe") if to.is_some_and(|to| to.local.is_some()) => {
                stream.return_to_sender(cx, presence, Condition::Forbidden);
            }
            Some(_) => match cx.dialect() {
                // Recorded: presence_unknown_type, presence_type_available, presence_probe_domain.
                Dialect::Openfire => cx.want(Effect::Kick(stream.id)),
                // RFC 6121 §4.7.1 knows no such type; RFC 6120 §8.3.3.1.
                Dialect::Rfc => stream.return_to_sender(cx, presence, Condition::BadRequest),
            },
        }
    }

    fn available(&mut self, cx: &mut Context, stream: &Stream, presence: &Element, own: &Jid) {
        if cx.dialect() == Dialect::Rfc && !is_well_made(presence) {
            stream.return_to_sender(cx, presence, Condition::BadRequest);
            return;
        }
        let id = stream.id;
        let initial = !self.sessions.get(id).is_some_and(Session::is_available);
        let priority =
            child_text(presence, "priority").and_then(|text| text.trim().parse().ok()).unwrap_or(0);
        let available = Presence::Available { priority, stanza: presence.clone() };
        if !self.sessions.set_presence(id, available) {
            stream.return_to_sender(cx, presence, Condition::ResourceConstraint);
            return;
        }
        if cx.settings.profile.caps_query {
            self.query_caps(cx, id, presence, own);
        }
        if initial {
            cx.note_fact(id, Fact::Available);
            self.show_siblings(cx, id, own);
            self.show_application(cx, id, own);
        }
        self.broadcast(cx, id, presence, own);
        self.watch_presence(cx, own, true);
    }

    fn gone(&mut self, cx: &mut Context, id: StreamId, presence: &Element, own: &Jid) {
        self.sessions.set_presence(id, Presence::Unavailable);
        cx.note_fact(id, Fact::Unavailable);
        self.broadcast(cx, id, presence, own);
        let directed = self.sessions.take_directed(id);
        self.end_directed(cx, own, &directed);
        self.watch_presence(cx, own, true);
    }

    /// A new resource sees its siblings, before it sees itself (recorded: presence_siblings; RFC
    /// 6121 §4.2.2).
    fn show_siblings(&self, cx: &mut Context, id: StreamId, own: &Jid) {
        for (_, sibling) in self.sessions.available_siblings(id, own) {
            if let Presence::Available { stanza, .. } = &sibling.presence {
                cx.deliver(id, addressed(&Arc::new(stanza.clone()), &sibling.jid, own));
            }
        }
    }

    /// To oneself first, then to the other available resources (recorded: presence_siblings).
    fn broadcast(&self, cx: &mut Context, id: StreamId, presence: &Element, own: &Jid) {
        if !cx.settings.profile.broadcast_presence {
            return;
        }
        let shown = Arc::new(presence.clone());
        cx.deliver(id, addressed(&shown, own, own));
        self.show_watchers(cx, presence, own);
        for (sibling, session) in self.sessions.available_siblings(id, own) {
            cx.deliver(sibling, addressed(&shown, own, &session.jid));
        }
    }

    /// Presence for one address is nobody else's business (RFC 6121 §4.6; recorded:
    /// presence_directed).
    fn direct(
        &mut self,
        cx: &mut Context,
        id: StreamId,
        presence: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        let Some(to) = to else {
            return;
        };
        if to.domain == self.pubsub.host() {
            self.show_service(presence, own);
        }
        match presence.attr("type") {
            None => self.sessions.set_directed(id, to, true),
            Some("unavailable") => self.sessions.set_directed(id, to, false),
            Some(_) => {}
        }
        self.show(cx, to, Outgoing::new(What::Presence, stanza_text(presence, "")));
    }

    /// Tells those who saw a session by directed presence that it is gone.
    pub(super) fn end_directed(&self, cx: &mut Context, from: &Jid, directed: &[Jid]) {
        for to in directed {
            self.show(cx, to, unavailable(&from.to_string(), &to.to_string()));
        }
    }

    /// Delivers presence to a full JID, or to all available sessions of a bare one.
    fn show(&self, cx: &mut Context, to: &Jid, presence: Outgoing) {
        let presence = Arc::new(presence);
        if to.resource.is_some() {
            if let Some(receiver) = self.sessions.find(to) {
                cx.deliver(receiver, &presence);
            }
            return;
        }
        for (receiver, session) in self.sessions.of(to) {
            if session.is_available() {
                cx.deliver(receiver, &presence);
            }
        }
    }

    /// Openfire asks for capabilities as long as it has not verified their hash (recorded:
    /// presence_caps_unknown_ver; the older form without `hash` is left alone,
    /// presence_caps_legacy).
    fn query_caps(&mut self, cx: &mut Context, id: StreamId, presence: &Element, own: &Jid) {
        let Some(caps) = presence.child(ns::CAPS, "c") else {
            return;
        };
        if let (Some(_), Some(ver)) = (caps.attr("hash"), caps.attr("ver"))
            && !self.known_caps.contains(ver)
        {
            self.ask(cx, id, own, ns::DISCO_INFO);
        }
    }
}

/// A presence on its way.
pub(super) fn addressed(presence: &Arc<Element>, from: &Jid, to: &Jid) -> Copy {
    let (from, to) = (from.to_string(), to.to_string());
    Copy::Presence { presence: Arc::clone(presence), from, to }
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
