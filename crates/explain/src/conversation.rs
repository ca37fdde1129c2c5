//! A conversation as a file tells it, whatever the format: connections, messages, requests.

pub use transcript::Side;
use wire::Headers;

/// Everything that was read from one or more files.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    pub sources: Vec<Source>,
    /// Connections that carry a WebSocket, tried to, or are not understood; in order of their
    /// beginning.
    pub connections: Vec<Connection>,
    /// Requests of HTTP that are no WebSocket; in order of their beginning.
    pub exchanges: Vec<Exchange>,
    /// Lines of a server's log that say what happened, where the conversation itself is not there.
    pub logged: Vec<Logged>,
}

/// A file.
#[derive(Debug, Clone)]
pub struct Source {
    pub name: String,
    /// Its format, in words.
    pub format: String,
    /// The file ends in the middle, or parts of it could not be read.
    pub is_cut: bool,
    /// Things that the file cannot show, and what to do about it.
    pub remarks: Vec<String>,
}

/// The parts of a connection that a format shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sight {
    /// The HTTP request and answer of the upgrade.
    pub upgrade: bool,
    /// The messages of the WebSocket.
    pub messages: bool,
    /// Ping, pong and close of the WebSocket.
    pub control: bool,
    /// How TCP ended.
    pub end: bool,
    /// The beginning of the connection: the file did not start amid it.
    pub beginning: bool,
}

impl Sight {
    /// All of it.
    pub const ALL: Self =
        Self { upgrade: true, messages: true, control: true, end: true, beginning: true };

    /// Messages alone, as a log of frames has them.
    pub const MESSAGES: Self =
        Self { upgrade: false, messages: true, control: false, end: false, beginning: true };
}

/// A connection, from its first octet to its last.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Index of the file in [`Conversation::sources`].
    pub source: usize,
    /// The URL that the client asked for, as far as it is known.
    pub url: Url,
    /// When it began, in microseconds since 1970 or since the recording began.
    pub began: Option<i64>,
    /// When it ended, as far as that is known.
    pub ended: Option<i64>,
    pub sight: Sight,
    pub upgrade: Upgrade,
    pub tcp: Tcp,
    pub tls: Tls,
    /// Messages and frames in order.
    pub said: Vec<SentMessage>,
    /// The content of messages that are no text, and of pings and pongs. It is not shown, and what
    /// it has of passwords is masked elsewhere.
    pub unshown: Vec<(Side, String)>,
    /// The messages come in the bodies of HTTP requests (XEP-0206).
    pub is_bosh: bool,
    /// The connection of the client that a proxy passed on as this one; an index in
    /// [`Conversation::connections`].
    pub behind: Option<usize>,
    /// The application reported this connection's failure: `AUTHFAIL`, a browser's console.
    pub reported: Vec<String>,
}

impl Connection {
    /// A connection of which nothing is known yet.
    pub fn new(source: usize, sight: Sight) -> Self {
        Self {
            source,
            url: Url::default(),
            began: None,
            ended: None,
            sight,
            upgrade: Upgrade::default(),
            tcp: Tcp::default(),
            tls: Tls::default(),
            said: Vec::new(),
            unshown: Vec::new(),
            is_bosh: false,
            behind: None,
            reported: Vec::new(),
        }
    }

    /// Notes content that is not shown.
    pub(crate) fn hide(&mut self, from: Side, octets: &[u8]) {
        if !octets.is_empty() {
            self.unshown.push((from, String::from_utf8_lossy(octets).into_owned()));
        }
    }

    /// When something was last said, or it began.
    pub fn last_said(&self) -> Option<i64> {
        self.said.iter().rev().find_map(|said| said.at).or(self.began)
    }
}

/// The parts of a URL that matter here; the query is not shown, since tokens stand there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Url {
    /// `ws`, `wss`, `http`, `https`, in lower case; empty if unknown.
    pub scheme: String,
    pub host: String,
    pub port: Option<u16>,
    pub path: String,
    /// The URL as it is written, with a query and a password, by which its secrets are known
    /// elsewhere; empty if it has neither.
    pub(crate) written: String,
}

impl std::fmt::Debug for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

impl Url {
    /// Reads an absolute URL as far as it can be read.
    pub fn parse(text: &str) -> Self {
        let has_more = text.contains(['?', '#', '@']);
        let written = if has_more { text.to_owned() } else { String::new() };
        let Some((scheme, rest)) = text.split_once("://") else {
            let path = without_query(text).to_owned();
            return Self { path, written, ..Self::default() };
        };
        let (authority, path) = match rest.find(['/', '?', '#']) {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let (host, port) = host_and_port(authority);
        Self {
            scheme: scheme.to_ascii_lowercase(),
            host: host.to_owned(),
            port,
            path: without_query(path).to_owned(),
            written,
        }
    }

    /// Whether it asks for TLS.
    pub fn is_secure(&self) -> bool {
        matches!(self.scheme.as_str(), "wss" | "https")
    }

    /// The port, or that of the scheme.
    pub fn port(&self) -> Option<u16> {
        self.port.or(match self.scheme.as_str() {
            "ws" | "http" => Some(80),
            "wss" | "https" => Some(443),
            _ => None,
        })
    }
}

impl std::fmt::Display for Url {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.scheme.is_empty() {
            write!(f, "{}://", self.scheme)?;
        }
        let bare_v6 = self.host.contains(':') && !self.host.starts_with('[');
        if bare_v6 { write!(f, "[{}]", self.host) } else { write!(f, "{}", self.host) }?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.path)
    }
}

/// Host and port of an authority or a Host header.
pub fn host_and_port(authority: &str) -> (&str, Option<u16>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (authority, None),
        },
        _ => (authority, None),
    }
}

fn without_query(path: &str) -> &str {
    path.split(['?', '#']).next().unwrap_or_default()
}

/// The request for a WebSocket and its answer (RFC 6455 §4).
#[derive(Debug, Clone, Default)]
pub struct Upgrade {
    /// The headers of the request, if the file shows them.
    pub asked: Option<Headers>,
    /// The version in the request line, e.g. `HTTP/1.0`.
    pub version: String,
    /// The status of the answer.
    pub status: Option<u16>,
    pub reason: String,
    /// The headers of the answer, if the file shows them.
    pub answered: Option<Headers>,
    pub body: String,
    /// Why a browser gave up, in its own words.
    pub error: Option<String>,
    pub asked_at: Option<i64>,
    pub answered_at: Option<i64>,
}

/// The known facts about TCP.
#[derive(Debug, Clone, Default)]
pub struct Tcp {
    /// The first packet was answered with a reset.
    pub refused: bool,
    /// The first packet was not answered.
    pub unanswered: bool,
    /// The side that ended first in order, and when.
    pub ended: Option<(Side, i64)>,
    /// The side that reset the connection, and when.
    pub reset: Option<(Side, i64)>,
    /// Octets are missing in the capture, so the rest of this side cannot be read.
    pub lost: Option<Side>,
    /// Octets of each side: client, server.
    pub octets: [u64; 2],
}

/// The known facts about TLS.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// A TLS handshake began.
    pub began: bool,
    /// The server answered with TLS.
    pub answered: bool,
    /// Application data was seen.
    pub established: bool,
    /// It could be decrypted, or is not encrypted at all.
    pub hidden: bool,
    /// The name that the client asked for.
    pub name: String,
    /// Alerts, with their side and name.
    pub alerts: Vec<(Side, String)>,
    /// The beginning of an answer that is no TLS.
    pub foreign: Option<String>,
}

/// A message or frame.
#[derive(Debug, Clone)]
pub struct SentMessage {
    pub at: Option<i64>,
    pub from: Side,
    pub what: MessageKind,
}

/// The kinds of messages and frames.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageKind {
    Text(String),
    /// Octets, by their number.
    Binary(usize),
    Ping,
    Pong,
    Close {
        code: Option<u16>,
        reason: String,
    },
    /// A frame that breaks RFC 6455, in words.
    Broken(String),
}

/// A request of HTTP and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub source: usize,
    pub method: String,
    pub url: Url,
    pub asked: Headers,
    pub body: String,
    /// The status; none if no answer came.
    pub status: Option<u16>,
    pub answered: Headers,
    pub answer: String,
    pub began: Option<i64>,
    pub ended: Option<i64>,
    /// Why a browser gave up, in its own words.
    pub error: Option<String>,
}

impl Exchange {
    /// Whether it is a request of the REST API of Finesse.
    pub fn is_rest(&self) -> bool {
        self.url.path.contains("/finesse/api/")
    }
}

/// A line of a server's log.
#[derive(Debug, Clone)]
pub struct Logged {
    pub at: Option<i64>,
    pub level: String,
    /// Logger and text.
    pub text: String,
}
