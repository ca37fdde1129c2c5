//! The time of day at a server time. The clock of the machine is never read.

use std::time::{Duration, SystemTime};

/// The last second that dates of four digits can name, in seconds since 1970: 9999-12-31T23:59:59Z.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// The time of day at which server time began, and so the time of day at each server time.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    /// Since 1970.
    begins: Duration,
}

impl Calendar {
    /// A calendar on which server time zero is `begins`. A time before 1970 counts as 1970.
    pub fn new(begins: SystemTime) -> Self {
        Self { begins: begins.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default() }
    }

    /// The time of day at the server time `now`; it stops at the end of the year 9999.
    pub fn at(self, now: Duration) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.begins.saturating_add(now).min(LAST)
    }

    /// The same as XEP-0082 writes it, with milliseconds.
    pub fn stamp(self, now: Duration) -> String {
        humantime::format_rfc3339_millis(self.at(now)).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_day_follows_server_time_and_has_four_digits_for_the_year() {
        let calendar = Calendar::new(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
        assert_eq!(calendar.stamp(Duration::from_millis(1_500)), "1970-01-02T00:00:01.500Z");
        assert_eq!(calendar.stamp(Duration::MAX), "9999-12-31T23:59:59.000Z");
        let early = Calendar::new(SystemTime::UNIX_EPOCH - Duration::from_secs(1));
        assert_eq!(early.stamp(Duration::ZERO), "1970-01-01T00:00:00.000Z");
    }
}
