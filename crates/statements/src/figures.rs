//! How many statements there are, how many show on this wire, and how many of those have a case.

use std::ops::Add;

use serde::Serialize;

use crate::{Document, Standing};

/// Counts of statements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    pub statements: usize,
    /// Those whose breach shows on this wire.
    pub observable: usize,
    /// Those of the observable ones that cases test on every side.
    pub covered: usize,
}

impl Figures {
    /// Those of one document.
    pub fn of(document: &Document) -> Self {
        document.rows().fold(Self::default(), |sum, (_, _, row)| {
            let (observable, covered) = match row.standing() {
                Standing::Covered => (1, 1),
                Standing::Open => (1, 0),
                Standing::Outside => (0, 0),
            };
            sum + Self { statements: 1, observable, covered }
        })
    }

    /// The covered share of the observable ones, in tenths of a percent, rounded down.
    pub fn tenths(self) -> usize {
        (self.covered * 1000).checked_div(self.observable).unwrap_or(1000)
    }

    /// `97.5 %`.
    pub fn share(self) -> String {
        format!("{}.{} %", self.tenths() / 10, self.tenths() % 10)
    }
}

impl Add for Figures {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            statements: self.statements + other.statements,
            observable: self.observable + other.observable,
            covered: self.covered + other.covered,
        }
    }
}
