//! Transcripts as text: those of the fake (`/transcript?format=text`), those of cases (`.txt`), and
//! those in the report of a run.

use verdict::{LineKind, TranscriptLine};

use super::lines::{self, Connections, Entry};
use super::requests::Requests;
use super::source;
use crate::conversation::{Conversation, Side, Sight, Source};

/// How the fake says that it was the client that ended a connection.
const OF_CLIENT: [&str; 3] = ["the client closed", "the client ended", "the connection broke off"];

/// An entry's first line, taken apart.
struct FirstLine<'a> {
    at: i64,
    connection: &'a str,
    arrow: &'a str,
    text: &'a str,
}

/// Whether a text has lines of a transcript.
pub(super) fn is_one(text: &str) -> bool {
    text.lines().take(50).any(|line| first(line).is_some())
}

/// Reads a transcript.
pub(super) fn read(name: &str, text: &str) -> Conversation {
    let mut lines = Lines::default();
    let mut under_way: Option<(FirstLine<'_>, String)> = None;
    for line in text.lines() {
        match first(line) {
            Some(found) => {
                if let Some((first, text)) = under_way.take() {
                    take(&mut lines, &first, &text);
                }
                let text = found.text.to_owned();
                under_way = Some((found, text));
            }
            None => {
                if let Some((_, text)) = &mut under_way {
                    text.push('\n');
                    text.push_str(line.trim_start());
                }
            }
        }
    }
    if let Some((first, text)) = under_way {
        take(&mut lines, &first, &text);
    }
    lines.conversation(source(name, "a transcript of this program"))
}

fn take(lines: &mut Lines, first: &FirstLine<'_>, text: &str) {
    let from = match first.arrow {
        "->" => Side::Client,
        "<-" => Side::Server,
        _ => {
            if let Some(why) = text.strip_prefix("closed") {
                let by_client = OF_CLIENT
                    .iter()
                    .any(|words| why.trim_start_matches(':').trim_start().starts_with(words));
                let side = if by_client { Side::Client } else { Side::Server };
                lines.connections.end(first.connection, side, Some(first.at), false);
            }
            return;
        }
    };
    lines.take(first.at, first.connection, from, text);
}

/// The transcript of a case, as a report of its run keeps it.
///
/// # Errors
///
/// A line of it is cut.
pub(super) fn kept(name: &str, said: &[TranscriptLine]) -> Result<Conversation, String> {
    let mut lines = Lines::default();
    for line in said {
        if line.is_cut() {
            return Err("a long message in it is cut".to_owned());
        }
        let at = i64::try_from(line.micros).unwrap_or(i64::MAX);
        match line.kind {
            LineKind::Connect => lines.requests.connect(&line.conn, line.text.ends_with(" tls")),
            // The report of a client under test is no message.
            LineKind::Text if line.text.starts_with("reports ") => {}
            _ => lines.take(at, &line.conn, line.who, &line.text),
        }
    }
    Ok(lines.conversation(source(name, "a case in the report of a run")))
}

/// The lines of a transcript, as connections and requests.
#[derive(Default)]
struct Lines {
    connections: Connections,
    requests: Requests,
}

impl Lines {
    fn take(&mut self, at: i64, connection: &str, from: Side, text: &str) {
        match text {
            "[eof]" => self.connections.end(connection, from, Some(at), false),
            "[reset]" => self.connections.end(connection, from, Some(at), true),
            _ => self.said(at, connection, from, text),
        }
    }

    fn said(&mut self, at: i64, connection: &str, from: Side, text: &str) {
        // A remark on a login that was taken out of the message.
        let masked;
        let text = match text.split_once("  # ") {
            Some((message, remark)) if remark.ends_with("(…)") => {
                masked = message.replacen("></", ">***</", 1);
                masked.as_str()
            }
            _ => text,
        };
        if lines::is_request(text) || lines::is_status(text) {
            let (head, body) = split(text);
            if self.requests.take(from, connection, Some(at), head, &body) {
                return;
            }
        }
        let (connection, text) = (connection.to_owned(), text.to_owned());
        self.connections.take(&Entry { at: Some(at), connection, from, text }, Sight::ALL);
    }

    fn conversation(self, source: Source) -> Conversation {
        Conversation {
            sources: vec![source],
            connections: self.connections.all,
            exchanges: self.requests.all,
            ..Conversation::default()
        }
    }
}

/// A head of HTTP, and the body behind it: `[body "…"]`.
fn split(text: &str) -> (&str, String) {
    let Some((head, body)) = text.split_once("\n[body \"") else { return (text, String::new()) };
    let body = body.trim_end().trim_end_matches(']').trim_end_matches('"');
    let mut plain = String::with_capacity(body.len());
    let mut characters = body.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => match characters.next() {
                Some('n') => plain.push('\n'),
                Some('r') => plain.push('\r'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => {}
            },
            c => plain.push(c),
        }
    }
    (head, plain)
}

/// `3.356  #1 1001 -> text` of the fake, `0.000290    187  agent -> text` of a case.
fn first(line: &str) -> Option<FirstLine<'_>> {
    let (time, rest) = word(line)?;
    let seconds: f64 =
        time.parse().ok().filter(|seconds: &f64| seconds.is_finite() && *seconds >= 0.0)?;
    if !time.contains('.') {
        return None;
    }
    let (second, rest) = word(rest)?;
    let (third, rest) = word(rest)?;
    let (arrow, text) = rest.trim_start().split_at_checked(2)?;
    let connection = if second.starts_with('#') {
        second
    } else {
        second.trim_end_matches('~').parse::<usize>().ok()?;
        third
    };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a number of seconds; too large a one is cut"
    )]
    let at = (seconds * 1_000_000.0) as i64;
    matches!(arrow, "->" | "<-" | "==").then(|| FirstLine {
        at,
        connection,
        arrow,
        text: text.strip_prefix(' ').unwrap_or(text),
    })
}

fn word(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let end = line.find(' ')?;
    Some(line.split_at(end))
}
