//! The options of a subscription (XEP-0060 §6.3): which events it gets, and when.

use std::time::{Duration, SystemTime};

use stanza::Element;

use super::form;
use crate::budget::Weigh;

/// How a subscription is served. Digests are kept and told, and have no effect.
#[derive(Debug, Clone)]
pub(super) struct Options {
    /// Whether events are sent (`pubsub#deliver`).
    pub(super) deliver: bool,
    /// `pubsub#digest`
    pub(super) digest: bool,
    /// Milliseconds (`pubsub#digest_frequency`).
    pub(super) digest_frequency: i32,
    /// The end of the lease, after which no event is sent; the subscription stays
    /// (`pubsub#expire`).
    pub(super) expire: Option<SystemTime>,
    /// The last item for a new subscriber has a body (`pubsub#include_body`).
    pub(super) include_body: bool,
    /// The presences that let events through; all when there are none (`pubsub#show-values`).
    pub(super) shows: Vec<String>,
    /// A word that an item must hold (`x-pubsub#keywords`).
    pub(super) keyword: Option<String>,
    /// Of a collection: items instead of nodes (`pubsub#subscription_type`).
    pub(super) items: bool,
    /// Of a collection: all levels below it, not only the first (`pubsub#subscription_depth`).
    pub(super) all_levels: bool,
}

/// A value that the field cannot have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BadValue;

impl Weigh for Options {
    /// The texts.
    fn weight(&self) -> usize {
        self.shows.weight() + self.keyword.weight()
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            deliver: true,
            digest: false,
            digest_frequency: 86_400_000,
            expire: None,
            include_body: false,
            shows: Vec::new(),
            keyword: None,
            items: false,
            all_levels: false,
        }
    }
}

impl Options {
    /// Takes the values of a form, those for collections first; fields that are not known are
    /// passed over. `configured` becomes true with the first that configures the subscription.
    /// Values taken before an error stay.
    pub(super) fn apply(&mut self, form: &Element, configured: &mut bool) -> Result<(), BadValue> {
        let kind = form::value(form, "pubsub#subscription_type");
        self.items = match kind.as_deref() {
            Some("items") => true,
            Some("nodes") => false,
            Some(_) => return Err(BadValue),
            None => self.items,
        };
        if let Some(depth) = form::field(form, "pubsub#subscription_depth") {
            self.all_levels = depth.first().ok_or(BadValue)? == "all";
        }
        for (var, values) in form::all_values(form) {
            let first = values.first().map(String::as_str);
            let flag = || form::switched(first).ok_or(BadValue);
            match var {
                "pubsub#deliver" => self.deliver = flag()?,
                "pubsub#digest" => self.digest = flag()?,
                "pubsub#digest_frequency" => {
                    let frequency = first.map_or(Ok(86_400_000), str::parse);
                    self.digest_frequency = frequency.map_err(|_| BadValue)?;
                }
                "pubsub#expire" => {
                    // A value that is no time is passed over.
                    self.expire = time(first.ok_or(BadValue)?).or(self.expire);
                }
                "pubsub#include_body" => self.include_body = flag()?,
                "pubsub#show-values" => self.shows = values,
                "x-pubsub#keywords" => self.keyword = values.into_iter().next(),
                _ => continue,
            }
            *configured = true;
        }
        Ok(())
    }
}

/// The last time with a year of four digits, in seconds since 1970.
const LAST: Duration = Duration::from_secs(253_402_300_799);

/// A date and time with a zone (XEP-0082 §3.2), between the years 1970 and 9999.
fn time(text: &str) -> Option<SystemTime> {
    let (local, ahead, behind) = match text.strip_suffix('Z') {
        Some(local) => (local, Duration::ZERO, Duration::ZERO),
        None => {
            let (rest, minutes) = text.rsplit_once(':')?;
            let at = rest.rfind(['+', '-'])?;
            let (local, hours) = rest.split_at_checked(at)?;
            let number = |digits: &str| digits.parse::<u16>().ok().map(u64::from);
            let zone = Duration::from_secs(number(hours.get(1..)?)? * 3600 + number(minutes)? * 60);
            if hours.starts_with('+') {
                (local, zone, Duration::ZERO)
            } else {
                (local, Duration::ZERO, zone)
            }
        }
    };
    let time = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    let since = time.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(SystemTime::UNIX_EPOCH + (since.saturating_sub(ahead) + behind).min(LAST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_zone() {
        let noon = time("2030-01-01T12:00:00Z");
        assert!(noon.is_some());
        assert_eq!(time("2030-01-01T14:30:00.000+02:30"), noon);
        assert_eq!(time("2030-01-01T11:00:00-01:00"), noon);
        assert_eq!(time("1970-01-01T00:00:00+01:00"), Some(SystemTime::UNIX_EPOCH));
        let last = time("9999-12-31T23:59:59-01:00").map(humantime::format_rfc3339_millis);
        assert_eq!(last.map(|it| it.to_string()).as_deref(), Some("9999-12-31T23:59:59.000Z"));
        for none in ["2030-01-01T12:00:00", "2030-01-01", "presence", "", "T", "é:é", "-+:1"] {
            assert_eq!(time(none), None, "{none}");
        }
    }
}
