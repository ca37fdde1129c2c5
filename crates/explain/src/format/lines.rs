//! Entries of logs and transcripts, in order, become connections: heads of HTTP, messages, frames,
//! remarks.

use std::collections::HashMap;

use wire::Headers;

use crate::conversation::{Connection, MessageKind, SentMessage, Side, Sight, host_and_port};

/// A line of a log, or several that belong together.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) at: Option<i64>,
    /// The name of its connection, if the log has names.
    pub(super) connection: String,
    pub(super) from: Side,
    /// A message, a head of HTTP, or a frame in square brackets.
    pub(super) text: String,
}

/// The connections of entries.
#[derive(Debug, Default)]
pub(super) struct Connections {
    /// Those under way, by their names.
    open: HashMap<String, usize>,
    /// The logins on the connection without a name.
    logins: Logins,
    pub(super) all: Vec<Connection>,
}

impl Connections {
    /// The connection of this name that is under way; made, if there is none.
    fn under_way(&mut self, name: &str, sight: Sight) -> usize {
        if let Some(place) = self.open.get(name) {
            return *place;
        }
        self.all.push(Connection::new(0, sight));
        let place = self.all.len() - 1;
        self.open.insert(name.to_owned(), place);
        place
    }

    fn renew(&mut self, name: &str) {
        self.open.remove(name);
        if name.is_empty() {
            self.logins = Logins::default();
        }
    }

    /// A login begins in a log without names. If one was under way at the last `<open/>`, that was
    /// no restart: all since then is another connection.
    fn part(&mut self) {
        let Some(place) = self.logins.doubted.take() else { return };
        let under_way = self.under_way("", Sight::MESSAGES);
        let connection = &mut self.all[under_way];
        let mut other = Connection::new(0, connection.sight);
        other.said = connection.said.split_off(place);
        other.began = other.said.first().and_then(|said| said.at);
        self.renew("");
        for said in &other.said {
            self.logins.hear(said.from, &said.what, 0);
        }
        self.open.insert(String::new(), self.all.len());
        self.all.push(other);
    }

    /// The last connection, for what the application reports.
    pub(super) fn last(&mut self) -> Option<&mut Connection> {
        self.all.last_mut()
    }

    /// Content of a message that is not shown.
    pub(super) fn hide(&mut self, name: &str, from: Side, octets: &[u8]) {
        if let Some(place) = self.open.get(name) {
            self.all[*place].hide(from, octets);
        }
    }

    /// The end of TCP.
    pub(super) fn end(&mut self, name: &str, side: Side, at: Option<i64>, is_reset: bool) {
        let Some(place) = self.open.get(name) else { return };
        let connection = &mut self.all[*place];
        connection.sight.end = true;
        let when = at.or_else(|| connection.last_said()).unwrap_or_default();
        connection.ended = Some(when);
        if is_reset {
            connection.tcp.reset = Some((side, when));
        } else if connection.tcp.ended.is_none() {
            connection.tcp.ended = Some((side, when));
        }
    }

    /// Takes the next entry.
    pub(super) fn take(&mut self, entry: &Entry, sight: Sight) {
        let text = entry.text.trim_end_matches(['\r', '\n']);
        if is_request(text) || is_status(text) {
            self.head(entry, text, sight);
            return;
        }
        if entry.from == Side::Client && entry.connection.is_empty() {
            let place = self.under_way("", sight);
            if is_open(text) && self.logins.are_over(&self.all[place]) {
                self.renew("");
            } else if text.trim_start().starts_with("<auth") {
                self.part();
            }
        }
        let place = self.under_way(&entry.connection, sight);
        let connection = &mut self.all[place];
        connection.began = connection.began.or(entry.at);
        let what = frame(text).unwrap_or_else(|| MessageKind::Text(text.to_owned()));
        if matches!(what, MessageKind::Binary(_) | MessageKind::Broken(_)) {
            // A transcript quotes them.
            let quoted = text.find('<').map_or("", |at| &text[at..]);
            connection.hide(entry.from, quoted.replace("\\\"", "\"").as_bytes());
        }
        if entry.connection.is_empty() {
            self.logins.hear(entry.from, &what, connection.said.len());
        }
        connection.said.push(SentMessage { at: entry.at, from: entry.from, what });
    }

    fn head(&mut self, entry: &Entry, text: &str, sight: Sight) {
        let (first, headers) = head(text);
        let sight = Sight { upgrade: true, ..sight };
        if is_request(first) {
            let place = self.under_way(&entry.connection, sight);
            if self.all[place].upgrade.asked.is_some() || !self.all[place].said.is_empty() {
                self.renew(&entry.connection);
            }
            let place = self.under_way(&entry.connection, sight);
            let connection = &mut self.all[place];
            connection.sight.upgrade = true;
            connection.began = connection.began.or(entry.at);
            let mut words = first.split(' ');
            let (_, target) = (words.next(), words.next().unwrap_or_default());
            words.next().unwrap_or_default().clone_into(&mut connection.upgrade.version);
            target.clone_into(&mut connection.url.written);
            connection.url.path = target.split('?').next().unwrap_or_default().to_owned();
            if let Some(host) = headers.first("host") {
                let (host, port) = host_and_port(host);
                host.clone_into(&mut connection.url.host);
                connection.url.port = port;
            }
            connection.upgrade.asked = Some(headers);
            connection.upgrade.asked_at = entry.at;
        } else {
            let place = self.under_way(&entry.connection, sight);
            let connection = &mut self.all[place];
            connection.sight.upgrade = true;
            let mut words = first.splitn(3, ' ').skip(1);
            connection.upgrade.status = words.next().and_then(|status| status.parse().ok());
            words.next().unwrap_or_default().clone_into(&mut connection.upgrade.reason);
            connection.upgrade.answered = Some(headers);
            connection.upgrade.answered_at = entry.at;
        }
    }
}

/// The first line of a head of HTTP, and its header lines.
pub(super) fn head(text: &str) -> (&str, Headers) {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let headers = lines.filter_map(|line| {
        let (name, value) = line.trim().split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    });
    (first, Headers(headers.collect()))
}

/// The logins on a connection without a name, as far as its messages tell. A second `<open/>` may
/// restart the stream after a login, or begin another connection.
#[derive(Debug, Default)]
struct Logins {
    /// How often the client began a stream, and a login.
    opens: usize,
    tried: usize,
    /// A login was tried and is not answered.
    is_under_way: bool,
    /// The stream has ended, or a login failed.
    is_over: bool,
    /// The place of an `<open/>` that came while a login was under way: a restart of a client that
    /// did not wait, or whose log lacks the answer, or another connection.
    doubted: Option<usize>,
}

impl Logins {
    /// Takes the next message, the one at this place.
    fn hear(&mut self, from: Side, what: &MessageKind, place: usize) {
        let MessageKind::Text(text) = what else { return };
        let text = text.trim_start();
        match from {
            _ if text.starts_with("<close") => self.is_over = true,
            Side::Client if is_open(text) => {
                self.opens += 1;
                self.doubted = self.is_under_way.then_some(place);
            }
            Side::Client if text.starts_with("<auth") => {
                self.tried += 1;
                self.is_under_way = true;
            }
            Side::Server if text.starts_with("<success") => {
                self.tried = self.tried.max(1);
                self.is_under_way = false;
            }
            Side::Server if text.starts_with("<failure") || text.starts_with("<stream:error") => {
                self.is_over = true;
            }
            _ => {}
        }
    }

    /// Whether an `<open/>` that comes now begins another connection for certain.
    fn are_over(&self, connection: &Connection) -> bool {
        let is_ended = || connection.reported.iter().any(|line| is_end(line));
        self.is_over
            || self.opens > self.tried.min(1)
            || (self.is_under_way && (connection.ended.is_some() || is_ended()))
    }
}

/// Whether a report says that a connection has ended.
pub(super) fn is_end(report: &str) -> bool {
    let report = report.to_ascii_lowercase();
    ["closed", "disconnected"].iter().any(|word| report.contains(word))
}

fn is_open(text: &str) -> bool {
    text.trim_start().starts_with("<open")
}

/// Whether a text begins with a request line.
pub(super) fn is_request(text: &str) -> bool {
    let mut words = text.lines().next().unwrap_or_default().split(' ');
    let method = words.next().unwrap_or_default();
    !method.is_empty()
        && method.bytes().all(|octet| octet.is_ascii_uppercase())
        && words.nth(1).is_some_and(|version| version.trim_end().starts_with("HTTP/"))
}

/// Whether a text begins with a status line.
pub(super) fn is_status(text: &str) -> bool {
    text.starts_with("HTTP/1.") || text.starts_with("HTTP/2 ")
}

/// A frame in square brackets: `[ping]`, `[close 1000 "reason"]`, `[ws ping 0 bytes]`.
fn frame(text: &str) -> Option<MessageKind> {
    let inner = text.trim().strip_prefix('[')?;
    let inner = inner.split(']').next()?;
    let inner = inner.strip_prefix("ws ").unwrap_or(inner);
    let (name, rest) = inner.split_once(' ').unwrap_or((inner, ""));
    match name {
        "ping" => Some(MessageKind::Ping),
        "pong" => Some(MessageKind::Pong),
        "close" => {
            let rest = rest.trim();
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            Some(MessageKind::Close {
                code: code.parse().ok(),
                reason: reason.trim_matches('"').to_owned(),
            })
        }
        "binary" => Some(MessageKind::Binary(rest.len())),
        "frame" | "bytes" => Some(MessageKind::Broken(inner.to_owned())),
        _ => None,
    }
}
