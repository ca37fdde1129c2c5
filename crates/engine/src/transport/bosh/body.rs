//! Bodies as text (XEP-0124 §4).

use super::Condition;
use stanza::ns::HTTP_BIND;

/// The last body of a session that ends with a condition.
pub(super) fn terminated(condition: Condition) -> String {
    let name = condition.name();
    format!("<body xmlns=\"{HTTP_BIND}\" type=\"terminate\" condition=\"{name}\"/>")
}

/// A stanza as it stands in a body. Openfire puts the namespace at the end of the tag: it is the
/// last thing that it adds to a stanza for a session (recorded: bosh_rid_repeat).
pub(super) fn with_namespace_last(element: &str) -> String {
    const CLIENT: &str = " xmlns=\"jabber:client\"";
    let Some(tag) = element.find('>').map(|end| &element[..end]) else {
        return element.to_owned();
    };
    let name = tag.find(' ').unwrap_or(tag.len());
    if !tag[name..].starts_with(CLIENT) {
        return element.to_owned();
    }
    let attributes = &tag[name + CLIENT.len()..];
    let (attributes, slash) = match attributes.strip_suffix('/') {
        Some(attributes) => (attributes, "/"),
        None => (attributes, ""),
    };
    [&tag[..name], attributes, CLIENT, slash, &element[tag.len()..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_of_a_stanza_moves_to_the_end_of_its_tag() {
        for (stanza, moved) in [
            ("<iq xmlns=\"jabber:client\" id=\"1\"/>", "<iq id=\"1\" xmlns=\"jabber:client\"/>"),
            ("<iq xmlns=\"jabber:client\"><a/></iq>", "<iq xmlns=\"jabber:client\"><a/></iq>"),
            ("<success xmlns=\"x\"/>", "<success xmlns=\"x\"/>"),
            ("no element", "no element"),
        ] {
            assert_eq!(with_namespace_last(stanza), moved);
        }
    }
}
