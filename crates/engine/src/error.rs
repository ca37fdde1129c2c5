//! Why the server refuses what it is asked to do.

use contact::Refusal;
use thiserror::Error;

/// Why the server refuses what it is asked to do.
#[derive(Debug, Error)]
pub enum Error {
    /// No profile has this name.
    #[error("unknown profile {name:?}; there are {known}")]
    UnknownProfile {
        /// The name as given.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// A fault that cannot be read, or that there is no room for.
    #[error("fault {text:?}: {reason}")]
    Fault {
        /// The fault as given, or its beginning.
        text: String,
        /// The mistake, and the right form.
        reason: String,
    },
    /// No client is connected under this address.
    #[error("no client is connected as {to:?}; {}", listed(there))]
    Nobody {
        /// The address as given.
        to: String,
        /// The clients that are connected.
        there: Vec<String>,
    },
    /// The message needs a WebSocket.
    #[error("the client {to:?} has no open WebSocket")]
    NoWebSocket {
        /// The address as given.
        to: String,
    },
    /// No leaf node has this path.
    #[error("there is no leaf node {path:?}")]
    NoLeaf {
        /// The path as given.
        path: String,
    },
    /// The payload of a publication is not one XML element.
    #[error("the payload is not one XML element")]
    Payload(#[source] stanza::Error),
    /// The contact centre does not allow it.
    #[error(transparent)]
    World(#[from] Refusal),
}

/// The first twenty of a list.
fn listed(there: &[String]) -> String {
    match there {
        [] => "no client is connected at all".to_owned(),
        few if few.len() <= 20 => format!("connected: {}", few.join(", ")),
        many => format!("connected: {} and {} more", many[..20].join(", "), many.len() - 20),
    }
}
