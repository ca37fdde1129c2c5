//! What makes a run red: case by case, and beyond the cases.

use runner::outcome::{CaseReport, Summary};
use runner::verdict::{Strictness, Verdict};

/// Whether `case` by itself keeps the run from being green.
pub(crate) fn is_red(case: &CaseReport, strictness: Strictness) -> bool {
    case.is_red(strictness) || has_bad_end(case, strictness)
}

/// Whether the end of its connections is held against `case`.
pub(crate) fn has_bad_end(case: &CaseReport, strictness: Strictness) -> bool {
    strictness.strict && !case.close.is_tidy()
}

/// Something red that belongs to no single case.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// One word: `orphan`, `stale`, `interrupted`, `gave-up`, `nothing`.
    pub(crate) kind: &'static str,
    /// What is wrong, one line.
    pub(crate) text: String,
}

/// Everything red in `summary` that belongs to no single case.
pub(crate) fn findings(summary: &Summary) -> Vec<Finding> {
    let mut found = Vec::new();
    if summary.interrupted {
        found.push(Finding {
            kind: "interrupted",
            text: "the run was interrupted, cases are missing".to_owned(),
        });
    } else if let Some(reason) = &summary.gave_up {
        found.push(Finding { kind: "gave-up", text: reason.clone() });
    } else if summary.cases.is_empty() {
        found.push(Finding { kind: "nothing", text: "no case was selected".to_owned() });
    } else if summary.count(Verdict::Unsupported) == summary.cases.len() {
        let text = format!("{} supports nothing of what was selected", summary.target);
        found.push(Finding { kind: "nothing", text });
    }
    found.extend(summary.orphans.iter().map(|path| Finding {
        kind: "orphan",
        text: format!("{} belongs to no case, or equals the baseline; delete it", path.display()),
    }));
    found.extend(summary.stale.iter().map(|text| Finding { kind: "stale", text: text.clone() }));
    found
}
