//! Our own recordings: those of real servers as text, and those of cases as JSON lines.

use super::lines::{Connections, Entry};
use super::requests::Requests;
use super::source;
use crate::conversation::{Conversation, Sight, Source, Url};
use transcript::{Event, EventKind, Line, Masked, MaskedArg, RecordingHead};

/// Whether it is a recording of a server: `# server: …`, or `# client: …`, and lines with `C>`.
pub(super) fn is_server_recording(text: &str) -> bool {
    text.lines().take(200).any(|line| {
        let mut words = line.split_whitespace();
        let is_time = words.next().is_some_and(|word| word.parse::<f64>().is_ok());
        is_time && words.next().is_some_and(|word| word.len() == 2 && word.ends_with('>'))
    })
}

/// Reads a recording of a server.
///
/// # Errors
///
/// A line is not in the format.
pub(super) fn server(name: &str, text: &str) -> Result<Conversation, String> {
    let recorded = transcript::recorded(text).map_err(|error| format!("a recording: {error}"))?;
    let mut remarks = source(name, "a recording of a server");
    remarks
        .remarks
        .extend((!recorded.server.is_empty()).then(|| format!("The server: {}.", recorded.server)));
    let events = recorded.lines.into_iter().filter_map(|line| match line {
        Line::Event(event) => Some(event),
        Line::Remark { .. } => None,
    });
    Ok(conversation(remarks, events))
}

/// The beginning of each line but the first.
const EVENT: &str = "{\"conn\":";

/// Whether it is the raw transcript of a case, or a recording of the proxy, which has the same
/// form.
pub(super) fn is_case(text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    first.starts_with("{\"case\":")
        // A file that breaks off may have half a line.
        && lines.next().is_none_or(|line| line.starts_with(EVENT) || EVENT.starts_with(line))
}

/// Reads the raw transcript of a case, or a recording.
///
/// # Errors
///
/// A line is not in the format.
pub(super) fn case(name: &str, text: &str) -> Result<Conversation, String> {
    let about: RecordingHead =
        text.lines().next().and_then(|first| serde_json::from_str(first).ok()).unwrap_or_default();
    let is_recording = about.case == transcript::RECORDING;
    let format = if is_recording { "a recording" } else { "a transcript of a case" };
    let mut source = source(name, format);
    let mut events = Vec::new();
    let mut lines = text.lines().skip(1).filter(|line| !line.trim().is_empty()).peekable();
    while let Some(line) = lines.next() {
        match serde_json::from_str::<Event>(line) {
            Ok(event) => events.push(event),
            // The process that wrote it was killed.
            Err(_) if lines.peek().is_none() && !text.ends_with('\n') => {
                source.is_cut = true;
                source.remarks.push("The last line of the file breaks off.".to_owned());
            }
            Err(error) => return Err(format!("{format}: {error}")),
        }
    }
    let mut found = conversation(source, events.into_iter());
    if is_recording {
        let scheme = Url::parse(&about.target).scheme;
        for connection in &mut found.connections {
            scheme.clone_into(&mut connection.url.scheme);
        }
    }
    Ok(found)
}

fn conversation(source: Source, events: impl Iterator<Item = Event>) -> Conversation {
    let mut connections = Connections::default();
    let mut requests = Requests::default();
    for event in events {
        take(&mut connections, &mut requests, event);
    }
    Conversation {
        sources: vec![source],
        connections: connections.all,
        exchanges: requests.all,
        ..Conversation::default()
    }
}

fn take(connections: &mut Connections, requests: &mut Requests, event: Event) {
    let from = event.who;
    let at = i64::try_from(event.micros).ok();
    let connection = event.conn.clone();
    let mut text = |text: String| {
        connections.take(&Entry { at, connection: event.conn.clone(), from, text }, Sight::ALL)
    };
    match event.said {
        EventKind::Http { head, body, .. } => {
            let body = body.map(|body| body.0).unwrap_or_default();
            let body = String::from_utf8_lossy(&body);
            if !requests.take(from, &connection, at, &head, &body) {
                text(head);
            }
        }
        EventKind::Text { text: message, login, .. } => text(with_login(message, login)),
        EventKind::Binary { payload } => {
            text(format!("[binary {}]", "x".repeat(payload.0.len())));
            connections.hide(&connection, from, &payload.0);
        }
        EventKind::Ping { payload } => {
            text("[ping]".to_owned());
            connections.hide(&connection, from, &payload.0);
        }
        EventKind::Pong { payload } => {
            text("[pong]".to_owned());
            connections.hide(&connection, from, &payload.0);
        }
        EventKind::Close { code, reason } => {
            let code = code.map_or_else(String::new, |code| code.to_string());
            text(format!("[close {code} {}]", reason.replace(']', " ")));
        }
        EventKind::Frame { fin, rsv, opcode, mask, .. } => {
            text(format!("[frame fin={} rsv={rsv} opcode={opcode} mask={mask}]", u8::from(fin)))
        }
        EventKind::Bytes { .. } => text("[bytes that are neither HTTP nor a frame]".to_owned()),
        EventKind::Eof => connections.end(&connection, from, at, false),
        EventKind::Reset => connections.end(&connection, from, at, true),
        EventKind::Connect { tls } => requests.connect(&connection, tls),
        EventKind::Report { .. } => {}
    }
}

/// The login that was taken out of a message, in words again.
fn with_login(message: String, login: Option<Masked>) -> String {
    let Some(login) = login else { return message };
    let mut names: Vec<String> = login
        .args
        .iter()
        .map(|arg| match arg {
            MaskedArg::Variable(text) | MaskedArg::Text(text) => text.clone(),
        })
        .collect();
    names.pop();
    let words = if login.function == "plain" {
        format!("{{plain({}, ***)}}", names.join(", "))
    } else {
        "***".to_owned()
    };
    match message.find("></") {
        Some(at) => format!("{}{words}{}", &message[..=at], &message[at + 1..]),
        None => message,
    }
}
