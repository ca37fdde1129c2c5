//! A summary in Markdown, for the summary page of a build.

use std::io::{self, Write};

use textual::invisible;
use verdict::{CaseResult, Reporter, Run};

use crate::clauses;
use crate::clip;
use crate::diff;
use crate::differences::{SharedChange, drifted};
use crate::list::cases_of;
use crate::totals;
use crate::worst::worst_first;

/// The longest summary, in bytes. GitHub accepts 1 MiB for a step, and several runs may share it.
const LONGEST: usize = 300_000;

/// The most lines shown of one change.
const LINES: usize = 80;

/// The longest text of a cell, in characters.
const CELL: usize = 300;

/// Writes the summary when the run ends.
pub(crate) struct Markdown {
    out: Box<dyn Write + Send>,
}

impl Markdown {
    /// A report on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl Reporter for Markdown {
    fn ended(&mut self, run: &Run) -> io::Result<()> {
        self.out.write_all(summary(run).as_bytes())?;
        self.out.flush()
    }
}

fn summary(run: &Run) -> String {
    let strictness = run.strictness();
    let red: Vec<&CaseResult> =
        worst_first(run).into_iter().filter(|case| case.is_red(strictness)).collect();
    let mut out = Bounded::default();
    let outcome = match run.ending.exit {
        Some(0) => "green".to_owned(),
        Some(exit) => format!("exit {exit}"),
        None => "results of several runs".to_owned(),
    };
    out.push(&format!(
        "## Conformance of {}: {outcome}\n\n{}, {} red, {}, {}\n\n",
        code(run.target()),
        cases_of(run.cases.len()),
        red.len(),
        totals::took(run),
        text(&run.head.began)
    ));
    counts(&mut out, run);
    for warning in &run.head.warnings {
        out.push(&format!("> warning: {}\n\n", text(warning)));
    }
    if let Some(fresh) = totals::fresh(run) {
        out.push(&format!("> {}\n\n", text(&fresh)));
    }
    for finding in run.findings() {
        out.push(&format!("> **{}** {}\n\n", finding.kind, text(&finding.text)));
    }
    table(&mut out, &red, run);
    differences(&mut out, &drifted(run));
    out.end()
}

/// Text with a limited length, made of whole pieces.
#[derive(Default)]
struct Bounded {
    text: String,
    left_out: usize,
}

impl Bounded {
    fn push(&mut self, piece: &str) -> bool {
        let fits = self.left_out == 0 && self.text.len() + piece.len() <= LONGEST;
        if fits {
            self.text.push_str(piece);
        } else {
            self.left_out += 1;
        }
        fits
    }

    fn end(mut self) -> String {
        if self.left_out > 0 {
            self.text.push_str(&format!(
                "\n{} more pieces are left out here; the other reports have them.\n",
                self.left_out
            ));
        }
        self.text
    }
}

fn counts(out: &mut Bounded, run: &Run) {
    let (mut names, mut rule, mut numbers) = (String::new(), String::new(), String::new());
    for (verdict, count) in run.counts() {
        names.push_str(&format!("| {verdict} "));
        rule.push_str("| ---: ");
        numbers.push_str(&format!("| {count} "));
    }
    if !names.is_empty() {
        out.push(&format!("{names}|\n{rule}|\n{numbers}|\n\n"));
    }
}

fn table(out: &mut Bounded, red: &[&CaseResult], run: &Run) {
    if red.is_empty() {
        return;
    }
    out.push("### Red cases\n\n| verdict | case | claim | clauses | result |\n| --- | --- | --- | --- | --- |\n");
    for case in red {
        let clauses: Vec<String> = case.spec.iter().map(|clause| cited(clause)).collect();
        let place = case.failure.as_ref().map_or_else(String::new, |failure| {
            format!("<br>{}", code(&format!("{}:{}", failure.file, failure.line)))
        });
        out.push(&format!(
            "| **{}** | {} | {} ({}) | {} | {}{place} |\n",
            verdicts(case),
            code(&case.id),
            text(&case.title),
            text(case.level.as_str()),
            clauses.join(", "),
            text(&case.message(run.strictness())),
        ));
    }
    out.push("\n");
}

/// The verdict, and whether the transcript changed beside it.
fn verdicts(case: &CaseResult) -> String {
    let drift = if case.is_beside_drift() { ", drift" } else { "" };
    format!("{}{drift}", case.verdict)
}

fn differences(out: &mut Bounded, found: &[SharedChange<'_>]) {
    if found.is_empty() {
        return;
    }
    out.push("### Changed transcripts, each change once\n\n");
    for difference in found {
        let unified = diff::unified(difference.before, &difference.after, false);
        let mut lines: Vec<&str> = unified.lines().skip(2).take(LINES).collect();
        if unified.lines().count() > LINES + 2 {
            lines.push("…");
        }
        let shown = lines.join("\n");
        let fence = fence(&shown);
        let ids: Vec<String> = difference.cases.iter().map(|id| code(id)).collect();
        out.push(&format!(
            "<details><summary>{} in {}</summary>\n\n{}\n\n{fence}diff\n{shown}\n{fence}\n\n</details>\n\n",
            difference.size(),
            cases_of(difference.cases.len()),
            ids.join(", ")
        ));
    }
}

fn cited(clause: &str) -> String {
    clauses::page(clause).map_or_else(|| text(clause), |page| format!("[{}]({page})", text(clause)))
}

/// Escapes text for a cell, so that it contains no Markdown, HTML or end of the cell.
fn text(given: &str) -> String {
    let mut out = String::new();
    for c in clip::one(&invisible::escape(given), CELL).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // An entity, since a backslash does not keep a cell from ending in every dialect.
            '|' => out.push_str("&#124;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// Sets text as code, with delimiters that it cannot end.
fn code(given: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/-_.:@ ".contains(c);
    if !given.is_empty() && given.chars().all(is_plain) {
        format!("`{given}`")
    } else {
        format!("<code>{}</code>", text(given))
    }
}

/// A fence longer than any row of backticks in `content`.
fn fence(content: &str) -> String {
    let longest = content.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_no_markup() {
        assert_eq!(text("a|b <c> `d` \u{202e}"), "a&#124;b &lt;c&gt; \\`d\\` \\\\u{202e}");
        assert_eq!(
            (code("a/b-c").as_str(), code("`|").as_str()),
            ("`a/b-c`", "<code>\\`&#124;</code>")
        );
    }

    #[test]
    fn a_fence_is_longer_than_what_it_holds() {
        assert_eq!((fence("a ``` b").as_str(), fence("").as_str()), ("````", "```"));
    }

    #[test]
    fn a_summary_stays_within_its_bounds() {
        let mut out = Bounded::default();
        while out.push(&"x".repeat(1000)) {}
        out.push("small, and left out all the same");
        let text = out.end();
        assert!(text.len() < LONGEST + 200 && text.contains("2 more pieces are left out"));
    }
}
