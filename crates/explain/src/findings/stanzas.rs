//! Messages that neither side may send: too large, not XML, not text, frames against RFC 6455.

use super::Hit;
use crate::conversation::{MessageKind, Side};
use crate::seen::{End, Seen, end, reached};
use crate::session::{Kind, Session};
use crate::step::{Fault, Step};

/// The largest message that Openfire takes, in octets.
const LIMIT: usize = 1024 * 1024;

fn fault(side: Side) -> Fault {
    match side {
        Side::Client => Fault::Client,
        Side::Server => Fault::Server,
    }
}

/// The step to which a message of a session belongs that is bound, or still logs in.
pub(super) fn step(session: &Session<'_>) -> Step {
    if session.is_bound() { Step::Stanza } else { reached(session) }
}

fn ended_by_server(seen: &Seen<'_>, session: &Session<'_>) -> bool {
    matches!(end(seen, session), End::Error | End::Bare | End::WebSocket { .. } | End::Gone(_))
}

pub(super) fn too_large(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let large = session
            .stanzas
            .iter()
            .position(|one| one.from == Side::Client && one.text.len() > LIMIT);
        let refused =
            session.websocket_close(Side::Server).is_some_and(|(_, code, _)| code == Some(1009));
        let large = large.or_else(|| {
            let largest = (0..session.stanzas.len())
                .filter(|place| session.stanzas[*place].from == Side::Client)
                .max_by_key(|place| session.stanzas[*place].text.len())?;
            refused.then_some(largest)
        });
        let Some(place) = large else { continue };
        let ended = ended_by_server(seen, session);
        let size = session.stanzas[place].text.len();
        let then = match (session.stream_error(Side::Server), refused) {
            (Some((_, condition)), _) => format!(
                "; the server ended the stream with {condition}, and no word about the size"
            ),
            (None, true) => "; the server closed the WebSocket with 1009".to_owned(),
            (None, false) => String::new(),
        };
        let hit = Hit::new(
            Step::Stanza,
            Fault::Client,
            format!(
                "The client sent a message of {:.2} MB, more than the 1 MiB that Openfire takes{then}.",
                size as f64 / 1e6
            ),
        );
        found.push(
            hit.look("The content that the client sends there: pictures, logs, lists.")
                .at(session, place)
                .remark_if(!ended),
        );
    }
    found
}

pub(super) fn malformed(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let Some(place) = session.stanzas.iter().position(|one| one.kind == Kind::Malformed) else {
            continue;
        };
        let one = &session.stanzas[place];
        let why = one.element.as_ref().err().map(String::as_str).unwrap_or_default();
        let is_event = one.from == Side::Server && one.text.trim_start().starts_with("<message");
        let step = match one.from {
            Side::Server if is_event => Step::Events,
            _ => step(session),
        };
        let silent = one.from == Side::Client && !ended_by_server(seen, session);
        let silent = if silent { " Openfire drops such a message without a word." } else { "" };
        let hit = Hit::new(
            step,
            fault(one.from),
            format!(
                "The {} sent a message that is no whole XML ({}).{silent}",
                one.from.word(),
                textual::clipped(why, 140)
            ),
        );
        let look = if one.from == Side::Client {
            "The client's code that writes the message: is text escaped, is every element closed, is there one stanza in a message?"
        } else {
            "The log of the notification service; the client should log the message and go on, or connect anew."
        };
        let hit = if one.from == Side::Server { hit.or(Fault::Proxy) } else { hit };
        found.push(hit.look(look).at(session, place));
    }
    found
}

/// Openfire drops a message that it cannot parse: its log alone tells (XmppWebSocket.java of 4.4).
pub(super) fn logged_malformed(seen: &Seen<'_>) -> Vec<Hit> {
    let is_parser = |text: &str| {
        ["DocumentException", "XmlPullParserException"].iter().any(|name| text.contains(name))
    };
    let mut lines = seen.conversation.logged.iter();
    let line = lines
        .find(|line| line.text.contains("Failed to process XMPP stanza") && is_parser(&line.text));
    let told = line.filter(|_| malformed(seen).is_empty()).map(|line| {
        Hit::new(Step::Stanza, Fault::Client, "The server's log says that a message of the client was no whole XML: Openfire drops it without an answer.")
            .look("The exception in the log, which names the place; and the client's code that writes XML from pieces of text.")
            .when(line.at)
    });
    told.into_iter().collect()
}

pub(super) fn binary(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in seen.sessions.iter().filter(|one| one.is_xmpp()) {
        let binary = session
            .connection
            .said
            .iter()
            .enumerate()
            .find(|(_, said)| matches!(said.what, MessageKind::Binary(_)));
        if let Some((place, said)) = binary {
            let hit = Hit::new(
                session.place_of(place).map_or(Step::Open, |_| step(session)),
                fault(said.from),
                format!(
                    "The {} sent a binary message; stanzas go as text (RFC 7395 §3.2).",
                    said.from.word()
                ),
            );
            let hit = hit
                .look("The argument of the client's send(): a string, no ArrayBuffer and no Blob.")
                .on(session)
                .when(said.at);
            found.push(match session.place_of(place) {
                Some(stanza) => hit.at(session, stanza),
                None => hit,
            });
        }
    }
    found
}

pub(super) fn broken_frame(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let broken = session.connection.said.iter().find_map(|said| match &said.what {
            MessageKind::Broken(why) => Some((said, why)),
            _ => None,
        });
        if let Some((said, why)) = broken {
            let hit = Hit::new(
                step(session),
                fault(said.from),
                format!(
                    "The {} sent a frame that breaks RFC 6455: {}.",
                    said.from.word(),
                    textual::clipped(why, 120)
                ),
            );
            let hit = if said.from == Side::Server { hit.or(Fault::Proxy) } else { hit };
            found.push(
                hit.look(
                    "The library of WebSockets, and any proxy that changes octets on the way.",
                )
                .on(session)
                .when(said.at),
            );
        }
    }
    found
}

pub(super) fn protocol_close(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        for side in [Side::Client, Side::Server] {
            let Some((said, Some(code), reason)) = session.websocket_close(side) else { continue };
            if !matches!(code, 1002 | 1003 | 1007 | 1010) {
                continue;
            }
            let what = match code {
                1003 => "data of a kind that it does not take",
                1007 => "text that is not UTF-8",
                1010 => "no extension that it wanted",
                _ => "a frame against the protocol",
            };
            let reason = if reason.is_empty() {
                String::new()
            } else {
                format!(": {}", textual::clipped(reason, 80))
            };
            let other = side.other();
            let hit = Hit::new(
                step(session),
                fault(other),
                format!(
                    "The {} closed the WebSocket with {code}, since the {} sent {what}{reason}.",
                    side.word(),
                    other.word()
                ),
            );
            found.push(
                hit.or(Fault::Proxy)
                    .look("The last frames before.")
                    .on(session)
                    .when(session.connection.said[said].at),
            );
        }
    }
    found
}

pub(super) fn wrong_namespace(seen: &Seen<'_>) -> Vec<Hit> {
    let mut found = Vec::new();
    for session in &seen.sessions {
        let place = session.stanzas.iter().position(|one| {
            one.from == Side::Client
                && matches!(one.kind, Kind::Iq | Kind::Message | Kind::Presence)
                && one.element.as_ref().is_ok_and(|element| element.name.ns != stanza::ns::CLIENT)
        });
        let Some(place) = place else { continue };
        let ns = session.element(place).map(|one| one.name.ns.clone()).unwrap_or_default();
        let shown = if ns.is_empty() {
            "no namespace".to_owned()
        } else {
            format!("the namespace {}", textual::clipped(&ns, 60))
        };
        let ended = ended_by_server(seen, session);
        let unanswered =
            session.requests.iter().any(|one| one.asked == place && one.answer.is_none());
        let hit = Hit::new(
            step(session),
            Fault::Client,
            format!(
                "The client sent a stanza with {shown}; over a WebSocket each declares jabber:client (RFC 7395 §3.3.3)."
            ),
        );
        found.push(
            hit.look("The client's code that writes stanzas: xmlns='jabber:client' on each.")
                .at(session, place)
                .remark_if(!ended && !unanswered),
        );
    }
    found
}
