//! Messages between clients, and to services (RFC 6121 §8.5; recorded: message_*).

use stanza::{Element, Jid};

use crate::connection::ConnectionId;
use crate::engine::Engine;
use crate::openfire_xml::{Condition, stanza_text};
use crate::profile::Manner;
use crate::session::Session;

impl Engine {
    pub(crate) fn route_message(
        &mut self,
        id: ConnectionId,
        message: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        let kind = message.attr("type").unwrap_or("normal");
        let known = matches!(kind, "normal" | "chat" | "headline" | "groupchat" | "error");
        if !known && self.profile.routing == Manner::Openfire {
            // Recorded: message_bad_type. RFC 6121 §5.2.2 takes an unknown type for `normal`.
            self.stream_error(id, "internal-server-error");
            return;
        }
        let account = own.bare();
        // RFC 6120 §10.3.1: without `to` it is for the sender's own account. Openfire drops it (message_no_to).
        let to = match (to, self.profile.routing) {
            (Some(to), _) => to,
            (None, Manner::Rfc) => &account,
            (None, Manner::Openfire) => return,
        };
        if to.domain == self.pubsub_host() {
            let outgoing = self.pubsub.handle_message(message, own);
            self.carry_for(id, own, outgoing);
            return;
        }
        if to.domain != self.domain {
            self.undeliverable(id, message, kind, Condition::RemoteServerNotFound);
            return;
        }
        if to.local.is_none() {
            return;
        }
        let receivers = self.message_receivers(to, kind);
        for receiver in &receivers {
            self.say_to_session(*receiver, stanza_text(message, ""));
        }
        if receivers.is_empty() {
            self.undeliverable(id, message, kind, Condition::ServiceUnavailable);
        }
    }

    /// The address of the publish-subscribe service.
    pub(crate) fn pubsub_host(&self) -> String {
        format!("pubsub.{}", self.domain)
    }

    fn message_receivers(&self, to: &Jid, kind: &str) -> Vec<ConnectionId> {
        if to.resource.is_some() {
            // A full JID needs presence (recorded: message_self_full, message_to_negative_priority).
            let receiver = self.sessions.find(to);
            let available =
                |id: &ConnectionId| self.sessions.get(*id).is_some_and(Session::is_available);
            return receiver.filter(available).into_iter().collect();
        }
        // RFC 6121 §8.5.2.1: neither errors nor groupchat reach a bare JID.
        if matches!(kind, "error" | "groupchat") {
            Vec::new()
        } else {
            self.receivers_of_account(to)
        }
    }

    /// Who gets what goes to a bare JID (recorded: var2_route_all_resources).
    pub(crate) fn receivers_of_account(&self, bare: &Jid) -> Vec<ConnectionId> {
        if self.profile.routes_all {
            self.sessions.all_best(bare)
        } else {
            self.sessions.best(bare).into_iter().collect()
        }
    }

    /// Openfire with `offline.type=drop` drops (recorded: message_offline_user); RFC 6121 §8.5.2.2.1 lets the sender know.
    fn undeliverable(
        &mut self,
        id: ConnectionId,
        message: &Element,
        kind: &str,
        condition: Condition,
    ) {
        let silent = matches!(kind, "error" | "headline");
        if self.profile.routing == Manner::Rfc && !silent {
            self.return_to_sender(id, message, condition);
        }
    }
}
