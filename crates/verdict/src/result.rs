//! The result of one case: claim, verdict and evidence.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use textual::{Hint, is_in_repository};

use crate::close::CloseAxis;
use crate::failure::Failure;
use crate::said::TranscriptLine;
use crate::word::{Strictness, Verdict};

/// The result of one case on one target. The judge makes it, reports show it, and it is one line of
/// a JSON report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseResult {
    /// `area/slug`.
    pub id: String,
    /// The judge's verdict.
    pub verdict: Verdict,
    /// How the connections ended.
    pub close: CloseAxis,
    /// The level of the claim: must, should, …
    #[serde(serialize_with = "write_level", deserialize_with = "read_level")]
    pub level: case::Level,
    /// The clauses behind the claim.
    pub spec: Vec<String>,
    /// Duration in milliseconds.
    pub millis: u64,
    /// Start time in UTC (RFC 3339).
    pub began: String,
    /// Name of the target.
    pub target: String,
    /// The claim, one sentence.
    pub title: String,
    /// The harm when the claim breaks.
    pub why: Option<String>,
    /// Label of the deciding branch, reason of UNSUPPORTED or of a deviation, or cause of ERROR.
    pub note: Option<String>,
    /// For BLOCKED: the case that tests the failed step.
    pub owner: Option<String>,
    /// The failed step, for verdicts that rest on one.
    pub failure: Option<Failure>,
    /// The known deviation of the baseline in this case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<BaselineDeviation>,
    /// The deviation that decided: it happened for EXPECTED, and did not for UNEXPECTED-PASS.
    pub deviation: Option<ListedDeviation>,
    /// The changed snapshot: for DRIFT, and beside a verdict that says more than DRIFT would.
    pub drift: Option<Drift>,
    /// Whether the transcript was compared with none, since none of this client is accepted yet.
    #[serde(default, rename = "new", skip_serializing_if = "is_false")]
    pub is_new: bool,
    /// Path of the readable transcript, relative to the root of the suite.
    pub transcript: Option<String>,
    /// Path of the case file, relative to the root of the suite.
    pub source: String,
    /// Beginnings of volatile lines of the snapshot.
    pub volatile: Vec<String>,
    /// The last lines on standard error of a client under test.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub output: Vec<String>,
    /// The target's file lists the missing feature (`[lacks]`), so UNSUPPORTED stays green with
    /// `--require-all`.
    pub ruled_out: bool,
    /// The transcript, in order.
    pub said: Vec<TranscriptLine>,
    /// The normalised transcript, as in a snapshot; none if it is empty.
    pub body: Option<String>,
}

/// A deviation as listed in a target's file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedDeviation {
    /// How the target deviates.
    pub reason: String,
    /// The evidence: a URL or a path.
    pub link: Option<String>,
    /// Day of the listing, `YYYY-MM-DD`.
    pub since: Option<String>,
    /// Last day of the deviation, `YYYY-MM-DD`.
    pub until: Option<String>,
    /// It happens now and then only: passing is right as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sometimes: bool,
    /// The target that lists it, where the target of the run is only `like` that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<String>,
}

/// How a transcript compares with the accepted one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Comparison {
    /// It says the same.
    Same,
    /// Nothing of this client is accepted yet.
    New,
    /// It says something else, or is the only one of its target without an accepted one.
    Drift(Drift),
}

/// The known deviation of the baseline, `mock` or the reference client, in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineDeviation {
    /// How the baseline deviates.
    pub reason: String,
    /// Whether the target did the same.
    pub is_met: bool,
}

/// A transcript that differs from the accepted one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drift {
    /// Whether there is no accepted snapshot yet.
    pub new: bool,
    /// The accepted body; empty when new.
    pub accepted: String,
    /// The body of this run.
    pub got: String,
    /// Whether the run before had another body than this one.
    #[serde(default, rename = "unsteady")]
    pub is_unsteady: bool,
    /// The pending file, relative to the root of the suite; none if the run writes no pending
    /// files.
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
            usual: None,
            deviation: None,
            drift: None,
            is_new: false,
            transcript: None,
            source: case.source.path.display().to_string(),
            volatile: head.volatile.iter().map(|line| line.value.clone()).collect(),
            output: Vec::new(),
            ruled_out: false,
            said: Vec::new(),
            body: None,
        }
    }

    /// Whether the case makes a run red: by its verdict, its transcript, or the end of its
    /// connections.
    pub fn is_red(&self, strictness: Strictness) -> bool {
        self.drifts() || self.is_worse_than_drift(strictness)
    }

    /// Whether it is red by more than its transcript.
    pub fn is_worse_than_drift(&self, strictness: Strictness) -> bool {
        let is_red = match self.verdict {
            Verdict::Pass | Verdict::Info | Verdict::Expected | Verdict::Drift => false,
            Verdict::NonStrict | Verdict::Flaky => strictness.strict,
            Verdict::Unsupported => strictness.require_all && !self.ruled_out,
            Verdict::Fail | Verdict::Error | Verdict::Blocked | Verdict::UnexpectedPass => true,
        };
        is_red || self.has_bad_end(strictness)
    }

    /// Whether its transcript is not the accepted one, whatever the verdict.
    pub fn drifts(&self) -> bool {
        self.verdict == Verdict::Drift || self.drift.is_some()
    }

    /// Whether the end of its connections makes it red.
    pub fn has_bad_end(&self, strictness: Strictness) -> bool {
        strictness.strict && !self.close.is_tidy()
    }

    /// The part of the id before the `/`.
    pub fn area(&self) -> &str {
        self.id.split_once('/').map_or("", |(area, _)| area)
    }

    /// One line about the result for reports.
    pub fn message(&self, strictness: Strictness) -> String {
        let said = self.said_of_verdict(strictness);
        if self.is_beside_drift() { format!("{said}; the transcript changed too") } else { said }
    }

    /// Whether its transcript changed beside a verdict that says more.
    pub fn is_beside_drift(&self) -> bool {
        self.drift.is_some() && self.verdict != Verdict::Drift
    }

    fn said_of_verdict(&self, strictness: Strictness) -> String {
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

    /// The label of its note in reports.
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

impl ListedDeviation {
    /// One line for reports: how often, reason, by which target, day of the listing, evidence.
    pub fn note(&self) -> String {
        let often = if self.sometimes { "now and then: " } else { "" };
        let like = self.like.as_ref().map(|like| format!("as {like}"));
        let since = self.since.as_ref().map(|since| format!("since {since}"));
        let evidence = self.evidence();
        let more: Vec<&str> = [like.as_deref(), since.as_deref(), evidence.as_deref()]
            .into_iter()
            .flatten()
            .collect();
        if more.is_empty() {
            return format!("{often}{}", self.reason);
        }
        format!("{often}{} ({})", self.reason, more.join(", "))
    }

    /// The link, or the command that shows the page of the book: outside the suite's repository,
    /// no path of it leads anywhere.
    pub fn evidence(&self) -> Option<String> {
        let link = self.link.as_deref()?;
        let page = link.strip_prefix("docs/").and_then(|page| page.strip_suffix(".md"));
        Some(match page.filter(|_| !is_in_repository()) {
            Some(page) => format!("`{}`", Hint::new(["book", page])),
            None => link.to_owned(),
        })
    }

    /// Whether the deviation has expired on `today`, `YYYY-MM-DD`.
    pub fn has_expired(&self, today: &str) -> bool {
        self.until.as_deref().is_some_and(|until| until < today)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_false(it: &bool) -> bool {
    !it
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn write_level<S: Serializer>(level: &case::Level, out: S) -> Result<S::Ok, S::Error> {
    out.serialize_str(level.as_str())
}

fn read_level<'de, D: Deserializer<'de>>(from: D) -> Result<case::Level, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_the_book_is_named_by_the_command_that_shows_it() {
        let link = |link: &str| {
            let link = Some(link.to_owned());
            let (reason, since, until) = ("r".to_owned(), None, None);
            ListedDeviation { reason, link, since, until, sometimes: false, like: None }
        };
        let page = link("docs/openfire.md");
        assert_eq!(page.note(), "r (`finesse-conformance book openfire`)");
        assert_eq!(link("https://h.test/1").evidence().as_deref(), Some("https://h.test/1"));
    }
}
