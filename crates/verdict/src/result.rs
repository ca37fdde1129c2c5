//! The result of one case: its claim, its verdict, and all that shows why.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::close::CloseAxis;
use crate::failure::Failure;
use crate::said::TranscriptLine;
use crate::word::{Strictness, Verdict};

/// All that is known of one case on one target. The judge makes it, reports show it, and a JSON report has it as a line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// `area/slug`.
    pub id: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How the connections ended.
    pub close: CloseAxis,
    /// How binding it is.
    #[serde(serialize_with = "write_level", deserialize_with = "read_level")]
    pub level: case::Level,
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
    /// The listed deviation that decided: what happened for EXPECTED, what did not for UNEXPECTED-PASS.
    pub deviation: Option<Listed>,
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
    /// It is UNSUPPORTED for a reason that the target's file gives (`[lacks]`), so `--require-all` puts up with it.
    pub ruled_out: bool,
    /// All that was said, in order.
    pub said: Vec<TranscriptLine>,
    /// The same normalised, as a snapshot has it; none when nothing was said.
    pub body: Option<String>,
}

/// What a target's file says of a listed deviation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
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
    /// The pending file, relative to the root of the suite; none when pending files are not written.
    pub pending: Option<String>,
}

impl CaseResult {
    /// The result of a case on a target before anything was played: ERROR.
    pub fn new(case: &case::Case, target: &str, began: String) -> Self {
        let head = &case.head;
        Self {
            id: case.id.clone(),
            verdict: Verdict::Error,
            close: CloseAxis::NotReached,
            level: head.level.value,
            spec: head.spec.iter().map(|clause| clause.value.to_string()).collect(),
            millis: 0,
            began,
            target: target.to_owned(),
            title: head.title.value.clone(),
            why: head.why.as_ref().map(|why| why.value.clone()),
            note: None,
            owner: None,
            failure: None,
            deviation: None,
            drift: None,
            transcript: None,
            source: case.source.path.display().to_string(),
            volatile: head.volatile.iter().map(|line| line.value.clone()).collect(),
            output: Vec::new(),
            ruled_out: false,
            said: Vec::new(),
            body: None,
        }
    }

    /// Whether it keeps a run from being green, by its verdict or by how its connections ended.
    pub fn is_red(&self, strictness: Strictness) -> bool {
        let is_red = match self.verdict {
            Verdict::Pass | Verdict::Info | Verdict::Expected => false,
            Verdict::NonStrict | Verdict::Flaky => strictness.strict,
            Verdict::Unsupported => strictness.require_all && !self.ruled_out,
            Verdict::Drift
            | Verdict::Fail
            | Verdict::Error
            | Verdict::Blocked
            | Verdict::UnexpectedPass => true,
        };
        is_red || self.has_bad_end(strictness)
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
    pub fn note_label(&self) -> &'static str {
        match self.verdict {
            Verdict::Error => "cause",
            Verdict::UnexpectedPass | Verdict::Expected => "listed",
            Verdict::Unsupported => "lacks",
            Verdict::Flaky => "tries",
            _ => "note",
        }
    }
}

impl Listed {
    /// What a report says of it: the reason, since when it is listed, and what shows it.
    pub fn note(&self) -> String {
        let since = self.since.as_ref().map(|since| format!("since {since}"));
        let more: Vec<&str> =
            [since.as_deref(), self.link.as_deref()].into_iter().flatten().collect();
        if more.is_empty() {
            return self.reason.clone();
        }
        format!("{} ({})", self.reason, more.join(", "))
    }

    /// Whether it has expired on `today`, `YYYY-MM-DD`.
    pub fn has_expired(&self, today: &str) -> bool {
        self.until.as_deref().is_some_and(|until| until < today)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn write_level<S: Serializer>(level: &case::Level, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(level.as_str())
}

fn read_level<'de, D: Deserializer<'de>>(from: D) -> Result<case::Level, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}
