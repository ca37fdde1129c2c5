//! Text of stanzas as Openfire 4.4 writes it: attribute order, legacy codes, and received elements
//! written back.

use std::borrow::Cow;

use stanza::{Attribute, Element, Jid, Layers, Name, Node, Writer, escape, ns};

/// The node of the server's capabilities (XEP-0115).
pub(crate) const CAPS_NODE: &str = "https://www.igniterealtime.org/projects/openfire/";

/// Whether a node of disco#info is that of capabilities, which counts as no node.
pub(crate) fn is_caps_node(node: &str) -> bool {
    node.strip_prefix(CAPS_NODE).is_some_and(|version| version.starts_with('#'))
}

/// Namespaces that Openfire's reader takes for that of a client's stanzas (`XMPPPacketReader`).
pub(crate) const CONTENT: [&str; 4] =
    ["jabber:server", "jabber:connectionmanager", "jabber:component:accept", ns::HTTP_BIND];

/// A stanza error condition (RFC 6120 §8.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    BadRequest,
    Conflict,
    FeatureNotImplemented,
    Forbidden,
    InternalServerError,
    ItemNotFound,
    JidMalformed,
    NotAcceptable,
    NotAllowed,
    NotAuthorized,
    PolicyViolation,
    RecipientUnavailable,
    RemoteServerNotFound,
    ResourceConstraint,
    ServiceUnavailable,
    UnexpectedRequest,
}

impl Condition {
    const ALL: [Self; 16] = [
        Self::BadRequest,
        Self::Conflict,
        Self::FeatureNotImplemented,
        Self::Forbidden,
        Self::InternalServerError,
        Self::ItemNotFound,
        Self::JidMalformed,
        Self::NotAcceptable,
        Self::NotAllowed,
        Self::NotAuthorized,
        Self::PolicyViolation,
        Self::RecipientUnavailable,
        Self::RemoteServerNotFound,
        Self::ResourceConstraint,
        Self::ServiceUnavailable,
        Self::UnexpectedRequest,
    ];

    /// The condition of this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|condition| condition.name() == name)
    }

    /// The element name of the condition.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::Conflict => "conflict",
            Self::FeatureNotImplemented => "feature-not-implemented",
            Self::Forbidden => "forbidden",
            Self::InternalServerError => "internal-server-error",
            Self::ItemNotFound => "item-not-found",
            Self::JidMalformed => "jid-malformed",
            Self::NotAcceptable => "not-acceptable",
            Self::NotAllowed => "not-allowed",
            Self::NotAuthorized => "not-authorized",
            Self::PolicyViolation => "policy-violation",
            Self::RecipientUnavailable => "recipient-unavailable",
            Self::RemoteServerNotFound => "remote-server-not-found",
            Self::ResourceConstraint => "resource-constraint",
            Self::ServiceUnavailable => "service-unavailable",
            Self::UnexpectedRequest => "unexpected-request",
        }
    }

    /// The legacy code and the type that Openfire sends with the condition (recorded: unknown_ns_*,
    /// ps_*).
    pub(crate) fn code_and_type(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest | Self::JidMalformed => (400, "modify"),
            Self::UnexpectedRequest => (400, "wait"),
            Self::NotAuthorized => (401, "auth"),
            Self::Forbidden => (403, "auth"),
            Self::ItemNotFound | Self::RemoteServerNotFound => (404, "cancel"),
            Self::RecipientUnavailable => (404, "wait"),
            Self::NotAllowed => (405, "cancel"),
            Self::NotAcceptable => (406, "modify"),
            // Never recorded; the type is that of XEP-0060 §6.1.3.9.
            Self::PolicyViolation => (406, "wait"),
            Self::Conflict => (409, "cancel"),
            Self::InternalServerError | Self::ResourceConstraint => (500, "wait"),
            Self::FeatureNotImplemented => (501, "cancel"),
            Self::ServiceUnavailable => (503, "cancel"),
        }
    }

    /// `<error …>` with the condition and `extra` behind it. `legacy_code` adds the code that RFC
    /// 6120 no longer knows.
    pub(crate) fn error(self, legacy_code: bool, extra: &str) -> String {
        let (code, kind) = self.code_and_type();
        let code = if legacy_code { format!("code=\"{code}\" ") } else { String::new() };
        format!(
            "<error {code}type=\"{kind}\"><{} xmlns=\"{}\"/>{extra}</error>",
            self.name(),
            ns::STANZA_ERRORS
        )
    }
}

/// The result of a request: attributes in the order type, id, from, to (Openfire's
/// `createResultIQ`).
pub(crate) fn iq_result(request: &Element, to: &str, payload: &str) -> String {
    iq_answer(request, "result", to, payload)
}

/// The error answer to a request; `echo` is the payload written back, empty when none is.
pub(crate) fn iq_error(request: &Element, to: &str, echo: &str, error: &str) -> String {
    iq_answer(request, "error", to, &format!("{echo}{error}"))
}

/// A whole stanza with `xmlns` first, then its attributes, then its content and `extra`.
///
/// A stanza that came in another namespace than its stream's goes on in that (generated
/// conversations of the area frame).
pub(crate) fn stanza_text(stanza: &Element, extra: &str) -> String {
    if let Some(foreign) = foreign_namespace(stanza) {
        let mut as_came = stanza.clone();
        requalify(&mut as_came, &|element| {
            // A child's own declaration holds for it.
            let is_moved = element.name.ns == ns::CLIENT
                && default_of(element).is_none_or(|default| default == foreign);
            if is_moved {
                foreign.clone_into(&mut element.name.ns);
            }
            is_moved
        });
        let mut writer = Dom4j::default();
        let is_none = foreign.is_empty();
        writer.root(&as_came, &if is_none { extra.into() } else { without_namespace(extra) });
        return writer.xml.finish();
    }
    let mut writer = Dom4j::default();
    writer.root(stanza, extra);
    writer.xml.finish()
}

/// The same error inside an element of another namespace than that of stanzas: Openfire makes
/// errors in none (`PacketError`).
pub(crate) fn without_namespace(error: &str) -> Cow<'_, str> {
    match error.strip_prefix("<error ") {
        Some(rest) => Cow::Owned(format!("<error xmlns=\"\" {rest}")),
        None => Cow::Borrowed(error),
    }
}

/// A whole received element, with `extra` at the end of its content. The namespace that all stanzas
/// have is left out of its tag (recorded: preauth_*, unknown_element_*).
pub(crate) fn echo_root(element: &Element, extra: &str) -> String {
    let mut writer = Dom4j::default();
    if element.name.ns == ns::CLIENT {
        writer.namespaces.insert("", ns::CLIENT);
    }
    writer.root(element, extra);
    writer.xml.finish()
}

/// Moves an element, and what inherits its namespace, to another namespace: `move_one` does so with
/// one element, and says whether its children may inherit from it.
pub(crate) fn requalify(element: &mut Element, move_one: &impl Fn(&mut Element) -> bool) {
    if !move_one(element) {
        return;
    }
    for node in &mut element.nodes {
        if let Node::Element(child) = node {
            requalify(child, move_one);
        }
    }
}

/// The default namespace that a tag declares.
pub(crate) fn default_of(element: &Element) -> Option<&str> {
    let spelling = element.spelling.as_deref().filter(|spelling| spelling.prefix.is_empty())?;
    let mut declared = spelling.declared.iter();
    declared.find(|(prefix, _)| prefix.is_empty()).map(|(_, uri)| uri.as_str())
}

/// The namespace in which a stanza came, if that is not its stream's.
fn foreign_namespace(stanza: &Element) -> Option<&str> {
    let is_own = stanza.name.ns == ns::CLIENT;
    default_of(stanza).filter(|uri| is_own && *uri != ns::CLIENT)
}

/// Sets an attribute where it stands, appends it, or removes it, as dom4j does.
pub(crate) fn set_attr(element: &mut Element, local: &str, value: Option<String>) {
    let own = |attribute: &Attribute| attribute.name.ns.is_empty() && attribute.name.local == local;
    let position = element.attrs.iter().position(own);
    match (position, value) {
        (Some(position), Some(value)) => element.attrs[position].value = value,
        (Some(position), None) => {
            element.attrs.remove(position);
        }
        (None, Some(value)) => {
            element.attrs.push(Attribute { name: Name::new("", local), value });
        }
        (None, None) => {}
    }
}

/// The payload of an iq, as Openfire sees it: the first child with a namespace other than that of
/// stanzas.
pub(crate) fn payload(iq: &Element) -> Option<&Element> {
    iq.children().find(|child| !matches!(child.name.ns.as_str(), "" | ns::CLIENT))
}

/// Takes the error out of a stanza that gets another.
pub(crate) fn take_out_error(stanza: &mut Element) {
    let name = Name::new(&stanza.name.ns, "error");
    let is_error = |node: &Node| matches!(node, Node::Element(child) if child.name == name);
    if let Some(error) = stanza.nodes.iter().position(is_error) {
        stanza.nodes.remove(error);
    }
}

/// The child elements of a stanza, written back one after the other.
pub(crate) fn echo_children(stanza: &Element) -> String {
    stanza.children().map(|child| echo(child, &stanza.name.ns)).collect()
}

/// A received element as dom4j writes it inside an element whose default namespace is `parent_ns`.
pub(crate) fn echo<'e>(element: &'e Element, parent_ns: &'e str) -> String {
    echo_in(element, parent_ns, "")
}

/// The same with `extra` at the end of its content.
pub(crate) fn echo_in<'e>(element: &'e Element, parent_ns: &'e str, extra: &str) -> String {
    let mut writer = Dom4j::default();
    writer.namespaces.insert("", parent_ns);
    writer.write(element, extra, |_, _| true);
    writer.xml.finish()
}

/// A received payload of an iq written back with `extra` at the end of its content.
pub(crate) fn echo_with(element: &Element, extra: &str) -> String {
    echo_in(element, ns::CLIENT, extra)
}

/// The tag of a received payload of an iq written back, with another content.
pub(crate) fn in_tag_of(element: &Element, content: &str) -> String {
    let tag = Element { nodes: Vec::new(), ..element.clone() };
    echo_with(&tag, content)
}

/// The answer to an iq that Openfire makes for a server that it does not reach: a stanza of its
/// own, so that `to` comes before `from`.
pub(crate) fn iq_from_afar(request: &Element, to: &str, child: &Element, error: &str) -> String {
    let mut xml = Writer::default();
    xml.start("iq");
    xml.attr("xmlns", ns::CLIENT);
    xml.attr("type", "error");
    if let Some(id) = request.attr("id") {
        xml.attr("id", id);
    }
    xml.attr("to", to);
    if let Some(from) = request.attr("to") {
        xml.attr("from", from);
    }
    xml.raw(&echo(child, ns::CLIENT));
    xml.raw(error);
    xml.end("iq");
    xml.finish()
}

/// The answer to a message that Openfire makes for a server that it does not reach: a message of
/// its own, with the thread alone.
pub(crate) fn message_from_afar(message: &Element, to: &str, error: &str) -> String {
    let mut xml = Writer::default();
    xml.start("message");
    xml.attr("xmlns", ns::CLIENT);
    if let Some(id) = message.attr("id") {
        xml.attr("id", id);
    }
    xml.attr("to", to);
    if let Some(from) = message.attr("to") {
        xml.attr("from", from);
    }
    xml.attr("type", "error");
    if let Some(thread) = message.child(ns::CLIENT, "thread") {
        xml.start("thread");
        xml.text(&thread.text());
        xml.end("thread");
    }
    xml.raw(error);
    xml.end("message");
    xml.finish()
}

/// Writes elements as dom4j does: prefixes as they came; a namespace where it is not in force
/// already, that of the element's own name first; an element in whose tag one was declared is not
/// empty, so it gets an end tag (recorded: `<ping xmlns="urn:xmpp:ping"></ping>`, ev_payload_forms,
/// frame_deep).
#[derive(Default)]
struct Dom4j<'e> {
    xml: Writer,
    /// The namespaces of the prefixes in force.
    namespaces: Layers<'e, &'e str>,
    /// The prefixes that were declared last for each namespace, but for the default.
    prefixes: Layers<'e, &'e str>,
}

impl<'e> Dom4j<'e> {
    /// A whole message. Openfire's reader keeps no declaration of the namespace that all stanzas
    /// have, if it is the default (recorded: frame_stream_after_open).
    fn root(&mut self, element: &'e Element, extra: &str) {
        self.write(element, extra, |prefix, uri| !prefix.is_empty() || uri != ns::CLIENT);
    }

    fn element(&mut self, element: &'e Element) {
        self.write(element, "", |_, _| true);
    }

    /// An element with `extra` at the end; `keeps` tells which of the declarations in its tag
    /// count.
    fn write(&mut self, element: &'e Element, extra: &str, keeps: impl Fn(&str, &str) -> bool) {
        let outside = (self.namespaces.depth(), self.prefixes.depth());
        let (local, spelling) = (&element.name.local, element.spelling.as_deref());
        let prefix = match spelling {
            Some(spelling) => spelling.prefix.as_str(),
            None if element.name.ns == ns::STREAMS => "stream",
            None => "",
        };
        let name = if prefix.is_empty() { local.clone() } else { format!("{prefix}:{local}") };
        self.xml.start(&name);
        let is_new = self.declare(prefix, &element.name.ns);
        // An element made by the server has just the declaration that it needs.
        let mut declares = spelling.is_none() && is_new && keeps(prefix, &element.name.ns);
        for (prefix, uri) in spelling.into_iter().flat_map(|spelling| &spelling.declared) {
            if keeps(prefix, uri) {
                declares = true;
                self.declare(prefix, uri);
            }
        }
        for attribute in &element.attrs {
            self.attribute(attribute, spelling.is_some());
        }
        if declares {
            self.xml.content();
        }
        for node in &element.nodes {
            match node {
                Node::Element(child) => self.element(child),
                // White space of what a client sent stays as it is (generated conversations of the
                // area frame).
                Node::Text(text) if spelling.is_some() => {
                    self.xml.raw(&escape::text_with_space(text));
                }
                Node::Text(text) => self.xml.text(text),
                Node::Comment(text) => self.xml.raw(&format!("<!--{text}-->")),
                // Recorded: ev_payload_forms. No section holds its own end.
                Node::Cdata(text) => self.xml.raw(&format!("<![CDATA[{text}]]>")),
            }
        }
        if !extra.is_empty() {
            self.xml.raw(extra);
        }
        self.xml.end(&name);
        self.namespaces.back_to(outside.0);
        self.prefixes.back_to(outside.1);
    }

    fn attribute(&mut self, attribute: &Attribute, came: bool) {
        let prefix = match attribute.name.ns.as_str() {
            "" => String::new(),
            ns::XML => "xml:".to_owned(),
            uri => self.prefixes.get(uri).map(|prefix| format!("{prefix}:")).unwrap_or_default(),
        };
        let name = format!("{prefix}{}", attribute.name.local);
        if came {
            self.xml.raw_attr(&name, &escape::attr_with_space(&attribute.value));
        } else {
            self.xml.attr(&name, &attribute.value);
        }
    }

    /// Declares a namespace unless it is in force; whether it was not.
    fn declare(&mut self, prefix: &'e str, uri: &'e str) -> bool {
        if self.namespaces.get(prefix).copied().unwrap_or_default() == uri {
            return false;
        }
        let colon = if prefix.is_empty() { "" } else { ":" };
        self.xml.attr(&format!("xmlns{colon}{prefix}"), uri);
        self.namespaces.insert(prefix, uri);
        if !prefix.is_empty() {
            self.prefixes.insert(uri, prefix);
        }
        true
    }
}

fn iq_answer(request: &Element, kind: &str, to: &str, content: &str) -> String {
    let mut xml = Writer::default();
    xml.start("iq");
    xml.attr("xmlns", ns::CLIENT);
    xml.attr("type", kind);
    if let Some(id) = request.attr("id") {
        xml.attr("id", id);
    }
    // An empty `to` counts as none (recorded: openfire-measured C11).
    if let Some(from) = request.attr("to").filter(|from| !from.is_empty()) {
        xml.attr("from", from);
    }
    xml.attr("to", to);
    if !content.is_empty() {
        xml.raw(content);
    }
    xml.end("iq");
    xml.finish()
}

/// A presence that the server makes, with the addresses first.
pub(crate) fn presence_between(from: Option<&Jid>, to: Option<&Jid>) -> Element {
    let presence = Element::new(ns::CLIENT, "presence");
    let presence = match from {
        Some(from) => presence.with_attr("from", from.to_string()),
        None => presence,
    };
    match to {
        Some(to) => presence.with_attr("to", to.to_string()),
        None => presence,
    }
}

#[cfg(test)]
mod tests {
    use stanza::Rules;

    use super::*;

    fn echoed(xml: &str) -> String {
        let (element, _) =
            stanza::parse_with(xml, &Rules::OPENFIRE).expect("the test's XML is well-formed");
        echo(&element, ns::CLIENT)
    }

    #[test]
    fn an_empty_element_with_its_own_namespace_keeps_an_end_tag() {
        assert_eq!(
            echoed("<ping xmlns='urn:xmpp:ping'/>"),
            r#"<ping xmlns="urn:xmpp:ping"></ping>"#
        );
    }

    #[test]
    fn an_inherited_namespace_is_not_repeated() {
        assert_eq!(
            echoed(
                r#"<query xmlns="urn:example:unknown"><a b="c">text</a><d/><e xmlns="urn:example:unknown"/></query>"#
            ),
            r#"<query xmlns="urn:example:unknown"><a b="c">text</a><d/><e></e></query>"#
        );
    }

    #[test]
    fn prefixes_come_back() {
        for xml in [
            r#"<p:x xmlns:p="urn:lab"><p:y/></p:x>"#,
            r#"<x xmlns="urn:lab" xmlns:p="urn:p" p:a="1"></x>"#,
        ] {
            assert_eq!(echoed(xml), xml);
        }
    }

    #[test]
    fn quotes_are_escaped_in_attributes_only() {
        assert_eq!(
            echoed(r#"<body xmlns="jabber:client" a='"'>&lt;&amp;&gt;"'</body>"#),
            r#"<body a="&quot;">&lt;&amp;&gt;"'</body>"#
        );
    }

    #[test]
    fn an_error_answer_has_the_recorded_shape() {
        let iq = stanza::parse(
            r#"<iq xmlns="jabber:client" type="get" id="x1" to="D"><query xmlns="urn:example:unknown"/></iq>"#,
        )
        .expect("the test's XML is well-formed");
        let error = Condition::FeatureNotImplemented.error(true, "");
        assert_eq!(
            iq_error(&iq, "A4/desktop", &echo_children(&iq), &error),
            r#"<iq xmlns="jabber:client" type="error" id="x1" from="D" to="A4/desktop"><query xmlns="urn:example:unknown"></query><error code="501" type="cancel"><feature-not-implemented xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></iq>"#
        );
    }
}
