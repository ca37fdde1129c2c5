//! Errors of a fake.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;
use wire::net::CertificateError;

/// Why a fake does not start, or refuses a call.
#[derive(Debug, Error)]
pub enum Error {
    /// The engine refuses a name, fault, client, node, payload or request.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// A pattern is not one XML element.
    #[error("pattern {text:?} is not one XML element")]
    Pattern {
        /// The pattern, or its beginning.
        text: String,
        /// The error of the XML parser.
        source: stanza::Error,
    },
    /// A pattern is neither an XML element nor one for requests of the REST API.
    #[error("pattern {text:?}: {why}")]
    RequestPattern {
        /// The pattern, or its beginning.
        text: String,
        /// The wanted message, and the one that came.
        why: String,
    },
    /// The fake has the most expectations already.
    #[error("there are {most} expectations already; verify them first")]
    TooManyExpectations {
        /// The most expectations at once.
        most: usize,
    },
    /// A message that was expected or waited for did not come, or came too often.
    #[error("{report}")]
    Unmet {
        /// The expectation, the nearest messages, and the transcript.
        report: String,
    },
    /// The transcript is switched off.
    #[error("the transcript is off: set `transcript_limit` above 0 to look into it")]
    NoTranscript,
    /// A domain or user name that cannot stand in a JID.
    #[error("{name:?} cannot be part of an address")]
    Address {
        /// The refused name as given.
        name: String,
        /// The rule of RFC 6122 that the name breaks.
        source: stanza::JidError,
    },
    /// A text that is no [`UserRange`](crate::UserRange).
    #[error(
        "{text:?} is not a range of accounts: {why}; wanted PREFIX00001..05000, e.g. agent00001..05000"
    )]
    UserRange {
        /// The refused text as given.
        text: String,
        /// The rule of [`UserRange`](crate::UserRange) that the text breaks.
        why: &'static str,
    },
    /// The address to listen on is in use, or not local.
    #[error("cannot listen on {address}: {}", wire::net::way_to_listen(source))]
    Listen {
        /// The refused address as given.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A port beside the fake's own is in use, or may not be taken.
    #[error(
        "cannot listen on {address} too: {}; name other ports, or leave this one out",
        wire::net::way_to_listen(source)
    )]
    Also {
        /// The refused address.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A port for hints is in use, or may not be taken.
    #[error(
        "cannot give hints at {address}: {}; name other ports, or leave this one out",
        wire::net::way_to_listen(source)
    )]
    Hint {
        /// The refused address.
        address: SocketAddr,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// A folder whose files cannot be served.
    #[error("cannot serve the files of {}: it is no folder that can be read", path.display())]
    Folder {
        /// The folder as given.
        path: PathBuf,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The control port listens on loopback addresses only.
    #[error("{address} is not a loopback address, such as 127.0.0.1:9000")]
    NotLoopback {
        /// The refused address as given.
        address: SocketAddr,
    },
    /// No certificate can be made for these host names.
    #[error("cannot make a certificate")]
    Certificate(#[from] CertificateError),
}
