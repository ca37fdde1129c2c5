//! Faults in the text of what the server sends: broken, or too big.

use stanza::{Element, Node};

use super::Part;

/// The filler of an element that is to be too big, in a namespace of no specification.
const PADDING: &str = "urn:example:padding";

/// An element, or the XML in the text of a notification, without its second half.
pub(crate) fn malformed(xml: &str, part: Part) -> String {
    changed(xml, part, &|text| first_half(text).to_owned())
}

/// An element with this change of the whole, or of the XML in its text where it has some.
pub(crate) fn changed(xml: &str, part: Part, change: &dyn Fn(&str) -> String) -> String {
    if part == Part::Payload
        && let Ok(mut message) = stanza::parse(xml)
        && change_payload(&mut message, change)
    {
        return stanza::print(&message);
    }
    change(xml)
}

/// Changes the first text below that describes an element: the payload of a notification is XML
/// within text.
fn change_payload(element: &mut Element, change: &dyn Fn(&str) -> String) -> bool {
    element.nodes.iter_mut().any(|node| match node {
        Node::Element(child) => change_payload(child, change),
        Node::Text(text) | Node::Cdata(text) if text.trim_start().starts_with('<') => {
            *text = change(text.trim());
            true
        }
        Node::Text(_) | Node::Cdata(_) | Node::Comment(_) => false,
    })
}

/// Half of an element is never well-formed: its end is missing.
fn first_half(text: &str) -> &str {
    &text[..text.floor_char_boundary(text.len() / 2)]
}

/// The element with an unknown child, so that it has at least this many octets.
pub(crate) fn padded(xml: &str, size: Option<u64>) -> String {
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
    let Ok(mut element) = stanza::parse(xml) else {
        return xml.to_owned();
    };
    let missing = size.saturating_sub(xml.len());
    let padding = Element::new(PADDING, "padding").with_text("x".repeat(missing));
    element.nodes.push(Node::Element(padding));
    stanza::print(&element)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"<message xmlns="jabber:client" from="pubsub.d" to="a@d" id="x"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="/n&amp;m"><item id="1"><notification xmlns="http://jabber.org/protocol/pubsub">&lt;Update&gt;&lt;data/&gt;&lt;/Update&gt;</notification></item></items></event></message>"#;

    #[test]
    fn halves_do_not_parse() {
        assert!(stanza::parse(&malformed(EVENT, Part::Stanza)).is_err());
        let outer = stanza::parse(&malformed(EVENT, Part::Payload)).expect("the stanza is whole");
        let item = outer.children().next().and_then(|event| event.children().next());
        let payload = item.and_then(|items| items.children().next()?.children().next());
        let inner = payload.expect("a payload").text();
        assert!(inner.starts_with("<Update>") && stanza::parse(&inner).is_err(), "{inner}");
    }

    #[test]
    fn padding_makes_it_big_and_leaves_it_whole() {
        let big = padded(EVENT, Some(100_000));
        assert!(big.len() >= 100_000 && stanza::parse(&big).is_ok());
    }
}
