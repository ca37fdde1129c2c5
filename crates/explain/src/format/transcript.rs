//! Transcripts: those of the fake (`/transcript`, as JSON or as text), those of cases (`.txt`), and
//! those in the report of a run.

use serde::Deserialize;
use verdict::{LineKind, TranscriptLine};
use wire::handshake::ONLY_LOOKS;

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

/// The transcript of the fake as JSON.
#[derive(Deserialize)]
struct OfFake {
    said: Vec<SaidOnFake>,
}

/// An entry of it.
#[derive(Deserialize)]
struct SaidOnFake {
    /// In seconds.
    at: f64,
    connection: u64,
    speaker: String,
    text: String,
}

/// Whether a text is a transcript of the fake as JSON, or a page of one.
pub(super) fn is_of_fake(start: &str) -> bool {
    start.starts_with("{\"forgotten\":")
}

/// Reads the transcript of the fake as JSON.
///
/// # Errors
///
/// It is not whole, or has nothing but health checks.
pub(super) fn of_fake(name: &str, text: &str) -> Result<Conversation, String> {
    let OfFake { said } = serde_json::from_str(text)
        .map_err(|error| format!("the fake's transcript as JSON: {error}"))?;
    let mut lines = Lines::default();
    for SaidOnFake { at, connection, speaker, text } in &said {
        let arrow = match speaker.as_str() {
            "client" => "->",
            "server" => "<-",
            _ => "==",
        };
        let connection = format!("#{connection}");
        let first = FirstLine { at: micros(*at), connection: &connection, arrow, text };
        take(&mut lines, &first, text);
    }
    lines.of_clients(name)
}

/// Reads a transcript.
///
/// # Errors
///
/// It has nothing but health checks.
pub(super) fn read(name: &str, text: &str) -> Result<Conversation, String> {
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
    lines.of_clients(name)
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

    /// Without the connections that only looked whether the server is ready: they say nothing about
    /// the client.
    fn of_clients(self, name: &str) -> Result<Conversation, String> {
        let mut found = self.conversation(source(name, "a transcript of this program"));
        let count = found.connections.len();
        found.connections.retain(|connection| {
            let asked = connection.upgrade.asked.as_ref();
            asked.and_then(|headers| headers.first("User-Agent")) != Some(ONLY_LOOKS)
        });
        let left_out = count - found.connections.len();
        if left_out > 0 && found.connections.is_empty() && found.exchanges.is_empty() {
            return Err(
                "only `mock --check`, or another look without a login, is in it: no client \
                        connected"
                    .to_owned(),
            );
        }
        if left_out > 0 {
            found.sources[0].remarks.push(format!(
                "{left_out} of the {count} connections, of `mock --check` or another look without \
                 a login, {} left out.",
                if left_out == 1 { "is" } else { "are" }
            ));
        }
        Ok(found)
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
    matches!(arrow, "->" | "<-" | "==").then(|| FirstLine {
        at: micros(seconds),
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

#[expect(clippy::cast_possible_truncation, reason = "a number of seconds; too large a one is cut")]
fn micros(seconds: f64) -> i64 {
    (seconds * 1_000_000.0) as i64
}
