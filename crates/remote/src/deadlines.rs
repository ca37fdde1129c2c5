//! The deadlines of a client.

use std::time::Duration;

/// Times after which a client gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// For resolver, TCP and TLS together.
    pub connect: Duration,
    /// For the answer to each request.
    pub answer: Duration,
}

impl Deadlines {
    /// The default deadlines, multiplied by `patience`.
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
