//! The printer: a tree as text on one line, as on the wire.

use crate::element::{Element, Node};
use crate::qualify::{NamespaceScope, qualify};
use crate::writer::Writer;

/// Writes an element without any white space of its own.
///
/// Equal trees give equal texts: namespaces are declared where they change, `stream:` and `xml:`
/// keep their prefixes, attributes keep their order and get double quotes, an element without
/// content is `<x/>`.
pub fn print(element: &Element) -> String {
    let mut xml = Writer::default();
    write(&mut xml, element, NamespaceScope::default());
    xml.finish()
}

/// Writes an element and all that is in it on one line.
pub(crate) fn write(xml: &mut Writer, element: &Element, around: NamespaceScope<'_>) {
    let start = qualify(element, around);
    xml.start(&start.tag);
    for (name, value) in &start.attrs {
        xml.attr(name, value);
    }
    for node in &element.nodes {
        match node {
            Node::Element(child) => write(xml, child, start.inside),
            Node::Text(text) | Node::Cdata(text) => xml.text(text),
            Node::Comment(text) => xml.raw(&format!("<!--{text}-->")),
        }
    }
    xml.end(&start.tag);
}

#[cfg(test)]
mod tests {
    use crate::{Element, ns, parse, print};

    fn reprinted(input: &str) -> String {
        print(&parse(input).unwrap())
    }

    #[test]
    fn declares_namespaces_where_they_change() {
        for text in [
            r#"<iq xmlns="jabber:client" type="get" id="1"><ping xmlns="urn:xmpp:ping"/></iq>"#,
            r#"<a xmlns="u"><b xmlns=""><c/></b><d/></a>"#,
            r#"<a><b xmlns="u"><c/></b><d xml:lang="en"/></a>"#,
            r#"<stream:features xmlns:stream="http://etherx.jabber.org/streams"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"/></stream:features>"#,
            r#"<a xmlns="u" xmlns:n0="v" xmlns:n1="w" n0:x="1" n1:x="2" n0:y="3"/>"#,
            r#"<a xmlns="u" xmlns:xmpp="urn:xmpp:xbosh" xmlns:n1="w" xmpp:x="1" n1:x="2"/>"#,
        ] {
            assert_eq!(reprinted(text), text);
        }
    }

    #[test]
    fn drops_what_is_only_spelling() {
        assert_eq!(
            reprinted(
                "<c:iq  xmlns:c='jabber:client'\n id='&quot;' ><c:q></c:q><![CDATA[<]]></c:iq >"
            ),
            r#"<iq xmlns="jabber:client" id="&quot;"><q/>&lt;</iq>"#
        );
    }

    #[test]
    fn writes_characters_that_only_a_lenient_server_lets_in() {
        let body = Element::new(ns::CLIENT, "body").with_text("\0\u{1}");
        assert_eq!(print(&body), r#"<body xmlns="jabber:client">&#0;&#1;</body>"#);
    }
}
