//! Diagnostics: what is wrong in a file, where, and how to mend it.

use std::sync::Arc;

use crate::{Source, Span};

/// An error makes the file unusable; a warning does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used, or means something else than it seems to.
    Error,
    /// The file can be used, but its author should look at it.
    Warning,
}

/// One finding: what was wanted, what was found, where, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// An error makes the file unusable; a warning does not.
    pub severity: Severity,
    /// The rule that is broken.
    pub code: Code,
    /// The mistake, in lower case, without a full stop.
    pub message: String,
    pub source: Arc<Source>,
    /// Where in the file.
    pub span: Span,
    /// The text shown beside the place; may be empty.
    pub label: String,
    /// Lines after `note:`.
    pub notes: Vec<String>,
    /// Lines after `help:`.
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
    /// A key that does not exist.
    HeadKey = "head-key",
    /// A required key is missing.
    HeadMissing = "head-missing",
    /// A value of the wrong type, or a word that is not on its list.
    HeadValue = "head-value",
    /// A clause that is not written as a citation.
    ClauseSyntax = "clause-syntax",
    /// A tab or another control character.
    Control = "control-character",
    /// A line with an indentation that its place does not allow.
    Indent = "indent",
    /// A line that is not a step.
    Step = "step",
    /// An arrow or sign that does not exist, or not yet.
    Arrow = "arrow",
    /// A fact that does not exist.
    Fact = "fact",
    /// A `reports` step that is written wrongly, or in a case without a client under test.
    Report = "report",
    /// A `mark` or `time` step that is written wrongly, or names a moment that no step marks.
    Moment = "moment",
    /// An action of `do` that does not exist, or has wrong arguments.
    Action = "action",
    /// A call that is not `NAME(arg, …)`.
    Call = "call",
    /// A time that is not written as a duration.
    Duration = "duration",
    /// A block without steps, or in a place where it cannot stand.
    Block = "block",
    /// A label that does not exist.
    Label = "label",
    /// A branch that does not begin with something received.
    BranchStart = "branch-start",
    /// An arrow without a payload, or with an unknown kind of payload.
    Payload = "payload",
    /// A bracketed event that does not exist, or has wrong arguments.
    Event = "event",
    /// A malformed HTTP line.
    Http = "http",
    /// XML that is not one well-formed element.
    Xml = "xml",
    /// A `t:` attribute that does not exist, or has a wrong value.
    ControlAttribute = "control-attribute",
    /// A string without end, or a wrong escape.
    String = "string",
    /// Braces that are not a token.
    Token = "token",
    /// A token that only matches, on a line that our side speaks.
    MatcherOnly = "matcher-only",
    /// A function that does not exist, or has wrong arguments.
    Function = "function",
    /// A regular expression that does not compile.
    Regex = "regex",
    /// A fragment that does not exist.
    UnknownFragment = "unknown-fragment",
    /// A `use` with another number of arguments than the fragment has parameters.
    FragmentArguments = "fragment-arguments",
    /// A fragment that uses a fragment.
    FragmentNested = "fragment-nested",
    /// A fragment whose `owner` is not a case.
    UnknownOwner = "unknown-owner",
    /// A fragment that no case uses.
    UnusedFragment = "unused-fragment",
    /// A parameter that no step uses.
    UnusedParameter = "unused-parameter",
    /// A clause that the cited document does not have.
    UnknownClause = "unknown-clause",
    /// Two cases with one title.
    DuplicateTitle = "duplicate-title",
    /// A need that no target can provide.
    UnknownNeed = "unknown-need",
    /// A step uses something that `needs` does not list.
    MissingNeed = "missing-need",
    /// `effects` in the head is less than the effects of the steps.
    Effects = "effects",
    /// A value that no step binds before its use.
    UnknownVariable = "unknown-variable",
    /// A value that is captured and never used.
    UnusedCapture = "unused-capture",
    /// A step on a connection before it is opened.
    NotConnected = "not-connected",
    /// A branch that never gets a message, because an earlier branch fits every one.
    UnreachableBranch = "unreachable-branch",
    /// A literal id on a line where a client under test chooses the id.
    LiteralId = "literal-id",
    /// A `client` role without `do`, or `do` without the role.
    Ask = "ask",
    /// A case that a client passes by doing nothing.
    Demand = "demand",
    /// An injected answer without a line to answer, or after the model has answered.
    Injection = "injection",
    /// A case for several transports that speaks of the framing of one.
    Framing = "framing",
}
