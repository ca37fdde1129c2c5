//! Durations as cases write them: `300ms`, `5s`, `2m`.

use std::time::Duration;

use crate::Error;

/// The longest duration in milliseconds: a day. The bound keeps scaled times within range.
const LONGEST: u64 = 24 * 60 * 60_000;

/// Reads a whole number with `ms`, `s` or `m`, a day at most.
pub fn parse(text: &str) -> Result<Duration, Error> {
    let unit_at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        _ => 0,
    };
    let total = number.parse::<u64>().ok().and_then(|number| number.checked_mul(millis));
    match total {
        Some(total) if millis > 0 && total <= LONGEST => Ok(Duration::from_millis(total)),
        _ => Err(Error::Duration(text.to_owned())),
    }
}

/// Writes a duration in the largest unit that keeps it whole, rounded down to milliseconds.
pub fn print(duration: Duration) -> String {
    let millis = duration.as_millis();
    if !millis.is_multiple_of(1_000) {
        format!("{millis}ms")
    } else if !millis.is_multiple_of(60_000) || millis == 0 {
        format!("{}s", millis / 1_000)
    } else {
        format!("{}m", millis / 60_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn canonical_form_comes_back() {
        for text in ["300ms", "5s", "2m", "90s", "0s", "1500ms", "1440m"] {
            assert_eq!(print(parse(text).unwrap()), text);
        }
        assert_eq!(print(parse("120s").unwrap()), "2m");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "5",
            "s",
            "5 s",
            "1.5s",
            "-1s",
            "5h",
            "5sec",
            "99999999999999999999s",
            "18446744073709551615m",
            "1441m",
        ] {
            assert_eq!(parse(text), Err(Error::Duration(text.to_owned())));
        }
    }
}
