//! Rules that are broken in what the fake says, for testing the suite.

use stanza::{Element, Node, escape, ns};

use super::installed::Faults;
use super::table::Name;
use crate::outgoing::{ElementKind, Outgoing};

/// Breaks the rules in an outgoing element that faults break.
pub(crate) fn distorted(faults: &Faults, outgoing: Outgoing) -> Outgoing {
    if let Some(watch) = faults.watch() {
        let changes =
            |name: &&Name| distort(**name, &outgoing).is_some_and(|it| it != outgoing.xml);
        Name::ALL.iter().filter(changes).for_each(|name| watch.borrow_mut().note(*name));
    }
    faults.names().fold(outgoing, |outgoing, name| {
        let xml = distort(name, &outgoing).unwrap_or(outgoing.xml);
        Outgoing { xml, ..outgoing }
    })
}

/// The text as this fault changes it; none if it does not.
fn distort(fault: Name, outgoing: &Outgoing) -> Option<String> {
    match (fault, outgoing.what) {
        (Name::DropNamespace, _) if outgoing.is_stanza() => {
            Some(outgoing.xml.replacen(&format!(" xmlns=\"{}\"", ns::CLIENT), "", 1))
        }
        (Name::ExtraElement, Some(ElementKind::Result)) => change(outgoing, |result| {
            // RFC 6120 §8.2.3: a result has one child at most.
            match result.nodes.first_mut() {
                Some(Node::Element(child)) => child.nodes.push(Node::Element(extra())),
                _ => result.nodes.push(Node::Element(extra())),
            }
        }),
        (Name::SecondChild, Some(ElementKind::Result)) => change(outgoing, |result| {
            result.nodes.push(Node::Element(extra()));
        }),
        (Name::UndeclaredPrefix, Some(ElementKind::Features | ElementKind::StreamError)) => {
            Some(outgoing.xml.replacen(&format!(" xmlns:stream=\"{}\"", ns::STREAMS), "", 1))
        }
        (Name::OfferMore, Some(ElementKind::Features)) => change(outgoing, |features| {
            let starttls = Element::new("urn:ietf:params:xml:ns:xmpp-tls", "starttls");
            let management = Element::new(ns::STREAM_MANAGEMENT, "sm");
            features.nodes.extend([starttls, management].map(Node::Element));
        }),
        (Name::DeclareXml, _) => Some(format!("<?xml version=\"1.0\"?>{}", outgoing.xml)),
        (Name::LoseTo, Some(ElementKind::Message | ElementKind::Presence)) => {
            change(outgoing, |stanza| {
                stanza.attrs.retain(|attribute| attribute.name.local != "to");
            })
        }
        (Name::StripContent, Some(ElementKind::Message)) => change(outgoing, |message| {
            message.nodes.retain(
                |node| !matches!(node, Node::Element(child) if child.name.ns != ns::CLIENT),
            );
        }),
        (
            Name::WrongErrorTypes,
            Some(ElementKind::Error | ElementKind::Message | ElementKind::Presence),
        ) => change(outgoing, |stanza| {
            for node in &mut stanza.nodes {
                if let Node::Element(child) = node
                    && child.is(ns::CLIENT, "error")
                {
                    let types =
                        child.attrs.iter_mut().filter(|attribute| attribute.name.local == "type");
                    types.for_each(|attribute| "grave".clone_into(&mut attribute.value));
                }
            }
        }),
        (Name::NoDetails, Some(ElementKind::Error)) => change(outgoing, |stanza| {
            for node in &mut stanza.nodes {
                if let Node::Element(error) = node {
                    error.nodes.retain(|node| {
                        !matches!(node, Node::Element(it) if it.name.ns == ns::PUBSUB_ERRORS)
                    });
                }
            }
        }),
        (Name::KeepPrefix, Some(ElementKind::Message)) => {
            let stanza = outgoing.xml.replacen("<message xmlns=", "<c:message xmlns:c=", 1);
            let stanza = stanza.replace("<body", "<c:body").replace("</body", "</c:body");
            Some(stanza.replace("</message>", "</c:message>"))
        }
        (Name::HidePing, Some(ElementKind::Result)) => change(outgoing, |result| {
            for query in result.nodes.iter_mut() {
                if let Node::Element(query) = query {
                    query.nodes.retain(|node| !announces_ping(node));
                }
            }
        }),
        (Name::RawPayload, Some(ElementKind::Event)) => change(outgoing, unescape),
        (Name::SameIds, Some(ElementKind::Event)) => change(outgoing, |event| {
            let ids = event.attrs.iter_mut().filter(|attribute| attribute.name.local == "id");
            ids.for_each(|id| id.value = "same".to_owned());
        }),
        (Name::EventsNoEmptyElements, Some(ElementKind::Event)) => change(outgoing, thin_out),
        (Name::RenameAttributesOrder, _) => {
            stanza::parse(&outgoing.xml).ok().map(|element| renamed(&element))
        }
        _ => None,
    }
}

fn extra() -> Element {
    Element::new("urn:example:extra", "extra")
}

fn announces_ping(node: &Node) -> bool {
    matches!(node, Node::Element(feature) if feature.attr("var") == Some("urn:xmpp:ping"))
}

/// The text of a changed element.
fn change(outgoing: &Outgoing, how: impl FnOnce(&mut Element)) -> Option<String> {
    let mut element = stanza::parse(&outgoing.xml).ok()?;
    how(&mut element);
    Some(stanza::print(&element))
}

/// Takes the empty elements out of all text that describes an element.
fn thin_out(element: &mut Element) {
    for node in &mut element.nodes {
        match node {
            Node::Element(child) => thin_out(child),
            Node::Text(text) | Node::Cdata(text) => {
                if let Ok(mut described) = stanza::parse(text.trim()) {
                    without_empty(&mut described);
                    *text = stanza::print(&described);
                }
            }
            Node::Comment(_) => {}
        }
    }
}

fn without_empty(element: &mut Element) {
    element.nodes.retain(|node| !matches!(node, Node::Element(child) if child.nodes.is_empty()));
    for node in &mut element.nodes {
        if let Node::Element(child) = node {
            without_empty(child);
        }
    }
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
            Node::Comment(_) => {}
        }
    }
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
            Node::Comment(_) => {}
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
        let distorted =
            distort(Name::RenameAttributesOrder, &Outgoing::new(ElementKind::Request, xml))
                .expect("it is changed");
        assert_ne!(distorted, xml);
        let (mut before, mut after) = (parsed(xml), parsed(&distorted));
        before.attrs.sort_by(|a, b| a.name.local.cmp(&b.name.local));
        after.attrs.sort_by(|a, b| a.name.local.cmp(&b.name.local));
        assert_eq!(before, after);
    }

    #[test]
    fn the_xml_in_an_event_loses_its_empty_elements() {
        let xml = r#"<message xmlns="jabber:client"><item/><notification>&lt;Update&gt;
  &lt;a&gt;&lt;b/&gt;&lt;c&gt;1&lt;/c&gt;&lt;/a&gt;
&lt;/Update&gt;</notification></message>"#;
        let distorted =
            distort(Name::EventsNoEmptyElements, &Outgoing::new(ElementKind::Event, xml));
        let message = parsed(&distorted.expect("it is changed"));
        let update = parsed(&message.children().last().expect("a notification").text());
        assert!(message.children().any(|child| child.name.local == "item"), "the rest stays");
        let a = update.children().next().expect("the element with content stays");
        let names: Vec<&str> = a.children().map(|child| child.name.local.as_str()).collect();
        assert_eq!(names, ["c"]);
    }

    #[test]
    fn results_gain_an_element() {
        let result = Outgoing::new(ElementKind::Result, RESULT);
        let changed = parsed(&distort(Name::ExtraElement, &result).expect("it is changed"));
        assert_eq!(changed.children().count(), 1);
    }

    #[test]
    fn the_namespace_is_dropped_from_stanzas_alone() {
        let result = Outgoing::new(ElementKind::Result, RESULT);
        let dropped = distort(Name::DropNamespace, &result);
        assert_eq!(dropped.as_deref(), Some(r#"<iq type="result" id="a"/>"#));
        let features = "<features xmlns=\"http://etherx.jabber.org/streams\"/>";
        let features = Outgoing::new(ElementKind::Features, features);
        assert_eq!(distort(Name::DropNamespace, &features), None);
    }

    fn parsed(xml: &str) -> Element {
        stanza::parse(xml).expect("the test's XML is well-formed")
    }
}
