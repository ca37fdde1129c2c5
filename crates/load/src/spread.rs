//! Several measurements of a quantity: minimum, median and maximum.

/// The measured values, one per round.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    rounds: Vec<f64>,
}

impl Spread {
    /// The spread of these values. Without values, all three statistics are NaN.
    #[must_use]
    pub fn of(rounds: Vec<f64>) -> Self {
        Self { rounds }
    }

    /// The values in the order of measurement.
    #[must_use]
    pub fn each(&self) -> &[f64] {
        &self.rounds
    }

    /// The minimum; NaN without values.
    #[must_use]
    pub fn min(&self) -> f64 {
        self.rounds.iter().copied().fold(f64::NAN, f64::min)
    }

    /// The median; NaN without values.
    #[must_use]
    pub fn median(&self) -> f64 {
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        f64::midpoint(middle(sorted.len().saturating_sub(1) / 2), middle(sorted.len() / 2))
    }

    /// The value that 99 of 100 do not exceed; NaN without values.
    #[must_use]
    pub fn almost_all(&self) -> f64 {
        let mut sorted = self.rounds.clone();
        sorted.sort_by(f64::total_cmp);
        let at = (sorted.len() * 99).div_ceil(100).saturating_sub(1);
        sorted.get(at).copied().unwrap_or(f64::NAN)
    }

    /// The maximum; NaN without values.
    #[must_use]
    pub fn max(&self) -> f64 {
        self.rounds.iter().copied().fold(f64::NAN, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_in_the_middle() {
        let spread = Spread::of(vec![5.0, 1.0, 3.0]);
        assert_eq!((spread.min(), spread.median(), spread.max()), (1.0, 3.0, 5.0));
        let even = Spread::of(vec![4.0, 1.0, 2.0, 9.0]);
        assert_eq!(even.median(), 3.0);
        assert!(Spread::of(Vec::new()).median().is_nan());
    }

    #[test]
    fn almost_all_are_ninety_nine_of_a_hundred() {
        let hundred = Spread::of((1..=100).map(f64::from).collect());
        assert_eq!(hundred.almost_all(), 99.0);
        assert_eq!(Spread::of(vec![7.0]).almost_all(), 7.0);
        assert!(Spread::of(Vec::new()).almost_all().is_nan());
    }
}
