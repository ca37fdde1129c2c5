//! The order of verdicts in reports: the worst first.

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

/// The cases of a run, the worst verdicts first; those with the same verdict in order of id.
pub(crate) fn worst_first(run: &Run) -> Vec<&CaseResult> {
    let mut cases: Vec<&CaseResult> = run.cases.iter().collect();
    let rank = |case: &CaseResult| ORDER.iter().position(|verdict| *verdict == case.verdict);
    cases.sort_by_key(|case| rank(case).unwrap_or(ORDER.len()));
    cases
}
