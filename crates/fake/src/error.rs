//! What can keep a fake from starting, or from doing what it is asked.

use std::net::SocketAddr;

use contact::Refusal;
use thiserror::Error;
use wire::net::CertificateError;

use crate::pubsub::PublishError;

/// Why the fake does not start, or does not do what it is asked.
#[derive(Debug, Error)]
pub enum Error {
    /// No profile has this name.
    #[error("unknown profile {name:?}")]
    UnknownProfile {
        /// The name as given.
        name: String,
    },
    /// A fault that cannot be read, or that there is no room for.
    #[error("fault {text:?}: {reason}")]
    Fault {
        /// The fault as given, or its beginning.
        text: String,
        /// What is wrong with it, and what would be right.
        reason: String,
    },
    /// Nobody is connected under this address.
    #[error("nobody is here as {to:?}; {}", listed(there))]
    Nobody {
        /// The address as given.
        to: String,
        /// Who is here.
        there: Vec<String>,
    },
    /// What is to be sent needs a WebSocket.
    #[error("{to:?} has no open WebSocket")]
    NoWebSocket {
        /// The address as given.
        to: String,
    },
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
    /// No leaf node has this path.
    #[error("no leaf node {path:?}")]
    NoLeaf {
        /// The path as given.
        path: String,
    },
    /// The payload of a publication is not one XML element.
    #[error("payload is not XML")]
    Payload(#[source] stanza::Error),
    /// The world does not allow it.
    #[error(transparent)]
    World(#[from] Refusal),
}

/// The first twenty of a list.
fn listed(there: &[String]) -> String {
    match there {
        [] => "nobody is here at all".to_owned(),
        few if few.len() <= 20 => format!("there is {}", few.join(", ")),
        many => format!("there is {} and {} more", many[..20].join(", "), many.len() - 20),
    }
}

impl From<PublishError> for Error {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::NoLeaf { path } => Self::NoLeaf { path },
            PublishError::Payload(cause) => Self::Payload(cause),
        }
    }
}
