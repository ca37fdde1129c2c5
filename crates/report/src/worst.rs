//! The order of verdicts in reports: the worst first.

use std::cmp::Reverse;

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
    let mut cases: Vec<&CaseResult> = run.cases.iter().collect();
    let rank = |case: &CaseResult| ORDER.iter().position(|verdict| *verdict == case.verdict);
    cases.sort_by_cached_key(|case| {
        (rank(case).unwrap_or(ORDER.len()), Reverse(blocks(run, &case.id)))
    });
    cases
}

/// The number of cases that did not reach their question because the case `id` stands before them.
pub(crate) fn blocks(run: &Run, id: &str) -> usize {
    let is_blocked =
        |case: &&CaseResult| case.verdict == Verdict::Blocked && case.owner.as_deref() == Some(id);
    run.cases.iter().filter(is_blocked).count()
}
