//! Bodies: steps, blocks, comments.

use std::sync::Arc;
use std::time::Duration;

use crate::{Comparison, ElementPattern, Payload, Source, Span, Spanned, Template};

/// A step, or a comment or blank lines, which the formatter keeps.
#[expect(clippy::large_enum_variant, reason = "nearly every item is a step")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// `# …`, without the mark and the blank after it.
    Comment(String),
    /// One or more empty lines.
    Blank,
    Step(Step),
}

impl Item {
    /// The step, unless this is a comment or a blank line.
    pub fn step(&self) -> Option<&Step> {
        match self {
            Self::Step(step) => Some(step),
            Self::Comment(_) | Self::Blank => None,
        }
    }
}

/// A step and its place.
#[derive(Debug, Clone)]
pub struct Step {
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
        /// The side that speaks.
        arrow: Arrow,
        /// `within D` after the arrow.
        within: Option<Duration>,
        /// The payload of a step: something that one side says, or an event of its connection.
        payload: Payload,
    },
    /// `NAME == FACT`.
    Fact {
        /// Name of the connection.
        conn: Spanned<String>,
        /// `within D` after the sign.
        within: Option<Duration>,
        fact: Fact,
    },
    /// `NAME reports EVENT KEY="…"`: an event that the client's application saw.
    Reports {
        /// Name of the connection that it saw it on.
        conn: Spanned<String>,
        /// `within D` after the word.
        within: Option<Duration>,
        report: Report,
    },
    /// `mark NAME`: the moment of the step before gets a name.
    Mark(Spanned<String>),
    /// `time A..B >= 1.5 * C..D`: compares two stretches of time.
    Time(Comparison),
    /// `do ACTION(args)`: changes the fake or its world.
    Do(Call),
    /// `use FRAGMENT(args)`. Gone after [`crate::Library::expand`].
    Use(Call),
    /// `use` after expansion: the call and the steps of the fragment.
    Used {
        call: Call,
        /// Id of the case that tests these steps.
        owner: String,
        /// The steps, arguments filled in.
        body: Vec<Item>,
    },
    /// `any order`: all of these steps, in any order.
    AnyOrder(Vec<Item>),
    /// `one of`: the first message that fits the first step of a branch commits to it.
    /// `NAME <- one of` with payloads is the same with one-step branches; `short` holds that name
    /// for the formatter.
    OneOf {
        /// Connection of the short form.
        short: Option<Spanned<String>>,
        branches: Vec<Branch>,
    },
    /// `finally`: steps that run after every outcome, best effort.
    Finally(Vec<Item>),
}

/// The name of the REST requests of a client under test, on however many connections they come. No
/// step connects it.
pub const REST: &str = "rest";

/// The name of the BOSH requests of a client under test, in a case about what only BOSH has. No
/// step connects it.
pub const BOSH: &str = "bosh";

/// The side that speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Arrow {
    /// `->`: the client side.
    ToServer,
    /// `<-`: the server side.
    ToClient,
    /// `<!`: the server side, with exactly this payload instead of the model's answer.
    Injected,
}

/// A report of the client under test about an event in its application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The kind of event: `error`, `event`, `connected` …
    pub event: Spanned<String>,
    /// The fields, in written order.
    pub fields: Vec<(Spanned<String>, Template)>,
}

/// A fact about a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// `connect`: TCP, and TLS when the target's URL says `wss`. `connect tls` demands TLS; in a
    /// transcript it says that TLS was used.
    Connect {
        /// Whether the fact is `connect tls`.
        tls: bool,
    },
    /// `server name`: the client sent the host of its URL in the TLS handshake; role client only.
    ServerName,
    /// `caps`: the client's last disco#info answer has the hash of its last presence; role client
    /// only.
    Caps,
    /// `upgraded`: a 101 was received.
    Upgraded,
    /// `never upgraded`: the connection ended, or its answer was complete without a 101.
    NeverUpgraded,
    /// `closed`: a WebSocket close, the end of TCP, or a reset was received.
    Closed,
    /// `eof`: the peer ended TCP.
    Eof,
    /// `reset`: the peer reset TCP.
    Reset,
    /// `silent D`: nothing is received for the duration D.
    Silent(Duration),
    /// `manual`: from here on the steps of the case answer pings and closes, not the player.
    Manual,
    /// `deaf`: from here on our side reads nothing from the connection, until the end of the case.
    Deaf,
    /// `mute`: from here on the model says nothing more on the connection; role client only.
    Mute,
}

impl Fact {
    /// Whether the fact may stand in `any order`: its time is up to the side under test.
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
    pub name: Spanned<String>,
    pub args: Vec<Spanned<Arg>>,
}

/// An argument of a call or of a token function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arg {
    /// A bare word or path: `agent`, `agent.password`, `READY`, `/finesse/api/User/1001`.
    Word(String),
    /// `"…"`, may hold tokens.
    Text(Template),
    Number(u64),
    /// XML, as the payload of `do publish(node, <x/>)`.
    Xml(Box<ElementPattern>),
}

/// A branch of `one of`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Branch {
    /// The label: the outcome when this branch is taken.
    pub label: Spanned<Label>,
    /// `"…"` after the label.
    pub text: Option<Spanned<String>>,
    /// The steps; the first receives something.
    pub body: Vec<Item>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// As the specification demands: the case goes on.
    Ok,
    /// Allowed, but against a SHOULD: NON-STRICT.
    NonStrict,
    /// Recorded: INFO.
    Info,
    /// The target lacks the feature: UNSUPPORTED, and the case ends.
    Unsupported,
    /// Against the specification: FAIL.
    Fail,
}
