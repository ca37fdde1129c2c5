//! Places in files.

use std::ops::Range;
use std::path::PathBuf;

/// A place in a file: octets from the start of the source.
pub type Span = Range<usize>;

/// A value and its place. Equality ignores the place.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    pub value: T,
    pub span: Span,
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T: Eq> Eq for Spanned<T> {}

impl<T> Spanned<T> {
    /// Marks `value` as standing at `span`.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// The text of one file and the name it is reported under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path as shown to the user, relative to the root of the suite.
    pub path: PathBuf,
    pub text: String,
}
