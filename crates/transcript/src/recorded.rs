//! Reads the recordings of real servers: lines of time, direction and text, as their
//! `00-README.txt` describes them.

mod words;

use std::collections::HashMap;

use crate::event::{Event, EventKind, Octets, Side};
use words::{bare_line_ends, message, unescaped};

/// A recording of a real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The server and its settings, from the first line.
    pub server: String,
    /// Events and remarks of the recorder, in order.
    pub lines: Vec<Line>,
}

/// One entry of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// An event. A connection that is made anew has a number after its letter.
    Event(Event),
    /// A remark of the recorder, and when it was made, in microseconds.
    Remark {
        /// Microseconds since the recording began.
        micros: u64,
        text: String,
    },
}

/// An error in a line of a recording.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct RecordedError {
    /// Line number, from 1.
    pub line: usize,
    pub fault: RecordedFault,
}

/// The kinds of errors in a line of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordedFault {
    /// It belongs to no entry.
    #[error("neither an entry nor the rest of one")]
    NoEntry,
    /// Its time is no number of seconds.
    #[error("not a time in seconds")]
    Time,
    /// Its frame is described in no known words.
    #[error("a frame in unknown words")]
    Frame,
}

/// Reads a recording.
///
/// # Errors
///
/// A line is not in the format.
pub fn recorded(text: &str) -> Result<Recorded, RecordedError> {
    let mut server = String::new();
    let mut reader = Reader::default();
    let mut entries: Vec<(usize, u64, &str, String)> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if let Some(remark) = line.strip_prefix("# ") {
            if let Some(name) = remark.strip_prefix("server: ") {
                name.clone_into(&mut server);
            }
            continue;
        }
        match split(line) {
            Some((time, direction, said)) => {
                let micros = micros(time)
                    .ok_or(RecordedError { line: number + 1, fault: RecordedFault::Time })?;
                entries.push((number + 1, micros, direction, said.to_owned()));
            }
            // Older recordings break lines where the text did.
            None => match entries.last_mut() {
                Some((.., said)) => {
                    said.push('\n');
                    said.push_str(line);
                }
                None => {
                    return Err(RecordedError { line: number + 1, fault: RecordedFault::NoEntry });
                }
            },
        }
    }
    for (line, micros, direction, said) in entries {
        reader.entry(micros, direction, &said).map_err(|fault| RecordedError { line, fault })?;
    }
    Ok(Recorded { server, lines: reader.lines })
}

#[derive(Default)]
struct Reader {
    lines: Vec<Line>,
    /// The state of the connections, by the letter of the client.
    connections: HashMap<char, Connection>,
}

#[derive(Default, Clone)]
struct Connection {
    /// How many connections of this client came before.
    before: usize,
    upgraded: bool,
    ended: bool,
    /// The HTTP head whose lines are being read.
    head: Option<(Side, usize)>,
}

impl Reader {
    fn entry(&mut self, micros: u64, direction: &str, said: &str) -> Result<(), RecordedFault> {
        if direction == "--" {
            self.remark(micros, said);
            return Ok(());
        }
        let letter = direction.chars().next().unwrap_or('C');
        let (client, who) = match letter {
            'S' => ('C', Side::Server),
            letter if letter.is_ascii_lowercase() => (letter.to_ascii_uppercase(), Side::Server),
            letter => (letter, Side::Client),
        };
        let connection = self.connections.entry(client).or_default();
        if who == Side::Client && is_request_line(said) && (connection.upgraded || connection.ended)
        {
            *connection = Connection { before: connection.before + 1, ..Connection::default() };
        }
        if connection.upgraded && !(is_header(said) && self.continues(client, who)) {
            let event = message(said)?;
            self.push(client, who, micros, event);
            return Ok(());
        }
        self.http(client, who, micros, said)
    }

    fn http(
        &mut self,
        client: char,
        who: Side,
        micros: u64,
        said: &str,
    ) -> Result<(), RecordedFault> {
        if let Some((_, body)) = said.strip_prefix("[body ").and_then(|rest| rest.split_once("] "))
        {
            if let Some(EventKind::Http { body: place, .. }) = self.head_of(client, who) {
                *place = Some(Octets(unescaped(body).into_bytes()));
            }
            return Ok(());
        }
        if self.continues(client, who) && !is_request_line(said) {
            if let Some(EventKind::Http { head, .. }) = self.head_of(client, who) {
                head.push('\n');
                head.push_str(said);
            }
            return Ok(());
        }
        let (said, octets) = if said.starts_with('<') || said.starts_with('[') {
            // Octets before the upgrade that are not HTTP, or a session that begins before the
            // file.
            match bare_line_ends(said) {
                Some(octets) => (EventKind::Bytes { payload: Octets(octets) }, 0),
                None => message(said)?,
            }
        } else {
            (EventKind::Http { head: said.to_owned(), login: None, body: None }, 0)
        };
        let is_head = matches!(said, EventKind::Http { .. });
        let upgrades = match &said {
            EventKind::Http { head, .. } => head.starts_with("HTTP/1.1 101"),
            EventKind::Bytes { .. } => false,
            _ => true,
        };
        self.push(client, who, micros, (said, octets));
        let place = self.lines.len() - 1;
        let connection = self.connections.entry(client).or_default();
        connection.head = is_head.then_some((who, place));
        connection.upgraded |= upgrades;
        Ok(())
    }

    /// Whether the head being read on this connection is of this side.
    fn continues(&self, client: char, who: Side) -> bool {
        let head = self.connections.get(&client).and_then(|connection| connection.head);
        head.is_some_and(|(side, _)| side == who)
    }

    fn head_of(&mut self, client: char, who: Side) -> Option<&mut EventKind> {
        let (_, place) = self.connections.get(&client)?.head.filter(|(side, _)| *side == who)?;
        match self.lines.get_mut(place) {
            Some(Line::Event(event)) => Some(&mut event.said),
            _ => None,
        }
    }

    fn push(&mut self, client: char, who: Side, micros: u64, (said, octets): (EventKind, usize)) {
        let connection = self.connections.entry(client).or_default();
        let conn = match connection.before {
            0 => client.to_string(),
            before => format!("{client}{}", before + 1),
        };
        connection.ended |= matches!(said, EventKind::Eof | EventKind::Reset);
        connection.head = None;
        let event =
            Event { conn, who, step: 0, micros, octets, claimed: false, timer: false, said };
        self.lines.push(Line::Event(event));
    }

    fn remark(&mut self, micros: u64, text: &str) {
        let (client, what) = match text.split_once(": ") {
            Some((letter, what)) if letter.len() == 1 => {
                (letter.chars().next().unwrap_or('C'), what)
            }
            _ => ('C', text),
        };
        match what {
            "server closed TCP" => self.push(client, Side::Server, micros, (EventKind::Eof, 0)),
            "client 1 closed TCP" | "client 1 dropped TCP" | "client 1 closes its TCP socket" => {
                self.push(client, Side::Client, micros, (EventKind::Eof, 0));
            }
            _ if what.starts_with("drop TCP") => {
                self.push(client, Side::Client, micros, (EventKind::Eof, 0))
            }
            _ if what.starts_with("client 1 resets") => {
                self.push(client, Side::Client, micros, (EventKind::Reset, 0));
            }
            _ => self.lines.push(Line::Remark { micros, text: text.to_owned() }),
        }
    }
}

/// Time, direction and text of an entry.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    let (time, rest) = line.trim_start_matches(' ').split_once(' ')?;
    if time.is_empty() || !time.bytes().all(|octet| octet.is_ascii_digit() || octet == b'.') {
        return None;
    }
    let direction = rest.get(..2)?;
    let is_direction = direction == "--"
        || direction.ends_with('>') && direction.starts_with(|c: char| c.is_ascii_alphabetic());
    let text = rest.get(2..)?;
    is_direction.then_some((time, direction, text.strip_prefix(' ').unwrap_or(text)))
}

fn micros(time: &str) -> Option<u64> {
    let (seconds, fraction) = time.split_once('.').unwrap_or((time, ""));
    let fraction = format!("{fraction:0<6}");
    seconds
        .parse::<u64>()
        .ok()?
        .checked_mul(1_000_000)?
        .checked_add(fraction.get(..6)?.parse().ok()?)
}

fn is_request_line(said: &str) -> bool {
    said.split(' ').next().is_some_and(|method| {
        !method.is_empty() && method.bytes().all(|octet| octet.is_ascii_uppercase())
    }) && said.contains(" HTTP/")
}

fn is_header(said: &str) -> bool {
    said.split_once(':').is_some_and(|(name, _)| {
        name.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<Event> {
        let lines = recorded(text).unwrap().lines;
        let event = |line| if let Line::Event(event) = line { Some(event) } else { None };
        lines.into_iter().filter_map(event).collect()
    }

    fn text(text: &str) -> EventKind {
        EventKind::Text { text: text.to_owned(), fragments: 1, login: None }
    }

    #[test]
    fn a_conversation_is_read() {
        let recording = "# server: a server, its settings\n# scenario: x\n\
              0.001 C> GET /ws/ HTTP/1.1\n  0.001 C> Host: h\n\
              0.002 S> HTTP/1.1 101 Switching Protocols\n  0.002 S> Upgrade: WebSocket\n\
              0.003 C> <open a=\"1\"/>\n\
              0.004 -- (quiet)\n\
            120.005 S> [ws ping 0 bytes]\n\
            120.006 C> [ws close 1000 bye]\n\
            120.007 -- server closed TCP\n\
            120.008 C> GET /ws/ HTTP/1.1\n";
        let read = recorded(recording).unwrap();
        assert_eq!(read.server, "a server, its settings");
        assert_eq!(read.lines[3], Line::Remark { micros: 4_000, text: "(quiet)".to_owned() });
        let events = events(recording);
        let http = |head: &str| EventKind::Http { head: head.to_owned(), login: None, body: None };
        let said: Vec<&EventKind> = events.iter().map(|event| &event.said).collect();
        assert_eq!(
            said,
            [
                &http("GET /ws/ HTTP/1.1\nHost: h"),
                &http("HTTP/1.1 101 Switching Protocols\nUpgrade: WebSocket"),
                &text("<open a=\"1\"/>"),
                &EventKind::Ping { payload: Octets(Vec::new()) },
                &EventKind::Close { code: Some(1000), reason: "bye".to_owned() },
                &EventKind::Eof,
                &http("GET /ws/ HTTP/1.1"),
            ]
        );
        assert_eq!((events[3].who, events[3].micros), (Side::Server, 120_005_000));
        assert_eq!((events[5].conn.as_str(), events[6].conn.as_str()), ("C", "C2"));
    }

    #[test]
    fn lengths_are_those_on_the_connection() {
        let long = "  0.1 C> <a/>\n  0.2 C> [text frame, 90 bytes] <a>xxx...\n  0.3 S> <b>xx...[80 chars]\n  \
            0.4 S> <c/> [permessage-deflate, 6 bytes on the wire]\n";
        let events = events(long);
        let said: Vec<(&EventKind, usize)> =
            events.iter().map(|event| (&event.said, event.octets)).collect();
        assert_eq!(
            said,
            [(&text("<a/>"), 4), (&text("<a>xxx"), 90), (&text("<b>xx"), 80), (&text("<c/>"), 6)]
        );
    }

    #[test]
    fn what_is_no_recording_is_refused_with_its_line() {
        let error = |text: &str| recorded(text).unwrap_err();
        assert_eq!(error("nonsense"), RecordedError { line: 1, fault: RecordedFault::NoEntry });
        assert_eq!(error("# x\n 1.2.3 C> x").fault, RecordedFault::Time);
        assert_eq!(error("0.1 C> <a/>\n0.2 C> [odd]").line, 2);
    }
}
