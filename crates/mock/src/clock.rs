//! The fake's own time: how long it has run, in server time, which may pass faster than the wall's.

use std::time::{Duration, Instant};

/// A clock that runs `factor` times as fast as the wall clock.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    start: Instant,
    factor: f64,
}

impl Clock {
    /// A clock that begins at zero. A factor that is not a positive number counts as 1.
    pub(crate) fn new(factor: f64) -> Self {
        let factor = if factor.is_finite() && factor > 0.0 { factor } else { 1.0 };
        Self { start: Instant::now(), factor }
    }

    /// Server time since the start.
    pub(crate) fn now(&self) -> Duration {
        scale(self.start.elapsed(), self.factor)
    }

    /// How long to sleep in wall time until the server time `due`.
    pub(crate) fn wall_time_until(&self, due: Duration) -> Duration {
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
    fn a_senseless_factor_is_one() {
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(Clock::new(factor).factor, 1.0);
        }
    }
}
