//! Rules of the parser: those of XMPP, or the leniency of a server.

/// How deep elements may nest under [`Rules::STRICT`]; the root counts.
pub const MAX_DEPTH: usize = 64;

/// The most elements and attributes of a message under [`Rules::STRICT`]: each takes many times the
/// room of its letters.
pub const MAX_PARTS: usize = 100_000;

/// The leniencies of a parser beyond one well-formed, restricted element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    /// A byte order mark and white space may precede the element (against RFC 7395 §3.3.3).
    pub leading_space: bool,
    /// An XML declaration may precede the element (RFC 7395 §3.3.3: not recommended).
    pub declaration: bool,
    /// Comments, processing instructions and a document type declaration are skipped (against RFC
    /// 6120 §11.1).
    pub restricted: bool,
    /// Character references may name any 16-bit number, and longer ones lose their upper bits
    /// (against XML 1.0 §4.1).
    pub wrapped_references: bool,
    /// CDATA sections stay apart from other text (XML 1.0 §2.7), to be written back as they came.
    pub cdata: bool,
    /// Comments inside the element are kept, to be written back as they came.
    pub comments: bool,
    /// Prefixes and declarations are kept beside the names, to be written back as they came.
    pub spelling: bool,
    /// How deep elements may nest; the root counts.
    pub max_depth: usize,
    /// How many elements and attributes there may be, with declarations of namespaces.
    pub max_parts: usize,
    /// Prefixes bound from outside, with their namespaces.
    pub bound: &'static [(&'static str, &'static str)],
}

impl Rules {
    /// One element and nothing else, as RFC 6120 §11 and RFC 7395 §3.3.3 want it.
    pub const STRICT: Self = Self {
        leading_space: false,
        declaration: false,
        restricted: false,
        wrapped_references: false,
        cdata: false,
        comments: false,
        spelling: false,
        max_depth: MAX_DEPTH,
        max_parts: MAX_PARTS,
        bound: &[],
    };

    /// A whole document, as readers of XML take it that know nothing of XMPP: a declaration,
    /// comments and white space may stand around the element.
    pub const DOCUMENT: Self =
        Self { leading_space: true, declaration: true, restricted: true, ..Self::STRICT };

    /// The leniency of Openfire 4.4.4 as recorded (`frame_*`, `xml_*`), with 500 nested elements.
    pub const OPENFIRE: Self = Self {
        leading_space: true,
        declaration: true,
        restricted: true,
        wrapped_references: true,
        cdata: true,
        comments: true,
        spelling: true,
        max_depth: 1024,
        max_parts: usize::MAX,
        bound: &[],
    };
}
