//! Memory and processor time of this process, as the kernel counts them.

use std::time::{Duration, Instant};

/// The peak of the memory since a moment.
pub(crate) struct Peak;

impl Peak {
    pub(crate) fn begin() -> Self {
        // Linux: the peak begins anew. Elsewhere there is none.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self
    }

    /// Its size, if that was more than so many octets.
    pub(crate) fn more_than(&self, most: usize) -> Option<String> {
        let octets = self.octets();
        (octets > most).then(|| format!("took {} MiB", octets >> 20))
    }

    /// In octets; 0 where it is not known.
    fn octets(&self) -> usize {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kibibytes = peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.parse().ok());
        kibibytes.map_or(0, |kibibytes: usize| kibibytes << 10)
    }
}

/// How long this thread has had a processor, where that is known; otherwise a time of day.
pub(crate) fn processor_time() -> Duration {
    static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(Instant::now);
    // The kernel counts when a thread yields.
    std::thread::yield_now();
    let known = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = known.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| start.elapsed(), Duration::from_nanos)
}
