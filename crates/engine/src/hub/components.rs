//! The other services of a stock server, as far as they were recorded: chat rooms and the file
//! transfer proxy.

use stanza::{Element, Jid, ns};

use super::reply::Reply;
use crate::context::Context;

/// A service with a host name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Component {
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

/// The reply to a request, if its address is that of a service.
pub(super) fn reply(cx: &Context, iq: &Element, to: &Jid) -> Option<Reply> {
    let component = component(cx, to)?;
    let get = iq.attr("type") == Some("get");
    let asked = iq.children().next().filter(|_| get).map(|child| child.name.ns.as_str());
    Some(match (asked, component) {
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
    })
}

/// Whether an address is that of a service beside the server itself, or of something in it.
pub(super) fn is_component(cx: &Context, to: &Jid) -> bool {
    let service = to.domain.strip_suffix(&format!(".{}", cx.settings.domain));
    matches!(service, Some("pubsub" | "conference" | "proxy"))
}

fn component(cx: &Context, to: &Jid) -> Option<Component> {
    if !cx.is_openfire() || to.local.is_some() || to.resource.is_some() {
        return None;
    }
    match to.domain.strip_suffix(&format!(".{}", cx.settings.domain)) {
        Some("conference") => Some(Component::Conference),
        Some("proxy") => Some(Component::Proxy),
        _ => None,
    }
}
