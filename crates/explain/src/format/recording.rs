//! Our own recordings: those of real servers as text, and those of cases as JSON lines.

use transcript::{Event, Line, Masked, MaskedArg, Said as Kept, Who};

use super::lines::{Connections, Entry};
use super::source;
use crate::conversation::{Conversation, Side, Sight, Source};

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

/// Whether it is the raw transcript of a case.
pub(super) fn is_case(text: &str) -> bool {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    first.starts_with("{\"case\":")
        && lines.next().is_none_or(|line| line.starts_with("{\"conn\":"))
}

/// Reads the raw transcript of a case.
///
/// # Errors
///
/// A line is not in the format.
pub(super) fn case(name: &str, text: &str) -> Result<Conversation, String> {
    let events: Result<Vec<Event>, _> = text
        .lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(serde_json::from_str)
        .collect();
    let events = events.map_err(|error| format!("a transcript of a case: {error}"))?;
    Ok(conversation(source(name, "a transcript of a case"), events.into_iter()))
}

fn conversation(source: Source, events: impl Iterator<Item = Event>) -> Conversation {
    let mut connections = Connections::default();
    for event in events {
        take(&mut connections, event);
    }
    Conversation { sources: vec![source], connections: connections.all, ..Conversation::default() }
}

fn take(connections: &mut Connections, event: Event) {
    let from = match event.who {
        Who::Client => Side::Client,
        Who::Server => Side::Server,
    };
    let at = i64::try_from(event.micros).ok();
    let connection = event.conn.clone();
    let mut text = |text: String| {
        connections.take(&Entry { at, connection: event.conn.clone(), from, text }, Sight::ALL)
    };
    match event.said {
        Kept::Http { head, .. } => text(head),
        Kept::Text { text: message, login, .. } => text(with_login(message, login)),
        Kept::Binary { payload } => {
            text(format!("[binary {}]", "x".repeat(payload.0.len().min(64))))
        }
        Kept::Ping { .. } => text("[ping]".to_owned()),
        Kept::Pong { .. } => text("[pong]".to_owned()),
        Kept::Close { code, reason } => {
            let code = code.map_or_else(String::new, |code| code.to_string());
            text(format!("[close {code} {}]", reason.replace(']', " ")));
        }
        Kept::Frame { fin, rsv, opcode, mask, .. } => {
            text(format!("[frame fin={} rsv={rsv} opcode={opcode} mask={mask}]", u8::from(fin)))
        }
        Kept::Bytes { .. } => text("[bytes that are neither HTTP nor a frame]".to_owned()),
        Kept::Eof => connections.end(&connection, from, at, false),
        Kept::Reset => connections.end(&connection, from, at, true),
        Kept::Connect { .. } | Kept::Report { .. } => {}
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
