//! Options of the text format.

/// Options of [`Format::Text`](crate::Format::Text).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Use ANSI colours.
    pub colour: bool,
    /// Also show expected deviations, the failures behind NON-STRICT and INFO, and all names of
    /// long lists.
    pub verbose: bool,
}
