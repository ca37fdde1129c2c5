//! Server time: how long the fake has run. It may pass faster than wall time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// The largest factor. With it, server time fits into a `Duration` for longer than any run.
const FASTEST: f64 = 10_000_000.0;

/// A clock that runs `factor` times as fast as the wall clock, or that stands still until it is set
/// forward. The wall clock is that of tokio, which a test can pause.
#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    factor: f64,
    /// Nanoseconds since the start, where the time is set by hand.
    by_hand: Option<AtomicU64>,
}

impl Clock {
    /// A clock that begins at zero. A factor that is not a positive number counts as 1, and one
    /// beyond [`FASTEST`] as that.
    pub(crate) fn new(factor: f64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 { factor.min(FASTEST) } else { 1.0 };
        Self { start: Instant::now(), factor, by_hand: None }
    }

    /// A clock that stands at zero.
    pub(crate) fn by_hand() -> Self {
        Self { by_hand: Some(AtomicU64::new(0)), ..Self::new(1.0) }
    }

    /// Sets a clock that is set by hand forward; does nothing to others.
    pub(crate) fn advance(&self, by: Duration) {
        if let Some(nanos) = &self.by_hand {
            nanos.fetch_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX), Ordering::SeqCst);
        }
    }

    /// Server time since the start.
    pub(crate) fn now(&self) -> Duration {
        match &self.by_hand {
            Some(nanos) => Duration::from_nanos(nanos.load(Ordering::SeqCst)),
            None => scale(self.start.elapsed(), self.factor),
        }
    }

    /// How long to sleep in wall time until the server time `due`.
    pub(crate) fn wall_time_until(&self, due: Duration) -> Duration {
        if self.by_hand.is_some() && due > self.now() {
            return Duration::MAX;
        }
        scale(due.saturating_sub(self.now()), 1.0 / self.factor)
    }
}

fn scale(duration: Duration, factor: f64) -> Duration {
    Duration::try_from_secs_f64(duration.as_secs_f64() * factor).unwrap_or(Duration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_clock_shortens_sleeps() {
        let clock = Clock::new(100.0);
        let sleep = clock.wall_time_until(clock.now() + Duration::from_secs(100));
        assert!(sleep <= Duration::from_secs(1), "{sleep:?}");
    }

    #[test]
    fn a_clock_set_by_hand_stands_still() {
        let clock = Clock::by_hand();
        assert_eq!(clock.wall_time_until(Duration::from_secs(1)), Duration::MAX);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.now(), Duration::from_secs(1));
        assert_eq!(clock.wall_time_until(Duration::from_secs(1)), Duration::ZERO);
    }

    #[test]
    fn a_senseless_factor_is_one() {
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Clock::new(factor).factor, 1.0);
        }
        assert_eq!(Clock::new(1e300).factor, FASTEST);
    }
}
