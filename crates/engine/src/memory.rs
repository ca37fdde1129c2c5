//! How much memory peers can make the server use, by what they make it use it for.

use crate::budget::Budget;

/// All that clients make the service keep beyond their connections: nodes, items, subscriptions,
/// affiliations, private data, contacts, presence. More is answered with `resource-constraint` (RFC
/// 6120 §8.3.3.18).
const KEPT: usize = 32 << 20;

/// Connections that are not logged in, with what they have not finished saying.
const STRANGERS: usize = 128 << 20;

/// Connections that are logged in, with what they have not finished saying.
const MEMBERS: usize = 1 << 30;

/// Output that faults hold back.
const HELD: usize = 256 << 20;

/// A connection that says nothing, with its socket and TLS (measured by `cargo xtask bench`).
pub(crate) const CONNECTION: usize = 16 << 10;

/// The compressor and inflater of a connection (RFC 7692): two windows, and tables.
pub(crate) const COMPRESSION: usize = 384 << 10;

/// The memory that is there for peers.
#[derive(Debug)]
pub(crate) struct Memory {
    /// For what clients make the service keep.
    pub(crate) kept: Budget,
    /// For connections that are not logged in.
    pub(crate) strangers: Budget,
    /// For connections that are.
    pub(crate) members: Budget,
    /// For output that faults hold back.
    pub(crate) held: Budget,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            kept: Budget::new(KEPT),
            strangers: Budget::new(STRANGERS),
            members: Budget::new(MEMBERS),
            held: Budget::new(HELD),
        }
    }
}
