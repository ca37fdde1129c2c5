//! Payloads: XML, HTTP, messages, frames, and events of TCP.

use stanza::Name;

use crate::{Span, Template};

/// The payload of a step: something that one side says, or an event of its connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Payload {
    /// One element, matched openly by expanded names.
    Xml {
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
    /// `[nothing]`: the fake does not answer the line above.
    Nothing,
}

/// An element that is sent or matched.
#[derive(Debug, Clone)]
pub struct ElementPattern {
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

/// An attribute that is sent or matched; `{absent}` forbids it.
#[derive(Debug, Clone)]
pub struct AttrPattern {
    pub name: Name,
    /// Where the attribute stands.
    pub span: Span,
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
    Element(ElementPattern),
    Text(Template),
}

/// The reserved attributes `t:closed`, `t:absent`, `t:optional`, `t:text`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Control {
    /// `t:closed`: attributes and children that are not named are refused.
    pub closed: bool,
    /// `t:absent`: the parent must not have such a child.
    pub absent: bool,
    /// `t:optional`: the parent may lack this child.
    pub optional: bool,
    /// `t:text`: how the text of the element is matched.
    pub text: TextRule,
}

/// How the text of an element is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextRule {
    /// The text must be as written.
    #[default]
    AsWritten,
    /// `t:text="any"`: any text fits.
    Any,
    /// `t:text="xml"`: the text is XML, escaped once; the one child written here is matched in it.
    Xml,
}

/// The head of an HTTP message, and a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpHead {
    pub start: StartLine,
    /// Header lines in written order.
    pub headers: Vec<HeaderPattern>,
    pub body: Option<HttpBody>,
}

/// The body of an HTTP message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpBody {
    /// `[body "…"]`: octet for octet. An empty string is an empty body.
    Octets(Template),
    /// One element, sent with `Content-Length`, and matched as a message of one element is.
    Xml(ElementPattern),
}

/// The first line of an HTTP message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StartLine {
    /// `GET /ws/ HTTP/1.1`.
    Request {
        method: Template,
        target: Template,
        /// `HTTP/1.1`.
        version: Template,
    },
    /// `HTTP/1.1 101`, with the reason phrase when it matters.
    Response {
        /// `HTTP/1.1`.
        version: Template,
        status: Template,
        reason: Option<Template>,
    },
}

/// A header line. Names are compared without case; `{absent}` forbids the header.
#[derive(Debug, Clone)]
pub struct HeaderPattern {
    /// Name as written; `{other headers}` in a transcript lists names whose values vary.
    pub name: String,
    /// Where the line stands.
    pub span: Span,
    pub value: Template,
}

impl PartialEq for HeaderPattern {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.value) == (&other.name, &other.value)
    }
}

impl Eq for HeaderPattern {}

/// `[frame fin= rsv= opcode= mask= length= payload="…"]`. A missing field fits any value; when
/// sent, it has its default.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FramePattern {
    /// `fin=0|1`; default: 1.
    pub fin: Option<bool>,
    /// `rsv=0..7`, RSV1 is 4; default: 0.
    pub rsv: Option<u8>,
    /// `opcode=0..15`; default: 1.
    pub opcode: Option<u8>,
    /// `mask=yes|no`; default: yes from the client, no from the server.
    pub mask: Option<bool>,
    /// `length=7|16|64|N`; default: the shortest form.
    pub length: Option<FrameLength>,
    /// `payload="…"`; default: empty.
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
    /// This number, even if it is not the length of the payload.
    Lie(u64),
}
