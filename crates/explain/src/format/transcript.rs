//! Transcripts as text: those of the fake (`/transcript?format=text`), and those of cases (`.txt`).

use super::lines::{Connections, Entry};
use super::source;
use crate::conversation::{Conversation, Side, Sight};

/// How the fake says that it was the client that ended a connection.
const OF_CLIENT: [&str; 3] = ["the client closed", "the client ended", "the connection broke off"];

/// An entry's first line, taken apart.
struct First<'a> {
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
    let mut connections = Connections::default();
    let mut under_way: Option<(First<'_>, String)> = None;
    for line in text.lines() {
        match first(line) {
            Some(found) => {
                if let Some((first, text)) = under_way.take() {
                    take(&mut connections, &first, &text);
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
        take(&mut connections, &first, &text);
    }
    Conversation {
        sources: vec![source(name, "a transcript of this program")],
        connections: connections.all,
        ..Conversation::default()
    }
}

fn take(connections: &mut Connections, first: &First<'_>, text: &str) {
    let from = match first.arrow {
        "->" => Side::Client,
        "<-" => Side::Server,
        _ => {
            if let Some(why) = text.strip_prefix("closed") {
                let by_client = OF_CLIENT
                    .iter()
                    .any(|words| why.trim_start_matches(':').trim_start().starts_with(words));
                let side = if by_client { Side::Client } else { Side::Server };
                connections.end(first.connection, side, Some(first.at), false);
            }
            return;
        }
    };
    // A remark on a login that was taken out of the message.
    let masked;
    let text = match text.split_once("  # ") {
        Some((message, remark)) if remark.ends_with("(…)") => {
            masked = message.replacen("></", ">***</", 1);
            masked.as_str()
        }
        _ => text,
    };
    match text {
        "[eof]" => connections.end(first.connection, from, Some(first.at), false),
        "[reset]" => connections.end(first.connection, from, Some(first.at), true),
        _ => connections.take(
            &Entry {
                at: Some(first.at),
                connection: first.connection.to_owned(),
                from,
                text: text.to_owned(),
            },
            Sight::ALL,
        ),
    }
}

/// `3.356  #1 1001 -> text` of the fake, `0.000290    187  agent -> text` of a case.
fn first(line: &str) -> Option<First<'_>> {
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
    matches!(arrow, "->" | "<-" | "==").then(|| First {
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
