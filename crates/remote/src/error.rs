//! Why a conversation with a server came no further.

use std::io;
use std::time::Duration;

use thiserror::Error as ThisError;
use wire::ResponseHead;
use wire::handshake::HandshakeFault;
use wire::net::DialError;

/// Why a conversation with a server came no further; each is one line.
#[derive(Debug, ThisError)]
pub enum Error {
    /// There is no connection.
    #[error("{0}")]
    Dial(#[from] DialError),
    /// No answer came in time.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// TCP ended, perhaps with an error of the system.
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
    /// The upgrade was not granted, or not as it must be (RFC 6455 §4.1).
    #[error("{fault}")]
    Upgrade {
        /// The rule that the answer breaks.
        fault: HandshakeFault,
        /// The answer.
        answer: Box<ResponseHead>,
    },
    /// The login was refused, with the condition (RFC 6120 §6.5).
    #[error("login refused with {0}")]
    Login(String),
    /// A request was refused, with the condition (RFC 6120 §8.3.3).
    #[error("refused with {0}")]
    Stanza(String),
    /// The answer cannot be read, is another than the protocol has there, or lacks something.
    #[error("{0}")]
    Unexpected(String),
}
