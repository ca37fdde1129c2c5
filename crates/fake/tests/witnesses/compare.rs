//! The comparison of recorded and present messages, connection by connection.

use stanza::{Element, Node};
use transcript::{Event, EventKind};

use crate::client::Heard;
use crate::exceptions::{Aside, SET_ASIDE};
use crate::play::Played;
use crate::same::{Same, blank};

/// How many characters of a body the older recorder kept.
const OLD_RECORDER: usize = 600;

/// The result of a comparison.
pub(crate) enum Verdict {
    /// Every message octet for octet, but for generated values, in order.
    Bytes,
    /// The same messages in another order, or with lists in another order.
    Structure,
    /// A difference, described for the report.
    Differs(String),
}

/// A recorded message of the server in the form in which it is heard now.
pub(crate) fn said_by_server(event: &Event) -> Option<Heard> {
    Some(match event.said.clone() {
        EventKind::Http { head, body, .. } => {
            Heard::Http { head, body: body.unwrap_or_default().0 }
        }
        EventKind::Text { text, .. } if event.octets > text.len() => Heard::Cut(text, event.octets),
        EventKind::Text { text, .. } => Heard::Text(text),
        EventKind::Ping { payload } => Heard::Ping(payload.0),
        EventKind::Pong { payload } => Heard::Pong(payload.0),
        EventKind::Close { code, reason } => Heard::Close(code, reason),
        EventKind::Eof | EventKind::Reset | EventKind::Connect { .. } => return None,
        other => Heard::Other(format!("{other:?}")),
    })
}

pub(crate) fn compare(name: &str, played: &mut Played) -> Verdict {
    let mut differences = played.faults.clone();
    let mut by_structure = false;
    let aside = SET_ASIDE.iter().find(|(other, ..)| *other == name).map(|(_, aside, _)| *aside);
    for (conn, recorded, heard) in &played.connections {
        if in_order(recorded, heard, &mut played.same) {
            continue;
        }
        if aside.is_some_and(|aside| {
            forms(recorded, aside, &played.same) == forms(heard, aside, &Same::default())
        }) {
            by_structure = true;
            continue;
        }
        differences.push(difference(conn, recorded, heard, &mut played.same));
    }
    if played.connections.is_empty() {
        differences.push("nothing was recorded".to_owned());
    }
    if !differences.is_empty() {
        Verdict::Differs(differences.join("\n"))
    } else if by_structure {
        Verdict::Structure
    } else {
        Verdict::Bytes
    }
}

fn in_order(recorded: &[Heard], heard: &[Heard], same: &mut Same) -> bool {
    recorded.len() == heard.len()
        && recorded.iter().zip(heard).all(|(recorded, heard)| equal(recorded, heard, same))
}

fn equal(recorded: &Heard, heard: &Heard, same: &mut Same) -> bool {
    match (recorded, heard) {
        (Heard::Text(recorded), Heard::Text(heard)) => same.unify(recorded, heard),
        (Heard::Cut(start, length), Heard::Text(heard)) => {
            heard.chars().count() == *length && heard.starts_with(&same.now(start))
        }
        (Heard::Http { head, body }, Heard::Http { head: head_now, body: body_now }) => {
            match (recorded.text(), heard.text()) {
                // Its length is as long as the generated values in it.
                (Some(text), Some(text_now)) => {
                    without_length(head, body) == without_length(head_now, body_now)
                        && same.unify(text, text_now)
                }
                _ => blank(head) == blank(head_now) && body == body_now,
            }
        }
        _ => recorded == heard,
    }
}

/// A head with a word in place of the length of its body, if that is right.
fn without_length(head: &str, body: &[u8]) -> String {
    blank(head).replace(&format!("Content-Length: {}", body.len()), "Content-Length: right")
}

/// The messages without what is set aside.
fn forms(said: &[Heard], aside: Aside, same: &Same) -> Vec<String> {
    let mut forms: Vec<String> = said.iter().map(|said| form(said, aside, same)).collect();
    if aside == Aside::Order {
        forms.sort();
    }
    forms
}

fn form(said: &Heard, aside: Aside, same: &Same) -> String {
    match said {
        Heard::Text(text) => match stanza::parse(&blank(&same.now(text))) {
            Ok(mut element) if aside == Aside::Lists => {
                sort(&mut element);
                stanza::print(&element)
            }
            _ => blank(&same.now(text)),
        },
        Heard::Http { head, body } => {
            let body = String::from_utf8_lossy(body);
            let words: Vec<&str> = body.split_whitespace().collect();
            let body = match aside {
                Aside::Space => words.join(" ").chars().take(OLD_RECORDER).collect(),
                _ => body.into_owned(),
            };
            format!("{}\n\n{body}", blank(head))
        }
        other => format!("{other:?}"),
    }
}

/// Sorts the children of all elements by their text.
fn sort(element: &mut Element) {
    for node in &mut element.nodes {
        if let Node::Element(child) = node {
            sort(child);
        }
    }
    element.nodes.sort_by_key(|node| match node {
        Node::Element(child) => stanza::print(child),
        Node::Text(text) | Node::Cdata(text) | Node::Comment(text) => text.clone(),
    });
}

fn difference(conn: &str, recorded: &[Heard], heard: &[Heard], same: &mut Same) -> String {
    let place = recorded
        .iter()
        .zip(heard)
        .position(|(recorded, heard)| !equal(recorded, heard, same))
        .unwrap_or_else(|| recorded.len().min(heard.len()));
    let show = |said: Option<&Heard>| match said {
        Some(Heard::Text(text)) => text.chars().take(1500).collect(),
        Some(Heard::Http { head, body }) => format!("{head}\n\n{}", String::from_utf8_lossy(body)),
        Some(other) => format!("{other:?}"),
        None => "nothing".to_owned(),
    };
    let (recorded, heard) = (recorded.get(place), heard.get(place));
    format!("{conn}, message {place}\n  recorded {}\n  said     {}", show(recorded), show(heard))
}
