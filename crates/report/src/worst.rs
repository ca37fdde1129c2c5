//! The order of verdicts in reports: the worst first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use verdict::{CaseResult, Run, Verdict};

/// The groups in their order: breaches of demands first, then whatever else needs a look.
pub(crate) const ORDER: [Verdict; 10] = [
    Verdict::Fail,
    Verdict::Error,
    Verdict::UnexpectedPass,
    Verdict::Blocked,
    Verdict::Drift,
    Verdict::Flaky,
    Verdict::NonStrict,
    Verdict::Info,
    Verdict::Unsupported,
    Verdict::Expected,
];

/// The cases of a run, the worst verdicts first. Within a verdict, the case that blocks most others
/// comes first: its failure is the cause of theirs. Ties are in order of id.
pub(crate) fn worst_first(run: &Run) -> Vec<&CaseResult> {
    let blocks = Blocks::of(run);
    let mut cases: Vec<&CaseResult> = run.cases.iter().collect();
    let rank = |case: &CaseResult| ORDER.iter().position(|verdict| *verdict == case.verdict);
    cases.sort_by_cached_key(|case| {
        (rank(case).unwrap_or(ORDER.len()), Reverse(blocks.by(&case.id)))
    });
    cases
}

/// How many cases each case of a run blocks.
pub(crate) struct Blocks<'a>(BTreeMap<&'a str, usize>);

impl<'a> Blocks<'a> {
    /// Counts them.
    pub(crate) fn of(run: &'a Run) -> Self {
        let mut counts = BTreeMap::new();
        for case in run.cases.iter().filter(|case| case.verdict == Verdict::Blocked) {
            if let Some(owner) = &case.owner {
                *counts.entry(owner.as_str()).or_default() += 1;
            }
        }
        Self(counts)
    }

    /// The number of cases that did not reach their question because the case `id` stands before
    /// them.
    pub(crate) fn by(&self, id: &str) -> usize {
        self.0.get(id).copied().unwrap_or_default()
    }
}
