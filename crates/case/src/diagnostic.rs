//! What is wrong with a file, and where.

use std::sync::Arc;

use crate::{Source, Span};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used, or does not say what it seems to say.
    Error,
    /// It can, but somebody should look.
    Warning,
}

/// One finding: what was wanted, what was found, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Which rule.
    pub code: Code,
    /// What is wrong, a lower-case fragment.
    pub message: String,
    /// The file.
    pub source: Arc<Source>,
    /// Where in the file.
    pub span: Span,
    /// Text at the place; may be empty.
    pub label: String,
    /// Background.
    pub notes: Vec<String>,
    /// How to mend it.
    pub help: Vec<String>,
    /// Other places in the same file that matter.
    pub secondary: Vec<(Span, String)>,
}

impl Diagnostic {
    pub(crate) fn error(
        code: Code,
        source: &Arc<Source>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            source: Arc::clone(source),
            span,
            label: String::new(),
            notes: Vec::new(),
            help: Vec::new(),
            secondary: Vec::new(),
        }
    }

    pub(crate) fn warning(
        code: Code,
        source: &Arc<Source>,
        span: Span,
        message: impl Into<String>,
    ) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, source, span, message) }
    }

    pub(crate) fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub(crate) fn note(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    pub(crate) fn also(mut self, span: Span, label: impl Into<String>) -> Self {
        self.secondary.push((span, label.into()));
        self
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])+ $variant:ident = $name:literal,)+) => {
        /// The rules that a file can break.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])+ $variant,)+ }

        impl Code {
            /// Every rule.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The rule's name, as shown in `error[name]`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

codes! {
    /// The file cannot be read as text.
    Unreadable = "unreadable",
    /// The path is not `area/slug.case` in lower-case words with hyphens.
    Path = "path",
    /// Another file has the same id.
    TakenId = "taken-id",
    /// The file does not begin with a head between two `+++` lines.
    HeadFence = "head-fence",
    /// The head is not TOML.
    HeadSyntax = "head-syntax",
    /// A comment in the head, which the formatter could not keep.
    HeadComment = "head-comment",
    /// A key that no head has.
    HeadKey = "head-key",
    /// A key that every head has is missing.
    HeadMissing = "head-missing",
    /// A value of another type, or a word that is not on the list.
    HeadValue = "head-value",
    /// Not a citation.
    ClauseSyntax = "clause-syntax",
    /// A tab or another control character.
    Control = "control-character",
    /// A line is indented where none can be.
    Indent = "indent",
    /// A line that is no step.
    Step = "step",
    /// An arrow or sign that does not exist, or not yet.
    Arrow = "arrow",
    /// A fact that does not exist.
    Fact = "fact",
    /// What a client reports, written wrongly or where no client is under test.
    Report = "report",
    /// `mark` or `time` written wrongly, or a moment that no step marks.
    Moment = "moment",
    /// An action of `do` that does not exist, or its arguments.
    Action = "action",
    /// A call that is not `NAME(arg, …)`.
    Call = "call",
    /// Not a duration.
    Duration = "duration",
    /// A block without steps, or where none may stand.
    Block = "block",
    /// A label that does not exist.
    Label = "label",
    /// A branch that does not begin with something received.
    BranchStart = "branch-start",
    /// Nothing is said after the arrow, or it is none of the kinds of payload.
    Payload = "payload",
    /// A bracketed event that does not exist, or its arguments.
    Event = "event",
    /// An HTTP line that is not one.
    Http = "http",
    /// XML that is not one well-formed element.
    Xml = "xml",
    /// A `t:` attribute that does not exist, or its value.
    ControlAttribute = "control-attribute",
    /// A string without end, or a wrong escape.
    String = "string",
    /// Braces that are not a token.
    Token = "token",
    /// A token that only checks, where our side speaks.
    MatcherOnly = "matcher-only",
    /// A function that does not exist, or its arguments.
    Function = "function",
    /// A regular expression that does not compile.
    Regex = "regex",
    /// A fragment that does not exist.
    UnknownFragment = "unknown-fragment",
    /// Other arguments than the fragment has parameters.
    FragmentArguments = "fragment-arguments",
    /// A fragment that uses a fragment.
    FragmentNested = "fragment-nested",
    /// A fragment answered for by no case.
    UnknownOwner = "unknown-owner",
    /// A fragment that no case uses.
    UnusedFragment = "unused-fragment",
    /// A parameter that no step uses.
    UnusedParameter = "unused-parameter",
    /// A clause that the cited document does not have.
    UnknownClause = "unknown-clause",
    /// Two cases that claim the same.
    DuplicateTitle = "duplicate-title",
    /// A need that no target can provide.
    UnknownNeed = "unknown-need",
    /// Something is used that the head does not say it needs.
    MissingNeed = "missing-need",
    /// The head promises fewer effects than the steps have.
    Effects = "effects",
    /// A value that nothing binds.
    UnknownVariable = "unknown-variable",
    /// A value that is remembered and never looked at.
    UnusedCapture = "unused-capture",
    /// A connection is spoken on before it exists.
    NotConnected = "not-connected",
    /// A branch that an earlier one always takes the message from.
    UnreachableBranch = "unreachable-branch",
    /// An id that is literal where a client under test chooses it.
    LiteralId = "literal-id",
    /// A client under test that is asked for nothing, or a server that is asked for something.
    Ask = "ask",
    /// A case that a client passes by doing nothing.
    Demand = "demand",
    /// An answer of the fake's where nothing was said to it, or after the model has answered.
    Injection = "injection",
}
