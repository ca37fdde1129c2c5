//! Compares two runs case by case.

use transcript::same_body;
use verdict::{CaseResult, Run, Strictness};

use crate::differences::{Pair, SharedChange, differences};

/// A run with its name on the command line.
#[derive(Debug, Clone)]
pub struct Column {
    /// Name of the run: a target, or the stem of a file.
    pub name: String,
    pub run: Run,
}

/// The change of a case between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// The case became red.
    Regressed,
    /// The case is no longer red.
    Fixed,
    /// The verdict changed, but is equally red or green.
    Changed,
    /// The verdict is the same, but the transcript changed.
    Drifted,
    /// Only the second run has the case.
    New,
    /// Only the first run has the case.
    Gone,
    /// The case was not selected in one of the runs, or the run was interrupted before it.
    Unplayed,
    /// Verdict and transcript are the same.
    Same,
}

impl Change {
    /// All changes; those that need a look come first.
    pub const ALL: [Self; 8] = [
        Self::Regressed,
        Self::Fixed,
        Self::Changed,
        Self::Drifted,
        Self::New,
        Self::Gone,
        Self::Unplayed,
        Self::Same,
    ];

    /// The word in reports: `regressed`, `not played`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Fixed => "fixed",
            Self::Changed => "changed",
            Self::Drifted => "drifted",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Unplayed => "not played",
            Self::Same => "same",
        }
    }
}

/// A case in two runs.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'a> {
    /// `area/slug`.
    pub id: &'a str,
    /// Its result in the first run.
    pub before: Option<&'a CaseResult>,
    /// Its result in the second run.
    pub after: Option<&'a CaseResult>,
    /// The change from the first to the second.
    pub change: Change,
}

/// A comparison of two runs.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// The cases of both runs, sorted by id.
    pub entries: Vec<Entry<'a>>,
    /// Options that make more verdicts red. They apply to both runs, whatever their own options
    /// were.
    pub strictness: Strictness,
}

impl<'a> Comparison<'a> {
    /// Compares `after` with `before`.
    pub fn new(before: &'a Run, after: &'a Run, strictness: Strictness) -> Self {
        let mut ids: Vec<&str> =
            before.cases.iter().chain(&after.cases).map(|case| case.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let entries = ids
            .into_iter()
            .map(|id| {
                let sides = (before.case(id), after.case(id));
                let change = match sides {
                    (Some(old), Some(new)) => change(old, new, strictness),
                    (None, _) if before.is_whole() => Change::New,
                    (_, None) if after.is_whole() => Change::Gone,
                    _ => Change::Unplayed,
                };
                Entry { id, before: sides.0, after: sides.1, change }
            })
            .collect();
        Self { entries, strictness }
    }

    /// The cases with this change.
    pub fn of(&self, change: Change) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(move |entry| entry.change == change)
    }

    /// Number of cases for each change that occurs.
    pub fn counts(&self) -> impl Iterator<Item = (Change, usize)> {
        Change::ALL
            .into_iter()
            .map(|change| (change, self.of(change).count()))
            .filter(|(_, count)| *count > 0)
    }

    /// Number of cases in both runs.
    pub fn common(&self) -> usize {
        self.entries.iter().filter(|entry| entry.before.is_some() && entry.after.is_some()).count()
    }

    /// The cases with a changed transcript: those that drifted, and those that differ from their
    /// snapshot in one of the runs.
    pub fn otherwise(&self) -> impl Iterator<Item = &Entry<'a>> {
        let is_drift = |case: Option<&CaseResult>| case.is_some_and(CaseResult::drifts);
        self.entries.iter().filter(move |entry| match entry.change {
            Change::Drifted => true,
            Change::Regressed | Change::Fixed | Change::Changed => {
                is_drift(entry.before) || is_drift(entry.after)
            }
            Change::New | Change::Gone | Change::Unplayed | Change::Same => false,
        })
    }

    /// The changes of these transcripts, identical changes once.
    pub fn differences(&self) -> Vec<SharedChange<'a>> {
        differences(self.otherwise().filter_map(Entry::pair))
    }
}

impl<'a> Entry<'a> {
    /// The transcripts of both runs; none if one of them is empty.
    pub fn pair(&self) -> Option<Pair<'a>> {
        let (before, after) = (self.before?, self.after?);
        Some(Pair {
            id: self.id,
            before: before.body.as_deref()?,
            after: after.body.as_deref()?,
            volatile: &after.volatile,
        })
    }
}

fn change(before: &CaseResult, after: &CaseResult, strictness: Strictness) -> Change {
    match (before.is_red(strictness), after.is_red(strictness)) {
        (false, true) => Change::Regressed,
        (true, false) => Change::Fixed,
        _ if before.verdict != after.verdict => Change::Changed,
        _ => match (&before.body, &after.body) {
            (Some(old), Some(new)) if !same_body(old, new, &after.volatile) => Change::Drifted,
            _ => Change::Same,
        },
    }
}
