//! Faults that change one place of an element: an attribute, a text, the condition of an error.

use stanza::{Attribute, Element, Name, Node, ns};

/// Puts a text into a place, or takes the place out: `NAME` for the first element of this name,
/// `NAME@ATTRIBUTE` for its attribute, `@ATTRIBUTE` for one of the element itself.
pub(crate) fn altered(xml: &str, place: &str, to: Option<&str>) -> String {
    let Ok(mut element) = stanza::parse(xml) else {
        return xml.to_owned();
    };
    let (name, attribute) = match place.split_once('@') {
        Some((name, attribute)) => (name, Some(attribute)),
        None => (place, None),
    };
    let is_meant = |element: &Element| name.is_empty() || element.name.local == name;
    match (attribute, to, find(&mut element, &is_meant)) {
        (Some(attribute), to, Some(found)) => set(found, attribute, to),
        (None, Some(to), Some(found)) => found.nodes = vec![Node::Text(to.to_owned())],
        (None, None, Some(_)) => {
            remove(&mut element, &is_meant);
        }
        (_, _, None) => {}
    }
    stanza::print(&element)
}

/// Gives an error of a stanza, of a stream or of a login another condition.
pub(crate) fn with_condition(xml: &str, condition: &str) -> String {
    const ERRORS: [&str; 3] = [ns::STANZA_ERRORS, ns::STREAM_ERRORS, ns::SASL];
    let Ok(mut element) = stanza::parse(xml) else {
        return xml.to_owned();
    };
    let is_condition = |element: &Element| {
        ERRORS.contains(&element.name.ns.as_str())
            && !matches!(element.name.local.as_str(), "failure" | "text")
    };
    if let Some(found) = find(&mut element, &is_condition) {
        condition.clone_into(&mut found.name.local);
    }
    stanza::print(&element)
}

fn find<'e>(
    element: &'e mut Element,
    is_meant: &dyn Fn(&Element) -> bool,
) -> Option<&'e mut Element> {
    if is_meant(element) {
        return Some(element);
    }
    element.nodes.iter_mut().find_map(|node| match node {
        Node::Element(child) => find(child, is_meant),
        Node::Text(_) | Node::Cdata(_) | Node::Comment(_) => None,
    })
}

/// Takes out an element within; true if there was one.
fn remove(element: &mut Element, is_meant: &dyn Fn(&Element) -> bool) -> bool {
    let is_it = |node: &Node| matches!(node, Node::Element(child) if is_meant(child));
    if let Some(at) = element.nodes.iter().position(is_it) {
        element.nodes.remove(at);
        return true;
    }
    element.nodes.iter_mut().any(|node| match node {
        Node::Element(child) => remove(child, is_meant),
        Node::Text(_) | Node::Cdata(_) | Node::Comment(_) => false,
    })
}

/// Sets an attribute, or takes it out. That for the language is `xml:lang`.
fn set(element: &mut Element, attribute: &str, to: Option<&str>) {
    let name = match attribute.strip_prefix("xml:") {
        Some(local) => Name::new(ns::XML, local),
        None => Name::new("", attribute),
    };
    element.attrs.retain(|attribute| attribute.name != name);
    element.attrs.extend(to.map(|to| Attribute { name, value: to.to_owned() }));
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = r#"<iq xmlns="jabber:client" id="a" type="result"><pubsub xmlns="urn:p"><subscription node="/n" jid="j"/><name>old</name></pubsub></iq>"#;

    #[test]
    fn a_place_gets_another_text_or_none() {
        let changed = |place, to| altered(RESULT, place, to);
        assert_eq!(
            changed("@id", Some("b&")),
            RESULT.replace(r#" id="a" type="result""#, r#" type="result" id="b&amp;""#)
        );
        assert_eq!(changed("@id", None), RESULT.replace(r#" id="a""#, ""));
        assert_eq!(
            changed("@xml:lang", Some("eo")),
            RESULT.replace(r#""result">"#, r#""result" xml:lang="eo">"#)
        );
        assert_eq!(changed("subscription@jid", Some("k")), RESULT.replace(r#""j""#, r#""k""#));
        assert_eq!(changed("subscription@node", None), RESULT.replace(r#" node="/n""#, ""));
        assert_eq!(changed("name", Some("new")), RESULT.replace("old", "new"));
        assert_eq!(changed("name", None), RESULT.replace("<name>old</name>", ""));
    }

    #[test]
    fn a_place_that_is_not_there_changes_nothing() {
        assert_eq!(altered(RESULT, "nobody@jid", Some("k")), RESULT);
        assert_eq!(altered("<a", "@id", None), "<a");
        assert_eq!(with_condition(RESULT, "gone"), RESULT);
    }

    #[test]
    fn the_condition_changes_and_the_text_stays() {
        let error = r#"<message xmlns="jabber:client" type="error"><body>b</body><error type="cancel"><text xmlns="urn:ietf:params:xml:ns:xmpp-stanzas">t</text><conflict xmlns="urn:ietf:params:xml:ns:xmpp-stanzas"/></error></message>"#;
        assert_eq!(with_condition(error, "gone"), error.replace("<conflict", "<gone"));
        let failure = r#"<failure xmlns="urn:ietf:params:xml:ns:xmpp-sasl"><aborted/></failure>"#;
        assert_eq!(with_condition(failure, "x"), failure.replace("aborted", "x"));
    }
}
