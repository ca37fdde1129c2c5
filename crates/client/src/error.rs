//! Errors, and whether another try is worth it.

use thiserror::Error as ThisError;

/// Why the service cannot be used, or cannot any longer.
#[derive(Debug, ThisError)]
pub enum Error {
    /// Not a URL of a WebSocket or of HTTP.
    #[error("{0:?} is no URL like wss://HOST:PORT/ws/ or https://HOST:PORT/finesse/api")]
    Address(String),
    /// The server cannot be reached, or the connection broke.
    #[error("connection: {0}")]
    Io(#[from] std::io::Error),
    /// The certificate of the server, or its TLS, is not acceptable.
    #[error("TLS: {0}")]
    Tls(String),
    /// The answer to a request of the REST API is not HTTP.
    #[error("REST: {0}")]
    Http(&'static str),
    /// A request of the REST API was refused.
    #[error("refused with status {status} {kind}")]
    Denied {
        /// The status of the answer; 0 where an event tells of it.
        status: u16,
        /// The type of the error, as Finesse names it; may be empty.
        kind: String,
    },
    /// The result of a request of the REST API did not come.
    #[error("accepted, and no event told of the result")]
    NoResult,
    /// The answer to the upgrade is not a 101.
    #[error("the upgrade was refused with status {0}")]
    Refused(u16),
    /// The answer to the upgrade is a 101 that RFC 6455 §4.1 tells a client not to accept.
    #[error("not a WebSocket of ours: {0}")]
    Upgrade(&'static str),
    /// The other side broke a rule of WebSocket, or closed it.
    #[error("WebSocket: {0}")]
    WebSocket(String),
    /// The session of BOSH has ended with this condition (XEP-0124 §17.2).
    #[error("BOSH: {0}")]
    Bosh(String),
    /// A message that is not one well-formed element (RFC 7395 §3.3.3).
    #[error("a message that is no element: {0}")]
    Message(String),
    /// An `<open/>` or a stanza is in another namespace (RFC 7395 §3.3.2, RFC 6120 §4.8.3).
    #[error("an element in the namespace {0:?}")]
    Framing(String),
    /// The stream is of a version that is not spoken (RFC 6120 §4.7.5).
    #[error("a stream of version {0:?}")]
    Version(String),
    /// The server ended the stream with an error (RFC 6120 §4.9).
    #[error("stream error {0}")]
    Stream(String),
    /// The login failed (RFC 6120 §6.5).
    #[error("login failed: {0}")]
    Login(String),
    /// PLAIN is not among the mechanisms (RFC 6120 §6.3.3).
    #[error("the server does not offer PLAIN")]
    NoPlain,
    /// The password would go over a connection that anybody can read (RFC 4616 §5).
    #[error("no password goes over ws://")]
    Readable,
    /// A request was refused (RFC 6120 §8.3).
    #[error("{what} was refused: {condition}")]
    Request {
        /// The request: `bind`, `subscribe`, `unsubscribe`.
        what: &'static str,
        /// The node it was about; empty for none.
        node: String,
        /// The condition.
        condition: String,
    },
    /// Nothing came in time.
    #[error("no answer to {0}")]
    Timeout(&'static str),
    /// The server closed the stream.
    #[error("the server closed the stream")]
    Closed,
    /// The server sends its clients to another endpoint (RFC 7395 §3.6.1).
    #[error("the server sends us to {0}")]
    SeeOther(String),
}

impl Error {
    /// Whether another try would come to the same, or do harm: a wrong password locks the account,
    /// a session that was replaced would throw the newcomer off, a certificate does not get better.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Login(condition) => condition != "temporary-auth-failure",
            Self::Stream(condition) => {
                matches!(condition.as_str(), "conflict" | "host-unknown" | "not-authorized")
            }
            Self::Bosh(condition) => {
                matches!(condition.as_str(), "host-unknown" | "improper-addressing" | "bad-request")
            }
            Self::Refused(status) => *status < 500,
            Self::Denied { status, .. } => *status < 500,
            Self::Address(_)
            | Self::Tls(_)
            | Self::Upgrade(_)
            | Self::NoPlain
            | Self::Readable
            | Self::NoResult
            | Self::Request { .. } => true,
            Self::Io(_)
            | Self::Http(_)
            | Self::WebSocket(_)
            | Self::Message(_)
            | Self::Framing(_)
            | Self::Version(_)
            | Self::Timeout(_)
            | Self::Closed
            | Self::SeeOther(_) => false,
        }
    }

    /// Where it happened, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Address(_) => "address",
            Self::Io(_) => "connection",
            Self::Tls(_) => "tls",
            Self::Refused(_) | Self::Upgrade(_) => "upgrade",
            Self::WebSocket(_) => "websocket",
            Self::Bosh(_) => "bosh",
            Self::Message(_) | Self::Framing(_) | Self::Version(_) => "message",
            Self::Http(_) | Self::Denied { .. } | Self::NoResult => "rest",
            Self::Stream(_) => "stream",
            Self::Login(_) | Self::NoPlain | Self::Readable => "login",
            Self::Request { what, .. } => what,
            Self::Timeout(_) => "timeout",
            Self::Closed | Self::SeeOther(_) => "closed",
        }
    }

    /// The condition that the server named, the status that it answered with, or the text.
    pub fn condition(&self) -> String {
        match self {
            Self::Stream(condition) | Self::Login(condition) | Self::Bosh(condition) => {
                condition.clone()
            }
            Self::Request { condition, .. } => condition.clone(),
            Self::Denied { kind, .. } if !kind.is_empty() => kind.clone(),
            Self::Refused(status) | Self::Denied { status, .. } => status.to_string(),
            Self::Timeout(what) => (*what).to_owned(),
            other => other.to_string(),
        }
    }
}
