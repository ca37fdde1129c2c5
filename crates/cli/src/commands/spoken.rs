//! A line for a terminal about a connection: `12:00:01.250  #3 1001 -> <presence/>`.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use textual::invisible::escape;

/// How the times of lines are written.
#[derive(Clone)]
pub(super) struct Clock {
    /// The wall clock at the start of the time that lines count.
    pub(super) began: SystemTime,
    /// The time zone of this machine.
    pub(super) zone: TimeZone,
    /// The format of the time of day.
    pub(super) format: &'static str,
}

/// Something that was said, or that happened, on a connection.
pub(super) struct Spoken<'a> {
    pub(super) at: Duration,
    /// The server, where there are two.
    pub(super) server: Option<&'a str>,
    /// The number of the connection; 0 for none.
    pub(super) connection: u64,
    pub(super) who: Option<&'a str>,
    /// `->` from a client, `<-` from a server, `==` from neither.
    pub(super) arrow: &'static str,
    pub(super) text: &'a str,
}

impl Spoken<'_> {
    /// The line, without a line feed. Peers may say anything, so invisible characters are escaped.
    pub(super) fn line(&self, clock: &Clock) -> String {
        let mut line = clock.time(self.at);
        line.push_str("  ");
        if let Some(server) = self.server {
            line.push_str(server);
            line.push(' ');
        }
        if self.connection > 0 {
            line.push_str(&format!("#{} ", self.connection));
        }
        if let Some(who) = self.who {
            line.push_str(&escape(who));
            line.push(' ');
        }
        line.push_str(self.arrow);
        line.push(' ');
        line.push_str(&escape(self.text.trim_end()));
        line
    }
}

impl Clock {
    fn time(&self, at: Duration) -> String {
        let time = self.began.checked_add(at).unwrap_or(self.began);
        match Timestamp::try_from(time) {
            Ok(time) => time.to_zoned_datetime(self.zone.clone()).strftime(self.format).to_string(),
            // A clock of the machine that is set beyond the year 9999.
            Err(_) => format!("{:.3}", at.as_secs_f64()),
        }
    }
}
