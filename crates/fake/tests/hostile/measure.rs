//! Memory of this process, as the kernel counts it.

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
