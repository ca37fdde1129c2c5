//! The places of the parts of a parsed element.

use std::ops::Range;

/// Octet ranges of one element, a tree parallel to [`Element`](crate::Element).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spans {
    /// From the `<` of the start tag to the `>` that ends the element.
    pub whole: Range<usize>,
    /// The name in the start tag, with its prefix.
    pub name: Range<usize>,
    /// The values of the attributes as written, without quotes, in the order of `Element::attrs`.
    pub attrs: Vec<Range<usize>>,
    /// The names of the attributes with their prefixes, in the same order.
    pub attr_names: Vec<Range<usize>>,
    /// The content, in the order of `Element::nodes`.
    pub children: Vec<ChildSpans>,
}

/// The place of a piece of content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChildSpans {
    Element(Spans),
    /// Text as written, with its references, CDATA marks and skipped pieces.
    Text(Range<usize>),
}
