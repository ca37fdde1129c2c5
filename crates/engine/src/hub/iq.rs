//! Requests of bound clients: what the server answers itself, what it forwards, what it refuses
//! (RFC 6120 §8.2.3, §10.5).

use stanza::{Element, Jid, ns};

use super::eventing::is_pubsub;
use super::reply::Reply;
use super::roster::keeps_contacts;
use super::{Hub, components, disco};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::outgoing::{Outgoing, What};
use crate::spelling::{Condition, stanza_text};
use crate::stream::Stream;

/// XEP-0202, which the server advertises.
const TIME: &str = "urn:xmpp:time";

/// How many sets of capabilities are remembered; the others are asked for each time.
const MAX_KNOWN_CAPS: usize = 4096;

impl Hub {
    pub(super) fn iq(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        match iq.attr("type") {
            Some("get" | "set") => self.request(cx, stream, iq, own, to),
            Some("result") => self.result(cx, stream, iq, to),
            Some("error") => self.forward_answer(cx, iq, to),
            // Recorded: iq without `type` is met with silence (openfire-measured C10), any other
            // kills (iq_type_unknown).
            None => {}
            Some(_) => stream.throw(cx),
        }
    }

    fn request(
        &mut self,
        cx: &mut Context,
        stream: &mut Stream,
        iq: &Element,
        own: &Jid,
        to: Option<&Jid>,
    ) {
        let child = iq.children().next();
        if let Some(to) = to {
            if to.domain == self.pubsub.host() {
                self.ask_pubsub(cx, stream, iq, own);
                return;
            }
            if let Some(reply) = components::reply(cx, iq, to) {
                reply.send(cx, stream, iq, own, Some(to));
                return;
            }
            if to.domain != cx.settings.domain {
                // Recorded: iq_to_foreign_domain, ping_unknown_subdomain; RFC 6120 §8.3.3.16.
                let condition = match cx.dialect() {
                    Dialect::Openfire => Condition::ServiceUnavailable,
                    Dialect::Rfc => Condition::RemoteServerNotFound,
                };
                stream.refuse(cx, iq, condition);
                return;
            }
            if to.resource.is_some() {
                self.request_to_resource(cx, stream, iq, to);
                return;
            }
        }
        // No child, or one without a namespace of its own: silence (recorded: iq_no_child,
        // iq_child_no_ns).
        let Some(child) = child.filter(|child| !matches!(child.name.ns.as_str(), "" | ns::CLIENT))
        else {
            if cx.dialect() == Dialect::Rfc {
                stream.refuse(cx, iq, Condition::ServiceUnavailable);
            }
            return;
        };
        let to_account = to.filter(|to| to.local.is_some());
        // The sender's own service answers for the domain, too, but in the strict manner.
        if is_pubsub(child) && (cx.is_openfire() || to.is_none() || to_account.is_some()) {
            self.ask_personal_eventing(cx, stream, iq, own, to_account);
            return;
        }
        if child.name.ns == ns::BIND && to_account.is_none() {
            self.bind(cx, stream, iq, child);
            return;
        }
        let set = iq.attr("type") == Some("set");
        if child.name.ns == ns::ROSTER
            && set
            && keeps_contacts(cx)
            && to.is_none_or(|to| *to == own.bare())
        {
            let reply = self.change_contacts(cx, child, own);
            reply.send(cx, stream, iq, own, None);
            return;
        }
        let mut reply = match to_account {
            Some(account) => self.reply_for_account(cx, child, set, own, account),
            None => self.reply_of_server(cx, child, set, own, to),
        };
        if matches!(reply, Reply::Unknown) && cx.is_openfire() {
            let account = own.local.as_deref().unwrap_or_default();
            let other = to_account.is_some_and(|account| *account != own.bare());
            if to.is_none() || to_account.is_some() {
                reply = self.private.reply(child, set, account, other);
            }
        }
        reply.send(cx, stream, iq, own, to);
    }

    /// Another session gets what is addressed to it, if it is available (recorded: ping_own_full,
    /// ping_other_full_online).
    fn request_to_resource(&self, cx: &mut Context, stream: &Stream, iq: &Element, to: &Jid) {
        if to.local.is_none() {
            // Recorded: ping_domain_with_resource is never answered. RFC 6120 §8.2.3 wants an
            // answer.
            if cx.dialect() == Dialect::Rfc {
                stream.refuse(cx, iq, Condition::ServiceUnavailable);
            }
            return;
        }
        let receiver = self.sessions.find(to);
        let available = receiver
            .and_then(|receiver| self.sessions.get(receiver))
            .is_some_and(|session| session.is_available() || cx.dialect() == Dialect::Rfc);
        match receiver {
            Some(receiver) if available => {
                cx.deliver(receiver, Outgoing::new(What::Request, stanza_text(iq, "")));
            }
            _ => stream.refuse(cx, iq, Condition::ServiceUnavailable),
        }
    }

    /// Requests without `to`, or to the domain.
    fn reply_of_server(
        &self,
        cx: &Context,
        child: &Element,
        set: bool,
        own: &Jid,
        to: Option<&Jid>,
    ) -> Reply {
        match child.name.ns.as_str() {
            ns::PING => ping(cx, set),
            ns::SESSION => Reply::Result(String::new()),
            ns::ROSTER if to.is_none() => self.own_roster(cx, child, set, own),
            // Recorded: roster_get_domain.
            ns::ROSTER => Reply::ErrorWith(String::new(), Condition::Forbidden),
            ns::DISCO_INFO => match disco::server_info(&cx.settings.domain, child.attr("node")) {
                Some(info) => Reply::Result(info),
                None => Reply::Error(Condition::ItemNotFound),
            },
            ns::DISCO_ITEMS => Reply::Result(disco::server_items(&cx.settings.domain)),
            ns::VERSION if !set => Reply::Result(format!(
                "<query xmlns=\"{}\"><name>Openfire</name><version>4.4.4</version></query>",
                ns::VERSION
            )),
            TIME if !set => Reply::Result(format!(
                "<time xmlns=\"{TIME}\"><tzo>+00:00</tzo><utc>{}</utc></time>",
                cx.settings.calendar.stamp(cx.now)
            )),
            _ => Reply::Unknown,
        }
    }

    /// Requests to a bare JID, which the server answers for the account.
    fn reply_for_account(
        &self,
        cx: &Context,
        child: &Element,
        set: bool,
        own: &Jid,
        account: &Jid,
    ) -> Reply {
        let is_own = own.bare() == *account;
        match child.name.ns.as_str() {
            // Recorded: ping_other_bare_online, ping_unknown_user.
            ns::PING if is_own || cx.is_openfire() => ping(cx, set),
            ns::ROSTER if is_own => self.own_roster(cx, child, set, own),
            ns::ROSTER => Reply::ErrorWith(String::new(), Condition::Forbidden),
            ns::DISCO_INFO if may_see(cx, is_own) => Reply::Result(disco::account_info()),
            // Recorded: disco_items_own_bare.
            ns::DISCO_ITEMS if may_see(cx, is_own) => {
                Reply::Result(format!("<query xmlns=\"{}\"></query>", ns::DISCO_ITEMS))
            }
            _ => Reply::Unknown,
        }
    }

    /// One's own roster, which only servers that keep contacts let change.
    fn own_roster(&self, cx: &Context, query: &Element, set: bool, own: &Jid) -> Reply {
        if set {
            return Reply::ErrorWith(String::new(), Condition::ItemNotFound);
        }
        self.contacts(cx, query, own)
    }

    /// A result: for another session, or for a question of the server.
    fn result(&mut self, cx: &mut Context, stream: &mut Stream, iq: &Element, to: Option<&Jid>) {
        if to.is_some_and(|to| {
            to.domain != cx.settings.domain || (to.local.is_some() && to.resource.is_some())
        }) {
            self.forward_answer(cx, iq, to);
            return;
        }
        let Some(child) = iq.children().next() else {
            return;
        };
        let known = matches!(
            child.name.ns.as_str(),
            ns::PING
                | ns::SESSION
                | ns::BIND
                | ns::ROSTER
                | ns::DISCO_INFO
                | ns::DISCO_ITEMS
                | ns::VERSION
                | TIME
        );
        if child.name.ns == ns::DISCO_INFO && self.known_caps.len() < MAX_KNOWN_CAPS {
            self.known_caps.insert(disco::ver_of(child));
        }
        if !known && cx.is_openfire() {
            // Recorded: stray_result_unknown_ns, stray_result_unknown_ns_domain,
            // stray_result_other_user.
            stream.throw(cx);
        }
    }

    /// Answers to another session go there; all others are forgotten (recorded: stray_error).
    fn forward_answer(&self, cx: &mut Context, iq: &Element, to: Option<&Jid>) {
        if let Some(receiver) = to.and_then(|to| self.sessions.find(to)) {
            cx.deliver(receiver, Outgoing::new(What::of(iq), stanza_text(iq, "")));
        }
    }
}

/// Openfire tells anybody about any account (recorded: disco_info_other_bare).
fn may_see(cx: &Context, is_own: bool) -> bool {
    is_own || cx.is_openfire()
}

/// XEP-0199 §4. A ping of type set is never answered (recorded: ping_set).
fn ping(cx: &Context, set: bool) -> Reply {
    match (set, cx.dialect()) {
        (false, _) => Reply::Result(String::new()),
        (true, Dialect::Openfire) => Reply::Silence,
        (true, Dialect::Rfc) => Reply::Error(Condition::BadRequest),
    }
}
