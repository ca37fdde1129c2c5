//! A case where a page names it: the link to its row, and the badges of its verdict.

use verdict::{CaseResult, Verdict};

use super::escape::text;

/// A link to the row of a case.
pub(super) fn link(id: &str) -> String {
    format!("<a class=\"mono\" href=\"#{}\">{}</a>", anchor(id), text(id))
}

/// The anchor of a case. Ids consist of letters, digits, hyphens and slashes; other characters in a
/// file of results are dropped.
pub(super) fn anchor(id: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "-_/.".contains(c) { c } else { '_' };
    format!("case:{}", id.chars().map(plain).collect::<String>())
}

/// The badge of the verdict, and one for a changed transcript beside it.
pub(super) fn badges(case: &CaseResult) -> String {
    let badge = |verdict: Verdict| format!("<span class=\"badge {verdict}\">{verdict}</span>");
    let drift = if case.is_beside_drift() { badge(Verdict::Drift) } else { String::new() };
    [badge(case.verdict), drift].join(" ").trim_end().to_owned()
}
