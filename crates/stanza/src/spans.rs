//! Where the parts of a parsed element stand in its text.

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

/// Where one piece of content stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChildSpans {
    /// A child element.
    Element(Spans),
    /// Text as written: references, CDATA marks and what stands between its pieces included.
    Text(Range<usize>),
}
