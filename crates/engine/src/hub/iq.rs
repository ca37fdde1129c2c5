//! The way of an iq: to a service, to another server, to a session, or to the handler of its
//! namespace (RFC 6120 §8.2.3, §10.5).

use stanza::{Element, Jid};

use super::Hub;
use super::carbons::CARBONS;
use super::components::{self, Component};
use super::handlers::handled_as;
use super::iq_stanza::{Addressee, Iq, Kind};
use super::message::is_account;
use super::privacy_list::StanzaKind;
use super::reply::Reply;
use super::session::Session;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fault::Name;
use crate::numbers::StreamId;
use crate::outgoing::{ElementKind, Outgoing};
use crate::spelling::{Condition, iq_from_afar, stanza_text};
use crate::stream::Stream;

/// A place where an iq goes.
enum Destination {
    Component(Component),
    OtherServer,
    Server,
    Session,
}

impl Hub {
    pub(super) fn iq(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        let iq = Iq { element: iq, kind: Kind::of(iq), own, to };
        // Openfire looks whether it is the answer to a question of its own, if it has an id
        // (recorded: iq_type_unknown).
        if iq.kind == Kind::Unknown && iq.element.attr("id").is_some() {
            stream.throw(cx);
            return;
        }
        if matches!(iq.kind, Kind::Result | Kind::Error) && self.hear_caps(iq.element, own) {
            return;
        }
        let place = self.place(cx, to);
        if cx.is_openfire() && self.is_for_nobody(cx, &iq, &place) {
            let reply = unavailable(&iq);
            self.answer(cx, stream, &iq, reply);
            return;
        }
        if let (Destination::Session | Destination::OtherServer, Some(to)) = (&place, to)
            && self.session_blocks(stream.id, StanzaKind::Iq, to)
        {
            self.not_acceptable(cx, stream, iq.element, own);
            return;
        }
        match place {
            Destination::Component(component) => self.iq_to_component(cx, stream, &iq, component),
            Destination::OtherServer => iq_to_other_server(cx, stream, &iq),
            Destination::Server => self.iq_to_server(cx, stream, &iq),
            Destination::Session => self.iq_to_session(cx, stream, &iq),
        }
    }

    /// Whether it asks a resource of an account that is not there. Openfire finds that out before
    /// it looks into privacy lists (`IQRouter.handle`).
    fn is_for_nobody(&self, cx: &Context, iq: &Iq<'_>, place: &Destination) -> bool {
        let is_nobody = |to: &Jid| !is_account(cx, to) && self.sessions.find(to).is_none();
        matches!(place, Destination::Session)
            && iq.kind.is_request()
            && iq.to.is_some_and(is_nobody)
    }

    fn place(&self, cx: &Context, to: Option<&Jid>) -> Destination {
        let Some(to) = to else {
            return Destination::Server;
        };
        if let Some(component) = Component::at(cx, &to.domain) {
            return Destination::Component(component);
        }
        // Openfire takes `domain/resource` for itself; its answers from there have the rank of a
        // client's (recorded: ping_domain_with_resource).
        let is_server = to.resource.is_none() || to.local.is_none() && cx.is_openfire();
        match to.domain == cx.settings.domain {
            true if is_server => Destination::Server,
            true => Destination::Session,
            false => Destination::OtherServer,
        }
    }

    fn iq_to_component(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Iq<'_>,
        component: Component,
    ) {
        if component == Component::PubSub {
            if !iq.kind.is_request() {
                return;
            }
            match components::beside_pubsub(cx, iq) {
                Some(reply) => reply.send(cx, stream, iq),
                None => self.ask_pubsub(cx, stream, iq.element, iq.own),
            }
            return;
        }
        let reply = component.reply(cx, iq);
        self.answer(cx, stream, iq, reply);
    }

    /// The server itself answers for nobody, for itself and for every bare JID of its domain.
    fn iq_to_server(&mut self, cx: &mut Context, stream: &mut Stream, iq: &Iq<'_>) {
        let Some(child) = iq.child() else {
            match cx.dialect() {
                // Recorded: iq_no_child, iq_child_no_ns.
                Dialect::Openfire if iq.kind == Kind::Unknown => {
                    stream.throw(cx);
                }
                Dialect::Openfire => {}
                Dialect::Rfc if iq.kind.is_request() => {
                    stream.refuse(cx, iq.element, Condition::ServiceUnavailable);
                }
                Dialect::Rfc => {}
            }
            return;
        };
        if !iq.kind.is_request() {
            if cx.faults.lasting(Name::AnswerErrors) {
                stream.refuse(cx, iq.element, Condition::ServiceUnavailable);
            }
            self.hear(cx, stream, iq, child);
            return;
        }
        if let Some(other) = self.other_session(cx, iq) {
            cx.deliver(
                other,
                Outgoing::new(ElementKind::of(iq.element), stanza_text(iq.element, "")),
            );
        }
        if self.is_blocked(iq) {
            stream.refuse(cx, iq.element, Condition::ServiceUnavailable);
            return;
        }
        let reply = self.handle(cx, stream, iq, child);
        self.answer(cx, stream, iq, reply);
    }

    /// An iq to the server that is no request. Openfire fails to answer what it does not know.
    fn hear(&mut self, cx: &mut Context, stream: &mut Stream, iq: &Iq<'_>, child: &Element) {
        if cx.is_openfire() && handled_as(&child.name.ns) == Some(CARBONS) && !self.is_blocked(iq) {
            self.carbons(stream, child);
        }
        // Recorded: stray_result_unknown_ns, stray_result_unknown_ns_domain,
        // stray_result_other_user, stray_error.
        if cx.is_openfire() && iq.kind != Kind::Error && handled_as(&child.name.ns).is_none() {
            stream.throw(cx);
        }
    }

    /// Another session gets what is addressed to it, if it is available or has shown itself to the
    /// sender (recorded: ping_own_full, ping_other_full_online).
    fn iq_to_session(&self, cx: &mut Context, stream: &mut Stream, iq: &Iq<'_>) {
        let Some(to) = iq.to else {
            return;
        };
        let receiver = self.sessions.find(to);
        let reaches = match cx.dialect() {
            Dialect::Openfire => {
                self.sessions.is_route_available(to) || self.directed.shows(to, iq.own)
            }
            Dialect::Rfc => self.is_known_to(cx, to, iq),
        };
        match receiver {
            Some(receiver) if reaches && self.session_blocks(receiver, StanzaKind::Iq, iq.own) => {
                // XEP-0016 §2.14. The payload does not come back.
                if iq.kind.is_request() {
                    let condition = Condition::ServiceUnavailable;
                    Reply::ErrorWith(String::new(), condition).send(cx, stream, iq);
                }
            }
            Some(receiver) if reaches => {
                let text = stanza_text(iq.element, "");
                cx.deliver(receiver, Outgoing::new(ElementKind::of(iq.element), text));
            }
            _ => undeliverable(cx, stream, iq),
        }
    }

    /// Whether a session takes this from the sender. Requests of strangers do not reach it, so that
    /// they do not learn that it is there (RFC 6121 §8.5.3.1).
    fn is_known_to(&self, cx: &Context, to: &Jid, iq: &Iq<'_>) -> bool {
        if !iq.kind.is_request() {
            return !cx.faults.lasting(Name::SilentAnswers);
        }
        let is_friend = to.is_of_account(iq.own) || self.directed.shows(to, iq.own);
        is_friend || cx.faults.lasting(Name::DeliverToStrangers)
    }

    /// The session to which a fault delivers a request that the server answers for its account.
    fn other_session(&self, cx: &Context, iq: &Iq<'_>) -> Option<StreamId> {
        let to = iq.to.filter(|to| to.local.is_some())?;
        let other = self.sessions.best(to).filter(|_| iq.addressee() == Addressee::OtherAccount);
        other.filter(|_| cx.faults.lasting(Name::DeliverToStrangers))
    }

    /// Sends what came of an iq. Its answer comes from the address that was asked, if there was
    /// one.
    fn answer(&self, cx: &mut Context, stream: &Stream, iq: &Iq<'_>, reply: Reply) {
        // An answer from a resource is delivered like that of a client, to those who are available.
        let resource = iq.to.filter(|to| to.resource.is_some() && to.domain == cx.settings.domain);
        let hears = |from: &Jid| {
            let asker = self.sessions.get(stream.id);
            asker.is_some_and(Session::is_available) || self.directed.shows(iq.own, from)
        };
        if reply.is_routed() && !resource.is_none_or(hears) {
            return;
        }
        // The asker's own list holds for answers, too, if they say whom they are from
        // (`LocalSession.process`).
        let is_denied = |from| self.session_blocks(stream.id, StanzaKind::Iq, from);
        if cx.is_openfire() && !reply.is_past() && iq.to.is_some_and(is_denied) {
            return;
        }
        reply.send(cx, stream, iq);
    }
}

/// The reply to a request that reaches no session. Openfire writes its payload back, and throws
/// where there is none (`IQRouter.sendErrorPacket`).
fn unavailable(iq: &Iq<'_>) -> Reply {
    match iq.child() {
        Some(_) => Reply::Error(Condition::ServiceUnavailable),
        None => Reply::Thrown,
    }
}

/// An iq that reaches nobody: a request is answered, and Openfire fails to answer one without type.
fn undeliverable(cx: &mut Context, stream: &mut Stream, iq: &Iq<'_>) {
    match iq.kind {
        Kind::Get | Kind::Set if cx.is_openfire() => unavailable(iq).send(cx, stream, iq),
        Kind::Get | Kind::Set => stream.refuse(cx, iq.element, Condition::ServiceUnavailable),
        Kind::Result | Kind::Error => {}
        Kind::Missing | Kind::Unknown => stream.throw(cx),
    }
}

/// No other server is ever found. Without connections to servers, Openfire does not look for one
/// (recorded: iq_to_foreign_domain, ping_unknown_subdomain); otherwise all that has a payload comes
/// back, whatever its type.
fn iq_to_other_server(cx: &mut Context, stream: &mut Stream, iq: &Iq<'_>) {
    match cx.dialect() {
        // RFC 6120 §8.3.3.16.
        Dialect::Rfc if iq.kind.is_request() => {
            stream.refuse(cx, iq.element, Condition::RemoteServerNotFound);
        }
        Dialect::Rfc => {}
        Dialect::Openfire if !cx.settings.profile.federates => undeliverable(cx, stream, iq),
        Dialect::Openfire => {
            if let Some(child) = iq.child() {
                let error =
                    Condition::RemoteServerNotFound.error(cx.settings.profile.legacy_codes, "");
                let text = iq_from_afar(iq.element, &iq.own.to_string(), child, &error);
                stream.say(cx, ElementKind::Error, text);
            }
        }
    }
}
