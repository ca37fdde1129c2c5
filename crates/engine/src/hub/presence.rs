//! Presence: where one goes, whom it is shown to, and what cannot be routed (RFC 6121 §4).

use std::sync::Arc;

use stanza::{Element, Jid, ns};

use super::Hub;
use super::components::is_component;
use super::privacy_list::StanzaKind;
use super::stamped::Stamped;
use crate::context::{Context, Effect};
use crate::dialect::Dialect;
use crate::fault::Name;
use crate::numbers::StreamId;
use crate::spelling::{Condition, set_attr};
use crate::stream::Stream;

/// The session of a presence's sender ends because of it (recorded: presence_unknown_type,
/// presence_type_available, presence_probe_domain).
#[derive(Debug)]
pub(super) struct Fatal;

impl Hub {
    /// Presence of a client.
    pub(super) fn presence(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        presence: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        match cx.dialect() {
            Dialect::Openfire => {
                if self.route_presence(cx, presence, Some(own), to).is_err() {
                    cx.want(Effect::Kick(stream.id));
                }
            }
            Dialect::Rfc => self.presence_by_the_letter(cx, stream, presence, own, to),
        }
    }

    /// RFC 6121 §4, as far as there are no contacts.
    fn presence_by_the_letter(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        presence: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        match (presence.attr("type"), to) {
            (None, None) if !is_well_made(presence) => {
                stream.return_to_sender(cx, presence, Condition::BadRequest);
            }
            (None | Some("unavailable"), None) => self.update_presence(cx, presence, own),
            (
                None
                | Some("unavailable" | "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed"),
                Some(to),
            ) if self.bounces(cx, to) => {
                stream.return_to_sender(cx, presence, Condition::ServiceUnavailable);
            }
            (
                None
                | Some("unavailable" | "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed"),
                Some(to),
            ) => self.direct(cx, presence, own, to),
            (Some("error" | "subscribe" | "subscribed" | "unsubscribe" | "unsubscribed"), _) => {}
            (Some("probe"), Some(to)) if to.local.is_some() => {
                self.probe_by_the_letter(cx, stream, presence, own, to);
            }
            // RFC 6121 §4.3: a client's probe alone is no reason for an error.
            (Some("probe"), _) => {}
            // RFC 6121 §4.7.1 knows no such type; RFC 6120 §8.3.3.1.
            _ => stream.return_to_sender(cx, presence, Condition::BadRequest),
        }
    }

    /// The way of a presence, be it a client's or made by the server.
    pub(super) fn route_presence(
        &mut self,
        cx: &mut Context,
        presence: &Element,
        from: Option<&Jid>,
        to: Option<&Jid>,
    ) -> Result<(), Fatal> {
        // Presence to the server is presence to everybody (recorded: presence_to_domain).
        let receiver = to.filter(|to| !(cx.is_domain(to) && to.is_bare()));
        match (presence.attr("type"), from) {
            (None | Some("unavailable"), Some(from)) => match receiver {
                None => self.update_presence(cx, presence, from),
                Some(to) => self.direct(cx, presence, from, to),
            },
            (Some("subscribe" | "subscribed" | "unsubscribe" | "unsubscribed"), Some(from)) => {
                self.subscription(cx, presence, from, receiver);
            }
            (Some("probe"), Some(from)) if to.is_some_and(|to| to.domain == cx.settings.domain) => {
                let account = receiver.filter(|to| to.local.is_some()).ok_or(Fatal)?;
                self.probe(cx, from, account);
            }
            (Some("error" | "probe"), _) => {
                let stamped = Stamped::new(presence.clone(), from.cloned(), to.cloned());
                self.send_presence(cx, to, &stamped);
            }
            (_, None) => {}
            (Some(_), Some(_)) => return Err(Fatal),
        }
        Ok(())
    }

    /// Presence for one address is nobody else's business (RFC 6121 §4.6; recorded:
    /// presence_directed).
    pub(super) fn direct(&mut self, cx: &mut Context, presence: &Element, from: &Jid, to: &Jid) {
        if cx.faults.lasting(Name::DirectedToAll) {
            self.broadcast(cx, presence, from);
        }
        let stamped = Stamped::new(presence.clone(), Some(from.clone()), Some(to.clone()));
        for handler in self.presence_routes(cx, to, Some(from)) {
            // Presence that the account sees anyway is neither noted nor forgotten.
            let sees = self.sees(cx, from, to);
            if presence.attr("type") == Some("unavailable") {
                if !sees && !cx.faults.lasting(Name::DirectedForEver) {
                    self.directed.hide(from, &handler, to);
                    if cx.dialect() == Dialect::Rfc {
                        // RFC 6121 §4.6.1: nor does the other tell of its end.
                        self.directed.hide(&handler, from, from);
                    }
                }
            } else if presence.attr("type").is_none()
                && !sees
                && !cx.faults.lasting(Name::ForgetDirected)
            {
                self.directed.show(from, &handler, to);
            }
            self.send_presence(cx, Some(&handler), &stamped);
        }
    }

    /// Whether a fault returns presence that reaches nobody.
    fn bounces(&self, cx: &Context, to: &Jid) -> bool {
        cx.faults.lasting(Name::BouncePresence) && self.presence_routes(cx, to, None).is_empty()
    }

    /// Whether somebody sees the presence of an account by its roster.
    fn sees(&self, cx: &Context, whose: &Jid, who: &Jid) -> bool {
        let contact = self.stored.rosters.contact(whose, who);
        cx.keeps_contacts() && contact.is_some_and(|contact| contact.from)
    }

    /// The addresses at which presence for an address is delivered: of a session if it is available
    /// or has shown itself to `requester`, and of anybody's bare JID all such.
    pub(super) fn presence_routes(
        &self,
        cx: &Context,
        to: &Jid,
        requester: Option<&Jid>,
    ) -> Vec<Jid> {
        if to.domain != cx.settings.domain {
            if !to.domain.contains(&cx.settings.domain) {
                return vec![to.clone()];
            }
            let host = Jid { local: None, domain: to.domain.clone(), resource: None };
            return if is_component(cx, &host) { vec![host] } else { Vec::new() };
        }
        let is_there = |jid: &Jid| {
            self.sessions.is_route_available(jid)
                || self.sessions.route(jid).is_some()
                    && requester.is_some_and(|requester| self.directed.shows(jid, requester))
        };
        if to.resource.is_some() {
            return is_there(to).then(|| to.clone()).into_iter().collect();
        }
        self.sessions.addresses(to).filter(|jid| is_there(jid)).cloned().collect()
    }

    /// Hands a presence over at an address, or does what is done with one that finds nobody.
    pub(super) fn send_presence(&mut self, cx: &mut Context, at: Option<&Jid>, what: &Stamped) {
        let routed = match at {
            Some(at) if at.domain == cx.settings.domain => self.hand_over(cx, at, what),
            Some(at) if at.domain == self.stored.pubsub.host() => {
                if let Some(from) = &what.from {
                    self.show_service(cx, &what.presence, from);
                }
                true
            }
            Some(at) if is_component(cx, at) => {
                if is_room(cx, what)
                    && let Err(error) = self.presence_to_room(cx, what)
                {
                    self.return_presence(cx, what, error);
                }
                true
            }
            Some(_) if cx.settings.profile.federates && cx.is_openfire() => {
                self.no_such_server(cx, what);
                true
            }
            _ => false,
        };
        if !routed {
            self.presence_without_receiver(cx, what);
        }
    }

    /// No other server is ever found. The sender hears of it at all resources if its presence went
    /// out from the bare JID, with any availability of its own (recorded: generated presence
    /// conversations).
    fn no_such_server(&self, cx: &mut Context, what: &Stamped) {
        let Some(from) = what.from.as_ref().filter(|it| it.domain == cx.settings.domain) else {
            return;
        };
        let receivers = if from.resource.is_some() {
            vec![from.clone()]
        } else {
            self.presence_routes(cx, from, None)
        };
        let mut presence = Element::new(ns::CLIENT, "presence");
        set_attr(&mut presence, "id", what.presence.attr("id").map(str::to_owned));
        for to in receivers {
            let Some(stream) = self.sessions.route(&to).filter(|it| self.hears(*it)) else {
                continue;
            };
            let mut presence = presence.clone();
            set_attr(&mut presence, "to", Some(to.to_string()));
            set_attr(&mut presence, "from", what.to.as_ref().map(Jid::to_string));
            set_attr(&mut presence, "type", Some("error".to_owned()));
            let error = Some(Condition::RemoteServerNotFound);
            let answer = Stamped::new(presence, what.to.clone(), Some(to));
            cx.deliver(stream, Stamped { error, ..answer }.copy(cx));
        }
    }

    fn hears(&self, stream: StreamId) -> bool {
        self.sessions.get(stream).is_some_and(|session| !session.is_deaf)
    }

    /// Delivers a presence to the session at a full address. One that is not available gets only
    /// its own, that of services, and of those to whom it has shown itself.
    fn hand_over(&self, cx: &mut Context, at: &Jid, what: &Stamped) -> bool {
        let Some(stream) = self.sessions.route(at).filter(|_| at.resource.is_some()) else {
            return false;
        };
        let is_of_service =
            what.from.as_ref().is_some_and(|from| cx.is_domain(from) || is_component(cx, from));
        let has_shown = match (&what.to, &what.from) {
            (Some(to), Some(from)) => self.directed.shows(to, from),
            _ => false,
        };
        let is_own = what.to.is_some() && what.to == what.from;
        let reaches = self.sessions.is_route_available(at) || is_of_service || has_shown || is_own;
        if reaches && self.hears(stream) && !self.is_unwanted(stream, at, what) {
            cx.deliver(stream, what.copy(cx));
        }
        reaches
    }

    /// Whether the privacy list of a session keeps a presence from it (XEP-0016 §2.10).
    fn is_unwanted(&self, stream: StreamId, at: &Jid, what: &Stamped) -> bool {
        let passes = match what.presence.attr("type") {
            None | Some("unavailable") => StanzaKind::PresenceIn,
            Some(_) => StanzaKind::Subscription,
        };
        // One's own presence is held against rules about whom it is for.
        let peer = match &what.from {
            Some(from) if from.is_of_account(at) => what.to.as_ref(),
            from => from.as_ref(),
        };
        peer.is_some_and(|peer| self.session_blocks(stream, passes, peer))
    }

    /// A presence that is delivered as one says it: to bare JIDs by their available sessions.
    pub(super) fn deliver_presence(&mut self, cx: &mut Context, what: &Stamped) {
        let Some(to) = &what.to else {
            return;
        };
        if to.domain == cx.settings.domain && to.resource.is_none() {
            for at in self.presence_routes(cx, to, None) {
                self.send_presence(cx, Some(&at), what);
            }
        } else {
            self.send_presence(cx, Some(to), what);
        }
    }

    /// Probes come back, and errors that name none.
    fn presence_without_receiver(&mut self, cx: &mut Context, what: &Stamped) {
        let comes_back = matches!(what.presence.attr("type"), Some("probe" | "error"));
        let has_error =
            what.error.is_some() || what.presence.children().any(|it| it.name.local == "error");
        let is_server = what.from.as_ref().is_none_or(|sender| cx.is_domain(sender));
        if !comes_back || has_error || is_server || !cx.is_openfire() {
            return;
        }
        self.return_presence(cx, what, Condition::ServiceUnavailable);
    }

    /// Sends a presence back with an error, from where it was sent to.
    fn return_presence(&mut self, cx: &mut Context, what: &Stamped, error: Condition) {
        let mut presence = Element::clone(&what.presence);
        set_attr(&mut presence, "type", Some("error".to_owned()));
        let (from, to) = (what.to.clone(), what.from.clone());
        let answer = Stamped { presence: Arc::new(presence), from, to, error: Some(error) };
        self.send_presence(cx, answer.to.as_ref(), &answer);
    }
}

/// Whether a presence is for a chat room, or for somebody there. The other services' way with
/// presence is their own business.
fn is_room(cx: &Context, what: &Stamped) -> bool {
    let to = what.to.as_ref().filter(|_| cx.is_openfire());
    to.is_some_and(|to| to.local.is_some() && to.domain.starts_with("conference."))
}

/// The values of `show` and `priority` (RFC 6121 §4.7.2.1, §4.7.2.3).
fn is_well_made(presence: &Element) -> bool {
    let show = presence.child(ns::CLIENT, "show").map(Element::text);
    let priority = presence.child(ns::CLIENT, "priority").map(Element::text);
    show.is_none_or(|show| matches!(show.as_str(), "away" | "chat" | "dnd" | "xa"))
        && priority.is_none_or(|priority| priority.trim().parse::<i8>().is_ok())
}
