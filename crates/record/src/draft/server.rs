//! The server's side of a draft: what it says without being asked, and what only this server says.

use case::{ChildPattern, ElementPattern, Payload, Piece, Template, Token};
use stanza::ns;

/// The node of an event that nothing in the case causes; such an event is no step. An event that a
/// request may have caused keeps its node, and loses its content.
pub(super) fn event(payload: &mut Payload, has_cause: bool) -> Option<String> {
    let Payload::Xml { root, .. } = payload else { return None };
    if !(root.name.ns == ns::CLIENT && root.name.local == "message") {
        return None;
    }
    let event = elements(root).find(|child| child.name.ns == ns::PUBSUB_EVENT)?;
    let items = elements(event).next()?;
    let node = items.attrs.iter().find(|attr| attr.name.local == "node");
    let node = node.map(|attr| words(&attr.value)).unwrap_or_default();
    if !has_cause {
        return Some(node);
    }
    root.attrs.retain(|attr| attr.name.local != "id");
    for event in children(root).filter(|child| child.name.ns == ns::PUBSUB_EVENT) {
        children(event).for_each(|items| items.children.clear());
    }
    None
}

/// The sender of a presence that is no error: others who are there, and the client itself on a
/// server that sends a presence back, which Finesse does not.
pub(super) fn presence(payload: &Payload) -> Option<String> {
    let Payload::Xml { root, .. } = payload else { return None };
    if !(root.name.ns == ns::CLIENT && root.name.local == "presence") {
        return None;
    }
    let value = |name: &str| root.attrs.iter().find(|attr| attr.name.local == name);
    let is_error = value("type").is_some_and(|kind| words(&kind.value) == "error");
    value("from").filter(|_| !is_error).map(|from| words(&from.value))
}

/// Takes out what another server of the kind need not say: features, capabilities, times.
pub(super) fn loosen(payload: &mut Payload) {
    let Payload::Xml { root, .. } = payload else { return };
    // Openfire's address of a client without a resource: it has the id of the stream.
    root.attrs
        .retain(|attr| attr.name.local != "to" || !words(&attr.value).starts_with("{domain}/"));
    match (root.name.ns.as_str(), root.name.local.as_str()) {
        (ns::STREAMS, "features") => {
            root.children.retain(|child| {
                matches!(child, ChildPattern::Element(child) if matches!(child.name.local.as_str(), "mechanisms" | "bind"))
            });
            // Openfire offers a resource before the login over BOSH.
            if elements(root).any(|child| child.name.local == "mechanisms") {
                root.children.retain(|child| {
                    matches!(child, ChildPattern::Element(child) if child.name.local == "mechanisms")
                });
            }
            // Only some servers say that a step is required or may be left out.
            children(root)
                .filter(|child| child.name.local == "bind")
                .for_each(|bind| bind.children.clear());
            for mechanisms in children(root).filter(|child| child.name.local == "mechanisms") {
                mechanisms.children.retain(|child| {
                    matches!(child, ChildPattern::Element(one) if elements_text(one) == "PLAIN")
                });
            }
        }
        (ns::CLIENT, "presence") => {
            root.attrs.retain(|attr| attr.name.local != "id");
            root.children.retain(|child| {
                !matches!(child, ChildPattern::Element(child) if matches!(child.name.ns.as_str(), ns::CAPS | ns::DELAY))
            });
        }
        // XEP-0060 §6.2.2: an answer without content says the same.
        (ns::CLIENT, "iq") if is_unsubscribed(root) => root.children.clear(),
        _ => {}
    }
}

/// Whether it says that there is no subscription any more.
fn is_unsubscribed(iq: &ElementPattern) -> bool {
    elements(iq).flat_map(elements).any(|child| {
        child.name.local == "subscription"
            && child
                .attrs
                .iter()
                .any(|attr| attr.name.local == "subscription" && words(&attr.value) == "none")
    })
}

fn elements(pattern: &ElementPattern) -> impl Iterator<Item = &ElementPattern> {
    pattern.children.iter().filter_map(|child| match child {
        ChildPattern::Element(child) => Some(child),
        ChildPattern::Text(_) => None,
    })
}

fn children(pattern: &mut ElementPattern) -> impl Iterator<Item = &mut ElementPattern> {
    pattern.children.iter_mut().filter_map(|child| match child {
        ChildPattern::Element(child) => Some(child),
        ChildPattern::Text(_) => None,
    })
}

fn elements_text(pattern: &ElementPattern) -> String {
    let texts = pattern.children.iter().filter_map(|child| match child {
        ChildPattern::Text(text) => Some(words(text)),
        ChildPattern::Element(_) => None,
    });
    texts.collect()
}

/// A template as people read it.
fn words(template: &Template) -> String {
    let pieces = template.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Token(token) => match &token.value {
            Token::Variable(name) => format!("{{{name}}}"),
            _ => "…".to_owned(),
        },
        Piece::Bytes(_) => "…".to_owned(),
    });
    pieces.collect()
}
