//! Errors of octets that cannot be read.

use thiserror::Error;

/// An error of an HTTP head.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HttpError {
    /// The head is not HTTP/1.1; `raw` is everything that was given to the parser.
    #[error("unreadable HTTP head: {fault}")]
    Malformed {
        /// The rule that the head breaks.
        fault: HeadFault,
        /// The octets as received, for the transcript.
        raw: Vec<u8>,
    },
    /// The head does not end within the limit.
    #[error("HTTP head exceeds {limit} octets")]
    HeadTooLong {
        /// The limit in octets.
        limit: usize,
        /// The octets as received, for the transcript.
        raw: Vec<u8>,
    },
}

impl HttpError {
    /// The octets that could not be read, as received.
    #[must_use]
    pub fn raw(&self) -> &[u8] {
        match self {
            Self::Malformed { raw, .. } | Self::HeadTooLong { raw, .. } => raw,
        }
    }
}

/// A rule of RFC 9112 that a head breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum HeadFault {
    /// The head is a record of TLS (RFC 8446 §5.1).
    #[error("it is TLS; the URL of a port with TLS begins with wss:// or https://")]
    Tls,
    /// The method is empty or not a token (RFC 9110 §9.1).
    #[error("invalid method")]
    Method,
    /// The request line has no target, or one with control characters (RFC 9112 §3.2).
    #[error("invalid or missing request target")]
    Target,
    /// No `HTTP/d.d` where a version is due (RFC 9112 §2.3).
    #[error("invalid or missing HTTP version")]
    Version,
    /// The status is not three digits (RFC 9112 §4).
    #[error("invalid status code")]
    Status,
    /// A reason phrase with control characters (RFC 9112 §4).
    #[error("invalid reason phrase")]
    Reason,
    /// A header name that is not a token, or a line without colon (RFC 9112 §5).
    #[error("invalid header name")]
    HeaderName,
    /// A control character in a header value (RFC 9110 §5.5).
    #[error("invalid header value")]
    HeaderValue,
    /// A CR that no LF follows (RFC 9112 §2.2).
    #[error("bare carriage return")]
    NewLine,
    /// More header lines than [`crate::http::MAX_HEADERS`].
    #[error("too many header lines")]
    TooManyHeaders,
}

/// An error of an HTTP body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// The body is, or claims to be, longer than the limit.
    #[error("HTTP body exceeds {limit} octets")]
    TooLong {
        /// The limit in octets.
        limit: usize,
    },
    /// A chunk header that is not a hexadecimal size, or a chunk without its line break (RFC 9112
    /// §7.1).
    #[error("invalid chunk in HTTP body")]
    Chunk,
    /// The connection ended before the body did (RFC 9112 §8).
    #[error("HTTP body ends after {received} octets, before its end")]
    Truncated {
        /// Octets of content received.
        received: usize,
    },
}

/// An error of the octets of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The declared payload length exceeds the decoder's limit; nothing was allocated
    /// for it. A receiver answers with close code 1009 (RFC 6455 §7.4.1).
    #[error("frame declares {declared} octets of payload, more than {limit}")]
    TooLong {
        /// The length in the frame header.
        declared: u64,
        /// The limit in octets.
        limit: u64,
    },
}
