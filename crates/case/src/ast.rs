//! What a case file says, as a tree: the same tree is printed back as a formatted case or as a snapshot body.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use stanza::Name;

/// A place in a file: octets from the start of the source.
pub type Span = Range<usize>;

/// A value and where it stands. Two of them are equal when their values are.
#[derive(Debug, Clone)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
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
    /// Path as the user should read it, relative to the root of the suite.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// One file under `cases/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// `area/slug`, from the path.
    pub id: String,
    /// Where it was read.
    pub source: Arc<Source>,
    /// What it claims.
    pub head: Head,
    /// The conversation.
    pub body: Vec<Item>,
}

/// One file under `cases/_fragments/`: steps that several cases begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// Its name in `use NAME(…)`.
    pub name: String,
    /// Where it was read.
    pub source: Arc<Source>,
    /// What its steps achieve.
    pub title: Spanned<String>,
    /// Names that the caller fills in.
    pub params: Vec<Spanned<String>>,
    /// Id of the case that answers for these steps; a mismatch inside makes the using case BLOCKED.
    pub owner: Spanned<String>,
    /// The steps.
    pub body: Vec<Item>,
}

/// The head of a case: what is claimed, on whose word, and what it takes to play it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The claim, one sentence.
    pub title: Spanned<String>,
    /// The clauses it rests on; at least one.
    pub spec: Vec<Spanned<Clause>>,
    /// How binding the claim is.
    pub level: Spanned<Level>,
    /// Which sides of the wire it can be played against; at least one.
    pub roles: Vec<Spanned<Role>>,
    /// What the target must have, e.g. `account other`, `node.whitelist`, `stimulus`.
    pub needs: Vec<Spanned<String>>,
    /// What it leaves behind on the target.
    pub effects: Spanned<Effects>,
    /// Deadline of each step, in place of the default.
    pub timeout: Option<Spanned<Duration>>,
    /// Factor by which the clock of an in-process fake runs faster.
    pub time: Option<Spanned<Factor>>,
    /// Free words to select by.
    pub tags: Vec<Spanned<String>>,
    /// Who in the field is hurt when this breaks.
    pub why: Option<Spanned<String>>,
    /// Snapshot lines that may differ from run to run, with the reason; counted in the summary.
    pub volatile: Vec<Spanned<String>>,
}

/// A clock factor in thousandths, so that heads can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Factor(pub u32);

/// A citation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clause {
    /// `RFC 6455 §4.2.1 item 3`: document as in the section list (`rfc6455`), section, item of a list in it.
    Section {
        /// `rfc6455`, `xep-0060`.
        document: String,
        /// `4.2.1`, without a trailing dot.
        section: String,
        /// Number in a list inside the section.
        item: Option<u32>,
    },
    /// What the vendor does or asks for.
    Vendor,
    /// No clause: a peer must survive it.
    Robustness,
}

/// How binding a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Broken: FAIL.
    Must,
    /// Broken: NON-STRICT.
    Should,
    /// Broken: INFO.
    May,
    /// An observation.
    Info,
    /// Broken: FAIL on targets of the vendor, INFO elsewhere.
    Vendor,
}

/// The side of the wire that is under test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// We speak as the client.
    Server,
    /// We speak as the server.
    Client,
}

/// What a case leaves behind; a target allows these one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effects {
    /// Nothing: no login.
    None,
    /// A session that ends with the case, and may end somebody else's.
    Session,
    /// State that outlives the session, undone in `finally`.
    State,
    /// Failed logins that may lock an account.
    LocksAccount,
}

/// A line of the body with what stands around it. Comments and blank lines are kept for the formatter.
#[expect(clippy::large_enum_variant, reason = "nearly every item is a step")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// `# …`, without the mark and the blank after it.
    Comment(String),
    /// One or more empty lines.
    Blank,
    /// Something that happens.
    Step(Step),
}

/// Something that happens, and where it stands.
#[derive(Debug, Clone)]
pub struct Step {
    /// What happens.
    pub kind: StepKind,
    /// The whole step in its file.
    pub span: Span,
    /// The file it was written in: the case's own, or the fragment it came from.
    pub source: Arc<Source>,
}

impl PartialEq for Step {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

impl Eq for Step {}

/// The kinds of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepKind {
    /// `NAME -> PAYLOAD` or `NAME <- PAYLOAD`.
    Say {
        /// Name of the connection.
        conn: Spanned<String>,
        /// Who speaks.
        arrow: Arrow,
        /// `within D` after the arrow.
        within: Option<Duration>,
        /// What is said.
        payload: Payload,
    },
    /// `NAME == FACT`.
    Fact {
        /// Name of the connection.
        conn: Spanned<String>,
        /// `within D` after the sign.
        within: Option<Duration>,
        /// What holds.
        fact: Fact,
    },
    /// `do ACTION(args)`: the world changes.
    Do(Call),
    /// `use FRAGMENT(args)`. Gone after [`crate::Library::expand`].
    Use(Call),
    /// `use` after expansion: the steps of the fragment in place, with the call that asked for them.
    Used {
        /// The call.
        call: Call,
        /// Id of the case that answers for these steps.
        owner: String,
        /// The steps, arguments filled in.
        body: Vec<Item>,
    },
    /// `any order`: all of these, in whatever order they come.
    AnyOrder(Vec<Item>),
    /// `one of`: the first message that fits the first step of a branch commits to it.
    /// `NAME <- one of` with payloads is the same with one-step branches; `short` holds that name for the formatter.
    OneOf {
        /// Connection of the short form.
        short: Option<Spanned<String>>,
        /// The branches.
        branches: Vec<Branch>,
    },
    /// `finally`: run whatever happened, best effort.
    Finally(Vec<Item>),
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arrow {
    /// `->`: the client side.
    ToServer,
    /// `<-`: the server side.
    ToClient,
}

/// A fact about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// `connect`: TCP, and TLS when the target's URL says `wss`; `connect tls` in a transcript says that there was TLS.
    Connect {
        /// TLS is named.
        tls: bool,
    },
    /// `upgraded`: a 101 was received.
    Upgraded,
    /// `never upgraded`: the connection ended, or its answer was complete without a 101.
    NeverUpgraded,
    /// `closed`: no more can be said: a WebSocket close, the end of TCP, or a reset was received.
    Closed,
    /// `eof`: the peer ended TCP.
    Eof,
    /// `reset`: the peer reset TCP.
    Reset,
    /// `silent D`: nothing is received for D.
    Silent(Duration),
    /// `manual`: from here on the case answers pings and closes by itself.
    Manual,
}

/// `NAME(arg, …)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// What is called.
    pub name: Spanned<String>,
    /// Its arguments.
    pub args: Vec<Spanned<Arg>>,
}

/// An argument of a call or of a token function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A bare word or path: `agent`, `agent.password`, `READY`, `/finesse/api/User/1001`.
    Word(String),
    /// `"…"`, may hold tokens.
    Text(Template),
    /// A number.
    Number(u64),
    /// XML, as the payload of `do publish(node, <x/>)`.
    Xml(Box<ElementPattern>),
}

/// A branch of `one of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// What it means to arrive here.
    pub label: Spanned<Label>,
    /// `"…"` after the label.
    pub text: Option<Spanned<String>>,
    /// The steps; the first receives something.
    pub body: Vec<Item>,
}

/// Labels of branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// As the specification wants it.
    Ok,
    /// Allowed, but not as it should be: NON-STRICT.
    NonStrict,
    /// Recorded: INFO.
    Info,
    /// The target cannot do this: UNSUPPORTED, and the case is over.
    Unsupported,
    /// Not as the specification demands: the case does not hold.
    Fail,
}

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
    /// Its text is not looked at.
    pub any_text: bool,
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

/// Text with tokens in it.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// The pieces in order; neighbouring texts are joined.
    pub pieces: Vec<Piece>,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.pieces == other.pieces
    }
}

impl Eq for Template {}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Literal text, unescaped.
    Text(String),
    /// Literal octets that are not text (`\xHH` in a bracket string).
    Bytes(Vec<u8>),
    /// `{…}`.
    Token(Spanned<Token>),
}

/// What stands between braces. On a line that our side speaks it makes a value, on one that the other side speaks it
/// checks one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// `{name}`, `{agent.user}`, `{conn.agent.jid}`: the value of a variable.
    Variable(String),
    /// `{*}`, `{x=*}`: shortest non-empty text, remembered under the name. Only where the other side speaks.
    Any {
        /// What to call it.
        capture: Option<String>,
    },
    /// `{/regex/}`: only where the other side speaks.
    Regex(String),
    /// `{absent}`: no such attribute or header. Only where the other side speaks.
    Absent,
    /// `{key=base64(16)}`, `{plain(user, password)}`, `{accept(key)}`, `{jid(…)}`, `{repeat("x", 9)}`, `{pad(126)}`.
    Call {
        /// What to call the value.
        capture: Option<String>,
        /// Name of the function.
        function: String,
        /// Its arguments.
        args: Vec<Arg>,
    },
    /// `{iq#2}`: anything; equal numbers of one kind mean equal values. Only in transcripts and where the other side
    /// speaks.
    Placeholder {
        /// What it stands for.
        kind: String,
        /// Which of them.
        number: u32,
    },
}

impl<T: Into<String>> From<T> for Template {
    /// Literal text.
    fn from(text: T) -> Self {
        let text = text.into();
        let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] };
        Self { pieces, span: 0..0 }
    }
}
