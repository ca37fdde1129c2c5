//! A numbered range of accounts, for load: `agent00001..05000`.

use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The most accounts that one range may have.
const MOST: u64 = 100_000;

/// The accounts `agent00001`, `agent00002` … `agent05000`, written `agent00001..05000`. Both ends
/// are included, and the numbers keep their width. The first number has as many digits before `..`
/// as the last has after it; the text before those digits is the prefix.
///
/// ```
/// let range: finesse_fake::UserRange = "agent008..011".parse()?;
/// let names: Vec<String> = range.names().collect();
/// assert_eq!(names, ["agent008", "agent009", "agent010", "agent011"]);
/// # Ok::<(), finesse_fake::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRange {
    prefix: String,
    width: usize,
    first: u64,
    last: u64,
}

impl UserRange {
    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let Self { prefix, width, .. } = self;
        (self.first..=self.last).map(move |number| format!("{prefix}{number:0width$}"))
    }
}

impl fmt::Display for UserRange {
    /// `agent00001..05000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { prefix, width, first, last } = self;
        write!(f, "{prefix}{first:0width$}..{last:0width$}")
    }
}

impl FromStr for UserRange {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).map_err(|why| Error::UserRange { text: text.to_owned(), why })
    }
}

fn parse(text: &str) -> Result<UserRange, &'static str> {
    let (start, end) = text.split_once("..").ok_or("it has no `..`")?;
    if end.is_empty() || !end.bytes().all(|octet| octet.is_ascii_digit()) {
        return Err("after `..` there must be a number");
    }
    let digits = start.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (prefix, first) = start.split_at(start.len() - digits.min(end.len()));
    if first.is_empty() {
        return Err("before `..` there must be a number");
    }
    if first.len() < end.len() && (first.starts_with('0') || end.starts_with('0')) {
        return Err("the numbers differ in width");
    }
    let number = |digits: &str| digits.parse::<u64>().map_err(|_| "its numbers are too large");
    let range = UserRange {
        prefix: prefix.to_owned(),
        width: first.len(),
        first: number(first)?,
        last: number(end)?,
    };
    match range.last.checked_sub(range.first) {
        None => Err("it ends before it begins"),
        Some(MOST..) => Err("it has more than 100000 accounts"),
        Some(_) => Ok(range),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.parse::<UserRange>().map(|range| range.names().collect()).unwrap_or_default()
    }

    #[test]
    fn ranges_are_written_in_several_ways() {
        assert_eq!(names("a08..10"), ["a08", "a09", "a10"]);
        assert_eq!(names("1001..1003"), ["1001", "1002", "1003"]);
        assert_eq!(names("a9..11"), ["a9", "a10", "a11"]);
        assert_eq!(names("site2-1..2"), ["site2-1", "site2-2"]);
        assert_eq!(names("u9001..02"), ["u9001", "u9002"]);
        assert_eq!(names("x5..5"), ["x5"]);
        assert_eq!(names("a00001..05000").len(), 5000);
        let range: UserRange = "u9001..02".parse().expect("a range");
        assert_eq!(range.to_string(), "u9001..02");
    }

    #[test]
    fn what_is_none_says_the_form() {
        for (text, why) in [
            ("agent", "it has no `..`"),
            ("agent1..", "after `..` there must be a number"),
            ("agent1..x2", "after `..` there must be a number"),
            ("agent..5", "before `..` there must be a number"),
            ("a01..100", "the numbers differ in width"),
            ("a2..1", "it ends before it begins"),
            ("a000001..100001", "it has more than 100000 accounts"),
            ("a1..99999999999999999999999", "its numbers are too large"),
        ] {
            let error = text.parse::<UserRange>().expect_err(text).to_string();
            let wanted =
                format!("{text:?} is not a range of accounts: {why}; wanted PREFIX00001..05000");
            assert!(error.starts_with(&wanted), "{error}");
        }
    }

    proptest! {
        #[test]
        fn every_range_has_its_names(
            prefix in "[a-z]{0,6}", width in 1_usize..7, first in 0_u64..1_000_000, count in 1_u64..50,
        ) {
            let limit = 10_u64.pow(u32::try_from(width).expect("a small number"));
            let first = first % limit;
            let last = (first + count - 1).min(limit - 1);
            let names = names(&format!("{prefix}{first:0width$}..{last:0width$}"));
            prop_assert_eq!(names.len() as u64, last - first + 1);
            for (name, number) in names.iter().zip(first..) {
                let digits = name.strip_prefix(&prefix).expect("the prefix is kept");
                prop_assert_eq!(digits.len(), width);
                prop_assert_eq!(digits.parse::<u64>().expect("digits"), number);
            }
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC*(\\.\\.)?[0-9]*") {
            if let Ok(range) = text.parse::<UserRange>() {
                prop_assert!(range.last - range.first < MOST);
            }
        }
    }
}
