//! A case that is not green on a server is played again, if that was asked for; one that does not come to the same each time
//! is FLAKY.

use transcript::Recording;

use crate::judge::Judgement;
use crate::outcome::Drift;
use crate::verdict::{CloseAxis, Verdict};

/// What one try of a case came to.
pub(crate) struct Try {
    /// Its verdict, DRIFT included.
    pub(crate) verdict: Verdict,
    /// How its connections ended.
    pub(crate) close: CloseAxis,
    /// How it came to it.
    pub(crate) judgement: Judgement,
    /// The changed transcript, for DRIFT.
    pub(crate) drift: Option<Drift>,
    /// What was said.
    pub(crate) recording: Recording,
    /// The same, normalised.
    pub(crate) body: String,
    /// The last lines that a client under test wrote on its standard error.
    pub(crate) output: Vec<String>,
}

impl Try {
    /// What must be the same each time: the verdict, and what it rests on.
    fn essence(&self) -> (Verdict, Option<&str>, Option<&str>) {
        let step = self.judgement.failure.as_ref().map(|failure| failure.step.as_str());
        (self.verdict, step, self.drift.as_ref().map(|drift| drift.got.as_str()))
    }

    /// Whether another try came to something else.
    pub(crate) fn differs(&self, other: &Self) -> bool {
        self.essence() != other.essence()
    }
}

/// What a case is that came first to `first`, and at the last try to `last`: the first, for it has what to look at, with a
/// verdict and a note that say how it went.
pub(crate) fn flaky(first: Try, last: &Try, tries: usize) -> Try {
    let (before, after) = (first.verdict, last.verdict);
    let what = if before == after {
        format!("{before} each time, not for the same reason")
    } else {
        format!("{before}, then {after}")
    };
    let why = first.judgement.note.as_ref().map_or_else(String::new, |note| format!(": {note}"));
    let note = Some(format!("{what} ({tries} tries){why}"));
    let judgement = Judgement { verdict: Verdict::Flaky, note, ..first.judgement };
    Try { verdict: Verdict::Flaky, judgement, ..first }
}
