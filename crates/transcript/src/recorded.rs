//! Reads the recordings of real servers: lines of time, direction and text, as their `00-README.txt` describes them.

use std::collections::HashMap;

use wire::opcode;

use crate::event::{Event, Octets, Said, Who};

/// A recording of a real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The server and its settings, from the first line.
    pub server: String,
    /// What was said and what the recorder remarked, in order.
    pub lines: Vec<Line>,
}

/// One entry of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// Something was said, or happened to a connection. A connection that is made anew has a number after its letter.
    Event(Event),
    /// A remark of the recorder, and when it was made, in microseconds.
    Remark {
        /// Microseconds since the recording began.
        micros: u64,
        /// Its text.
        text: String,
    },
}

/// Why a line of a recording cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {fault}")]
pub struct RecordedError {
    /// Line number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub fault: RecordedFault,
}

/// What is wrong with a line of a recording.
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
    /// By the letter of the client: what its connection has come to.
    connections: HashMap<char, Connection>,
}

#[derive(Default, Clone)]
struct Connection {
    /// How often it was made before.
    before: usize,
    upgraded: bool,
    ended: bool,
    /// The HTTP head whose lines are being read.
    head: Option<(Who, usize)>,
}

impl Reader {
    fn entry(&mut self, micros: u64, direction: &str, said: &str) -> Result<(), RecordedFault> {
        if direction == "--" {
            self.remark(micros, said);
            return Ok(());
        }
        let letter = direction.chars().next().unwrap_or('C');
        let (client, who) = match letter {
            'S' => ('C', Who::Server),
            letter if letter.is_ascii_lowercase() => (letter.to_ascii_uppercase(), Who::Server),
            letter => (letter, Who::Client),
        };
        let connection = self.connections.entry(client).or_default();
        if who == Who::Client && is_request_line(said) && (connection.upgraded || connection.ended)
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
        who: Who,
        micros: u64,
        said: &str,
    ) -> Result<(), RecordedFault> {
        if let Some((_, body)) = said.strip_prefix("[body ").and_then(|rest| rest.split_once("] "))
        {
            if let Some(Said::Http { body: place, .. }) = self.head_of(client, who) {
                *place = Some(Octets(unescaped(body).into_bytes()));
            }
            return Ok(());
        }
        if self.continues(client, who) && !is_request_line(said) {
            if let Some(Said::Http { head, .. }) = self.head_of(client, who) {
                head.push('\n');
                head.push_str(said);
            }
            return Ok(());
        }
        let event = if said.starts_with('<') || said.starts_with('[') {
            // Octets before the upgrade that are no HTTP, or a session whose beginning is not in the file.
            match bare_line_ends(said) {
                Some(octets) => Said::Bytes { payload: Octets(octets) },
                None => message(said)?,
            }
        } else {
            Said::Http { head: said.to_owned(), body: None }
        };
        let is_head = matches!(event, Said::Http { .. });
        let is_bytes = matches!(event, Said::Bytes { .. });
        self.push(client, who, micros, event);
        let place = self.lines.len() - 1;
        let connection = self.connections.entry(client).or_default();
        connection.head = is_head.then_some((who, place));
        connection.upgraded |= !(is_head || is_bytes) || said.starts_with("HTTP/1.1 101");
        Ok(())
    }

    /// Whether the head being read on this connection is of this side.
    fn continues(&self, client: char, who: Who) -> bool {
        let head = self.connections.get(&client).and_then(|connection| connection.head);
        head.is_some_and(|(side, _)| side == who)
    }

    fn head_of(&mut self, client: char, who: Who) -> Option<&mut Said> {
        let (_, place) = self.connections.get(&client)?.head.filter(|(side, _)| *side == who)?;
        match self.lines.get_mut(place) {
            Some(Line::Event(event)) => Some(&mut event.said),
            _ => None,
        }
    }

    fn push(&mut self, client: char, who: Who, micros: u64, said: Said) {
        let connection = self.connections.entry(client).or_default();
        let conn = match connection.before {
            0 => client.to_string(),
            before => format!("{client}{}", before + 1),
        };
        connection.ended |= matches!(said, Said::Eof | Said::Reset);
        connection.head = None;
        let octets = match &said {
            Said::Text { text, .. } => text.len(),
            _ => 0,
        };
        let (octets, said) = whole(octets, said);
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
            "server closed TCP" => self.push(client, Who::Server, micros, Said::Eof),
            "client 1 closed TCP" | "client 1 dropped TCP" | "client 1 closes its TCP socket" => {
                self.push(client, Who::Client, micros, Said::Eof);
            }
            _ if what.starts_with("drop TCP") => self.push(client, Who::Client, micros, Said::Eof),
            _ if what.starts_with("client 1 resets") => {
                self.push(client, Who::Client, micros, Said::Reset);
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

/// A message over WebSocket: the text of a text message, or a frame in brackets.
fn message(said: &str) -> Result<Said, RecordedFault> {
    if let Some(rest) = said.strip_prefix('[') {
        return frame(rest).ok_or(RecordedFault::Frame);
    }
    Ok(Said::Text { text: unescaped(said), fragments: 1, login: None })
}

/// A frame by its words, without the opening bracket.
fn frame(words: &str) -> Option<Said> {
    let (head, payload) = words.split_once(']')?;
    let payload = payload.strip_prefix(' ').unwrap_or(payload);
    if let Some(close) = head.strip_prefix("ws close ") {
        return close_frame(close);
    }
    if let Some(ping) = head.strip_prefix("ws ping") {
        return Some(Said::Ping { payload: Octets(quoted(ping)) });
    }
    if let Some(pong) = head.strip_prefix("ws pong") {
        return Some(Said::Pong { payload: Octets(quoted(pong)) });
    }
    if head.starts_with("text frame, ") || head.starts_with("text frame of ") {
        // Cut: the length stands for what is not there.
        let rest = head.split_once(": ").map_or(payload, |(_, start)| start);
        let start = rest.strip_suffix("...").unwrap_or(rest);
        return Some(Said::Text {
            text: format!("{start}\0{}", number(head)?),
            fragments: 1,
            login: None,
        });
    }
    let text = |fin, code| described(fin, 0, code, true, payload);
    match head {
        "ping frame" => Some(text(true, opcode::PING)),
        "pong frame" => Some(text(true, opcode::PONG)),
        "binary frame" => Some(text(true, opcode::BINARY)),
        "cont frame" => Some(text(true, opcode::CONTINUATION)),
        "ping frame {'fin': False}" => Some(text(false, opcode::PING)),
        "text frame {'fin': True}" => Some(text(true, opcode::TEXT)),
        "text frame {'mask': False}" => Some(described(true, 0, opcode::TEXT, false, payload)),
        "UNMASKED text frame with an iq" => Some(described(true, 0, opcode::TEXT, false, "")),
        "text frame with invalid UTF-8 ff fe" => {
            Some(described(true, 0, opcode::TEXT, true, "b'\\xff\\xfe'"))
        }
        _ => {
            if let Some(rsv) = head.strip_prefix("text frame {'rsv': ") {
                let rsv = rsv.strip_suffix('}')?.parse().ok()?;
                return Some(described(true, rsv, opcode::TEXT, true, payload));
            }
            if let Some(code) = head.strip_prefix("op ").or_else(|| head.strip_prefix("opcode ")) {
                let code = code.strip_suffix(" frame").unwrap_or(code).parse().ok()?;
                return Some(text(true, code));
            }
            let (code, fin) = head.split(',').next()?.split_once(" FIN=")?;
            let code = match code {
                "text" => opcode::TEXT,
                "cont" => opcode::CONTINUATION,
                _ => return None,
            };
            Some(text(fin == "1", code))
        }
    }
}

fn described(fin: bool, rsv: u8, opcode: u8, mask: bool, payload: &str) -> Said {
    let payload = match payload.strip_prefix("b'").and_then(|rest| rest.strip_suffix('\'')) {
        Some(python) => octets(python),
        None => payload.as_bytes().to_vec(),
    };
    Said::Frame { fin, rsv, opcode, mask, form: None, lie: None, payload: Octets(payload) }
}

fn close_frame(words: &str) -> Option<Said> {
    if words == "(no code)" {
        return Some(Said::Close { code: None, reason: String::new() });
    }
    if let Some(payload) = words.strip_prefix("frame, payload ") {
        return Some(described(true, 0, opcode::CLOSE, true, payload));
    }
    let (code, reason) = words.split_once(' ').unwrap_or((words, ""));
    Some(Said::Close { code: Some(code.parse().ok()?), reason: reason.to_owned() })
}

/// The payload of a ping or pong: `"text"`, or a length with octets in Python's notation, of which the recorder cuts long ones.
fn quoted(words: &str) -> Vec<u8> {
    if let Some(text) = words.trim().strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return text.as_bytes().to_vec();
    }
    let shown = words.split_once("b'").and_then(|(_, rest)| rest.strip_suffix('\''));
    let mut payload = octets(shown.unwrap_or_default());
    // Only one payload is cut, and it is one character over and over (ws_ping_125).
    if let (Some(length), Some(&last)) = (number(words), payload.last()) {
        payload.resize(length.max(payload.len()), last);
    }
    payload
}

/// Octets in Python's notation.
fn octets(python: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = python;
    while let Some(at) = rest.find("\\x") {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let digits = rest.get(at + 2..at + 4).unwrap_or("3f");
        out.push(u8::from_str_radix(digits, 16).unwrap_or(b'?'));
        rest = rest.get(at + 4..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    out
}

/// `GET … LF Host: x LF LF (bare LF line ends)`: a request whose lines end in line feeds alone.
fn bare_line_ends(said: &str) -> Option<Vec<u8>> {
    let lines = said.strip_prefix('[')?.strip_suffix(" (bare LF line ends)]")?;
    let octets: String = lines.replace(" LF LF", "\n\n").replace(" LF ", "\n");
    Some(octets.into_bytes())
}

/// Separates a text from what the recorder says of it: how long it was before it was cut, or once it was compressed.
fn whole(octets: usize, said: Said) -> (usize, Said) {
    let Said::Text { text, fragments, login } = said else { return (octets, said) };
    if let Some((text, note)) = text.split_once(" [permessage-deflate, ") {
        let octets = number(note).unwrap_or(octets);
        return (octets, Said::Text { text: text.to_owned(), fragments, login });
    }
    let of_server = text
        .rsplit_once("...[")
        .and_then(|(start, rest)| Some((start, rest.strip_suffix(" chars]")?.parse().ok()?)));
    let of_client =
        text.rsplit_once('\0').and_then(|(start, length)| Some((start, length.parse().ok()?)));
    let (text, octets) = match of_server.or(of_client) {
        Some((start, length)) => (start.to_owned(), length),
        None => (text, octets),
    };
    (octets, Said::Text { text, fragments, login })
}

/// The first number in some words.
fn number(words: &str) -> Option<usize> {
    let start = words.find(|c: char| c.is_ascii_digit())?;
    let digits = words[start..].split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Line ends are written as escapes.
fn unescaped(text: &str) -> String {
    text.replace("\\n", "\n").replace("\\r", "\r")
}
