//! The content of a notification of Finesse: the `<Update>` in its payload.

use stanza::{Element, Node, Rules};

/// The parts of an `<Update>` that findings look at; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Update {
    /// Why the payload cannot be read.
    pub(crate) wrong: Option<String>,
    /// `POST`, `PUT` or `DELETE`.
    pub(crate) event: String,
    pub(crate) request_id: String,
    pub(crate) source: String,
    pub(crate) object: Object,
}

/// The object that changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Object {
    User {
        id: String,
        state: String,
        changed: String,
    },
    Dialog {
        id: String,
        state: String,
        participants: Vec<(String, String)>,
    },
    SystemInfo {
        status: String,
    },
    /// A request was refused after its 202.
    Errors {
        kind: String,
        message: String,
    },
    #[default]
    Other,
}

/// Reads the payload of an item.
pub(crate) fn of(item: &Element) -> Update {
    let Some(payload) = item.children().next() else { return Update::default() };
    let parsed;
    let root = match payload.children().next() {
        Some(inside) if payload.name.local == "notification" => inside,
        _ if payload.name.local != "notification" => payload,
        _ => {
            let text = payload.text();
            if text.trim().is_empty() {
                return Update {
                    wrong: Some("the payload is empty".to_owned()),
                    ..Update::default()
                };
            }
            let rules = Rules { max_depth: 128, ..Rules::DOCUMENT };
            match stanza::parse_with(&text, &rules) {
                Ok((element, _)) => parsed = element,
                Err(error) => {
                    return Update { wrong: Some(error.to_string()), ..Update::default() };
                }
            }
            &parsed
        }
    };
    if root.name.local != "Update" {
        return Update::default();
    }
    let mut update = Update {
        event: text(root, "event"),
        request_id: text(root, "requestId"),
        source: text(root, "source"),
        ..Update::default()
    };
    if let Some(data) = child(root, "data") {
        update.object = data.children().find_map(object).unwrap_or_default();
    }
    update
}

fn object(element: &Element) -> Option<Object> {
    match element.name.local.to_ascii_lowercase().as_str() {
        "user" => Some(Object::User {
            id: text(element, "loginId"),
            state: text(element, "state"),
            changed: text(element, "stateChangeTime"),
        }),
        "dialog" => Some(dialog(element)),
        "dialogs" => element.children().find(|one| one.name.local == "Dialog").map(dialog),
        "systeminfo" => Some(Object::SystemInfo { status: text(element, "status") }),
        "apierrors" => {
            let error = child(element, "apiError").or_else(|| child(element, "ApiError"))?;
            let either = |one: &str, other: &str| {
                let found = text(error, one);
                if found.is_empty() { text(error, other) } else { found }
            };
            Some(Object::Errors {
                kind: either("errorType", "ErrorType"),
                message: either("errorMessage", "ErrorMessage"),
            })
        }
        _ => None,
    }
}

fn dialog(element: &Element) -> Object {
    let participants = child(element, "participants").into_iter().flat_map(Element::children);
    Object::Dialog {
        id: text(element, "id"),
        state: text(element, "state"),
        participants: participants
            .map(|one| (text(one, "mediaAddress"), text(one, "state")))
            .collect(),
    }
}

fn child<'a>(element: &'a Element, local: &str) -> Option<&'a Element> {
    element.children().find(|child| child.name.local == local)
}

fn text(element: &Element, local: &str) -> String {
    child(element, local).map(|child| child.text().trim().to_owned()).unwrap_or_default()
}

/// Whether an element has text of its own; kept here for readers of REST bodies.
pub(crate) fn first_text(body: &str, local: &str) -> Option<String> {
    let rules = Rules { max_depth: 128, ..Rules::DOCUMENT };
    let (element, _) = stanza::parse_with(body.trim(), &rules).ok()?;
    found(&element, local)
}

fn found(element: &Element, local: &str) -> Option<String> {
    if element.name.local == local {
        return Some(element.text().trim().to_owned());
    }
    element.nodes.iter().find_map(|node| match node {
        Node::Element(child) => found(child, local),
        Node::Text(_) | Node::Cdata(_) | Node::Comment(_) => None,
    })
}
