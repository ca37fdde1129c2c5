//! Requests of bound clients: what the server answers itself, what it forwards, what it refuses (RFC 6120 §8.2.3, §10.5).

use stanza::{Element, Jid, ns};

use crate::connection::ConnectionId;
use crate::disco;
use crate::engine::Engine;
use crate::openfire_xml::{Condition, iq_error, iq_result, set_attr, stanza_text};
use crate::profile::Manner;

/// XEP-0202, which the server advertises.
const TIME: &str = "urn:xmpp:time";

/// How many sets of capabilities are remembered; the others are asked for each time.
const MAX_KNOWN_CAPS: usize = 4096;

/// What the server makes of a request to itself or to an account.
pub(crate) enum Reply {
    Result(String),
    /// An error, with the payload written back.
    Error(Condition),
    /// An error with this payload, mostly none (recorded: roster_get_other).
    ErrorWith(String, Condition),
    Silence,
    /// Nobody knows this namespace.
    Unknown,
}

impl Engine {
    pub(crate) fn iq(&mut self, id: ConnectionId, iq: &Element, own: &Jid, to: Option<&Jid>) {
        match iq.attr("type") {
            Some("get" | "set") => self.request(id, iq, own, to),
            Some("result") => self.result(id, iq, to),
            Some("error") => self.forward_answer(iq, to),
            // Recorded: iq without `type` is met with silence (openfire-measured C10), any other kills (iq_type_unknown).
            None => {}
            Some(_) => self.stream_error(id, "internal-server-error"),
        }
    }

    fn request(&mut self, id: ConnectionId, iq: &Element, own: &Jid, to: Option<&Jid>) {
        let child = iq.children().next();
        if let Some(to) = to {
            if to.domain == self.pubsub_host() {
                let outgoing = self.pubsub.handle(self.now, iq, own, &self.accounts, &self.faults);
                self.carry_for(id, own, outgoing);
                return;
            }
            if let Some(component) = self.component(to) {
                self.ask_component(id, iq, own, to, component);
                return;
            }
            if to.domain != self.domain {
                // Recorded: iq_to_foreign_domain, ping_unknown_subdomain; RFC 6120 §8.3.3.16.
                self.refuse(
                    id,
                    iq,
                    match self.profile.routing {
                        Manner::Openfire => Condition::ServiceUnavailable,
                        Manner::Rfc => Condition::RemoteServerNotFound,
                    },
                );
                return;
            }
            if to.resource.is_some() {
                self.request_to_resource(id, iq, to);
                return;
            }
        }
        // No child, or one without a namespace of its own: silence (recorded: iq_no_child, iq_child_no_ns).
        let Some(child) = child.filter(|child| !matches!(child.name.ns.as_str(), "" | ns::CLIENT))
        else {
            if self.profile.routing == Manner::Rfc {
                self.refuse(id, iq, Condition::ServiceUnavailable);
            }
            return;
        };
        let to_account = to.filter(|to| to.local.is_some());
        if child.name.ns == ns::BIND && to_account.is_none() {
            self.bind(id, iq, child);
            return;
        }
        let set = iq.attr("type") == Some("set");
        if child.name.ns == ns::ROSTER
            && set
            && self.keeps_contacts()
            && to.is_none_or(|to| *to == own.bare())
        {
            self.change_contacts(id, iq, child, own);
            return;
        }
        let mut reply = match to_account {
            Some(account) => self.reply_for_account(child, set, own, account),
            None => self.reply_of_server(child, set, own, to),
        };
        if matches!(reply, Reply::Unknown) && self.profile.routing == Manner::Openfire {
            let account = own.local.as_deref().unwrap_or_default();
            let other = to_account.is_some_and(|account| *account != own.bare());
            if to.is_none() || to_account.is_some() {
                reply = self.account_data(child, set, account, other);
            }
        }
        self.answer(id, iq, own, to, reply);
    }

    /// Another session gets what is addressed to it, if it is available (recorded: ping_own_full, ping_other_full_online).
    fn request_to_resource(&mut self, id: ConnectionId, iq: &Element, to: &Jid) {
        if to.local.is_none() {
            // Recorded: ping_domain_with_resource is never answered. RFC 6120 §8.2.3 wants an answer.
            if self.profile.routing == Manner::Rfc {
                self.refuse(id, iq, Condition::ServiceUnavailable);
            }
            return;
        }
        let receiver = self.sessions.find(to);
        let available = receiver
            .and_then(|receiver| self.sessions.get(receiver))
            .is_some_and(|session| session.is_available() || self.profile.routing == Manner::Rfc);
        match receiver {
            Some(receiver) if available => self.say_to_session(receiver, stanza_text(iq, "")),
            _ => self.refuse(id, iq, Condition::ServiceUnavailable),
        }
    }

    /// Requests without `to`, or to the domain.
    fn reply_of_server(&self, child: &Element, set: bool, own: &Jid, to: Option<&Jid>) -> Reply {
        match child.name.ns.as_str() {
            ns::PING => self.ping(set),
            ns::SESSION => Reply::Result(String::new()),
            ns::ROSTER if to.is_none() => self.roster(child, set, own),
            // Recorded: roster_get_domain.
            ns::ROSTER => Reply::ErrorWith(String::new(), Condition::Forbidden),
            ns::DISCO_INFO => match disco::server_info(&self.domain, child.attr("node")) {
                Some(info) => Reply::Result(info),
                None => Reply::Error(Condition::ItemNotFound),
            },
            ns::DISCO_ITEMS => Reply::Result(disco::server_items(&self.domain)),
            ns::VERSION if !set => Reply::Result(format!(
                "<query xmlns=\"{}\"><name>Openfire</name><version>4.4.4</version></query>",
                ns::VERSION
            )),
            TIME if !set => Reply::Result(format!(
                "<time xmlns=\"{TIME}\"><tzo>+00:00</tzo><utc>{}</utc></time>",
                self.calendar.stamp(self.now)
            )),
            _ => Reply::Unknown,
        }
    }

    /// Requests to a bare JID, which the server answers for the account.
    fn reply_for_account(&self, child: &Element, set: bool, own: &Jid, account: &Jid) -> Reply {
        let is_own = own.bare() == *account;
        match child.name.ns.as_str() {
            // Recorded: ping_other_bare_online, ping_unknown_user.
            ns::PING if is_own || self.profile.routing == Manner::Openfire => self.ping(set),
            ns::ROSTER if is_own => self.roster(child, set, own),
            ns::ROSTER => Reply::ErrorWith(String::new(), Condition::Forbidden),
            ns::DISCO_INFO if self.may_see(is_own) => Reply::Result(disco::account_info()),
            // Recorded: disco_items_own_bare.
            ns::DISCO_ITEMS if self.may_see(is_own) => {
                Reply::Result(format!("<query xmlns=\"{}\"></query>", ns::DISCO_ITEMS))
            }
            _ => Reply::Unknown,
        }
    }

    /// Openfire tells anybody about any account (recorded: disco_info_other_bare).
    fn may_see(&self, is_own: bool) -> bool {
        is_own || self.profile.routing == Manner::Openfire
    }

    /// XEP-0199 §4. A ping of type set is never answered (recorded: ping_set).
    fn ping(&self, set: bool) -> Reply {
        match (set, self.profile.routing) {
            (false, _) => Reply::Result(String::new()),
            (true, Manner::Openfire) => Reply::Silence,
            (true, Manner::Rfc) => Reply::Error(Condition::BadRequest),
        }
    }

    /// The contacts of an account.
    fn roster(&self, query: &Element, set: bool, own: &Jid) -> Reply {
        if set {
            return Reply::ErrorWith(String::new(), Condition::ItemNotFound);
        }
        if !self.keeps_contacts() {
            // Recorded: var1_roster_off.
            return Reply::Result(format!("<query xmlns=\"{}\"/>", ns::ROSTER));
        }
        let roster = self.contacts.roster(&own.bare());
        // Recorded: roster_get_same_ver.
        if query.attr("ver") == Some(roster.version().as_str()) {
            return Reply::Result(String::new());
        }
        Reply::Result(roster.query())
    }

    pub(crate) fn answer(
        &mut self,
        id: ConnectionId,
        iq: &Element,
        own: &Jid,
        to: Option<&Jid>,
        reply: Reply,
    ) {
        let address = own.to_string();
        let text = match reply {
            Reply::Result(payload) => iq_result(&self.reply_base(iq, own, to), &address, &payload),
            Reply::ErrorWith(payload, condition) => {
                iq_error(iq, &address, &payload, &condition.error(self.profile.legacy_codes, ""))
            }
            Reply::Error(condition) => {
                self.refuse(id, iq, condition);
                return;
            }
            Reply::Silence => return,
            Reply::Unknown => {
                // Recorded: unknown_ns_domain against unknown_ns_no_to; RFC 6120 §8.3.3.19 has one condition for both.
                let to_domain = to.is_some_and(|to| self.is_domain(to));
                let not_implemented = to_domain && self.profile.routing == Manner::Openfire;
                self.refuse(
                    id,
                    iq,
                    if not_implemented {
                        Condition::FeatureNotImplemented
                    } else {
                        Condition::ServiceUnavailable
                    },
                );
                return;
            }
        };
        self.say(id, text);
    }

    /// The answer to a roster request never has a `from` (recorded: roster_get_own_bare).
    fn reply_base(&self, iq: &Element, own: &Jid, to: Option<&Jid>) -> Element {
        let mut base = iq.clone();
        let roster = iq.children().next().is_some_and(|child| child.name.ns == ns::ROSTER);
        if roster && to == Some(&own.bare()) {
            set_attr(&mut base, "to", None);
        }
        base
    }

    /// A result: for another session, or for a question of the server.
    fn result(&mut self, id: ConnectionId, iq: &Element, to: Option<&Jid>) {
        if to.is_some_and(|to| {
            to.domain != self.domain || (to.local.is_some() && to.resource.is_some())
        }) {
            self.forward_answer(iq, to);
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
        if !known && self.profile.routing == Manner::Openfire {
            // Recorded: stray_result_unknown_ns, stray_result_unknown_ns_domain, stray_result_other_user.
            self.stream_error(id, "internal-server-error");
        }
    }

    /// Answers to another session go there; all others are forgotten (recorded: stray_error).
    fn forward_answer(&mut self, iq: &Element, to: Option<&Jid>) {
        if let Some(receiver) = to.and_then(|to| self.sessions.find(to)) {
            self.say_to_session(receiver, stanza_text(iq, ""));
        }
    }
}
