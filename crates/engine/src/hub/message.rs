//! Messages between clients, and to services (RFC 6121 §8.5; recorded: message_*).

use std::sync::Arc;

use stanza::{Element, Jid};

use super::Hub;
use super::session::Session;
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fault::Name;
use crate::numbers::StreamId;
use crate::outgoing::{Outgoing, What};
use crate::spelling::{Condition, stanza_text};
use crate::stream::Stream;

impl Hub {
    pub(super) fn message(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        message: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        let kind = message.attr("type").unwrap_or("normal");
        let known = matches!(kind, "normal" | "chat" | "headline" | "groupchat" | "error");
        if !known && cx.is_openfire() {
            // Recorded: message_bad_type. RFC 6121 §5.2.2 takes an unknown type for `normal`.
            stream.throw(cx);
            return;
        }
        let account = own.bare();
        // RFC 6120 §10.3.1: without `to` it is for the sender's own account. Openfire drops it
        // (message_no_to).
        let to = match (to, cx.dialect()) {
            (Some(to), _) => to,
            (None, Dialect::Rfc) => &account,
            (None, Dialect::Openfire) => return,
        };
        if to.domain == self.pubsub.host() {
            let stanzas = self.pubsub.handle_message(message, own);
            self.carry_for(cx, stream, own, stanzas);
            return;
        }
        if to.domain != cx.settings.domain {
            undeliverable(cx, stream, message, kind, Condition::RemoteServerNotFound);
            return;
        }
        if to.local.is_none() {
            return;
        }
        let receivers = self.message_receivers(cx, to, kind);
        let copy = Arc::new(Outgoing::new(What::Message, stanza_text(message, "")));
        for receiver in &receivers {
            cx.deliver(*receiver, &copy);
        }
        if receivers.is_empty() {
            undeliverable(cx, stream, message, kind, Condition::ServiceUnavailable);
        }
    }

    fn message_receivers(&self, cx: &mut Context, to: &Jid, kind: &str) -> Vec<StreamId> {
        if to.resource.is_some() {
            // A full JID needs presence (recorded: message_self_full,
            // message_to_negative_priority).
            let receiver = self.sessions.find(to);
            let available =
                |id: &StreamId| self.sessions.get(*id).is_some_and(Session::is_available);
            return receiver.filter(available).into_iter().collect();
        }
        // RFC 6121 §8.5.2.1: neither errors nor groupchat reach a bare JID.
        if matches!(kind, "error" | "groupchat") {
            Vec::new()
        } else {
            self.receivers_of_account(cx, to)
        }
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

/// Openfire with `offline.type=drop` drops (recorded: message_offline_user); RFC 6121 §8.5.2.2.1
/// lets the sender know.
fn undeliverable(
    cx: &mut Context,
    stream: &Stream,
    message: &Element,
    kind: &str,
    condition: Condition,
) {
    let silent = matches!(kind, "error" | "headline");
    if cx.dialect() == Dialect::Rfc && !silent {
        stream.return_to_sender(cx, message, condition);
    }
}
