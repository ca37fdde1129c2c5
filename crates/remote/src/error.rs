//! Errors of the client.

use std::io;
use std::time::Duration;

use thiserror::Error as ThisError;
use wire::ResponseHead;
use wire::handshake::HandshakeFault;
use wire::net::DialError;

/// Why a step of the client failed; each message is one line.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The connection could not be made.
    #[error("{0}")]
    Dial(#[from] DialError),
    /// No answer came in time.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// TCP ended, with or without an error of the system.
    #[error("the server ended the connection")]
    Ended(#[source] Option<io::Error>),
    /// The server closed the WebSocket, with this code and reason.
    #[error("the server closed the WebSocket, {0}")]
    ClosedWebSocket(String),
    /// The server closed the stream (RFC 7395 §3.6).
    #[error("the server closed the stream")]
    ClosedStream,
    /// A stream error, with its condition (RFC 6120 §4.9.3).
    #[error("stream error {0}")]
    StreamError(String),
    /// The upgrade was refused, or its response breaks a rule (RFC 6455 §4.1).
    #[error("{fault}")]
    Upgrade {
        /// The rule that the answer breaks.
        fault: HandshakeFault,
        /// The head of the response.
        answer: Box<ResponseHead>,
    },
    /// The login was refused, with the condition (RFC 6120 §6.5).
    #[error("login refused with {0}")]
    Login(String),
    /// A request was refused, with the condition (RFC 6120 §8.3.3).
    #[error("refused with {0}")]
    Stanza(String),
    /// The server answers with TLS, on a connection without.
    #[error("the server speaks TLS on this port, and the URL begins with ws://")]
    SpeaksTls,
    /// The answer is not HTTP, WebSocket or XML.
    #[error("{0}")]
    Unreadable(String),
    /// The answer is not the one that the protocol demands, or is incomplete.
    #[error("{0}")]
    Unexpected(String),
}
