//! A draft case of a recording: the conversation in the notation, with tokens for host, domain,
//! accounts, ids and nodes.
//!
//! The normaliser of transcripts names the values; here a name becomes one that a player can make
//! (`{bind1=random(8)}`) or remember (`{bind1=*}`), and the server's side loses what only this
//! server says.

mod bosh;
mod choose;
mod names;
mod server;

use std::collections::BTreeMap;

use case::{Arrow, Fact, HeaderPattern, HttpBody, HttpHead, Item, Payload, StartLine, StepKind};
use transcript::{EventKind, Recording};

use names::{GivenNames, filled};

/// A draft of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The keys `needs` of its head.
    pub needs: Vec<String>,
    /// Whether it changes the state of an agent, or makes calls.
    pub changes: bool,
    /// It was said over BOSH, and is to be played over it.
    pub is_bosh: bool,
    /// The steps, in the notation.
    pub body: String,
    /// The parts of the recording that are not in it, with the reasons.
    pub left_out: Vec<String>,
}

/// The recording has nothing that a case can play.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nothing in the recording can be a case: it has neither XMPP nor requests of the REST API")]
pub struct NothingToPlay;

/// Makes a draft.
///
/// # Errors
///
/// There is nothing to play.
pub fn draft(recording: &Recording) -> Result<Draft, NothingToPlay> {
    let has_websocket =
        recording.events.iter().any(|event| matches!(event.said, EventKind::Text { .. }));
    let (recording, has_session) = bosh::unfolded(recording);
    let chosen = choose::choose(&recording);
    if chosen.recording.events.is_empty() {
        return Err(NothingToPlay);
    }
    let mut given = GivenNames::default();
    let mut items = Vec::new();
    let mut left_out = Vec::new();
    let mut events = BTreeMap::new();
    let has_cause = chosen.changes;
    for item in transcript::items(&chosen.recording) {
        let Item::Step(mut step) = item else { continue };
        match &mut step.kind {
            StepKind::Fact { fact, .. } => {
                // The player takes TLS where the target has it.
                if let Fact::Connect { tls } = fact {
                    *tls = false;
                }
            }
            StepKind::Say { arrow, payload, .. } => {
                let is_of_client = *arrow == Arrow::ToServer;
                if !is_of_client && let Some(node) = server::event(payload, has_cause) {
                    *events.entry(node).or_insert(0_usize) += 1;
                    continue;
                }
                if !is_of_client && let Some(from) = server::presence(payload) {
                    left_out.push(format!("presence of {from}"));
                    continue;
                }
                if !is_writable(payload, is_of_client) {
                    left_out.push("a message that is longer than 4 KiB".to_owned());
                    continue;
                }
                if let Payload::Http(head) = payload {
                    http(head, is_of_client);
                }
                if !is_of_client {
                    server::loosen(payload);
                }
                filled(payload, is_of_client, &mut given);
            }
            _ => continue,
        }
        items.push(Item::Step(step));
        items.push(Item::Blank);
    }
    for (node, count) in events {
        let times = if count == 1 { String::new() } else { format!(", {count} times") };
        left_out.push(format!("an event of {node}{times}, which no step of the case causes"));
    }
    names::forgotten(&mut items);
    let body = case::print_body(&items);
    let is_bosh = has_session && !has_websocket;
    Ok(Draft { needs: chosen.needs, changes: chosen.changes, is_bosh, body, left_out })
}

/// Whether the player can say a payload, or needs not.
fn is_writable(payload: &Payload, is_of_client: bool) -> bool {
    !is_of_client || !names::has_long(payload)
}

/// The headers that a step needs: the others are the client's own.
fn http(head: &mut HttpHead, is_of_client: bool) {
    const DROPPED: [&str; 2] = ["{other headers}", "sec-websocket-extensions"];
    let is_upgrade =
        matches!(&head.start, StartLine::Response { status, .. } if literal(status) == "101");
    head.headers.retain(|header| !DROPPED.contains(&header.name.as_str()));
    if is_upgrade {
        // Others spell them otherwise (RFC 6455 §4.1: whatever the case of the letters).
        const SPELT: [&str; 2] = ["connection", "upgrade"];
        head.headers
            .retain(|header| SPELT.iter().all(|name| !header.name.eq_ignore_ascii_case(name)));
    }
    if !is_of_client && !is_upgrade {
        // The status is the answer; bodies differ from server to server.
        head.headers.clear();
        head.body = None;
    }
    if is_of_client && matches!(head.body, Some(HttpBody::Xml(_))) {
        let value = case::Template::from("application/xml");
        head.headers.push(HeaderPattern { name: "Content-Type".to_owned(), span: 0..0, value });
    }
}

fn literal(template: &case::Template) -> &str {
    match template.pieces.as_slice() {
        [case::Piece::Text(text)] => text,
        _ => "",
    }
}
