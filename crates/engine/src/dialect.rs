//! The rules and spelling that hold where servers differ.

/// A server's way of speaking, chosen once by its profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// Openfire 4.4.4, recorded byte for byte.
    Openfire,
    /// The RFCs to the letter.
    Rfc,
}

impl Dialect {
    /// The quote of attributes in the elements of the stream itself; Openfire writes them with
    /// single ones.
    pub(crate) fn quote(self) -> char {
        match self {
            Self::Openfire => '\'',
            Self::Rfc => '"',
        }
    }
}
