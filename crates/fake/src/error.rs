//! What can keep a fake from starting, or from doing what it is asked.

use std::net::SocketAddr;

use thiserror::Error;
use wire::net::CertificateError;

/// Why the fake does not start, or does not do what it is asked.
#[derive(Debug, Error)]
pub enum Error {
    /// The server itself refuses: the name, fault, client, node, payload or request is not one that it can take.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// A pattern is not one XML element.
    #[error("pattern {text:?} is not one XML element")]
    Pattern {
        /// The pattern as given, or its beginning.
        text: String,
        /// What is wrong with it.
        source: stanza::Error,
    },
    /// There is no room for more expectations.
    #[error("there are {most} expectations already; verify them first")]
    TooManyExpectations {
        /// The most that there can be.
        most: usize,
    },
    /// What was expected or waited for did not come, or came too often.
    #[error("{report}")]
    Unmet {
        /// What it was, what came nearest, and all that was said.
        report: String,
    },
    /// What was said is not kept.
    #[error("there is nothing to look into: the transcript is off (transcript_limit)")]
    NoTranscript,
    /// A domain or user name that cannot stand in a JID.
    #[error("{name:?} cannot be part of an address")]
    Address {
        /// The name as given.
        name: String,
        /// What is wrong with it.
        source: stanza::JidError,
    },
    /// A text that is no [`UserRange`](crate::UserRange).
    #[error(
        "{text:?} is no range of users: {why}; wanted PREFIX00001..05000, e.g. agent00001..05000"
    )]
    UserRange {
        /// The text as given.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The address to listen on is taken, or not ours.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address as given.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The control port is for this machine alone.
    #[error("{address} is not a loopback address, such as 127.0.0.1:9000")]
    NotLoopback {
        /// The address as given.
        address: SocketAddr,
    },
    /// No certificate can be made for these host names.
    #[error("cannot make a certificate")]
    Certificate(#[from] CertificateError),
}
