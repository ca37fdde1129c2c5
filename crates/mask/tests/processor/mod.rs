//! A clock for bounds of work that hold on a busy machine as well.

use std::time::{Duration, Instant};

/// How long this thread has had a processor, where that is known; otherwise a time of day.
#[allow(clippy::disallowed_methods, reason = "the clock is that of the test")]
pub(crate) fn processor_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(Instant::now);
    // The kernel counts when a thread yields.
    std::thread::yield_now();
    let known = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = known.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}
