//! The other services of a stock server, as far as they were recorded: chat rooms and the file transfer proxy.

use stanza::{Element, Jid, ns};

use crate::connection::ConnectionId;
use crate::engine::Engine;
use crate::iq::Reply;
use crate::profile::Manner;

/// A service with a host name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Component {
    Conference,
    Proxy,
}

/// Recorded: disco_info_conference.
const CONFERENCE: &str = "<identity category=\"conference\" name=\"Public Chatrooms\" type=\"text\"/>\
    <identity category=\"directory\" name=\"Public Chatroom Search\" type=\"chatroom\"/>\
    <feature var=\"http://jabber.org/protocol/muc\"/><feature var=\"http://jabber.org/protocol/disco#info\"/>\
    <feature var=\"http://jabber.org/protocol/disco#items\"/><feature var=\"jabber:iq:search\"/>\
    <feature var=\"http://jabber.org/protocol/rsm\"/>";

/// Recorded: disco_info_proxy.
const PROXY: &str = "<identity category=\"proxy\" name=\"SOCKS5 Bytestreams Service\" type=\"bytestreams\"/>\
    <feature var=\"http://jabber.org/protocol/bytestreams\"/><feature var=\"http://jabber.org/protocol/disco#info\"/>";

impl Engine {
    /// The service that an address belongs to.
    pub(crate) fn component(&self, to: &Jid) -> Option<Component> {
        if self.profile.routing != Manner::Openfire || to.local.is_some() || to.resource.is_some() {
            return None;
        }
        match to.domain.strip_suffix(&format!(".{}", self.domain)) {
            Some("conference") => Some(Component::Conference),
            Some("proxy") => Some(Component::Proxy),
            _ => None,
        }
    }

    /// Answers a request to a service.
    pub(crate) fn ask_component(
        &mut self,
        id: ConnectionId,
        iq: &Element,
        own: &Jid,
        to: &Jid,
        component: Component,
    ) {
        let get = iq.attr("type") == Some("get");
        let asked = iq.children().next().filter(|_| get).map(|child| child.name.ns.as_str());
        let reply = match (asked, component) {
            (Some(ns::DISCO_INFO), component) => Reply::Result(format!(
                "<query xmlns=\"{}\">{}</query>",
                ns::DISCO_INFO,
                match component {
                    Component::Conference => CONFERENCE,
                    Component::Proxy => PROXY,
                }
            )),
            // Recorded: ping_conference.
            (Some(ns::PING), Component::Conference) => Reply::Result(String::new()),
            _ => Reply::Unknown,
        };
        self.answer(id, iq, own, Some(to), reply);
    }
}
