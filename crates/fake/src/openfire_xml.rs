//! Text of stanzas as Openfire 4.4 writes it: attribute order, legacy codes, and received elements written back.

use stanza::{Attribute, Element, Name, Node, escape, ns};

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
    RemoteServerNotFound,
    ResourceConstraint,
    ServiceUnavailable,
    UnexpectedRequest,
}

impl Condition {
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
            Self::RemoteServerNotFound => "remote-server-not-found",
            Self::ResourceConstraint => "resource-constraint",
            Self::ServiceUnavailable => "service-unavailable",
            Self::UnexpectedRequest => "unexpected-request",
        }
    }

    /// The legacy code and the type that Openfire sends with the condition (recorded: unknown_ns_*, ps_*).
    pub(crate) fn code_and_type(self) -> (u16, &'static str) {
        match self {
            Self::BadRequest | Self::JidMalformed => (400, "modify"),
            Self::UnexpectedRequest => (400, "wait"),
            Self::NotAuthorized => (401, "auth"),
            Self::Forbidden => (403, "auth"),
            Self::ItemNotFound | Self::RemoteServerNotFound => (404, "cancel"),
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

    /// `<error …>` with the condition and `extra` behind it. `legacy_code` adds the code that RFC 6120 no longer knows.
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

/// The result of a request: attributes in the order type, id, from, to (Openfire's `createResultIQ`).
pub(crate) fn iq_result(request: &Element, to: &str, payload: &str) -> String {
    iq_answer(request, "result", to, payload)
}

/// The error answer to a request; `echo` is the payload written back, empty when none is.
pub(crate) fn iq_error(request: &Element, to: &str, echo: &str, error: &str) -> String {
    iq_answer(request, "error", to, &format!("{echo}{error}"))
}

/// A whole stanza with `xmlns` first, then its attributes, then its content and `extra`.
pub(crate) fn stanza_text(stanza: &Element, extra: &str) -> String {
    let mut out = format!("<{} xmlns=\"{}\"", stanza.name.local, ns::CLIENT);
    for attribute in &stanza.attrs {
        let value = escape::attr(&attribute.value);
        out.push_str(&format!(" {}=\"{value}\"", attribute_name(attribute)));
    }
    if stanza.nodes.is_empty() && extra.is_empty() {
        out.push_str("/>");
        return out;
    }
    out.push('>');
    for node in &stanza.nodes {
        match node {
            Node::Element(child) => write_element(&mut out, child, &stanza.name.ns),
            Node::Text(text) => out.push_str(&escape::text(text)),
            Node::Cdata(text) => out.push_str(&format!("<![CDATA[{text}]]>")),
        }
    }
    out.push_str(&format!("{extra}</{}>", stanza.name.local));
    out
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

/// The child elements of a stanza, written back one after the other.
pub(crate) fn echo_children(stanza: &Element) -> String {
    stanza.children().map(|child| echo(child, &stanza.name.ns)).collect()
}

/// A received element as dom4j writes it: `xmlns` only where the namespace changes, and an empty element with an
/// own `xmlns` as start and end tag (recorded: `<ping xmlns="urn:xmpp:ping"></ping>`).
pub(crate) fn echo(element: &Element, parent_ns: &str) -> String {
    let mut out = String::new();
    write_element(&mut out, element, parent_ns);
    out
}

fn write_element(out: &mut String, element: &Element, parent_ns: &str) {
    let (name, declared) = start_tag_name(element, parent_ns);
    out.push('<');
    out.push_str(&name);
    if let Some(declaration) = &declared {
        out.push_str(declaration);
    }
    for attribute in &element.attrs {
        out.push(' ');
        out.push_str(&attribute_name(attribute));
        out.push_str("=\"");
        out.push_str(&escape::attr(&attribute.value));
        out.push('"');
    }
    if element.nodes.is_empty() && declared.is_none() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    // The children of a prefixed element stand in no default namespace.
    let inner_ns = if name.contains(':') { "" } else { element.name.ns.as_str() };
    for node in &element.nodes {
        match node {
            Node::Element(child) => write_element(out, child, inner_ns),
            Node::Text(text) => out.push_str(&escape::text(text)),
            // Recorded: ev_payload_forms. No section holds its own end.
            Node::Cdata(text) => out.push_str(&format!("<![CDATA[{text}]]>")),
        }
    }
    out.push_str("</");
    out.push_str(&name);
    out.push('>');
}

fn start_tag_name(element: &Element, parent_ns: &str) -> (String, Option<String>) {
    let local = &element.name.local;
    if element.name.ns == ns::STREAMS {
        let declaration = format!(" xmlns:stream=\"{}\"", ns::STREAMS);
        return (format!("stream:{local}"), Some(declaration));
    }
    if element.name.ns == parent_ns {
        return (local.clone(), None);
    }
    let declaration = format!(" xmlns=\"{}\"", escape::attr(&element.name.ns));
    (local.clone(), Some(declaration))
}

fn attribute_name(attribute: &Attribute) -> String {
    if attribute.name.ns == ns::XML {
        format!("xml:{}", attribute.name.local)
    } else {
        attribute.name.local.clone()
    }
}

fn iq_answer(request: &Element, kind: &str, to: &str, content: &str) -> String {
    let mut out = format!("<iq xmlns=\"{}\" type=\"{kind}\"", ns::CLIENT);
    if let Some(id) = request.attr("id") {
        out.push_str(&format!(" id=\"{}\"", escape::attr(id)));
    }
    // An empty `to` counts as none (recorded: openfire-measured C11).
    if let Some(from) = request.attr("to").filter(|from| !from.is_empty()) {
        out.push_str(&format!(" from=\"{}\"", escape::attr(from)));
    }
    out.push_str(&format!(" to=\"{}\"", escape::attr(to)));
    if content.is_empty() {
        out.push_str("/>");
    } else {
        out.push_str(&format!(">{content}</iq>"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echoed(xml: &str) -> String {
        let element = stanza::parse(xml).expect("the test's XML is well-formed");
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
                r#"<query xmlns="urn:example:unknown"><a b="c">text</a><d xmlns="urn:example:unknown"/></query>"#
            ),
            r#"<query xmlns="urn:example:unknown"><a b="c">text</a><d/></query>"#
        );
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
