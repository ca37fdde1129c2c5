//! The cases of a run as a tree: areas, and a line for each case.

use std::io::{self, Write};
use std::time::Duration;

use runner::outcome::{CaseReport, Summary};
use runner::verdict::{Strictness, Verdict};

use crate::invisible;
use crate::paint::Paint;
use crate::red;

/// What a case may take before its time is worth a mention.
const SLOW: Duration = Duration::from_millis(100);

/// Writes the tree.
pub(crate) fn write(out: &mut dyn Write, summary: &Summary, paint: Paint) -> io::Result<()> {
    let width =
        Verdict::ALL.map(|verdict| verdict.word().len()).into_iter().max().unwrap_or_default();
    for (area, cases) in areas(&summary.cases) {
        writeln!(out, "\n{}", paint.bold(&invisible::escape(area)))?;
        let names: Vec<_> = cases.iter().map(|case| invisible::escape(&case.id)).collect();
        let column = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        for (case, name) in cases.iter().zip(names) {
            let word = paint.verdict(case.verdict, &format!("{:width$}", case.verdict));
            let remarks = remarks(case, summary.strictness);
            let column = if remarks.is_empty() { 0 } else { column + 3 };
            writeln!(out, "  {word}  {name:column$}{}", paint.dim(&remarks))?;
        }
    }
    Ok(())
}

/// The cases of each area, in order; `cases` are sorted by id.
pub(crate) fn areas(cases: &[CaseReport]) -> impl Iterator<Item = (&str, &[CaseReport])> {
    cases
        .chunk_by(|a, b| area(a) == area(b))
        .filter_map(|cases| Some((area(cases.first()?), cases)))
}

fn area(case: &CaseReport) -> &str {
    case.id.split_once('/').map_or("", |(area, _)| area)
}

fn remarks(case: &CaseReport, strictness: Strictness) -> String {
    let mut remarks = Vec::new();
    if case.took > SLOW || red::is_red(case, strictness) {
        remarks.push(format!("{} ms", case.took.as_millis()));
    }
    if !case.close.is_tidy() {
        remarks.push(format!("close {}", case.close));
    }
    // Of the others, notes are shown where there is room for them.
    if matches!(
        case.verdict,
        Verdict::NonStrict | Verdict::Info | Verdict::Unsupported | Verdict::Flaky
    ) {
        remarks.extend(case.note.as_deref().map(|note| invisible::escape(note).into_owned()));
    }
    remarks.join("   ")
}
