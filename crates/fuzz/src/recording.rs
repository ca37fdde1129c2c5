//! Recordings: their lines in JSON, what the normaliser makes of them, and conversations recorded
//! as text.

use std::path::PathBuf;
use std::sync::Arc;

use case::{Source, parse_body, render};
use transcript::{RecordingHead, Event, Line, Octets, Recording, EventKind, Secrets, Side, body, recorded};

/// The password of the conversations.
pub(crate) const PASSWORD: &str = "Secr3t's!";

/// Reads `data`, if it is text, in all three forms, and normalises what it holds.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(recorded) = recorded(text) {
        let events = recorded.lines.into_iter().filter_map(|line| match line {
            Line::Event(event) => Some(event),
            Line::Remark { .. } => None,
        });
        normalise(Recording { about: RecordingHead::default(), events: events.collect() });
    }
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    if let Ok(about) = serde_json::from_str::<RecordingHead>(first) {
        let events = lines.map_while(|line| serde_json::from_str::<Event>(line).ok());
        normalise(Recording { about, events: events.collect() });
    } else {
        let events = text.lines().filter_map(said).collect();
        normalise(Recording { about: RecordingHead::default(), events });
    }
}

/// An event from one line: who says it, what kind it is, and its text.
pub(crate) fn said(line: &str) -> Option<Event> {
    let mut chars = line.chars();
    let who = match chars.next()? {
        '>' => Side::Client,
        _ => Side::Server,
    };
    let kind = chars.next()?;
    let rest = chars.as_str().replace('\u{1F}', "\n");
    let mut secrets = Secrets::default();
    secrets.name("agent.user", "1001");
    secrets.password("agent.password", PASSWORD);
    let octets = Octets(secrets.scrub_octets(rest.as_bytes()));
    let said = match kind {
        'c' => EventKind::Connect { tls: rest.is_empty() },
        'h' => {
            let (head, body) = rest.split_once("\n\n").unwrap_or((&rest, ""));
            let body = (!body.is_empty()).then(|| Octets(secrets.scrub_octets(body.as_bytes())));
            EventKind::Http { head: secrets.head(head), login: secrets.credentials(head), body }
        }
        'b' => EventKind::Binary { payload: octets },
        'o' => EventKind::Bytes { payload: octets },
        'i' => EventKind::Ping { payload: octets },
        'f' => EventKind::Frame {
            fin: true,
            rsv: 1,
            opcode: 3,
            mask: false,
            form: Some(64),
            lie: Some(u64::MAX),
            payload: octets,
        },
        'x' => EventKind::Close { code: u16::try_from(rest.len()).ok(), reason: secrets.scrub(&rest) },
        'e' => EventKind::Eof,
        'r' => EventKind::Reset,
        _ => {
            let (text, login) = secrets.message(&rest);
            EventKind::Text { text, fragments: 1, login }
        }
    };
    let conn = "agent".to_owned();
    Some(Event {
        conn,
        who,
        step: 0,
        micros: 0,
        octets: 0,
        claimed: true,
        timer: kind == 't',
        said,
    })
}

/// A body can be read where the names of its connections and variables are what the suite gives
/// them.
fn normalise(recording: Recording) {
    let text = body(&recording);
    let Recording { about, events } = &recording;
    let plain = |event: &Event| event.conn == "agent" && !matches!(event.said, EventKind::Http { .. });
    if about.known.is_empty() && about.generated.is_empty() && events.iter().all(plain) {
        let source = Arc::new(Source { path: PathBuf::from("body"), text: text.clone() });
        if let Err(errors) = parse_body(source) {
            panic!("{text}\n{}", render(&errors, false));
        }
    }
}
