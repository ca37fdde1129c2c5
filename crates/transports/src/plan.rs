//! The measurement: which day, for how many agents, by which ways.

use std::fmt;
use std::time::Duration;

/// A day to measure, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// How long the day is, in its own time.
    pub over: Duration,
    /// The day ends with this change, if it has so many.
    pub events: Option<usize>,
    /// Numbers of agents; each is measured by itself.
    pub agents: Vec<usize>,
    /// Decides what happens when.
    pub seed: u64,
    pub ways: Vec<Way>,
}

/// A way to hear of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Way {
    /// `GET User` and `GET User/Dialogs` over HTTP/1.0, a connection for each, every so many
    /// seconds.
    Http10(u64),
    /// The same over HTTP/1.1, on one connection as long as the server keeps it.
    Http11(u64),
    /// BOSH: a request that waits for its answer.
    LongPolling,
    /// Server-sent events.
    ServerSent,
    WebSocket,
    /// The same with permessage-deflate.
    Deflated,
}

impl Way {
    /// All ways, in the order of the table.
    pub const ALL: [Self; 8] = [
        Self::Http10(1),
        Self::Http10(50),
        Self::Http11(1),
        Self::Http11(50),
        Self::LongPolling,
        Self::ServerSent,
        Self::WebSocket,
        Self::Deflated,
    ];

    /// Its name on the command line and in JSON.
    #[must_use]
    pub fn id(self) -> String {
        match self {
            Self::Http10(seconds) => format!("http10-{seconds}s"),
            Self::Http11(seconds) => format!("http11-{seconds}s"),
            Self::LongPolling => "bosh".to_owned(),
            Self::ServerSent => "sse".to_owned(),
            Self::WebSocket => "ws".to_owned(),
            Self::Deflated => "ws-deflate".to_owned(),
        }
    }

    /// The time between two looks, if the client looks.
    #[must_use]
    pub fn period(self) -> Option<Duration> {
        match self {
            Self::Http10(seconds) | Self::Http11(seconds) => Some(Duration::from_secs(seconds)),
            Self::LongPolling | Self::ServerSent | Self::WebSocket | Self::Deflated => None,
        }
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http10(seconds) => write!(f, "short polling, HTTP/1.0, {seconds} s"),
            Self::Http11(seconds) => write!(f, "short polling, HTTP/1.1, {seconds} s"),
            Self::LongPolling => f.write_str("long polling, BOSH"),
            Self::ServerSent => f.write_str("server-sent events"),
            Self::WebSocket => f.write_str("WebSocket"),
            Self::Deflated => f.write_str("WebSocket, compressed"),
        }
    }
}
