//! Bodies: steps, blocks, and what stands around them.

use std::sync::Arc;
use std::time::Duration;

use crate::{Comparison, ElementPattern, Payload, Source, Span, Spanned, Template};

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

impl Item {
    /// The step that it is, if it is one.
    pub fn step(&self) -> Option<&Step> {
        match self {
            Self::Step(step) => Some(step),
            Self::Comment(_) | Self::Blank => None,
        }
    }
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
    /// `NAME -> PAYLOAD`, `NAME <- PAYLOAD` or `NAME <! PAYLOAD`.
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
    /// `NAME reports EVENT KEY="…"`: what the client's application saw.
    Reports {
        /// Name of the connection that it saw it on.
        conn: Spanned<String>,
        /// `within D` after the word.
        within: Option<Duration>,
        /// What it saw.
        report: Report,
    },
    /// `mark NAME`: the moment of the step before gets a name.
    Mark(Spanned<String>),
    /// `time A..B >= 1.5 * C..D`: how two times compare.
    Time(Comparison),
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
    /// `<!`: the server side, in exactly these words and not in those that its model would find.
    Injected,
}

/// What a client tells of what its application saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kind of event: `error`, `event`, `connected` …
    pub event: Spanned<String>,
    /// What is known of it, in written order.
    pub fields: Vec<(Spanned<String>, Template)>,
}

/// A fact about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// `connect`: TCP, and TLS when the target's URL says `wss`. `connect tls` demands it, and in a transcript says that
    /// there was TLS.
    Connect {
        /// TLS is named.
        tls: bool,
    },
    /// `server name`: the client named the host of its URL in the handshake of TLS; role client alone.
    ServerName,
    /// `caps`: what the client last told of itself has the hash that its last presence announced; role client alone.
    Caps,
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
    /// `deaf`: from here on our side takes nothing more off the connection, until the end of the case.
    Deaf,
    /// `mute`: from here on nothing more is said on the connection in the model's words; role client alone.
    Mute,
}

impl Fact {
    /// Whether it may come sooner or later than something else that is waited for.
    #[must_use]
    pub fn comes_by_itself(&self) -> bool {
        matches!(
            self,
            Self::Upgraded | Self::NeverUpgraded | Self::Closed | Self::Eof | Self::Reset
        )
    }
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
