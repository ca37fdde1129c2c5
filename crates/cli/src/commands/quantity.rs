//! Numbers and durations as options: an error says what is wanted, with an example.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;
use std::time::Duration;

/// The longest duration that an option takes: a year.
pub(super) const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The most cases that are played at the same time.
pub(super) const JOBS: RangeInclusive<usize> = 1..=1000;

/// A parser of whole numbers in `range`.
pub(super) fn number<T>(
    range: RangeInclusive<T>,
    example: T,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static,
{
    move |text| match text.parse() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(format!(
            "wanted a whole number from {} to {}, such as {example}",
            range.start(),
            range.end()
        )),
    }
}

/// A parser of durations in `range`.
pub(super) fn duration(
    range: RangeInclusive<Duration>,
    example: &'static str,
) -> impl Fn(&str) -> Result<Duration, String> + Clone + Send + Sync + 'static {
    move |text| match humantime::parse_duration(text) {
        Ok(duration) if range.contains(&duration) => Ok(duration),
        _ => Err(format!(
            "wanted a duration from {} to {}, such as {example}",
            written(*range.start()),
            written(*range.end())
        )),
    }
}

/// `1s`, `24h`, `365days`.
fn written(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_what_is_wanted() {
        let jobs = number(JOBS, 4);
        assert_eq!(jobs("1000"), Ok(1000));
        for wrong in ["x", "", "-1", "0", "1001", "1e99", "99999999999999999999"] {
            assert_eq!(
                jobs(wrong).unwrap_err(),
                "wanted a whole number from 1 to 1000, such as 4",
                "{wrong}"
            );
        }
        let day = duration(Duration::from_secs(1)..=Duration::from_secs(86_400), "10m");
        assert_eq!(day("90s"), Ok(Duration::from_secs(90)));
        for wrong in ["x", "", "-1", "0", "0s", "25h", "1e99", "99999999999999999999", "10"] {
            assert_eq!(
                day(wrong).unwrap_err(),
                "wanted a duration from 1s to 1day, such as 10m",
                "{wrong}"
            );
        }
    }
}
