//! The summary card of a run.

use super::escape::{text, time};
use crate::compare::Column;
use crate::list::cases_of;
use crate::totals;

/// The card of one run: target, time, duration, counts, warnings, findings.
pub(super) fn card(column: &Column) -> String {
    let run = &column.run;
    let colour = match run.is_green() {
        Some(false) => "red",
        Some(true) => "green",
        None => "open",
    };
    let mut facts = vec![cases_of(run.cases.len())];
    if column.name != run.target() {
        facts.insert(0, format!("target {}", text(run.target())));
    }
    facts.push(time(&run.head.began));
    facts.push(totals::took(run));
    if let Some(exit) = run.ending.exit {
        facts.push(if exit == 0 { "green".to_owned() } else { format!("exit {exit}") });
    }
    if !run.head.whole {
        facts.push("a part of the suite".to_owned());
    }
    let counts: String = run
        .counts()
        .map(|(verdict, count)| {
            format!("<li><span class=\"badge {verdict}\">{count} {verdict}</span></li>")
        })
        .collect();
    let closes: Vec<String> = run.closes().map(|(axis, count)| format!("{count} {axis}")).collect();
    let mut out = format!(
        "<article class=\"run-card {colour}\"><h3 class=\"mono\">{}</h3>\n<p class=\"faint\">{}</p>\n<ul class=\"counts\">{counts}</ul>\n",
        text(&column.name),
        facts.join(" · "),
    );
    if !closes.is_empty() {
        out.push_str(&format!(
            "<p class=\"faint\">Connections <a href=\"#legend\">ended</a>: {}</p>\n",
            closes.join(", ")
        ));
    }
    if run.volatile() > 0 {
        let lines = run.volatile();
        out.push_str(&format!(
            "<p class=\"faint\">Snapshot lines that may differ from run to run: {lines}</p>\n"
        ));
    }
    if let Some(fresh) = totals::fresh(run) {
        out.push_str(&format!("<p class=\"notice\">{}</p>\n", text(&fresh)));
    }
    for fact in &run.head.about {
        out.push_str(&format!(
            "<p class=\"faint\">{}: {}</p>\n",
            text(&fact.name),
            text(&fact.value)
        ));
    }
    for warning in &run.head.warnings {
        out.push_str(&format!("<p class=\"notice\">{}</p>\n", text(warning)));
    }
    for finding in run.findings() {
        out.push_str(&format!(
            "<p class=\"wrong\"><b>{}</b> {}</p>\n",
            finding.kind,
            text(&finding.text)
        ));
    }
    out.push_str("</article>\n");
    out
}
