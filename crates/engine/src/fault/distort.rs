//! Rules that are broken in what the fake says, for testing the suite.

use stanza::{Element, Node, escape, ns};

use super::installed::Faults;
use super::table::Name;

/// An outgoing element as the faults leave it that break a rule in what is said.
pub(super) fn distorted(faults: &Faults, xml: String) -> String {
    faults.list().iter().fold(xml, |xml, installed| distort(installed.fault.name, xml))
}

fn distort(fault: Name, xml: String) -> String {
    match fault {
        Name::DropNamespace => drop_namespace(xml),
        Name::LoseIqId => change(xml, |result| {
            result.attrs.retain(|attribute| attribute.name.local != "id");
        }),
        Name::ExtraElement => change(xml, |result| {
            let extra = Element::new("urn:example:extra", "extra");
            result.nodes.push(Node::Element(extra));
        }),
        Name::RawPayload if is_event(&xml) => match stanza::parse(&xml) {
            Ok(mut element) => {
                unescape(&mut element);
                stanza::print(&element)
            }
            Err(_) => xml,
        },
        Name::RenameAttributesOrder => match stanza::parse(&xml) {
            Ok(element) => renamed(&element),
            Err(_) => xml,
        },
        _ => xml,
    }
}

/// Whether an outgoing stanza notifies of a publication (XEP-0060 §7.1.2).
fn is_event(xml: &str) -> bool {
    xml.starts_with("<message ") && xml.contains(ns::PUBSUB_EVENT)
}

/// Puts elements in place of all text that describes one.
fn unescape(element: &mut Element) {
    for node in &mut element.nodes {
        match node {
            Node::Element(child) => unescape(child),
            Node::Text(text) | Node::Cdata(text) => {
                if let Ok(described) = stanza::parse(text.trim()) {
                    *node = Node::Element(described);
                }
            }
        }
    }
}

fn is_result(element: &Element) -> bool {
    element.is(ns::CLIENT, "iq") && element.attr("type") == Some("result")
}

/// Changes a result; everything else stays.
fn change(xml: String, how: impl FnOnce(&mut Element)) -> String {
    let Ok(mut element) = stanza::parse(&xml) else {
        return xml;
    };
    if !is_result(&element) {
        return xml;
    }
    how(&mut element);
    stanza::print(&element)
}

fn drop_namespace(xml: String) -> String {
    let is_stanza = ["<iq ", "<message ", "<presence "].iter().any(|start| xml.starts_with(start));
    if is_stanza { xml.replacen(&format!(" xmlns=\"{}\"", ns::CLIENT), "", 1) } else { xml }
}

/// The same element with every name prefixed and every list of attributes turned round.
fn renamed(element: &Element) -> String {
    let mut out = String::new();
    write_renamed(&mut out, element, 0);
    out
}

fn write_renamed(out: &mut String, element: &Element, depth: usize) {
    let name = if element.name.ns.is_empty() {
        element.name.local.clone()
    } else {
        format!("n{depth}:{}", element.name.local)
    };
    out.push('<');
    out.push_str(&name);
    for attribute in element.attrs.iter().rev() {
        let prefix = match attribute.name.ns.as_str() {
            "" => String::new(),
            ns::XML => "xml:".to_owned(),
            other => {
                out.push_str(&format!(" xmlns:a{depth}=\"{}\"", escape::attr(other)));
                format!("a{depth}:")
            }
        };
        let value = escape::attr(&attribute.value);
        out.push_str(&format!(" {prefix}{}=\"{value}\"", attribute.name.local));
    }
    if !element.name.ns.is_empty() {
        let uri = escape::attr(&element.name.ns);
        out.push_str(&format!(" xmlns:n{depth}=\"{uri}\""));
    }
    if element.nodes.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for node in &element.nodes {
        match node {
            Node::Element(child) => write_renamed(out, child, depth + 1),
            Node::Text(text) | Node::Cdata(text) => out.push_str(&escape::text(text)),
        }
    }
    out.push_str(&format!("</{name}>"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = r#"<iq xmlns="jabber:client" type="result" id="a"/>"#;

    #[test]
    fn renaming_keeps_the_meaning() {
        let xml = r#"<iq xmlns="jabber:client" type="get" id="a"><query xmlns="urn:x" b="&lt;"><c>t</c></query></iq>"#;
        let distorted = distort(Name::RenameAttributesOrder, xml.to_owned());
        assert_ne!(distorted, xml);
        let (mut before, mut after) = (parsed(xml), parsed(&distorted));
        before.attrs.sort_by(|a, b| a.name.local.cmp(&b.name.local));
        after.attrs.sort_by(|a, b| a.name.local.cmp(&b.name.local));
        assert_eq!(before, after);
    }

    #[test]
    fn results_lose_their_id_or_gain_an_element() {
        assert_eq!(parsed(&distort(Name::LoseIqId, RESULT.to_owned())).attr("id"), None);
        let fuller = parsed(&distort(Name::ExtraElement, RESULT.to_owned()));
        assert_eq!(fuller.children().count(), 1);
    }

    #[test]
    fn the_namespace_is_dropped_from_stanzas_alone() {
        assert_eq!(
            distort(Name::DropNamespace, RESULT.to_owned()),
            r#"<iq type="result" id="a"/>"#
        );
        let features = "<features xmlns=\"http://etherx.jabber.org/streams\"/>";
        assert_eq!(distort(Name::DropNamespace, features.to_owned()), features);
    }

    fn parsed(xml: &str) -> Element {
        stanza::parse(xml).expect("the test's XML is well-formed")
    }
}
