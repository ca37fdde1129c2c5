//! A whole run, as reports show it and `results.jsonl` stores it, with its exit code.

use std::io;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::close::CloseAxis;
use crate::exit::Exit;
use crate::result::CaseResult;
use crate::selection::Selection;
use crate::word::{Strictness, Verdict};

/// Version of the JSON report. Raised when a key changes its meaning or goes; new keys do not raise
/// it.
pub const VERSION: u32 = 2;

/// A finished run, or the newest results of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    /// The facts at the start.
    pub head: Head,
    /// The results, sorted by id.
    pub cases: Vec<CaseResult>,
    /// The facts at the end.
    pub ending: Ending,
}

/// The facts about a run at its start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// The report's [`VERSION`].
    pub version: u32,
    /// Name of the target.
    pub target: String,
    /// Whether the target is a client under test.
    #[serde(default)]
    pub is_client: bool,
    /// Facts about the target.
    #[serde(default)]
    pub about: Vec<Fact>,
    /// Start time in UTC (RFC 3339).
    pub began: String,
    /// Whether all cases of the suite were selected.
    pub whole: bool,
    /// The part of the suite that was to be played.
    #[serde(default)]
    pub selection: Selection,
    /// Number of selected cases.
    pub selected: usize,
    /// Warnings, such as `--insecure`.
    pub warnings: Vec<String>,
    /// Whether no command by itself can list a deviation of the target: it has no file, or is a
    /// fake, whose deviations need a recording.
    #[serde(default)]
    pub nameless: bool,
}

/// A fact about a target: `engine`, `Openfire 4.4.4`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its name, one or two words.
    pub name: String,
    /// Its value, one line.
    pub value: String,
}

/// The facts about a run at its end.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ending {
    /// Snapshot files that belong to no case.
    pub orphans: Vec<String>,
    /// Listed deviations that have gone stale.
    pub stale: Vec<String>,
    /// Options that make more verdicts red.
    pub strictness: Strictness,
    /// The run was interrupted; cases are missing.
    pub interrupted: bool,
    /// Why the run ended before all cases were played; cases are missing.
    pub gave_up: Option<String>,
    /// The transcript that could not be written, and why; cases are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unwritten: Option<String>,
    /// Parts of the run that are not among the joined results: `shard 2 of 3`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Wall time of the run, in milliseconds.
    pub millis: u64,
    /// The exit code; none for results of several runs, which have none.
    pub exit: Option<u8>,
}

/// A red finding that belongs to no single case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The kind: `orphan`, `stale`, `interrupted`, `unwritten`, `gave-up`, `missing`, `nothing`.
    pub kind: &'static str,
    /// The message, one line.
    pub text: String,
}

impl Run {
    /// Name of the target.
    pub fn target(&self) -> &str {
        &self.head.target
    }

    /// Options that make more verdicts red.
    pub fn strictness(&self) -> Strictness {
        self.ending.strictness
    }

    /// Whether all cases were selected and played, so that a case not in the run does not exist.
    pub fn is_whole(&self) -> bool {
        let ending = &self.ending;
        let has_gaps = !ending.missing.is_empty() || self.cases.len() < self.head.selected;
        self.head.whole && !ending.interrupted && !has_gaps
    }

    /// The result of the case with this id.
    pub fn case(&self, id: &str) -> Option<&CaseResult> {
        self.cases.iter().find(|case| case.id == id)
    }

    /// Number of cases with this verdict.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.cases.iter().filter(|case| case.verdict == verdict).count()
    }

    /// Number of cases for each verdict that occurs.
    pub fn counts(&self) -> impl Iterator<Item = (Verdict, usize)> {
        Verdict::ALL
            .into_iter()
            .map(|verdict| (verdict, self.count(verdict)))
            .filter(|(_, count)| *count > 0)
    }

    /// Number of listed deviations that happened and happen only now and then.
    pub fn now_and_then(&self) -> usize {
        let is_one = |case: &&CaseResult| {
            let happened = case.verdict == Verdict::Expected;
            happened && case.deviation.as_ref().is_some_and(|listed| listed.sometimes)
        };
        self.cases.iter().filter(is_one).count()
    }

    /// Number of cases for each end of connections that occurs.
    pub fn closes(&self) -> impl Iterator<Item = (CloseAxis, usize)> {
        CloseAxis::ALL
            .into_iter()
            .map(|axis| (axis, self.cases.iter().filter(|case| case.close == axis).count()))
            .filter(|(_, count)| *count > 0)
    }

    /// Number of cases whose transcript was compared with none, since none of this client is
    /// accepted yet.
    pub fn fresh(&self) -> usize {
        self.cases.iter().filter(|case| case.is_new).count()
    }

    /// How many snapshot lines are declared volatile.
    pub fn volatile(&self) -> usize {
        self.cases.iter().map(|case| case.volatile.len()).sum()
    }

    /// Everything red that belongs to no single case.
    pub fn findings(&self) -> Vec<Finding> {
        let mut found = Vec::new();
        let ending = &self.ending;
        if ending.interrupted {
            let text = "the run was interrupted, cases are missing".to_owned();
            found.push(Finding { kind: "interrupted", text });
        } else if let Some(reason) = &ending.unwritten {
            let text = format!("{reason}; the rest was not played");
            found.push(Finding { kind: "unwritten", text });
        } else if let Some(reason) = &ending.gave_up {
            found.push(Finding { kind: "gave-up", text: reason.clone() });
        } else if self.cases.is_empty() {
            found.push(Finding { kind: "nothing", text: "no case was selected".to_owned() });
        } else if self.count(Verdict::Unsupported) == self.cases.len() {
            let text = format!("{} supports nothing of what was selected", self.target());
            found.push(Finding { kind: "nothing", text });
        }
        found.extend(ending.missing.iter().map(|part| Finding {
            kind: "missing",
            text: format!("{part} is missing, and with it the cases that it was to play"),
        }));
        found.extend(ending.orphans.iter().map(|path| Finding {
            kind: "orphan",
            text: format!("{path} belongs to no case, or equals the baseline; delete it"),
        }));
        let stale = ending.stale.iter().cloned();
        found.extend(stale.map(|text| Finding { kind: "stale", text }));
        found
    }

    /// Whether the run is green; none for results of several runs, of which that cannot be said.
    pub fn is_green(&self) -> Option<bool> {
        self.ending.exit.map(|exit| exit == Exit::Green.code())
    }

    /// The exit code of a run that has ended. The worst wins, in the order 130, 74, 4, 3, 1, 2.
    pub fn exit(&self) -> Exit {
        let ending = &self.ending;
        if ending.interrupted {
            return Exit::Interrupted;
        }
        if ending.unwritten.is_some() {
            return Exit::Unwritten;
        }
        if ending.gave_up.is_some() || !ending.missing.is_empty() {
            return Exit::Error;
        }
        if self.count(Verdict::Unsupported) == self.cases.len() {
            return Exit::Nothing;
        }
        let has_owner =
            |case: &CaseResult| case.owner.as_ref().is_some_and(|id| self.case(id).is_some());
        let is_error = |case: &CaseResult| match case.verdict {
            Verdict::Error => true,
            Verdict::Blocked => !has_owner(case),
            _ => false,
        };
        if self.cases.iter().any(is_error) {
            return Exit::Error;
        }
        let is_worse = |case: &CaseResult| case.is_worse_than_drift(ending.strictness);
        if !ending.orphans.is_empty() || !ending.stale.is_empty() || self.cases.iter().any(is_worse)
        {
            return Exit::Fail;
        }
        if self.cases.iter().any(CaseResult::drifts) { Exit::Drift } else { Exit::Green }
    }
}

/// Is told of a run as it goes, and of all of it at the end. After an error no more cases are
/// begun, but the reporter is told of those that run, and of the end.
pub trait Reporter: Send {
    /// The run begins.
    ///
    /// # Errors
    ///
    /// Those of the output.
    fn began(&mut self, _head: &Head) -> io::Result<()> {
        Ok(())
    }

    /// A case has been judged. Cases end in any order when several are played at once.
    ///
    /// # Errors
    ///
    /// Those of the output.
    fn finished(&mut self, _case: &CaseResult) -> io::Result<()> {
        Ok(())
    }

    /// The run is over.
    ///
    /// # Errors
    ///
    /// Those of the output.
    fn ended(&mut self, run: &Run) -> io::Result<()>;
}

/// A time for heads and results: UTC (RFC 3339), in seconds.
pub fn instant(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

/// A duration in milliseconds.
pub fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
