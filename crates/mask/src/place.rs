//! Where credentials stand in an element and in an HTTP head, whether or not they are known.

use std::borrow::Cow;
use std::ops::Range;

use stanza::{ChildSpans, Element, Node, Spans};

use crate::BLOT;

/// Headers that carry credentials (RFC 9110 §11.6.2, §11.7.2; RFC 6265 §4.2).
const HEADERS: [&str; 4] = ["Authorization", "Proxy-Authorization", "Cookie", "Set-Cookie"];

/// The kind of secret in an element, by its local name only: broken clients forget
/// namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A SASL response in base64 (RFC 6120 §6.4): `auth`, `response`.
    Response,
    /// A password or its digest (XEP-0077, XEP-0078): `password`, `digest`.
    Password,
}

impl Place {
    /// Element names without which no message holds a credential.
    pub(crate) const NAMES: [&str; 4] = ["auth", "response", "password", "digest"];

    /// The place that an element of this local name is, if any.
    pub(crate) fn of(local: &str) -> Option<Self> {
        match local {
            "auth" | "response" => Some(Self::Response),
            "password" | "digest" => Some(Self::Password),
            _ => None,
        }
    }
}

/// The content of each `password` and `digest` in an element and below, in the order of the text.
pub(crate) fn passwords(element: &Element, spans: &Spans) -> Vec<Range<usize>> {
    let range = |child: &ChildSpans| match child {
        ChildSpans::Element(spans) => spans.whole.clone(),
        ChildSpans::Text(range) => range.clone(),
    };
    if Place::of(&element.name.local) == Some(Place::Password) {
        let (first, last) = (spans.children.first(), spans.children.last());
        return first.zip(last).map(|(a, b)| range(a).start..range(b).end).into_iter().collect();
    }
    let children = element.nodes.iter().zip(&spans.children);
    children
        .flat_map(|pair| match pair {
            (Node::Element(child), ChildSpans::Element(spans)) => passwords(child, spans),
            _ => Vec::new(),
        })
        .collect()
}

/// The lines of an HTTP head, which `\n` separates, without its credentials.
pub fn head(lines: &str) -> String {
    let masked = lines.split('\n').map(|line| match line.split_once(':') {
        Some((name, _)) if HEADERS.iter().any(|header| header.eq_ignore_ascii_case(name)) => {
            Cow::Owned(format!("{name}: {BLOT}"))
        }
        _ => Cow::Borrowed(line),
    });
    masked.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_of_http_are_masked() {
        let lines = "GET /ws/ HTTP/1.1\nHost: x\nauthorization: Basic aHVudGVyMjI=";
        assert_eq!(head(lines), "GET /ws/ HTTP/1.1\nHost: x\nauthorization: ***");
    }

    #[test]
    fn passwords_are_found_at_any_depth() {
        let text = "<iq><query xmlns='q'>a<password>b<c/>d</password><digest/></query></iq>";
        let (element, spans) = stanza::parse_spanned(text).unwrap();
        let found = passwords(&element, &spans);
        assert_eq!(found.iter().map(|range| &text[range.clone()]).collect::<Vec<_>>(), ["b<c/>d"]);
    }
}
