//! Errors of single words of the notation.

use thiserror::Error;

/// A word that cannot be read. Errors of whole files are [`crate::Diagnostic`]s, which have a
/// place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Error {
    /// Neither `vendor`, `robustness` nor `DOC §n`.
    #[error("`{0}` is not a clause")]
    Clause(String),
    /// Not a number with `ms`, `s` or `m`, or more than a day.
    #[error("`{0}` is not a duration")]
    Duration(String),
    /// The word is not on its closed list.
    #[error("`{word}` is not a known {what}")]
    Word {
        /// The kind of word: `level`, `role`, …
        what: &'static str,
        word: String,
    },
}
