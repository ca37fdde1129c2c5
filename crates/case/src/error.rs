//! What can be wrong with a single word of the notation.

use thiserror::Error;

/// A word that does not say what it should. Whole files are reported as [`crate::Diagnostic`]s, with a place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Neither `vendor`, `robustness` nor `DOC §n`.
    #[error("`{0}` is not a clause")]
    Clause(String),
    /// Not a number with `ms`, `s` or `m`, or more than a day.
    #[error("`{0}` is not a duration")]
    Duration(String),
    /// Not one of a closed list.
    #[error("`{word}` is not a known {what}")]
    Word {
        /// What was looked for: `level`, `role`, …
        what: &'static str,
        /// What was found.
        word: String,
    },
}
