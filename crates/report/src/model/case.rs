//! One case of a run: its claim, its verdict, and all that shows why.

use runner::verdict::{CloseAxis, Strictness, Verdict};
use serde::{Deserialize, Serialize};
use transcript::Who;

/// All that is known of one case after it was played.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// `area/slug`.
    pub id: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How the connections ended.
    pub close: CloseAxis,
    /// How binding it is: `must`, `should`, `may`, `info`, `vendor`.
    pub level: String,
    /// The clauses it rests on.
    pub spec: Vec<String>,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// When it began, in UTC (RFC 3339).
    pub began: String,
    /// Name of the target.
    pub target: String,
    /// The claim.
    pub title: String,
    /// Who is hurt when it breaks.
    pub why: Option<String>,
    /// Text of the branch that decided, the reason of UNSUPPORTED or of a listed deviation, the cause of ERROR.
    pub note: Option<String>,
    /// The case that answers for the fragment in which a BLOCKED case got stuck.
    pub owner: Option<String>,
    /// The mismatch, for all verdicts that rest on one.
    pub failure: Option<Failure>,
    /// The listed deviation that decided.
    pub deviation: Option<Deviation>,
    /// The changed snapshot, for DRIFT.
    pub drift: Option<Drift>,
    /// Path of the readable transcript, relative to the root of the suite.
    pub transcript: Option<String>,
    /// Path of the case file, relative to the root of the suite.
    pub source: String,
    /// How the lines of its snapshot begin that are declared volatile.
    pub volatile: Vec<String>,
    /// The last lines that a client under test wrote on its standard error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
    /// It is UNSUPPORTED for a reason that the target's file gives, so `--require-all` puts up with it.
    pub ruled_out: bool,
    /// All that was said, in order.
    pub said: Vec<Said>,
    /// The same normalised, as a snapshot has it; none when nothing was said.
    pub body: Option<String>,
}

/// A step that did not hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Failure {
    /// The file the step stands in: the case, or a fragment.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// One line: `not found under iq/error`, `nothing received within 5s`.
    pub message: String,
    /// Text of the step, its first line.
    pub step: String,
    /// The lines around the place.
    pub excerpt: Excerpt,
    /// The closest thing received, if anything was.
    pub closest: Option<Closest>,
}

/// Lines of a case file around a place in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first: usize,
    /// The lines.
    pub lines: Vec<String>,
    /// How many characters of the line are meant; 1 at least.
    pub width: usize,
}

/// The received message that came nearest to what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closest {
    /// What it was: `stanza`, `HTTP response`, `close frame`.
    pub kind: String,
    /// Line number in the readable transcript, from 1.
    pub line: Option<usize>,
    /// Its first line as it stands in the transcript.
    pub text: String,
    /// Where it differs; empty when it is of another kind altogether.
    pub rows: Vec<Difference>,
}

/// One difference between wanted and received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Path: `iq/@type`, `iq/error/bad-request`, `header Upgrade`.
    pub place: String,
    /// What was wanted; `–` for nothing.
    pub wanted: String,
    /// What came; `–` for nothing.
    pub got: String,
    /// `differs`, `missing`, `extra`.
    pub why: String,
}

/// A listed deviation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deviation {
    /// Why.
    pub reason: String,
    /// What shows it.
    pub link: Option<String>,
    /// Since when it is listed, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// Until when it is put up with, `YYYY-MM-DD`.
    pub until: Option<String>,
}

/// A transcript that is not the accepted one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// There is no accepted snapshot yet.
    pub new: bool,
    /// The accepted body; empty when new.
    pub accepted: String,
    /// The body of this run.
    pub got: String,
    /// The difference in unified form.
    pub diff: String,
    /// The pending file, relative to the root of the suite.
    pub pending: Option<String>,
}

/// One thing that was said, or that happened to a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Name of the connection in the case.
    pub conn: String,
    /// Whose doing it is.
    pub who: Who,
    /// Number of the step during which it was said, or which claimed it; none after the last one.
    pub step: Option<usize>,
    /// When, in microseconds since the case began.
    pub micros: u64,
    /// How many octets it took on the connection, below it only TLS and TCP.
    pub octets: usize,
    /// Whether a step of the case asked for it.
    pub claimed: bool,
    /// Whether the server says it by timer, or it answers such a thing.
    pub timer: bool,
    /// What kind of thing.
    pub kind: Kind,
    /// In the words of the readable transcript; its beginning, when it is very long.
    pub text: String,
}

/// The kinds of things that are said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A connection was made.
    Connect,
    /// An HTTP message.
    Http,
    /// A text message: XMPP.
    Text,
    /// Any other frame, or octets below frames.
    Frame,
    /// The end of a connection: a close frame, the end of TCP.
    End,
}

impl Case {
    /// Whether it keeps a run from being green, by its verdict or by how its connections ended.
    pub fn is_red(&self, strictness: Strictness) -> bool {
        let is_excused = self.verdict == Verdict::Unsupported && self.ruled_out;
        (!is_excused && self.verdict.is_red(strictness)) || self.has_bad_end(strictness)
    }

    /// Whether the end of its connections is held against it.
    pub fn has_bad_end(&self, strictness: Strictness) -> bool {
        strictness.strict && !self.close.is_tidy()
    }

    /// The part of the id before the stroke.
    pub fn area(&self) -> &str {
        self.id.split_once('/').map_or("", |(area, _)| area)
    }

    /// In one line what is wrong with it, or what there is to say of it.
    pub fn message(&self, strictness: Strictness) -> String {
        match (self.verdict, &self.failure, &self.note, &self.owner) {
            (Verdict::Blocked, _, _, Some(owner)) => format!("blocked by {owner}"),
            (Verdict::Drift, ..) if self.drift.as_ref().is_none_or(|drift| drift.new) => {
                "no accepted snapshot yet".to_owned()
            }
            (Verdict::Drift, ..) => "the transcript changed".to_owned(),
            (Verdict::Expected | Verdict::UnexpectedPass | Verdict::Flaky, _, Some(note), _) => {
                note.clone()
            }
            (_, Some(failure), ..) => failure.message.clone(),
            (_, None, Some(note), _) => note.clone(),
            _ if self.has_bad_end(strictness) => format!("close {}", self.close),
            _ => self.verdict.to_string(),
        }
    }

    /// What a reader calls its note.
    pub(crate) fn note_label(&self) -> &'static str {
        match self.verdict {
            Verdict::Error => "cause",
            Verdict::UnexpectedPass | Verdict::Expected => "listed",
            Verdict::Unsupported => "lacks",
            Verdict::Flaky => "tries",
            _ => "note",
        }
    }
}
