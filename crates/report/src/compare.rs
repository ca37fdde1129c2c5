//! Two runs side by side: what became of each case.

use transcript::same_body;
use verdict::{CaseResult, Run, Strictness, Verdict};

use crate::differences::{Difference, Pair, differences};

/// A run and what it is called on the command line.
#[derive(Debug, Clone)]
pub struct Column {
    /// What it is called.
    pub name: String,
    /// The run.
    pub run: Run,
}

/// What became of a case between two runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It was not red, and is.
    Regressed,
    /// It was red, and is not.
    Fixed,
    /// Another verdict, and as red or as green as it was.
    Changed,
    /// The verdict is the same, and something else was said.
    Drifted,
    /// Only the second run has it.
    New,
    /// Only the first run has it.
    Gone,
    /// One of the runs was of a part that it does not belong to, or was interrupted before it.
    Unplayed,
    /// The verdict is the same, and the same was said.
    Same,
}

impl Change {
    /// All, those that need a look first.
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

    /// The word for it.
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
    /// In the first run.
    pub before: Option<&'a CaseResult>,
    /// In the second run.
    pub after: Option<&'a CaseResult>,
    /// What became of it.
    pub change: Change,
}

/// Two runs side by side.
#[derive(Debug)]
pub struct Comparison<'a> {
    /// Every case of either, sorted by id.
    pub entries: Vec<Entry<'a>>,
    /// What counts as red. The same for both, whatever it was when they were made.
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

    /// The cases of which `change` became.
    pub fn of(&self, change: Change) -> impl Iterator<Item = &Entry<'a>> {
        self.entries.iter().filter(move |entry| entry.change == change)
    }

    /// How many there are of each change that occurs.
    pub fn counts(&self) -> impl Iterator<Item = (Change, usize)> {
        Change::ALL
            .into_iter()
            .map(|change| (change, self.of(change).count()))
            .filter(|(_, count)| *count > 0)
    }

    /// How many cases are in both runs.
    pub fn common(&self) -> usize {
        self.entries.iter().filter(|entry| entry.before.is_some() && entry.after.is_some()).count()
    }

    /// The cases in which the transcript is what changed: those that drifted, and those that are held against a snapshot
    /// and were, or are, not as accepted.
    pub fn otherwise(&self) -> impl Iterator<Item = &Entry<'a>> {
        let is_drift =
            |case: Option<&CaseResult>| case.is_some_and(|case| case.verdict == Verdict::Drift);
        self.entries.iter().filter(move |entry| match entry.change {
            Change::Drifted => true,
            Change::Regressed | Change::Fixed | Change::Changed => {
                is_drift(entry.before) || is_drift(entry.after)
            }
            Change::New | Change::Gone | Change::Unplayed | Change::Same => false,
        })
    }

    /// What these cases say otherwise than before, identical differences once.
    pub fn differences(&self) -> Vec<Difference<'a>> {
        differences(self.otherwise().filter_map(Entry::pair))
    }
}

impl<'a> Entry<'a> {
    /// What was said in both runs; none where in one of them nothing was.
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
