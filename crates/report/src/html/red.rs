//! The red cases, first of all: the name of each case, and its failed step in full.

use verdict::{CaseResult, Strictness, Verdict};

use super::assertion;
use super::escape::text;
use super::name::{badges, link};
use crate::compare::Column;
use crate::list::cases_of;
use crate::worst::worst_first;

/// The section about red cases; empty if nothing is red.
pub(super) fn section(columns: &[Column], strictness: Strictness) -> String {
    let mut out = String::new();
    for column in columns {
        let red: Vec<&CaseResult> =
            worst_first(&column.run).into_iter().filter(|case| case.is_red(strictness)).collect();
        let (grouped, single): (Vec<&CaseResult>, Vec<&CaseResult>) =
            red.iter().partition(|case| is_grouped(case, strictness));
        if red.is_empty() {
            continue;
        }
        let of = if columns.len() == 1 { "" } else { &column.name };
        let on = if of.is_empty() { "" } else { " on " };
        out.push_str(&format!(
            "<section class=\"red-cases\">\n<h2>Red: {}{on}{}</h2>\n",
            cases_of(red.len()),
            text(of)
        ));
        for case in single {
            one(&mut out, case, strictness);
        }
        for verdict in [Verdict::Blocked, Verdict::Drift] {
            let of_it: Vec<&CaseResult> =
                grouped.iter().copied().filter(|case| case.verdict == verdict).collect();
            group(&mut out, verdict, &of_it);
        }
        out.push_str("</section>\n");
    }
    out
}

/// Whether a case is only named: another case, or a change that many share, says the rest.
fn is_grouped(case: &CaseResult, strictness: Strictness) -> bool {
    match case.verdict {
        Verdict::Blocked => true,
        Verdict::Drift => !case.is_worse_than_drift(strictness),
        _ => false,
    }
}

fn one(out: &mut String, case: &CaseResult, strictness: Strictness) {
    out.push_str(&format!("<article><h3>{} {}</h3>\n", link(&case.id), badges(case)));
    let message = case.message(strictness);
    // The failed step says the same.
    if case.failure.as_ref().is_none_or(|failure| failure.message != message) {
        out.push_str(&format!("<p>{}</p>\n", text(&message)));
    }
    assertion::write(out, case);
    out.push_str(&format!("<p class=\"faint\">{}</p></article>\n", text(&case.title)));
}

fn group(out: &mut String, verdict: Verdict, cases: &[&CaseResult]) {
    if cases.is_empty() {
        return;
    }
    let names: Vec<String> = cases.iter().map(|case| link(&case.id)).collect();
    out.push_str(&format!(
        "<p><span class=\"badge {verdict}\">{} {verdict}</span> {}</p>\n",
        cases.len(),
        names.join(", ")
    ));
}
