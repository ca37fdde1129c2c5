//! Stanzas of clients: who may send them, whose they are, and where they go (RFC 6120 §8, §10).

use stanza::prep::resourceprep;
use stanza::{Element, Jid, JidError, ns};

use super::privacy_list::StanzaKind;
use super::{Hub, registration};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::numbers::StreamId;
use crate::outgoing::{Addressed, ElementKind};
use crate::spelling::{CONTENT, Condition, requalify, set_attr};
use crate::stream::Stream;

impl Hub {
    /// An iq, message or presence of a client that is logged in.
    pub(crate) fn stanza(&mut self, cx: &mut Context, stream: &mut Stream, received: &Element) {
        let mut stanza = received.clone();
        if stanza.name.ns != ns::CLIENT {
            // Openfire goes by local names (recorded: frame_no_xmlns, frame_wrong_stanza_ns).
            let foreign = stanza.name.ns.clone();
            if cx.is_openfire() && stanza.name.local == "iq" && !CONTENT.contains(&&*foreign) {
                // Its payload is known by its namespace.
                ns::CLIENT.clone_into(&mut stanza.name.ns);
            } else {
                requalify(&mut stanza, &|element| into_client(element, &foreign));
            }
        }
        if cx.dialect() == Dialect::Rfc && !accepts(cx, stream, &stanza) {
            return;
        }
        if let Some(lang) = &stream.lang
            && stanza.attr_ns(ns::XML, "lang").is_none()
        {
            // RFC 6120 §8.1.5.
            stanza = stanza.with_attr_ns(ns::XML, "lang", lang);
        }
        // Openfire takes an empty `to` away (openfire-measured C11).
        if stanza.attr("to") == Some("") && cx.is_openfire() {
            set_attr(&mut stanza, "to", None);
        }
        let to = stanza.attr("to");
        let to = match to.map(|to| address(cx, to)) {
            None => None,
            Some(Ok(to)) => Some(to),
            Some(Err(_)) => {
                match cx.dialect() {
                    // Recorded: to_malformed_at.
                    Dialect::Openfire => stream.throw(cx),
                    // RFC 6120 §8.3.3.8.
                    Dialect::Rfc => stream.reject(cx, &stanza, Condition::JidMalformed),
                }
                return;
            }
        };
        if let Some(to) = &to {
            set_attr(&mut stanza, "to", Some(to.to_string()));
        }
        match stream.bound.clone() {
            Some(own) => {
                // RFC 6120 §8.1.2.1: the server says who the sender is.
                set_attr(&mut stanza, "from", Some(own.to_string()));
                let is_for_server = to.as_ref().is_some_and(|to| cx.is_domain(to) && to.is_bare());
                let lists_receivers = is_for_server && cx.is_openfire();
                if !(lists_receivers && self.multicast(cx, stream, &stanza, &own)) {
                    self.dispatch(cx, stream, &stanza, &own, to.as_ref());
                }
                // Openfire counts a stanza once it has gone its way.
                self.sessions.touch(stream.id, cx.now);
            }
            None => self.before_bind(cx, stream, &stanza, to.as_ref()),
        }
    }

    /// A stanza goes the way of its kind.
    pub(super) fn dispatch(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        stanza: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        match stanza.name.local.as_str() {
            // Nothing that is no message can be routed to a bare JID, so no request gets an answer
            // there (recorded: generated bind conversations).
            "iq" if own.is_bare() && to.is_none_or(Jid::is_bare) => {
                if !matches!(stanza.attr("type"), None | Some("get" | "set" | "result" | "error")) {
                    stream.throw(cx);
                }
            }
            "iq" => self.iq(cx, stream, stanza, own, to),
            "message" => self.message(cx, stream, stanza, own, to),
            _ => self.presence(cx, stream, stanza, own, to),
        }
    }

    /// The sessions of an address. A stanza without a receiver may bounce.
    pub(crate) fn receivers(&mut self, cx: &mut Context, to: &Jid) -> Vec<StreamId> {
        let receivers = if to.resource.is_some() {
            self.sessions.receivers(to)
        } else {
            self.receivers_of_account(cx, to)
        };
        if receivers.is_empty() && cx.settings.profile.bounces {
            self.stored.pubsub.bounced(to);
        }
        receivers
    }

    /// Carries the stanzas that a client's request causes; those back to that client stay on its
    /// stream.
    pub(super) fn carry_for(
        &self,
        cx: &mut Context,
        stream: &Stream,
        own: &Jid,
        asked: Option<&Jid>,
        stanzas: Vec<Addressed>,
    ) {
        let hears =
            asked.is_none_or(|asked| !self.session_blocks(stream.id, StanzaKind::Iq, asked));
        for addressed in stanzas {
            if *addressed.to == *own {
                let is_answer =
                    matches!(addressed.what(), Some(ElementKind::Result | ElementKind::Error));
                if is_answer && !hears || self.keeps_off(cx, stream.id, &addressed) {
                    continue;
                }
                let stanza = addressed.written(&mut cx.chance);
                cx.deliver(stream.id, stanza);
            } else {
                cx.carry(vec![addressed]);
            }
        }
    }

    /// A stanza of a client without a resource.
    fn before_bind(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        stanza: &Element,
        to: Option<&Jid>,
    ) {
        let is_iq = stanza.name.local == "iq";
        let request = stanza.children().next().filter(|child| child.name.ns == ns::BIND);
        let for_server = to.is_none_or(|to| cx.is_domain(to) && to.is_bare());
        match cx.dialect() {
            Dialect::Rfc => match request {
                Some(request) if is_iq && for_server => self.bind(cx, stream, stanza, request),
                // RFC 6120 §7.1.
                _ => stream.fail(cx, "not-authorized"),
            },
            // Recorded: prebind_*, bind_to_other.
            Dialect::Openfire if is_iq => match (stanza.attr("type"), request) {
                // The refusal of what is for others can only be made for a request
                // (`IQ.createResultIQ`).
                (None | Some("result" | "error"), _) if !for_server => stream.throw(cx),
                (None | Some("result" | "error"), _) => {}
                (Some("get" | "set"), _) if !for_server => {
                    stream.refuse(cx, stanza, Condition::BadRequest);
                }
                (Some("get" | "set"), Some(request)) => self.bind(cx, stream, stanza, request),
                // Its own handler decides about the making of accounts.
                (Some("get" | "set"), None) if asks(stanza, registration::REGISTER) => {
                    stream.refuse(cx, stanza, Condition::Forbidden);
                }
                // So is the login of old, which looks for a name without looking whether one is
                // there.
                (Some("get"), None) if asks(stanza, LOGIN) && lacks_name(stanza) => {
                    stream.throw(cx);
                }
                (Some("get" | "set"), None) => {
                    stream.refuse(cx, stanza, Condition::NotAuthorized);
                }
                // The handler of the request throws, which only its caller notices.
                (_, Some(_)) if for_server && stanza.attr("id").is_none() => {}
                _ => stream.throw(cx),
            },
            Dialect::Openfire => {
                // Recorded: prebind_message. It does not say whom it was for.
                let mut stanza = stanza.clone();
                set_attr(&mut stanza, "to", Some(String::new()));
                stream.return_to_sender(cx, &stanza, Condition::NotAuthorized);
            }
        }
    }
}

/// An address in a stanza. Openfire prepares the resource as it does when one is bound.
pub(super) fn address(cx: &Context, text: &str) -> Result<Jid, JidError> {
    let jid = Jid::parse(text)?;
    match jid.resource.as_deref().filter(|_| cx.is_openfire()) {
        None => Ok(jid),
        Some(resource) => {
            let prepared = resourceprep(resource).ok_or(JidError::TooLong)?;
            let resource = Some(prepared).filter(|resource| !resource.is_empty());
            Ok(Jid { resource, ..jid })
        }
    }
}

/// Non-SASL authentication (XEP-0078).
const LOGIN: &str = "jabber:iq:auth";

/// Whether a request is of this namespace.
fn asks(iq: &Element, namespace: &str) -> bool {
    iq.children().next().is_some_and(|child| child.name.ns == namespace)
}

/// Whether a request of [`LOGIN`] names nobody.
fn lacks_name(iq: &Element) -> bool {
    !iq.children().flat_map(Element::children).any(|field| field.name.local == "username")
}

/// Checks the demands of RFC 6120 §8 on stanzas of clients. Answers and returns false where one is
/// not met.
fn accepts(cx: &mut Context, stream: &mut Stream, stanza: &Element) -> bool {
    if let (Some(from), Some(own)) = (stanza.attr("from"), &stream.bound)
        && !Jid::parse(from).is_ok_and(|from| from == *own || from == own.bare())
    {
        // RFC 6120 §8.1.2.1, §4.9.3.9.
        stream.fail(cx, "invalid-from");
        return false;
    }
    if stanza.name.local != "iq" {
        return true;
    }
    let children = stanza.children().count();
    // RFC 6120 §8.1.3, §8.2.3.
    let well_made = match stanza.attr("type") {
        Some("get" | "set") => children == 1,
        Some("result") => children <= 1,
        Some("error") => true,
        _ => false,
    };
    if well_made && stanza.attr("id").is_some() {
        return true;
    }
    stream.refuse(cx, stanza, Condition::BadRequest);
    false
}

/// Moves an element of a namespace to `jabber:client`; false for one of another.
fn into_client(element: &mut Element, from: &str) -> bool {
    if element.name.ns != from {
        return false;
    }
    element.name.ns = ns::CLIENT.to_owned();
    if CONTENT.contains(&from)
        && let Some(spelling) = &mut element.spelling
    {
        let own = spelling.declared.iter_mut().filter(|(_, uri)| uri == from);
        own.for_each(|(_, uri)| ns::CLIENT.clone_into(uri));
    }
    true
}
