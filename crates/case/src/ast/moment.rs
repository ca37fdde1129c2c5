//! Moments, and comparisons of the times between them, which hold for any base time of a client.

use std::fmt;

use crate::Spanned;

/// `time A..B >= 1.5 * C..D`: compares one stretch of time with a multiple of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The stretch on the left.
    pub what: Stretch,
    pub relation: Relation,
    /// The factor before the stretch on the right.
    pub times: Times,
    /// The stretch on the right.
    pub than: Stretch,
}

/// The time from one moment to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stretch {
    pub from: Spanned<String>,
    pub to: Spanned<String>,
}

/// The relations between two stretches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
}

/// A number with at most two decimals, in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times(u32);

impl Times {
    /// The factor 1.
    pub const ONE: Self = Self(100);

    /// The factor `hundredths` / 100.
    pub fn hundredths(hundredths: u32) -> Self {
        Self(hundredths)
    }

    pub fn value(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// Reads `2`, `1.5`, `0.75`. None for anything else, zero included.
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').map_or((text, None), |(a, b)| (a, Some(b)));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !is_number(whole) || part.is_some_and(|part| !is_number(part) || part.len() > 2) {
            return None;
        }
        let whole = whole.parse::<u32>().ok()?.checked_mul(100)?;
        let part: u32 = format!("{:0<2}", part.unwrap_or_default()).parse().ok()?;
        let hundredths = whole.checked_add(part)?;
        (hundredths > 0).then_some(Self(hundredths))
    }
}

impl fmt::Display for Stretch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from.value, self.to.value)
    }
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtLeast => ">=",
            Self::AtMost => "<=",
        })
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, part) = (self.0 / 100, self.0 % 100);
        match (part, part % 10) {
            (0, _) => write!(f, "{whole}"),
            (_, 0) => write!(f, "{whole}.{}", part / 10),
            _ => write!(f, "{whole}.{part:02}"),
        }
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.what, self.relation)?;
        if self.times != Times::ONE {
            write!(f, "{} * ", self.times)?;
        }
        write!(f, "{}", self.than)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factors_are_read_and_shown() {
        for (text, shown) in [("2", "2"), ("1.50", "1.5"), ("0.05", "0.05"), ("1.25", "1.25")] {
            assert_eq!(Times::parse(text).expect(text).to_string(), shown);
        }
        for wrong in ["", "0", "0.00", ".5", "1.", "1.234", "-1", "x", "99999999999"] {
            assert_eq!(Times::parse(wrong), None, "{wrong}");
        }
    }
}
