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

/// Begins the name of a file that is built into the program: it can be shown by name, and no editor
/// or build server finds it on disk.
pub const BUILT_IN: &str = "built-in:";

/// The text of one file and the name it is reported under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Path as shown to the user, relative to the root of the suite; one that is built in begins
    /// with [`BUILT_IN`].
    pub path: PathBuf,
    pub text: String,
}
