//! Logs with one frame a line, as strophe.js, stanza, browsers and people write them, or Openfire.

use super::lines::{Connections, Entry, is_end, is_request, is_status};
use super::{har, source};
use crate::conversation::{
    Connection, Conversation, Logged, MessageKind, SentMessage, Side, Sight, Url,
};

/// Words before a frame that tell its direction.
const SENT: [&str; 16] = [
    "sent",
    "send",
    "sending",
    "outgoing",
    "out",
    "raw:outgoing",
    "c",
    "client",
    ">>",
    ">>>",
    ">",
    "->",
    "-->",
    "==>",
    "tx",
    "⬆",
];
const RECEIVED: [&str; 16] = [
    "recv",
    "rcvd",
    "received",
    "receive",
    "receiving",
    "incoming",
    "in",
    "raw:incoming",
    "s",
    "server",
    "<<",
    "<<<",
    "<",
    "<-",
    "<--",
    "rx",
];

/// The most lines of a frame that is broken over several.
const MAX_LINES: usize = 20_000;

/// Reads a log.
///
/// # Errors
///
/// There is no frame in it, and no line that says anything.
pub(super) fn read(name: &str, text: &str) -> Result<Conversation, String> {
    let mut reader = Reader::default();
    for line in text.lines() {
        reader.line(line);
    }
    reader.flush();
    let Reader { connections, logged, is_openfire, .. } = reader;
    let mut source =
        source(name, if is_openfire { "a log of Openfire" } else { "a log with one frame a line" });
    if is_openfire {
        source.remarks.push(
            "Openfire's log leaves out the middle of what was said: the conversation cannot be \
             made of it, only what the log says itself."
                .to_owned(),
        );
    }
    if logged.is_empty() && !connections.all.iter().any(is_conversation) {
        return Err(
            "not a log, and of no other format that is read: a HAR of a browser, a capture \
                    of packets (pcap), flows of mitmproxy, a recording of `record`, a transcript \
                    of a case or of the fake (`/transcript`), Openfire's log, a log with one frame \
                    a line (SENT: <…>, RECV: <…>)"
                .to_owned(),
        );
    }
    Ok(Conversation {
        sources: vec![source],
        connections: connections.all,
        logged,
        ..Conversation::default()
    })
}

/// Whether a connection of a log is one. In sources and in prose, words stand before a `<` too, and
/// an element never fills the rest of a line.
fn is_conversation(connection: &Connection) -> bool {
    let is_frame = |said: &SentMessage| match &said.what {
        // The start of a stream over TCP stays open, and a log may cut what follows a declaration.
        MessageKind::Text(text) => {
            let begins = ["<stream:stream", "<open", "<?xml"];
            begins.iter().any(|begin| text.starts_with(begin)) || stanza::parse(text).is_ok()
        }
        MessageKind::Broken(_) => false,
        _ => true,
    };
    let upgrade = &connection.upgrade;
    upgrade.asked.is_some()
        || upgrade.answered.is_some()
        || upgrade.error.is_some()
        || connection.said.iter().any(is_frame)
}

#[derive(Default)]
struct Reader {
    connections: Connections,
    logged: Vec<Logged>,
    is_openfire: bool,
    /// A frame whose end may be on later lines.
    frame: Option<(Entry, usize)>,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if let Some(logged) = openfire(line) {
            self.flush();
            self.is_openfire = true;
            // Jetty's own lines show frames with their middle left out.
            if !logged.text.starts_with("org.eclipse.jetty") {
                self.logged.push(logged);
            }
            return;
        }
        if self.is_openfire {
            if let Some(last) = self.logged.last_mut().filter(|last| last.text.len() < 16_384) {
                last.text.push('\n');
                last.text.push_str(line);
            }
            return;
        }
        if let Some(entry) = frame(line) {
            self.flush();
            self.frame = Some((entry, 1));
            return;
        }
        if let Some((entry, lines)) = &mut self.frame
            && *lines < MAX_LINES
            && !is_report(line)
            && is_open(&entry.text)
        {
            entry.text.push('\n');
            entry.text.push_str(line);
            *lines += 1;
            return;
        }
        self.flush();
        self.report(line);
    }

    fn flush(&mut self) {
        if let Some((entry, _)) = self.frame.take() {
            self.connections.take(&entry, Sight::MESSAGES);
        }
    }

    /// A line of a browser or a library about a connection.
    fn report(&mut self, line: &str) {
        if let Some((_, rest)) = line.split_once("WebSocket connection to '") {
            let (url, error) = rest.split_once('\'').unwrap_or((rest, ""));
            let error = error.trim_start_matches(" failed:").trim();
            let already = self.connections.last().is_some_and(|last| !last.said.is_empty());
            if already && error.is_empty() {
                return;
            }
            let mut connection = Connection::new(0, Sight { upgrade: true, ..Sight::MESSAGES });
            connection.url = Url::parse(url);
            connection.upgrade.status = har::status_in(error);
            connection.upgrade.error = Some(error.to_owned());
            self.connections.all.push(connection);
        } else if is_report(line)
            && let Some(last) = self.connections.last()
        {
            last.reported.push(textual::clipped(line, 300).into_owned());
            // A log with times says when the connection was gone.
            if is_end(line)
                && let Some(at) =
                    time(line).filter(|at| last.last_said().is_some_and(|said| said <= *at))
            {
                last.ended = last.ended.or(Some(at));
            }
        }
    }
}

fn is_report(line: &str) -> bool {
    [
        "status ",
        "Websocket closed",
        "WebSocket closed",
        "_doDisconnect",
        "Disconnect was called",
        "disconnected",
        "net::ERR_",
    ]
    .iter()
    .any(|word| line.contains(word))
}

/// Whether the element of a text is not closed yet.
fn is_open(text: &str) -> bool {
    let text = text.trim();
    if !text.starts_with('<') {
        return is_request(text) || is_status(text);
    }
    let name: String = text[1..]
        .chars()
        .take_while(|c| c.is_alphanumeric() || matches!(c, ':' | '-' | '_' | '.'))
        .collect();
    let is_empty = text.ends_with("/>") && text.matches('<').count() == 1;
    let is_closed = is_empty || text.ends_with(&format!("</{name}>"));
    !is_closed
}

/// A line with a frame in it.
fn frame(line: &str) -> Option<Entry> {
    let start = line.char_indices().find(|(at, c)| {
        let next = line[at + c.len_utf8()..].chars().next();
        *c == '<' && next.is_some_and(|next| next.is_ascii_alphabetic() || next == '?')
    });
    let start = match start {
        Some((start, _)) => start,
        // A head of HTTP behind a marker.
        None => ["GET ", "HTTP/1."].iter().filter_map(|word| line.find(word)).min()?,
    };
    let (before, text) = line.split_at(start);
    let from = direction(before)?;
    Some(Entry {
        at: time(before),
        connection: String::new(),
        from,
        text: text.trim_end().to_owned(),
    })
}

/// The direction that the words before a frame tell; the last one counts.
fn direction(before: &str) -> Option<Side> {
    let words = before.split_whitespace().rev().take(4);
    for word in words {
        let word =
            word.trim_matches(['[', ']', '(', ')', '"', '\'', ',', '=']).trim_end_matches(':');
        let word = word.to_lowercase();
        let word = if word.len() > 2
            && word.ends_with('>')
            && word.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            word.trim_end_matches('>').to_owned()
        } else {
            word
        };
        if SENT.contains(&word.as_str()) {
            return Some(Side::Client);
        }
        if RECEIVED.contains(&word.as_str()) {
            return Some(Side::Server);
        }
        if let Some(letter) = word.strip_suffix('>').filter(|letter| letter.len() == 1) {
            return Some(if letter == "s" { Side::Server } else { Side::Client });
        }
    }
    None
}

/// The time at the beginning of a line, if it is one.
fn time(before: &str) -> Option<i64> {
    let word = before.split_whitespace().next()?.trim_matches(['[', ']']);
    if let Ok(instant) = word.parse::<jiff::Timestamp>() {
        return Some(instant.as_microsecond());
    }
    if let Ok(time) = word.parse::<jiff::civil::Time>() {
        let since = time.duration_since(jiff::civil::Time::midnight());
        return i64::try_from(since.as_micros()).ok();
    }
    let seconds: f64 = word.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
    (seconds.is_finite() && (0.0..9e12).contains(&seconds) && word.contains('.'))
        .then_some((seconds * 1e6) as i64)
}

/// A line of Openfire's log: `2026.11.29 14:52:01 DEBUG [thread]: logger - text`.
fn openfire(line: &str) -> Option<Logged> {
    let (date, rest) = line.split_at_checked(10)?;
    let octets = date.as_bytes();
    let is_date = octets.iter().enumerate().all(|(at, octet)| {
        if at == 4 || at == 7 { matches!(octet, b'.' | b'-') } else { octet.is_ascii_digit() }
    });
    let mut words = rest.trim_start().splitn(3, ' ');
    let time: jiff::civil::Time = words.next().filter(|_| is_date)?.parse().ok()?;
    let level = words.next()?;
    if !matches!(level, "DEBUG" | "INFO" | "WARN" | "ERROR" | "TRACE" | "FATAL") {
        return None;
    }
    let rest = words.next()?.trim_start();
    let text = rest.split_once("]: ").map_or(rest, |(_, text)| text);
    let date: jiff::civil::Date = date.replace('.', "-").parse().ok()?;
    let at = jiff::tz::TimeZone::UTC.to_timestamp(date.to_datetime(time)).ok();
    Some(Logged {
        at: at.map(|at| at.as_microsecond()),
        level: level.to_owned(),
        text: text.to_owned(),
    })
}
