//! The events of a run: what a reporter is told, case by case, and at the end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use case::{Clause, Level, Source, Span};
use transcript::Recording;

use crate::target::Deviation;
use crate::verdict::{CloseAxis, Exit, Strictness, Verdict};

/// Something that happened in a run, in order.
#[derive(Debug)]
pub enum Event<'a> {
    /// The run begins.
    Started(&'a Started),
    /// A case has been judged. Cases end in any order when several are played at once.
    Finished(&'a CaseReport),
    /// The run is over.
    Ended(&'a Summary),
}

/// Receives the events of a run.
pub trait Reporter: Send {
    /// Takes one event. Errors of output end the run.
    fn event(&mut self, event: &Event<'_>) -> std::io::Result<()>;
}

/// What is known when a run begins.
#[derive(Debug, Clone)]
pub struct Started {
    /// Name of the target.
    pub target: String,
    /// When.
    pub began: SystemTime,
    /// Whether every case of the suite is selected.
    pub whole: bool,
    /// How many cases are selected.
    pub selected: usize,
    /// Things to say loudly, e.g. that certificates are not checked.
    pub warnings: Vec<String>,
}

/// All that is known of one case after it was played.
#[derive(Debug, Clone)]
pub struct CaseReport {
    /// `area/slug`.
    pub id: String,
    /// The claim.
    pub title: String,
    /// How binding it is.
    pub level: Level,
    /// The clauses it rests on.
    pub spec: Vec<Clause>,
    /// Who is hurt when it breaks.
    pub why: Option<String>,
    /// Name of the target.
    pub target: String,
    /// The verdict.
    pub verdict: Verdict,
    /// How the connections ended.
    pub close: CloseAxis,
    /// When it began.
    pub began: SystemTime,
    /// How long it took.
    pub took: Duration,
    /// Text of the `one of` branch that decided, the reason of UNSUPPORTED or of a listed deviation, the cause of ERROR.
    pub note: Option<String>,
    /// The case that answers for the fragment in which a BLOCKED case got stuck.
    pub owner: Option<String>,
    /// The mismatch, for all verdicts that rest on one.
    pub failure: Option<Failure>,
    /// The listed deviation that decided: what happened for EXPECTED, what did not for UNEXPECTED-PASS.
    pub deviation: Option<Deviation>,
    /// The changed snapshot, for DRIFT.
    pub drift: Option<Drift>,
    /// All that was said, masked; none when the case was not played.
    pub recording: Option<Recording>,
    /// The same, normalised.
    pub body: Option<String>,
    /// Path of the readable transcript, relative to the root of the suite.
    pub transcript: Option<PathBuf>,
    /// Path of the case file, relative to the root of the suite.
    pub source: PathBuf,
    /// How the lines of its snapshot begin that are declared volatile.
    pub volatile: Vec<String>,
    /// The last lines that a client under test wrote on its standard error.
    pub output: Vec<String>,
    /// It is UNSUPPORTED for a reason that the target's file gives (`[lacks]`), so `--require-all` puts up with it.
    pub ruled_out: bool,
}

impl CaseReport {
    /// Whether it keeps a run from being green, by its verdict or by how its connections ended.
    pub fn is_red(&self, strictness: Strictness) -> bool {
        let is_excused = self.verdict == Verdict::Unsupported && self.ruled_out;
        (!is_excused && self.verdict.is_red(strictness)) || self.has_bad_end(strictness)
    }

    /// Whether the end of its connections is held against it.
    pub fn has_bad_end(&self, strictness: Strictness) -> bool {
        strictness.strict && !self.close.is_tidy()
    }
}

/// A step that did not hold.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The file the step stands in: the case, or a fragment.
    pub source: Arc<Source>,
    /// What exactly was not met: the element, attribute, header or step.
    pub span: Span,
    /// One line: `not found under iq/error`, `nothing received within 5s`.
    pub message: String,
    /// Text of the step, its first line.
    pub step: String,
    /// The closest thing received, if anything was.
    pub closest: Option<Closest>,
}

/// The received message that came nearest to what was wanted.
#[derive(Debug, Clone)]
pub struct Closest {
    /// Line number in the readable transcript, from 1.
    pub line: Option<usize>,
    /// What it was: `stanza`, `HTTP response`, `close frame`.
    pub kind: String,
    /// Where it differs; empty when it is of another kind altogether.
    pub rows: Vec<Difference>,
    /// Its first line as it stands in the transcript.
    pub text: String,
}

/// One difference between wanted and received.
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// A transcript that is not the accepted one.
#[derive(Debug, Clone)]
pub struct Drift {
    /// There is no accepted snapshot yet.
    pub is_new: bool,
    /// The accepted body; empty when new.
    pub accepted: String,
    /// The body of this run.
    pub got: String,
    /// The pending file, relative to the root of the suite; none when pending files are not written.
    pub pending: Option<PathBuf>,
}

/// The run as a whole.
#[derive(Debug, Clone)]
pub struct Summary {
    /// What was known when it began.
    pub started: Started,
    /// Every case, sorted by id.
    pub cases: Vec<CaseReport>,
    /// Snapshot files that belong to no case; judged only when everything was selected.
    pub orphans: Vec<PathBuf>,
    /// Listed deviations that have gone stale: what is wrong and where.
    pub stale: Vec<String>,
    /// What counts as red.
    pub strictness: Strictness,
    /// The run was interrupted; cases are missing.
    pub interrupted: bool,
    /// Why no more cases were begun before all were played; cases are missing.
    pub gave_up: Option<String>,
    /// Wall time of the run.
    pub took: Duration,
}

impl Summary {
    /// How many cases have this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cases.iter().filter(|case| case.verdict == verdict).count()
    }

    /// The exit code. The worst wins, in the order 130, 4, 3, 1, 2.
    pub fn exit(&self) -> Exit {
        if self.interrupted {
            return Exit::Interrupted;
        }
        if self.gave_up.is_some() {
            return Exit::Error;
        }
        if self.cases.iter().all(|case| case.verdict == Verdict::Unsupported) {
            return Exit::Nothing;
        }
        let owner_ran = |case: &CaseReport| {
            case.owner
                .as_ref()
                .is_some_and(|owner| self.cases.iter().any(|other| &other.id == owner))
        };
        if self.count(Verdict::Error) > 0
            || self.cases.iter().any(|case| case.verdict == Verdict::Blocked && !owner_ran(case))
        {
            return Exit::Error;
        }
        let is_worse_than_drift = |case: &CaseReport| match case.verdict {
            Verdict::Drift => case.has_bad_end(self.strictness),
            _ => case.is_red(self.strictness),
        };
        if !self.orphans.is_empty()
            || !self.stale.is_empty()
            || self.cases.iter().any(is_worse_than_drift)
        {
            return Exit::Fail;
        }
        if self.count(Verdict::Drift) > 0 { Exit::Drift } else { Exit::Green }
    }
}
