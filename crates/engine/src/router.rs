//! Stanzas of clients: who may send them, whose they are, and where they go (RFC 6120 §8, §10).

use stanza::{Element, Jid, Node, ns};

use crate::connection::ConnectionId;
use crate::engine::Engine;
use crate::openfire_xml::{Condition, set_attr, stanza_text};
use crate::outgoing::Outgoing;
use crate::profile::Manner;

impl Engine {
    /// An iq, message or presence of a client that is logged in.
    pub(crate) fn stanza(&mut self, id: ConnectionId, received: &Element) {
        let mut stanza = received.clone();
        if stanza.name.ns != ns::CLIENT {
            // Openfire goes by local names (recorded: frame_no_xmlns, frame_wrong_stanza_ns).
            let foreign = stanza.name.ns.clone();
            requalify(&mut stanza, &foreign);
        }
        if self.profile.routing == Manner::Rfc && !self.accepts(id, &stanza) {
            return;
        }
        let Some(own) = self.connections.get(&id).map(|connection| connection.bound.clone()) else {
            return;
        };
        // Openfire takes an empty `to` for none (openfire-measured C11).
        let to =
            stanza.attr("to").filter(|to| !to.is_empty() || self.profile.routing == Manner::Rfc);
        let to = match to.map(Jid::parse) {
            None => None,
            Some(Ok(to)) => Some(to),
            Some(Err(_)) => {
                self.malformed_address(id, &stanza);
                return;
            }
        };
        if let Some(to) = &to {
            set_attr(&mut stanza, "to", Some(to.to_string()));
        }
        match own {
            Some(own) => {
                // RFC 6120 §8.1.2.1: the server says who the sender is.
                set_attr(&mut stanza, "from", Some(own.to_string()));
                match stanza.name.local.as_str() {
                    "iq" => self.iq(id, &stanza, &own, to.as_ref()),
                    "message" => self.route_message(id, &stanza, &own, to.as_ref()),
                    _ => self.presence(id, &stanza, &own, to.as_ref()),
                }
            }
            None => self.before_bind(id, &stanza, to.as_ref()),
        }
    }

    /// Sends a message or presence back with an error (recorded: prebind_presence, presence_probe_self).
    pub(crate) fn return_to_sender(
        &mut self,
        id: ConnectionId,
        stanza: &Element,
        condition: Condition,
    ) {
        let mut answer = stanza.clone();
        set_attr(&mut answer, "from", None);
        set_attr(&mut answer, "to", Some(self.address_of(id)));
        if let Some(to) = stanza.attr("to").filter(|to| !to.is_empty()) {
            set_attr(&mut answer, "from", Some(to.to_owned()));
        }
        set_attr(&mut answer, "type", Some("error".to_owned()));
        let error = condition.error(self.profile.legacy_codes, "");
        self.say(id, stanza_text(&answer, &error));
    }

    /// Returns any stanza with an error.
    pub(crate) fn reject(&mut self, id: ConnectionId, stanza: &Element, condition: Condition) {
        if stanza.name.local == "iq" {
            self.refuse(id, stanza, condition);
        } else {
            self.return_to_sender(id, stanza, condition);
        }
    }

    /// Carries what was made of a client's request; what goes back to that client stays on its connection.
    pub(crate) fn carry_for(&mut self, id: ConnectionId, own: &Jid, outgoing: Vec<Outgoing>) {
        for stanza in outgoing {
            if stanza.to == *own {
                self.say_to_session(id, stanza.xml);
            } else {
                self.carry_one(stanza);
            }
        }
    }

    /// What RFC 6120 §8 demands of every stanza of a client. Answers and returns false where it is not met.
    fn accepts(&mut self, id: ConnectionId, stanza: &Element) -> bool {
        let Some(connection) = self.connections.get(&id) else {
            return false;
        };
        if let (Some(from), Some(own)) = (stanza.attr("from"), &connection.bound)
            && !Jid::parse(from).is_ok_and(|from| from == *own || from == own.bare())
        {
            // RFC 6120 §8.1.2.1, §4.9.3.9.
            self.stream_error(id, "invalid-from");
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
        self.refuse(id, stanza, Condition::BadRequest);
        false
    }

    fn malformed_address(&mut self, id: ConnectionId, stanza: &Element) {
        match self.profile.routing {
            // Recorded: to_malformed_at.
            Manner::Openfire => self.stream_error(id, "internal-server-error"),
            // RFC 6120 §8.3.3.8.
            Manner::Rfc => self.reject(id, stanza, Condition::JidMalformed),
        }
    }

    /// A stanza of a client without a resource.
    fn before_bind(&mut self, id: ConnectionId, stanza: &Element, to: Option<&Jid>) {
        let is_iq = stanza.name.local == "iq";
        let request = stanza.children().next().filter(|child| child.name.ns == ns::BIND);
        let for_server = to.is_none_or(|to| self.is_domain(to) && to.is_bare());
        match self.profile.bind {
            Manner::Rfc => match request {
                Some(request) if is_iq && for_server => self.bind(id, stanza, request),
                // RFC 6120 §7.1.
                _ => self.stream_error(id, "not-authorized"),
            },
            // Recorded: prebind_*, bind_to_other.
            Manner::Openfire if is_iq => match (stanza.attr("type"), request) {
                (Some("result" | "error"), _) => {}
                _ if !for_server => self.refuse(id, stanza, Condition::BadRequest),
                (_, Some(request)) => self.bind(id, stanza, request),
                _ => self.refuse(id, stanza, Condition::NotAuthorized),
            },
            Manner::Openfire => self.return_to_sender(id, stanza, Condition::NotAuthorized),
        }
    }
}

/// Moves an element and what inherits its namespace to `jabber:client`.
fn requalify(element: &mut Element, from: &str) {
    if element.name.ns != from {
        return;
    }
    element.name.ns = ns::CLIENT.to_owned();
    for node in &mut element.nodes {
        if let Node::Element(child) = node {
            requalify(child, from);
        }
    }
}
