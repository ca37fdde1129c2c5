//! How long a server is waited for.

use std::time::Duration;

/// How long a client waits before it gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For resolver, TCP and TLS together.
    pub connect: Duration,
    /// For each answer.
    pub answer: Duration,
}

impl Deadlines {
    /// The usual ones, `patience` times as long.
    #[must_use]
    pub fn with_patience(patience: f64) -> Self {
        Self {
            connect: Duration::from_secs(10).mul_f64(patience),
            answer: Duration::from_secs(5).mul_f64(patience),
        }
    }

    /// The same deadline for every wait.
    #[must_use]
    pub const fn of(each: Duration) -> Self {
        Self { connect: each, answer: each }
    }
}
