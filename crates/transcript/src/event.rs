//! One thing that was said, or that happened to a connection.

use mask::Masked;
use serde::{Deserialize, Serialize};

/// Number of the step that the ending of the connections is, behind all steps of a case.
pub const EPILOGUE: usize = usize::MAX;

/// An entry of a transcript. What it holds has been masked: no password is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Name of the connection in the case.
    pub conn: String,
    /// Whose doing it is.
    pub who: Who,
    /// Number of the step during which it was said, or claimed when the other side said it. Orders the connections
    /// among each other (rule N20).
    pub step: usize,
    /// When, in microseconds since the case began.
    pub micros: u64,
    /// How many octets it took on the connection, below it only TLS and TCP.
    pub octets: usize,
    /// Whether a step of the case asked for it.
    pub claimed: bool,
    /// Whether it is said by timer (version queries, pings), or answers such a thing (rule N25).
    pub timer: bool,
    /// What it was.
    pub said: Said,
}

/// Whose doing an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Who {
    /// The client side.
    Client,
    /// The server side.
    Server,
}

/// What was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Said {
    /// A connection was made.
    Connect {
        /// Over TLS.
        tls: bool,
    },
    /// An HTTP message.
    Http {
        /// First line and header lines, separated by line feeds, without the empty line.
        head: String,
        /// The body, if there is one.
        body: Option<Octets>,
    },
    /// A text message.
    Text {
        /// The message.
        text: String,
        /// In how many frames it came.
        fragments: u32,
        /// What stood in the place of a SASL response that was taken out of `text`.
        login: Option<Masked>,
    },
    /// A binary message.
    Binary {
        /// The message.
        payload: Octets,
    },
    /// A frame by itself: one sent as `[frame …]`, or one received that breaks RFC 6455 §5.
    Frame {
        /// FIN.
        fin: bool,
        /// RSV1 is 4, RSV2 is 2, RSV3 is 1.
        rsv: u8,
        /// Opcode.
        opcode: u8,
        /// It was masked.
        mask: bool,
        /// Bits of the length form, 7, 16 or 64, when it is not the shortest.
        form: Option<u8>,
        /// The announced length, when it is not the true one.
        lie: Option<u64>,
        /// The payload, unmasked.
        payload: Octets,
    },
    /// Octets below HTTP and WebSocket.
    Bytes {
        /// The octets.
        payload: Octets,
    },
    /// A ping.
    Ping {
        /// Its payload.
        payload: Octets,
    },
    /// A pong.
    Pong {
        /// Its payload.
        payload: Octets,
    },
    /// A close frame.
    Close {
        /// Status code, if there is one.
        code: Option<u16>,
        /// Reason.
        reason: String,
    },
    /// A client under test told what its application saw.
    Report {
        /// The line of JSON.
        report: String,
    },
    /// TCP ended.
    Eof,
    /// TCP was reset.
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
