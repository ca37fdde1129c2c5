//! Events: messages, frames, octets, and the beginning and end of connections.

use mask::Masked;
use serde::{Deserialize, Serialize};

/// The step number of the epilogue, in which connections are ended after all steps of a case.
pub const EPILOGUE: usize = usize::MAX;

/// An entry of a transcript, without passwords: they are masked before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Name of the connection in the case.
    pub conn: String,
    /// The side that caused it.
    pub who: Side,
    /// Number of the step during which our side sent it, or that claimed it from the other side. It
    /// orders the connections among each other (rule N20).
    pub step: usize,
    /// Microseconds since the case began.
    pub micros: u64,
    /// Octets on the connection, without those of TLS and TCP.
    pub octets: usize,
    /// Whether a step of the case asked for it.
    pub claimed: bool,
    /// Whether a timer caused it (version queries, pings), or it answers such a message (rule N25).
    pub timer: bool,
    /// The kind and content of the event.
    pub said: EventKind,
}

/// A side of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Client,
    Server,
}

impl Side {
    /// The other one.
    pub fn other(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// `client` or `server`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// The kinds of events, with their content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum EventKind {
    Connect {
        tls: bool,
    },
    Http {
        /// First line and header lines, separated by line feeds, without the empty line.
        head: String,
        /// The masked credentials that were taken out of `head`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        login: Option<Masked>,
        /// The body, if there is one.
        body: Option<Octets>,
    },
    Text {
        text: String,
        /// The number of frames of the message.
        fragments: u32,
        /// The masked SASL response that was taken out of `text`.
        login: Option<Masked>,
    },
    Binary {
        payload: Octets,
    },
    /// A frame by itself: one sent as `[frame …]`, or one received that breaks RFC 6455 §5.
    Frame {
        fin: bool,
        /// RSV1 is 4, RSV2 is 2, RSV3 is 1.
        rsv: u8,
        opcode: u8,
        /// Whether it was masked.
        mask: bool,
        /// Bits of the length form, 7, 16 or 64, when it is not the shortest.
        form: Option<u8>,
        /// The announced length, when it is not the true one.
        lie: Option<u64>,
        /// The payload after the mask was removed.
        payload: Octets,
    },
    /// Octets below HTTP and WebSocket.
    Bytes {
        payload: Octets,
    },
    Ping {
        payload: Octets,
    },
    Pong {
        payload: Octets,
    },
    Close {
        /// Status code, if there is one.
        code: Option<u16>,
        reason: String,
    },
    /// A client under test reported an event of its application.
    Report {
        /// The line of JSON.
        report: String,
    },
    Eof,
    Reset,
}

/// Octets, written as hexadecimal digits in files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Octets(pub Vec<u8>);

impl Serialize for Octets {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digits: String = self.0.iter().map(|octet| format!("{octet:02x}")).collect();
        serializer.serialize_str(&digits)
    }
}

impl<'de> Deserialize<'de> for Octets {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let digits = String::deserialize(deserializer)?;
        let pair =
            |at: usize| digits.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        (0..digits.len())
            .step_by(2)
            .map(pair)
            .collect::<Option<Vec<u8>>>()
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom("not hexadecimal octets"))
    }
}
