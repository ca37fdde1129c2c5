//! The table as text for a terminal, and as Markdown for the book.

use std::fmt::Write as _;

use crate::{Document, Figures, Reason, Row, Standing};

/// The figures of each document, and a line for each statement; with `gaps`, only for those that
/// await a case.
pub fn text(documents: &[Document], gaps: bool) -> String {
    let mut out = String::new();
    for document in documents {
        for (section, number, row) in document.rows() {
            if gaps && row.standing() != Standing::Open {
                continue;
            }
            let name = format!("{} §{} #{number}", document.document, section.section);
            let _ = writeln!(out, "{name:<25} {:<6} {}", row.binds, row.says);
            let _ = writeln!(out, "{:32} {}", "", evidence(row, ""));
        }
    }
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "{:<10} {:>10} {:>10} {:>8} {:>8}",
        "", "statements", "observable", "covered", "share"
    );
    for (name, figures) in sums(documents) {
        let Figures { statements, observable, covered } = figures;
        let share = figures.share();
        let _ =
            writeln!(out, "{name:<10} {statements:>10} {observable:>10} {covered:>8} {share:>8}");
    }
    out
}

/// The figures of each document, the reasons, and a table for each document.
pub fn markdown(documents: &[Document]) -> String {
    let mut out = String::from(
        "| document | part | statements | observable | covered | share |\n\
         | --- | --- | ---: | ---: | ---: | ---: |\n",
    );
    let scopes = documents.iter().map(|document| document.scope.as_str()).chain([""]);
    for ((name, figures), scope) in sums(documents).into_iter().zip(scopes) {
        let Figures { statements, observable, covered } = figures;
        let share = figures.share();
        let _ = writeln!(
            out,
            "| {name} | {scope} | {statements} | {observable} | {covered} | {share} |"
        );
    }
    out.push_str("\n| reason | meaning | statements |\n| --- | --- | ---: |\n");
    for reason in Reason::ALL {
        let rows = documents.iter().flat_map(Document::rows);
        let count = rows.filter(|(_, _, row)| row.none == Some(reason)).count();
        let _ = writeln!(out, "| {reason} | {} | {count} |", reason.meaning());
    }
    for document in documents {
        let _ = write!(
            out,
            "\n## {}\n\n| statement | binds | demand | cases, or why none |\n\
             | --- | --- | --- | --- |\n",
            document.document
        );
        for (section, number, row) in document.rows() {
            let says = escaped(&row.says);
            let evidence = evidence(row, "`");
            let section = &section.section;
            let _ = writeln!(
                out,
                "| §{section} #{number} | {} | {says} | {} |",
                row.binds,
                escaped(&evidence)
            );
        }
    }
    out
}

fn sums(documents: &[Document]) -> Vec<(String, Figures)> {
    let each = documents.iter().map(|document| (document.document.clone(), Figures::of(document)));
    let all = documents.iter().map(Figures::of).fold(Figures::default(), |sum, one| sum + one);
    each.chain([("all".to_owned(), all)]).collect()
}

/// The cases between `quote`s, and why there are no others.
fn evidence(row: &Row, quote: &str) -> String {
    let cases = row.cases.iter().map(|id| format!("{quote}{id}{quote}"));
    let cases: Vec<String> = cases.collect();
    let mut out = cases.join(", ");
    if let Some(reason) = row.none {
        if !out.is_empty() {
            out.push_str("; ");
        }
        let because = row.because.as_deref().unwrap_or_default();
        let _ = write!(out, "{reason}: {because}");
    }
    out
}

/// Text inside a cell of a table.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
