//! Errors of the parser.

use quick_xml::errors::{IllFormedError, SyntaxError};
use thiserror::Error;

/// A parse error and its place.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{kind}")]
pub struct Error {
    /// Octets from the start of the input to the place that is wrong.
    pub offset: usize,
    /// The kind of the error.
    pub kind: ErrorKind,
}

/// The kinds of parse errors.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ErrorKind {
    /// A comment (RFC 6120 §11.1).
    #[error("comment")]
    Comment,
    /// A processing instruction (RFC 6120 §11.1).
    #[error("processing instruction")]
    ProcessingInstruction,
    /// A document type declaration (RFC 6120 §11.1).
    #[error("document type declaration")]
    Doctype,
    /// A reference to an entity other than the five predefined ones (RFC 6120 §11.1).
    #[error("undeclared entity `{0}`")]
    UndeclaredEntity(String),

    /// An XML declaration where none is wanted (RFC 7395 §3.3.3).
    #[error("XML declaration")]
    Declaration,
    /// Text, white space or a byte order mark before the element (RFC 7395 §3.3.3).
    #[error("text before the element")]
    LeadingText,
    /// Something other than white space after the element (RFC 7395 §3.3.3).
    #[error("content after the element")]
    TrailingContent,
    /// There is no element.
    #[error("no element")]
    NoElement,

    /// The input ends inside an element.
    #[error("element `{0}` is not closed")]
    UnclosedElement(String),
    /// The input ends inside markup: a tag, a comment, …
    #[error("unclosed {0}")]
    Unclosed(&'static str),
    /// `<!` or `<?` that begins nothing that XML knows, or a construct in a place or shape that XML
    /// forbids.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// An end tag for another element.
    #[error("end tag `{found}` where `{expected}` should be closed")]
    MismatchedEndTag {
        /// The element that is open.
        expected: String,
        /// The name in the end tag.
        found: String,
    },
    /// An end tag when nothing is open.
    #[error("end tag `{0}` without a start tag")]
    UnmatchedEndTag(String),
    /// `<>` or `< a>`.
    #[error("tag without a name")]
    MissingName,
    /// Not a qualified name (Namespaces in XML 1.0 §4).
    #[error("invalid name `{0}`")]
    InvalidName(String),

    /// An attribute without `=`.
    #[error("attribute `{0}` has no value")]
    MissingValue(String),
    /// An attribute value without quotes.
    #[error("attribute value is not quoted")]
    UnquotedValue,
    /// No white space before an attribute (XML 1.0 §3.1).
    #[error("no white space before attribute")]
    MissingSpace,
    /// The same attribute twice, by expanded name (Namespaces in XML 1.0 §6.3).
    #[error("duplicate attribute `{0}`")]
    DuplicateAttribute(String),
    /// A raw `<` in an attribute value (XML 1.0 §3.1).
    #[error("`<` in an attribute value")]
    LessThanInValue,

    /// A prefix that nothing declares (Namespaces in XML 1.0 §5).
    #[error("undeclared prefix `{0}`")]
    UndeclaredPrefix(String),
    /// `xmlns:p=""` (Namespaces in XML 1.0 §5).
    #[error("prefix `{0}` bound to no namespace")]
    EmptyBinding(String),
    /// `xml`, `xmlns` or their namespaces bound otherwise than they are (Namespaces in XML 1.0 §3).
    #[error("reserved prefix or namespace in the declaration of `{0}`")]
    ReservedBinding(String),
    /// A namespace name too long to be kept for every element that bears it.
    #[error("namespace name longer than {0} octets")]
    NamespaceTooLong(usize),

    /// A character that XML does not allow (XML 1.0 §2.2).
    #[error("character U+{:04X} is not allowed", u32::from(*.0))]
    InvalidChar(char),
    /// A character reference to no allowed character (XML 1.0 §4.1).
    #[error("invalid character reference `&{0};`")]
    InvalidReference(String),
    /// An `&` that begins no reference (XML 1.0 §2.4).
    #[error("`&` that begins no reference")]
    BareAmpersand,
    /// `]]>` in text (XML 1.0 §2.4).
    #[error("`]]>` in text")]
    CdataEnd,
    /// More nested elements than the rules allow.
    #[error("elements nested deeper than {0}")]
    TooDeep(usize),
    /// More elements and attributes than the rules allow.
    #[error("more than {0} elements and attributes")]
    TooManyParts(usize),
}

impl ErrorKind {
    /// Whether this is a feature of XML that XMPP prohibits, answered with `restricted-xml` (RFC
    /// 6120 §11.1), rather than a breach of well-formedness (RFC 6120 §11.3).
    pub fn is_restricted(&self) -> bool {
        matches!(
            self,
            Self::Comment | Self::ProcessingInstruction | Self::Doctype | Self::UndeclaredEntity(_)
        )
    }

    pub(crate) fn at(self, offset: usize) -> Error {
        Error { offset, kind: self }
    }
}

/// Errors of the tokeniser itself.
impl From<quick_xml::Error> for ErrorKind {
    fn from(error: quick_xml::Error) -> Self {
        match error {
            quick_xml::Error::Syntax(error) => match error {
                SyntaxError::InvalidBangMarkup => Self::Malformed("markup"),
                SyntaxError::UnclosedPI => Self::Unclosed("processing instruction"),
                SyntaxError::UnclosedXmlDecl => Self::Unclosed("XML declaration"),
                SyntaxError::UnclosedComment => Self::Unclosed("comment"),
                SyntaxError::UnclosedDoctype => Self::Unclosed("document type declaration"),
                SyntaxError::UnclosedCData => Self::Unclosed("CDATA section"),
                SyntaxError::UnclosedTag => Self::Unclosed("tag"),
                SyntaxError::UnclosedSingleQuotedAttributeValue
                | SyntaxError::UnclosedDoubleQuotedAttributeValue => {
                    Self::Unclosed("attribute value")
                }
            },
            quick_xml::Error::IllFormed(error) => match error {
                IllFormedError::MismatchedEndTag { expected, found } => {
                    Self::MismatchedEndTag { expected, found }
                }
                IllFormedError::UnmatchedEndTag(found) => Self::UnmatchedEndTag(found),
                IllFormedError::UnclosedReference => Self::BareAmpersand,
                IllFormedError::DoubleHyphenInComment => Self::Malformed("comment"),
                IllFormedError::MissingDoctypeName => Self::Malformed("document type declaration"),
                _ => Self::Malformed("XML declaration"),
            },
            _ => Self::Malformed("markup"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_as_a_fragment() {
        assert_eq!(
            ErrorKind::UndeclaredPrefix("x".into()).at(3).to_string(),
            "undeclared prefix `x`"
        );
        assert_eq!(ErrorKind::InvalidChar('\u{1}').to_string(), "character U+0001 is not allowed");
    }
}
