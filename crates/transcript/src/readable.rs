//! The transcript of a case as readable text: one line for each event, with its time and octets.

use mask::Masked;

use crate::event::{Event, EventKind, Side};
use crate::recording::Recording;

/// The text, and for each event the number of its first line, from 1.
pub fn readable(recording: &Recording) -> (String, Vec<usize>) {
    let mut text = format!(
        "# {} against {}\n# seconds, octets, what was said\n",
        recording.about.case, recording.about.target
    );
    let mut lines = Vec::new();
    let mut next = 3;
    for event in &recording.events {
        lines.push(next);
        let said = said(event);
        next += said.lines().count().max(1);
        text.push_str(&said);
        text.push('\n');
    }
    (text, lines)
}

fn said(event: &Event) -> String {
    let arrow = match (&event.said, event.who) {
        (EventKind::Connect { .. }, _) => "==",
        (_, Side::Client) => "->",
        (_, Side::Server) => "<-",
    };
    let seconds = event.micros as f64 / 1_000_000.0;
    let mark = if event.claimed { ' ' } else { '~' };
    let lead = format!("{seconds:9.6} {:>6}{mark} {} {arrow} ", event.octets, event.conn);
    let indent = " ".repeat(lead.chars().count());
    format!("{lead}{}", words(event).replace('\n', &format!("\n{indent}")))
}

/// The event without time and side: one line, and one more for each HTTP header.
pub fn words(event: &Event) -> String {
    let payload = |payload: &crate::event::Octets| octets(&payload.0);
    match &event.said {
        EventKind::Connect { tls } => format!("connect{}", if *tls { " tls" } else { "" }),
        EventKind::Http { head, login, body } => {
            let mut lines = head.lines().map(on_one_line).collect::<Vec<_>>();
            if let (Some(first), Some(login)) = (lines.first_mut(), login) {
                first.push_str(&shown(login));
            }
            lines.extend(body.as_ref().map(|body| format!("[body \"{}\"]", payload(body))));
            lines.join("\n")
        }
        EventKind::Text { text, fragments, login } => {
            let login = login.as_ref().map(shown).unwrap_or_default();
            let fragments =
                if *fragments > 1 { format!(" [fragments {fragments}]") } else { String::new() };
            format!("{}{fragments}{login}", on_one_line(text))
        }
        EventKind::Binary { payload: octets } => format!("[binary \"{}\"]", payload(octets)),
        EventKind::Bytes { payload: octets } => format!("[bytes \"{}\"]", payload(octets)),
        EventKind::Ping { payload: octets } => format!("[ping \"{}\"]", payload(octets)),
        EventKind::Pong { payload: octets } => format!("[pong \"{}\"]", payload(octets)),
        EventKind::Frame { fin, rsv, opcode, mask, payload: octets, .. } => format!(
            "[frame fin={} rsv={rsv} opcode={opcode} mask={} payload=\"{}\"]",
            u8::from(*fin),
            if *mask { "yes" } else { "no" },
            payload(octets)
        ),
        EventKind::Close { code, reason } => {
            let code = code.map(|code| format!(" {code}")).unwrap_or_default();
            let reason = if reason.is_empty() { String::new() } else { format!(" {reason:?}") };
            format!("[close{code}{reason}]")
        }
        EventKind::Report { report } => format!("reports {}", on_one_line(report)),
        EventKind::Eof => "[eof]".to_owned(),
        EventKind::Reset => "[reset]".to_owned(),
    }
}

/// A remark on credentials that were taken out.
fn shown(login: &Masked) -> String {
    format!("  # {}(…)", login.function)
}

/// Text without characters that would break the line or move the cursor of a terminal.
fn on_one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for part in text.split_inclusive(char::is_control) {
        match part.char_indices().next_back().filter(|(_, last)| last.is_control()) {
            Some((at, control)) => {
                shown.push_str(&part[..at]);
                shown.extend(control.escape_debug());
            }
            None => shown.push_str(part),
        }
    }
    shown
}

/// Octets as text where they are text.
fn octets(octets: &[u8]) -> String {
    let mut out = String::new();
    for chunk in octets.utf8_chunks() {
        out.extend(chunk.valid().escape_debug());
        for octet in chunk.invalid() {
            out.push_str(&format!("\\x{octet:02x}"));
        }
    }
    out
}
