//! Messages between clients, and to services: who gets one, and what comes of it otherwise (RFC
//! 6121 §8.5; recorded: message_*).

use std::sync::Arc;

use stanza::{Element, Jid};

use super::Hub;
use super::carbons;
use super::components::Component;
use super::privacy_list::{CheckedStanza, StanzaKind};
use super::session::Session;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fault::Name;
use crate::numbers::StreamId;
use crate::outgoing::{ElementKind, Outgoing};
use crate::spelling::{Condition, message_from_afar, set_attr, stanza_text, take_out_error};
use crate::stream::Stream;

/// The account that messages to the server itself are for.
const ADMINISTRATOR: &str = "admin";

/// The value of `type` (RFC 6121 §5.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Chat,
    Headline,
    Groupchat,
    Error,
}

/// A message on its way.
struct Message<'a> {
    element: &'a Element,
    kind: Kind,
    /// The sender's full JID.
    own: &'a Jid,
    /// Whether it is marked as not to be copied.
    private: bool,
}

impl Kind {
    /// The kind that a message says it is; none for another word.
    fn of(message: &Element) -> Option<Self> {
        Some(match message.attr("type") {
            None | Some("normal") => Self::Normal,
            Some("chat") => Self::Chat,
            Some("headline") => Self::Headline,
            Some("groupchat") => Self::Groupchat,
            Some("error") => Self::Error,
            Some(_) => return None,
        })
    }
}

impl Hub {
    pub(super) fn message(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        message: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        let kind = match (Kind::of(message), cx.dialect()) {
            (Some(kind), _) => kind,
            // Recorded: message_bad_type.
            (None, Dialect::Openfire) => {
                stream.throw(cx);
                return;
            }
            // RFC 6121 §5.2.2 takes an unknown type for `normal`.
            (None, Dialect::Rfc) => Kind::Normal,
        };
        if let Some(administrator) = to
            .filter(|to| cx.is_domain(to) && to.is_bare())
            .map(|to| Jid { local: Some(ADMINISTRATOR.to_owned()), ..to.clone() })
        {
            if cx.is_openfire() {
                let mut forwarded = message.clone();
                set_attr(&mut forwarded, "to", Some(administrator.to_string()));
                self.route(cx, stream, &forwarded, kind, own, Some(&administrator));
            }
            return;
        }
        self.route(cx, stream, message, kind, own, to);
    }

    /// Routes a message, and copies it to the sender's other resources (XEP-0280 §7).
    fn route(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        element: &Element,
        kind: Kind,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        if to.is_some_and(|to| self.session_blocks(stream.id, StanzaKind::Message, to)) {
            self.not_acceptable(cx, stream, element, own);
            return;
        }
        let private = carbons::is_private(element);
        let account = own.bare();
        // RFC 6120 §10.3.1: without `to` it is for the sender's own account.
        let receiver = to.unwrap_or(&account);
        let is_local = receiver.domain == cx.settings.domain;
        let mut element = element.clone();
        if is_local && cx.is_openfire() {
            carbons::take_out_private(&mut element);
        }
        match Component::at(cx, &receiver.domain) {
            Some(Component::Conference) => {
                super::components::to_room(cx, stream, &mut element, receiver, own);
            }
            // `FileTransferProxy.process` has ears for requests alone.
            Some(Component::Proxy) => {}
            Some(Component::PubSub) | None => {
                let message = Message { element: &element, kind, own, private };
                self.deliver_message(cx, stream, &message, receiver);
            }
        }
        if kind == Kind::Chat && !private && cx.is_openfire() {
            let siblings = self.sessions.of(own);
            let copied = siblings.iter().filter(|(id, session)| {
                *id != stream.id && session.is_available() && session.carbons
            });
            for (id, session) in copied {
                cx.deliver(*id, carbons::sent(&element, &account, &session.jid));
            }
        }
    }

    /// Brings a message where it goes; the way back of what reaches nobody begins here.
    fn deliver_message(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        message: &Message<'_>,
        to: &Jid,
    ) {
        if to.domain == self.stored.pubsub.host() {
            let bounced = message.element.attr("type") == Some("error");
            let ignored = bounced && cx.faults.lasting(Name::IgnoreBounces);
            let stanzas = if ignored {
                Vec::new()
            } else {
                self.stored.pubsub.handle_message(cx.now, message.element, message.own)
            };
            self.carry_for(cx, stream, message.own, None, stanzas);
        } else if to.domain != cx.settings.domain {
            to_other_server(cx, stream, message);
        } else if to.local.is_none() {
            // Recorded: nothing ever comes of a message to a resource of the server.
        } else if to.resource.is_some() {
            self.send_to_resource(cx, stream, message, to);
        } else if !self.send_to_account(cx, stream, message, to) {
            self.nobody_there(cx, stream, message, to);
        }
    }

    /// A message to a full JID. Where this resource is not there, a chat goes on to the account, if
    /// one of the others has a priority above zero (recorded: message_unknown_resource_online,
    /// where none has).
    fn send_to_resource(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        message: &Message<'_>,
        to: &Jid,
    ) {
        // Recorded: message_self_full, message_to_negative_priority.
        // RFC 6121 §8.5.3.1: by the letter, being connected is enough.
        let reached = self.sessions.find(to).filter(|_| {
            !cx.is_openfire()
                || self.sessions.is_route_available(to)
                || self.directed.shows(to, message.own)
        });
        let Some(receiver) = reached else {
            // RFC 6121 §8.5.3.2.1 has zero among the priorities that are good enough.
            let least = if cx.is_openfire() { Some(1) } else { Some(0) };
            let may_fall_back = message.kind == Kind::Chat || cx.faults.lasting(Name::AnyFallback);
            let falls_back = may_fall_back
                && self.sessions.of(to).iter().any(|(_, session)| session.priority() >= least);
            if !(falls_back && self.send_to_account(cx, stream, message, &to.bare())) {
                self.nobody_there(cx, stream, message, to);
            }
            return;
        };
        if message.kind == Kind::Chat && cx.is_openfire() && !message.private {
            self.copy_received(cx, message.element, receiver, to);
        }
        self.give(cx, stream, message, &[receiver]);
    }

    /// Copies a message for one resource to those of its account that want copies.
    fn copy_received(&self, cx: &mut Context, element: &Element, receiver: StreamId, to: &Jid) {
        if carbons::is_copy(element) {
            return;
        }
        for (id, session) in self.sessions.of(to) {
            if id != receiver && session.is_available() && session.carbons {
                cx.deliver(id, carbons::received(element, &to.bare(), &session.jid));
            }
        }
    }

    /// A message to a bare JID; false if nobody gets it.
    fn send_to_account(
        &mut self,
        cx: &mut Context,
        stream: &Stream,
        message: &Message<'_>,
        bare: &Jid,
    ) -> bool {
        let receivers = match (message.kind, cx.dialect()) {
            // RFC 6121 §8.5.2.1: neither errors nor groupchat reach a bare JID.
            (Kind::Error, Dialect::Openfire) => return true,
            (Kind::Groupchat, _) if cx.faults.lasting(Name::AnyGroupchat) => {
                self.sessions.willing(bare)
            }
            (Kind::Error | Kind::Groupchat, _) => return false,
            (Kind::Headline, _) if !cx.faults.lasting(Name::HeadlineToOne) => {
                self.sessions.willing(bare)
            }
            (Kind::Chat, _) if cx.faults.lasting(Name::ChatToAll) => self.sessions.willing(bare),
            _ => self.receivers_of_account(cx, bare),
        };
        let reached = !receivers.is_empty();
        let copies = message.kind == Kind::Chat && !message.private && cx.is_openfire();
        let mut all: Vec<StreamId> = Vec::new();
        if copies {
            let wants = |id: &StreamId| self.sessions.get(*id).is_some_and(|it| it.carbons);
            all.extend(self.sessions.willing(bare).into_iter().filter(wants));
        }
        let others: Vec<StreamId> =
            receivers.into_iter().filter(|receiver| !all.contains(receiver)).collect();
        all.extend(others);
        self.give(cx, stream, message, &all);
        reached
    }

    /// Gives the message to sessions, each of which may not want it.
    fn give(
        &self,
        cx: &mut Context,
        stream: &Stream,
        message: &Message<'_>,
        receivers: &[StreamId],
    ) {
        let copy = Arc::new(Outgoing::new(ElementKind::Message, stanza_text(message.element, "")));
        for receiver in receivers {
            if self.session_blocks(*receiver, StanzaKind::Message, message.own) {
                // The sender of the error is that of the message (`LocalSession.process`).
                let from = Some(message.own.to_string());
                let (element, condition) = (message.element, Condition::ServiceUnavailable);
                self.say_error(cx, stream, element, message.own, from, condition);
            } else {
                cx.deliver(*receiver, &copy);
            }
        }
    }

    /// A message that reached nobody. With `xmpp.offline.type=drop` most are dropped (recorded:
    /// message_offline_user); RFC 6121 §8.5.2.2.1 lets the sender know.
    fn nobody_there(&self, cx: &mut Context, stream: &Stream, message: &Message<'_>, to: &Jid) {
        if cx.dialect() == Dialect::Rfc {
            let silent = matches!(message.kind, Kind::Error | Kind::Headline);
            if !silent || message.kind == Kind::Error && cx.faults.lasting(Name::AnswerErrors) {
                stream.return_to_sender(cx, message.element, Condition::ServiceUnavailable);
            }
            return;
        }
        let Some(address) = message.element.attr("to").filter(|to| !to.is_empty()) else {
            return;
        };
        if !is_account(cx, to) || carbons::is_received(message.element) {
            return;
        }
        let is_own = message.own.is_of_account(to);
        let passing = CheckedStanza { what: StanzaKind::Message, from: message.own, is_own };
        let (from, condition) = (Some(address.to_owned()), Condition::ServiceUnavailable);
        if self.is_denied(to, &passing) {
            self.say_error(cx, stream, message.element, message.own, from, condition);
            return;
        }
        let bounces = match (message.kind, to.resource.is_some()) {
            (Kind::Error, _) | (Kind::Headline, false) => false,
            (Kind::Groupchat, false) => true,
            _ => cx.settings.profile.bounces,
        };
        // The error is routed like a message of the account: to those who are available, or have
        // shown themselves to it (`RoutingTableImpl.routeToLocalDomain`).
        let hears = self.sessions.get(stream.id).is_some_and(Session::is_available)
            || self.directed.shows(message.own, to);
        if bounces && hears {
            self.say_error(cx, stream, message.element, message.own, from, condition);
        }
    }

    /// Gives back a stanza to a peer whom the sender's own privacy list denies it (XEP-0016 §2.13).
    pub(super) fn not_acceptable(
        &self,
        cx: &mut Context,
        stream: &Stream,
        stanza: &Element,
        own: &Jid,
    ) {
        let mut refused = stanza.clone();
        set_attr(&mut refused, "from", None);
        self.say_error(cx, stream, &refused, own, None, Condition::NotAcceptable);
    }

    /// Tells the sender of a stanza that something was wrong with it. Addresses and type are put
    /// where they stood.
    fn say_error(
        &self,
        cx: &mut Context,
        stream: &Stream,
        stanza: &Element,
        own: &Jid,
        from: Option<String>,
        condition: Condition,
    ) {
        let mut answer = stanza.clone();
        set_attr(&mut answer, "to", Some(own.to_string()));
        set_attr(&mut answer, "from", from);
        set_attr(&mut answer, "type", Some("error".to_owned()));
        take_out_error(&mut answer);
        let error = condition.error(cx.settings.profile.legacy_codes, "");
        stream.say(cx, ElementKind::of(&answer), stanza_text(&answer, &error));
    }

    /// Whether the privacy list of a session denies what is sent to it.
    pub(super) fn session_blocks(&self, id: StreamId, what: StanzaKind, from: &Jid) -> bool {
        let Some(session) = self.sessions.get(id) else {
            return false;
        };
        let account = session.jid.local.as_deref().unwrap_or_default();
        let list = session.privacy_list().and_then(|name| self.stored.privacy.named(account, name));
        let contact = self.stored.rosters.contact(&session.jid, from);
        let passing = CheckedStanza { what, from, is_own: session.jid.is_of_account(from) };
        list.is_some_and(|list| list.blocks(&passing, contact))
    }

    /// The receivers of a stanza to a bare JID (recorded: var2_route_all_resources).
    pub(super) fn receivers_of_account(&self, cx: &mut Context, bare: &Jid) -> Vec<StreamId> {
        if cx.settings.profile.routes_all {
            return self.sessions.all_best(bare);
        }
        let best = self.sessions.best(bare);
        let other = best.filter(|_| !cx.faults.is_empty());
        let other = other.and_then(|best| self.sessions.next_best(bare, best));
        let other = other
            .filter(|other| cx.fault(Name::OtherResource, bare.local.as_deref(), *other).is_some());
        other.or(best).into_iter().collect()
    }
}

/// Whether an address of this server is that of an account, be it one that never logs in here.
pub(super) fn is_account(cx: &Context, to: &Jid) -> bool {
    let account = to.local.as_deref().unwrap_or_default();
    account == ADMINISTRATOR || cx.settings.accounts.is_registered(account)
}

/// No other server is ever found. Openfire's answer is a message of its own.
fn to_other_server(cx: &mut Context, stream: &Stream, message: &Message<'_>) {
    let condition = Condition::RemoteServerNotFound;
    match cx.dialect() {
        Dialect::Rfc if matches!(message.kind, Kind::Error | Kind::Headline) => {}
        Dialect::Rfc => stream.return_to_sender(cx, message.element, condition),
        Dialect::Openfire if !cx.settings.profile.federates => {}
        Dialect::Openfire => {
            let error = condition.error(cx.settings.profile.legacy_codes, "");
            let text = message_from_afar(message.element, &message.own.to_string(), &error);
            stream.say(cx, ElementKind::Message, text);
        }
    }
}
