//! When to try again: delays that grow, have an end, and differ from client to client (RFC 6120
//! §3.3), so that a server that comes back is not met by all at once.

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};

/// The delays between attempts.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    first: Duration,
    most: Duration,
    attempts: u32,
    /// Nothing is left to chance: each delay is the longest that it could be.
    is_even: bool,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(400),
            most: Duration::from_secs(60),
            attempts: 0,
            is_even: false,
        }
    }
}

impl Backoff {
    /// The same, with delays that chance has no part in.
    #[must_use]
    pub(crate) fn even(self) -> Self {
        Self { is_even: true, ..self }
    }

    /// How often it was asked since the last success.
    pub(crate) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The next delay: twice the last one, a minute at most, and up to half as much again by
    /// chance.
    pub(crate) fn next_delay(&mut self) -> Duration {
        let grown = self.first.saturating_mul(1 << self.attempts.min(16)).min(self.most);
        self.attempts += 1;
        grown.mul_f64(1.0 + if self.is_even { 0.5 } else { chance() / 2.0 })
    }

    /// A connection has held.
    pub(crate) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// A number from 0 to 1.
fn chance() -> f64 {
    let mut octets = [0; 2];
    // Without randomness all clients come at once, as they would without this.
    let _ = SystemRandom::new().fill(&mut octets);
    f64::from(u16::from_le_bytes(octets)) / f64::from(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_an_end_and_begin_anew() {
        let mut backoff = Backoff::default();
        let delays: Vec<Duration> = (0..20).map(|_| backoff.next_delay()).collect();
        assert!(delays[0] >= Duration::from_millis(400) && delays[0] <= Duration::from_millis(600));
        // Even the longest first delay is shorter than the shortest third.
        assert!(delays[2] > delays[0] && delays[19] <= Duration::from_secs(90));
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_millis(600));
    }
}
