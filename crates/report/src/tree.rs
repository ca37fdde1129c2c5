//! The cases of a run as a tree: areas, and a line for each case.

use std::io::{self, Write};

use textual::invisible;
use verdict::{CaseResult, Run, Strictness, Verdict};

use crate::paint::Paint;

/// The time of a case is shown from this duration on, in milliseconds.
const SLOW: u64 = 100;

/// Writes the tree.
pub(crate) fn write(out: &mut dyn Write, run: &Run, paint: Paint) -> io::Result<()> {
    let width =
        Verdict::ALL.map(|verdict| verdict.word().len()).into_iter().max().unwrap_or_default();
    for (area, cases) in areas(&run.cases) {
        writeln!(out, "\n{}", paint.bold(&invisible::escape(area)))?;
        let names: Vec<_> = cases.iter().map(|case| invisible::escape(&case.id)).collect();
        let column = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
        for (case, name) in cases.iter().zip(names) {
            let word = paint.verdict(case.verdict, &format!("{:width$}", case.verdict));
            let remarks = remarks(case, run.strictness());
            let column = if remarks.is_empty() { 0 } else { column + 3 };
            writeln!(out, "  {word}  {name:column$}{}", paint.dim(&remarks))?;
        }
    }
    Ok(())
}

/// The cases of each area, in order; `cases` are sorted by id.
pub(crate) fn areas(cases: &[CaseResult]) -> impl Iterator<Item = (&str, &[CaseResult])> {
    cases
        .chunk_by(|a, b| a.area() == b.area())
        .filter_map(|cases| Some((cases.first()?.area(), cases)))
}

fn remarks(case: &CaseResult, strictness: Strictness) -> String {
    let mut remarks = Vec::new();
    if case.millis > SLOW || case.is_red(strictness) {
        remarks.push(format!("{} ms", case.millis));
    }
    if !case.close.is_tidy() {
        remarks.push(format!("close {}", case.close));
    }
    if case.is_beside_drift() {
        remarks.push("drift".to_owned());
    }
    // Other cases have their paragraphs.
    if matches!(
        case.verdict,
        Verdict::NonStrict | Verdict::Info | Verdict::Unsupported | Verdict::Flaky
    ) {
        let message = case.failure.as_ref().map(|failure| failure.message.as_str());
        let said = case.note.as_deref().or(message);
        remarks.extend(said.map(|said| invisible::escape(said).into_owned()));
    }
    remarks.join("   ")
}
