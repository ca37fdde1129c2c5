//! The services with host names of their own: publish-subscribe, chat rooms and the file transfer
//! proxy of a stock server.

use stanza::{Attribute, Element, Jid, Name, Node, ns};

use super::carbons;
use super::commands::{self, COMMANDS};
use super::iq_stanza::{Iq, Kind};
use super::registration::REGISTER;
use super::reply::Reply;
use crate::context::Context;
use crate::ids;
use crate::outgoing::ElementKind;
use crate::spelling::{Condition, echo_with, is_caps_node, set_attr, stanza_text, take_out_error};
use crate::stream::Stream;

const SEARCH: &str = "jabber:iq:search";
/// The one command of publish-subscribe (XEP-0060 §8.7).
const GET_PENDING: &str = "http://jabber.org/protocol/pubsub#get-pending";
/// XEP-0359.
const STANZA_ID: &str = "urn:xmpp:sid:0";
const BYTESTREAMS: &str = "http://jabber.org/protocol/bytestreams";

/// The port of the proxy (XEP-0065).
const PROXY_PORT: u16 = 7777;

/// A service with a host name of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Component {
    PubSub,
    /// Chat rooms. They are always empty here.
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

/// The form to search rooms with (recorded by generated conversations with `conference.`).
const SEARCH_FORM: &str = "<x xmlns=\"jabber:x:data\" type=\"form\"><title>Chat Rooms Search</title>\
    <instructions>Instructions</instructions>\
    <field var=\"FORM_TYPE\" type=\"hidden\"><value>jabber:iq:search</value></field>\
    <field var=\"name\" type=\"text-single\" label=\"Name\"/>\
    <field var=\"name_is_exact_match\" type=\"boolean\" label=\"Name must match exactly\"/>\
    <field var=\"subject\" type=\"text-single\" label=\"Subject\"/>\
    <field var=\"num_users\" type=\"text-single\" label=\"Number of users\"/>\
    <field var=\"num_max_users\" type=\"text-single\" label=\"Max number allowed of users\"/>\
    <field var=\"include_password_protected\" type=\"boolean\" label=\"Include password protected rooms\"/></x>";

impl Component {
    /// The service at a host name.
    pub(super) fn at(cx: &Context, host: &str) -> Option<Self> {
        let name = host.strip_suffix(&cx.settings.domain)?.strip_suffix('.')?;
        match name {
            "pubsub" => Some(Self::PubSub),
            "conference" if cx.is_openfire() => Some(Self::Conference),
            "proxy" if cx.is_openfire() => Some(Self::Proxy),
            _ => None,
        }
    }

    /// The names of all of them, in the order in which Openfire lists them.
    pub(super) fn names(cx: &Context) -> &'static [(&'static str, &'static str)] {
        const ALL: [(&str, &str); 3] = [
            ("conference", "Public Chatrooms"),
            ("pubsub", "Publish-Subscribe service"),
            ("proxy", "Socks 5 Bytestreams Proxy"),
        ];
        if cx.is_openfire() { &ALL } else { &ALL[1..2] }
    }

    /// The reply of chat rooms or proxy to an iq.
    pub(super) fn reply(self, cx: &Context, iq: &Iq<'_>) -> Reply {
        match self {
            Self::PubSub => Reply::Silence,
            Self::Conference => conference(iq),
            Self::Proxy => proxy(cx, iq),
        }
    }
}

/// Whether an address is that of a service beside the server itself, or of something in it.
pub(super) fn is_component(cx: &Context, to: &Jid) -> bool {
    Component::at(cx, &to.domain).is_some()
}

/// The answer of the publish-subscribe service to requests that are not about it: it has no command
/// of administrators, and what is discovered cannot be changed.
pub(super) fn beside_pubsub(cx: &Context, iq: &Iq<'_>) -> Option<Reply> {
    let child = iq.child().filter(|_| cx.is_openfire())?;
    match child.name.ns.as_str() {
        COMMANDS if child.attr("node") != Some(GET_PENDING) => Some(commands::refusal(iq, child)),
        ns::DISCO_ITEMS if iq.is_set() => Some(Reply::Error(Condition::FeatureNotImplemented)),
        _ => None,
    }
}

/// The service answers for itself and for rooms, but for occupants of rooms nobody does.
fn conference(iq: &Iq<'_>) -> Reply {
    let (Some(to), Some(child)) = (iq.to, iq.child()) else {
        return Reply::Silence;
    };
    if !matches!(iq.kind, Kind::Get | Kind::Set) {
        return Reply::Silence;
    }
    let has_node = child.attr("node").is_some_and(|node| !is_caps_node(node));
    match child.name.ns.as_str() {
        _ if to.resource.is_some() => Reply::Error(Condition::BadRequest),
        REGISTER => Reply::Error(Condition::ItemNotFound),
        SEARCH => search(child),
        ns::DISCO_INFO if to.local.is_none() && !has_node => {
            Reply::Result(echo_with(child, CONFERENCE))
        }
        ns::DISCO_INFO => Reply::Error(Condition::ItemNotFound),
        ns::DISCO_ITEMS if iq.is_set() => Reply::Error(Condition::FeatureNotImplemented),
        ns::DISCO_ITEMS => Reply::Result(echo_with(child, "")),
        ns::PING => Reply::Result(String::new()),
        // Somebody who is not in a room asks its occupants, or the service asks itself.
        _ if to.local.is_some() => Reply::Error(Condition::BadRequest),
        _ => Reply::Error(Condition::FeatureNotImplemented),
    }
}

/// The form to search rooms with, whatever the type of the request, and nothing found for one that
/// is filled in (`IQMUCSearchHandler`): no room here has a name and is open.
fn search(query: &Element) -> Reply {
    let Some(form) = query.child(ns::DATA_FORMS, "x") else {
        return Reply::Result(format!("<query xmlns=\"{SEARCH}\">{SEARCH_FORM}</query>"));
    };
    let is_number = |text: String| text.is_empty() || text.parse::<i32>().is_ok();
    let numbers = form.children().filter(|field| {
        field.name.local == "field"
            && matches!(field.attr("var"), Some("num_users" | "num_max_users"))
    });
    let mut values = numbers.filter_map(|field| field.child(ns::DATA_FORMS, "value"));
    if !values.all(|value| is_number(value.text())) {
        return Reply::ErrorWith(String::new(), Condition::BadRequest);
    }
    let found = format!("<x xmlns=\"{}\" type=\"result\"/>", ns::DATA_FORMS);
    Reply::Result(format!("<query xmlns=\"{SEARCH}\">{found}</query>"))
}

fn proxy(cx: &Context, iq: &Iq<'_>) -> Reply {
    if !matches!(iq.kind, Kind::Get | Kind::Set) {
        return Reply::Silence;
    }
    let Some(child) = iq.child() else {
        return Reply::ErrorWith(String::new(), Condition::InternalServerError);
    };
    match child.name.ns.as_str() {
        ns::DISCO_INFO => Reply::Result(echo_with(child, PROXY)),
        ns::DISCO_ITEMS if iq.is_set() => Reply::Error(Condition::FeatureNotImplemented),
        ns::DISCO_ITEMS => Reply::Result(echo_with(child, "")),
        BYTESTREAMS if iq.is_set() => activation(child),
        BYTESTREAMS => Reply::Result(format!(
            "<query xmlns=\"{BYTESTREAMS}\"><streamhost jid=\"proxy.{}\" host=\"127.0.0.1\" port=\"{PROXY_PORT}\"/></query>",
            cx.settings.domain
        )),
        _ => Reply::Error(Condition::FeatureNotImplemented),
    }
}

/// No client ever connects to the proxy, so there is no transfer to activate.
fn activation(child: &Element) -> Reply {
    let target = child.children().find(|child| child.name.local == "activate").map(Element::text);
    match target.map(|target| Jid::parse(target.trim())) {
        Some(Ok(_)) => Reply::ErrorWith(String::new(), Condition::NotAllowed),
        Some(Err(_)) | None => Reply::ErrorWith(String::new(), Condition::InternalServerError),
    }
}

/// A message for a room. The room is empty, so it comes back with the id that the room gave it; the
/// service itself takes none.
pub(super) fn to_room(
    cx: &mut Context,
    stream: &Stream,
    message: &mut Element,
    room: &Jid,
    own: &Jid,
) {
    if room.local.is_none() || message.attr("type") == Some("error") {
        return;
    }
    carbons::take_out_private(message);
    let id = ids::uuid(&mut cx.chance);
    message.nodes.push(Node::Element(stanza_id(id, room.bare().to_string())));
    let mut answer = message.clone();
    set_attr(&mut answer, "to", Some(own.to_string()));
    set_attr(&mut answer, "from", Some(room.to_string()));
    set_attr(&mut answer, "type", Some("error".to_owned()));
    take_out_error(&mut answer);
    let error = Condition::RecipientUnavailable.error(cx.settings.profile.legacy_codes, "");
    stream.say(cx, ElementKind::Message, stanza_text(&answer, &error));
}

/// The id that a room gives a message (XEP-0359): made by the server, so it has no end tag.
fn stanza_id(id: String, by: String) -> Element {
    let attribute = |name: &str, value: String| Attribute { name: Name::new("", name), value };
    Element {
        name: Name::new(STANZA_ID, "stanza-id"),
        attrs: vec![attribute("id", id), attribute("by", by)],
        nodes: Vec::new(),
        spelling: Some(Box::default()),
    }
}
