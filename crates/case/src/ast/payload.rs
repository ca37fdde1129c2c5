//! What is said: XML, HTTP, and what goes on below.

use stanza::Name;

use crate::{Span, Template};

/// What is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// One element, matched openly by expanded names.
    Xml {
        /// The element.
        root: ElementPattern,
        /// `[fragments N]` after it: the message came in N frames (N > 1).
        fragments: Option<u32>,
    },
    /// An HTTP request or response.
    Http(HttpHead),
    /// `[text "…"]`: a text message, octet for octet.
    Text(Template),
    /// `[binary "…"]`: a binary message.
    Binary(Template),
    /// `[frame …]`: any frame.
    Frame(FramePattern),
    /// `[bytes "…"]`: octets below WebSocket.
    Bytes(Template),
    /// `[ping "…"]`.
    Ping(Template),
    /// `[pong "…"]`.
    Pong(Template),
    /// `[close CODE "reason"]`.
    Close {
        /// Status code; none for an empty close frame.
        code: Option<Template>,
        /// Reason; none when it is empty, or, on a line that the other side speaks, not looked at.
        reason: Option<Template>,
    },
    /// `[eof]`: TCP ends.
    Eof,
    /// `[reset]`: TCP is reset.
    Reset,
    /// `[nothing]`: what was said is left without an answer.
    Nothing,
}

/// An element that is sent or looked for.
#[derive(Debug, Clone)]
pub struct ElementPattern {
    /// Expanded name.
    pub name: Name,
    /// Where the name stands.
    pub span: Span,
    /// Attributes in written order, without namespace declarations and without `t:` attributes.
    pub attrs: Vec<AttrPattern>,
    /// Child elements and text in written order.
    pub children: Vec<ChildPattern>,
    /// The reserved `t:` attributes.
    pub control: Control,
}

impl PartialEq for ElementPattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.attrs, &self.children, &self.control)
            == (&other.name, &other.attrs, &other.children, &other.control)
    }
}

impl Eq for ElementPattern {}

/// An attribute that is sent or looked for; `{absent}` forbids it.
#[derive(Debug, Clone)]
pub struct AttrPattern {
    /// Expanded name.
    pub name: Name,
    /// Where the attribute stands.
    pub span: Span,
    /// Its value.
    pub value: Template,
}

impl PartialEq for AttrPattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

impl Eq for AttrPattern {}

/// A child of an element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChildPattern {
    /// An element.
    Element(ElementPattern),
    /// Text.
    Text(Template),
}

/// The reserved attributes `t:closed`, `t:absent`, `t:optional`, `t:text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Control {
    /// No attributes or children but those named.
    pub closed: bool,
    /// No such child.
    pub absent: bool,
    /// May lack.
    pub optional: bool,
    /// What is made of its text.
    pub text: TextRule,
}

/// What is made of the text of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextRule {
    /// It is as written.
    #[default]
    AsWritten,
    /// `t:text="any"`: it is not looked at.
    Any,
    /// `t:text="xml"`: it is itself XML, escaped once; the one child that is written here stands in it.
    Xml,
}

/// The head of an HTTP message, and a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpHead {
    /// First line.
    pub start: StartLine,
    /// Header lines in written order.
    pub headers: Vec<HeaderPattern>,
    /// `[body "…"]`.
    pub body: Option<Template>,
}

/// The first line of an HTTP message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartLine {
    /// `GET /ws/ HTTP/1.1`.
    Request {
        /// Method.
        method: Template,
        /// Request target.
        target: Template,
        /// `HTTP/1.1`.
        version: Template,
    },
    /// `HTTP/1.1 101`, with the reason phrase when it matters.
    Response {
        /// `HTTP/1.1`.
        version: Template,
        /// Three digits.
        status: Template,
        /// Reason phrase.
        reason: Option<Template>,
    },
}

/// A header line. Names are compared without case; `{absent}` forbids the header.
#[derive(Debug, Clone)]
pub struct HeaderPattern {
    /// Name as written; `{other headers}` in a transcript lists names whose values are noise.
    pub name: String,
    /// Where the line stands.
    pub span: Span,
    /// Its value.
    pub value: Template,
}

impl PartialEq for HeaderPattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

impl Eq for HeaderPattern {}

/// `[frame fin= rsv= opcode= mask= length= payload="…"]`. What is not named is not looked at, or as usual when sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FramePattern {
    /// `fin=0|1`; usual: 1.
    pub fin: Option<bool>,
    /// `rsv=0..7`, RSV1 is 4; usual: 0.
    pub rsv: Option<u8>,
    /// `opcode=0..15`; usual: 1.
    pub opcode: Option<u8>,
    /// `mask=yes|no`; usual: yes from the client, no from the server.
    pub mask: Option<bool>,
    /// `length=7|16|64|N`; usual: shortest.
    pub length: Option<FrameLength>,
    /// `payload="…"`; usual: empty.
    pub payload: Option<Template>,
}

/// How the length of a frame is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameLength {
    /// In the 7-bit form.
    Seven,
    /// In the 16-bit form.
    Sixteen,
    /// In the 64-bit form.
    SixtyFour,
    /// This number, whatever the payload is.
    Lie(u64),
}
