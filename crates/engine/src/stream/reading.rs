//! From the text of a message to elements (RFC 7395 §3.3.3).

use stanza::{Element, ErrorKind, Rules, ns};

use super::{Framing, Stream};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fault::Name;
use crate::spelling::{CONTENT, requalify};

/// RFC 7395 §3.3.3 recommends no XML declaration, but does not forbid it.
const STRICT: Rules = Rules { declaration: true, ..Rules::STRICT };

/// The longest text that `join-messages` keeps.
const MAX_JOINED: usize = 1 << 20;

/// The prefixes that the start tag of a stream over TCP binds for its elements.
const BOUND: &[(&str, &str)] = &[("", ns::CLIENT), ("stream", ns::STREAMS)];

/// An element of the client, or the stream error that its text leads to; with none, the stream is
/// closed.
pub(crate) type ReadElement = Result<Element, Option<&'static str>>;

impl Stream {
    /// The elements of a text message, of which there is one at most unless a fault joins messages.
    pub(crate) fn read(&mut self, cx: &Context, text: &str) -> Vec<ReadElement> {
        if self.has_begun() && cx.faults.lasting(Name::JoinMessages) {
            return self.read_joined(text);
        }
        match cx.dialect() {
            // Nothing before the start tag is read.
            Dialect::Openfire if self.framing == Framing::Tags && !self.has_begun() => Vec::new(),
            Dialect::Openfire if self.framing == Framing::Tags => {
                let rules = Rules { bound: BOUND, wrapped_references: false, ..Rules::OPENFIRE };
                match stanza::parse_prefix(text, &rules) {
                    Err(error) if error.kind == ErrorKind::NoElement => Vec::new(),
                    // It is no start tag.
                    Ok((element, _)) if element.name.local == "open" => vec![Err(None)],
                    // `XMLLightweightParser` looks for these before it hands the element on.
                    Err(error) if matches!(error.kind, ErrorKind::InvalidReference(_)) => {
                        vec![Err(Some("not-well-formed"))]
                    }
                    Err(_) => vec![Err(None)],
                    Ok((element, _)) => vec![Ok(in_own_namespace(element))],
                }
            }
            // The first element counts, unreadable text is ignored (recorded: frame_*, xml_*).
            Dialect::Openfire => {
                let read = stanza::parse_prefix(text, &Rules::OPENFIRE);
                read.into_iter().map(|(element, _)| Ok(in_own_namespace(element))).collect()
            }
            Dialect::Rfc => {
                let bound = if self.framing == Framing::Tags { BOUND } else { &[] };
                let rules = Rules { bound, ..STRICT };
                let read = stanza::parse_with(text, &rules).map(|(element, _)| element);
                let prefixes_pass = cx.faults.lasting(Name::KeepPrefix);
                vec![match read {
                    Ok(element) if is_prefixed(&element, text) && !prefixes_pass => {
                        Err(Some("bad-namespace-prefix"))
                    }
                    read => read.map_err(|error| Some(condition_of(&error.kind))),
                }]
            }
        }
    }

    fn read_joined(&mut self, text: &str) -> Vec<ReadElement> {
        let mut joined = std::mem::take(&mut self.joined);
        joined.push_str(text);
        let (mut rest, mut read) = (joined.as_str(), Vec::new());
        loop {
            match stanza::parse_prefix(rest, &STRICT) {
                Ok((element, end)) => {
                    rest = rest[end..].trim_start();
                    read.push(Ok(element));
                    if rest.is_empty() {
                        break;
                    }
                }
                Err(error) if is_unfinished(&error.kind) && rest.len() < MAX_JOINED => break,
                Err(error) => {
                    rest = "";
                    read.push(Err(Some(condition_of(&error.kind))));
                    break;
                }
            }
        }
        self.joined = rest.to_owned();
        read
    }
}

/// Openfire's reader takes some namespaces, and none, for that of stanzas where they are the
/// default of a stanza or of what it has in it (`XMPPPacketReader.parseDocument`). In a child with
/// a default namespace of its own they are kept.
fn in_own_namespace(mut element: Element) -> Element {
    requalify(&mut element, &from_content);
    element
}

/// Moves one element; false if it declares a default namespace of its own, or is in another.
fn from_content(element: &mut Element) -> bool {
    let is_content =
        |namespace: &str| matches!(namespace, "" | ns::CLIENT) || CONTENT.contains(&namespace);
    let spelling = element.spelling.as_deref_mut();
    let is_prefixed = spelling.as_ref().is_some_and(|spelling| !spelling.prefix.is_empty());
    if !is_prefixed {
        if !is_content(&element.name.ns) {
            return false;
        }
        ns::CLIENT.clone_into(&mut element.name.ns);
    }
    if let Some(spelling) = spelling {
        let is_default = |prefix: &str| prefix.is_empty();
        let mut defaults = spelling.declared.iter().filter(|(prefix, _)| is_default(prefix));
        if defaults.any(|(_, namespace)| !is_content(namespace)) {
            return false;
        }
        // A declaration of none stays, though it says nothing.
        spelling.declared.retain(|(prefix, namespace)| !is_default(prefix) || namespace.is_empty());
        for (prefix, namespace) in &mut spelling.declared {
            if is_default(prefix) {
                ns::CLIENT.clone_into(namespace);
            }
        }
    }
    true
}

/// Whether an element of the content namespace came with a prefix (RFC 6120 §4.8.5).
fn is_prefixed(element: &Element, text: &str) -> bool {
    let declared = text.starts_with("<?").then(|| text.split_once("?>")).flatten();
    let tag = declared.map_or(text, |(_, rest)| rest.trim_start());
    element.name.ns == ns::CLIENT && !tag.starts_with(&format!("<{}", element.name.local))
}

/// The stream error for a message that is not one well-formed, restricted element.
fn condition_of(kind: &ErrorKind) -> &'static str {
    match kind {
        // RFC 6120 §4.9.3.18.
        kind if kind.is_restricted() => "restricted-xml",
        // RFC 6120 §4.9.3.2.
        ErrorKind::UndeclaredPrefix(_) => "bad-namespace-prefix",
        // RFC 7395 §3.3.3: `<` comes first; otherwise the message cannot be processed (RFC 6120
        // §4.9.3.1).
        ErrorKind::LeadingText | ErrorKind::NoElement => "bad-format",
        // RFC 6120 §4.9.3.14, §13.12.
        ErrorKind::TooDeep(_) | ErrorKind::TooManyParts(_) => "policy-violation",
        // RFC 6120 §4.9.3.13. A message with two elements is no document (RFC 7395 §3.3.3).
        _ => "not-well-formed",
    }
}

/// Whether more text could make an element of what was read.
fn is_unfinished(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::UnclosedElement(_) | ErrorKind::Unclosed(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spelling::stanza_text;

    // How a real server relays these messages, but for the sender.
    #[test]
    fn content_namespaces_and_none_are_that_of_stanzas() {
        let table = [
            (
                "<message xmlns=\"\" id=\"1\"><body>x</body><x xmlns=\"urn:x\"><y/></x></message>",
                "<body>x</body><x xmlns=\"urn:x\"><y/></x>",
            ),
            (
                "<message xmlns=\"\" id=\"1\"><body xmlns=\"jabber:client\">x</body></message>",
                "<body>x</body>",
            ),
            ("<message xmlns=\"jabber:client\" id=\"1\"><z xmlns=\"\">q</z></message>", "<z>q</z>"),
            (
                "<message id=\"1\"><p:a xmlns:p=\"urn:p\"><c/></p:a></message>",
                "<p:a xmlns:p=\"urn:p\"><c/></p:a>",
            ),
            (
                "<message xmlns=\"jabber:server\" id=\"1\"><p:a xmlns:p=\"urn:p\"><c/></p:a></message>",
                "<p:a xmlns:p=\"urn:p\"><c/></p:a>",
            ),
            (
                "<message xmlns=\"jabber:component:accept\" id=\"1\"><body>x</body></message>",
                "<body>x</body>",
            ),
            ("<message id=\"1\"><z xmlns=\"\"></z></message>", "<z></z>"),
            (
                "<message id=\"1\"><x xmlns=\"urn:x\"><y xmlns=\"\"/></x></message>",
                "<x xmlns=\"urn:x\"><y xmlns=\"\"></y></x>",
            ),
            (
                "<message id=\"1\"><x xmlns=\"urn:x\"><body xmlns=\"jabber:client\">x</body></x></message>",
                "<x xmlns=\"urn:x\"><body xmlns=\"jabber:client\">x</body></x>",
            ),
        ];
        for (text, content) in table {
            let (element, _) = stanza::parse_prefix(text, &Rules::OPENFIRE).expect("an element");
            let relayed = stanza_text(&in_own_namespace(element), "");
            let wanted = format!("<message xmlns=\"jabber:client\" id=\"1\">{content}</message>");
            assert_eq!(relayed, wanted, "{text}");
        }
    }
}
