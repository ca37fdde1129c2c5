//! The octets of connections below TLS, counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the octets on the TCP streams of one or more connections, on our end: handshakes and
/// records of TLS count too. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Meter(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    sent: AtomicU64,
    received: AtomicU64,
}

impl Meter {
    /// Octets that TCP has taken.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }

    /// Octets that TCP has given.
    #[must_use]
    pub fn received(&self) -> u64 {
        self.0.received.load(Ordering::Relaxed)
    }

    pub(super) fn add_sent(&self, octets: usize) {
        self.0.sent.fetch_add(octets as u64, Ordering::Relaxed);
    }

    pub(super) fn add_received(&self, octets: usize) {
        self.0.received.fetch_add(octets as u64, Ordering::Relaxed);
    }
}
