//! A comparison as text.

use std::io::{self, Write};

use textual::invisible;
use verdict::{CaseResult, Run};

use crate::compare::{Change, Column, Comparison, Entry};
use crate::diff;
use crate::list::{cases_of, ids};
use crate::options::Options;
use crate::paint::Paint;

/// Writes the comparison of `before` and `after`.
///
/// # Errors
///
/// Those of `out`.
pub fn write_comparison(
    out: &mut dyn Write,
    before: &Column,
    after: &Column,
    comparison: &Comparison<'_>,
    options: Options,
) -> io::Result<()> {
    let paint = Paint::new(options.colour);
    let names = [before, after].map(|column| invisible::escape(&column.name).into_owned());
    let width = names.iter().map(|name| name.chars().count()).max().unwrap_or_default();
    for (column, name) in [before, after].into_iter().zip(&names) {
        let about = about(&column.run);
        writeln!(out, "{}   {about}", paint.bold(&format!("{name:width$}")))?;
    }
    for change in [Change::Regressed, Change::Fixed, Change::Changed, Change::New, Change::Gone] {
        let entries: Vec<_> = comparison.of(change).collect();
        section(out, change, &entries, comparison, options, paint)?;
    }
    otherwise(out, &names, comparison, options, paint)?;
    let counts: Vec<_> =
        comparison.counts().map(|(change, count)| format!("{count} {}", change.word())).collect();
    let total = cases_of(comparison.entries.len());
    writeln!(out, "\n{}: {}", paint.bold(&total), counts.join(", "))
}

/// `mock   190 cases, 2026-11-25T14:30:01Z`, and whether the run is partial or old.
fn about(run: &Run) -> String {
    let mut about = format!(
        "target {}, {}, {}",
        invisible::escape(run.target()),
        cases_of(run.cases.len()),
        run.head.began
    );
    if run.ending.interrupted {
        about.push_str(", interrupted");
    } else if !run.head.whole {
        about.push_str(", a part of the suite");
    }
    if run.fresh() > 0 {
        about.push_str(&format!(", {} without an accepted transcript", run.fresh()));
    }
    // Stored results may come from several runs.
    let oldest = run.cases.iter().map(|case| case.began.as_str()).min();
    if let Some(oldest) = oldest.filter(|oldest| *oldest < run.head.began.as_str()) {
        about.push_str(&format!(", some of earlier runs (from {oldest})"));
    }
    about
}

fn section(
    out: &mut dyn Write,
    change: Change,
    entries: &[&Entry<'_>],
    comparison: &Comparison<'_>,
    options: Options,
    paint: Paint,
) -> io::Result<()> {
    if entries.is_empty() {
        return Ok(());
    }
    heading(out, change, entries.len(), paint)?;
    let width = entries.iter().map(|entry| entry.id.chars().count()).max().unwrap_or_default();
    for entry in entries {
        let id = invisible::escape(entry.id);
        let verdict = |case: &CaseResult| paint.verdict(case.verdict, case.verdict.word());
        let verdicts = match (entry.before, entry.after) {
            (Some(before), Some(after)) => format!("{} -> {}", verdict(before), verdict(after)),
            (Some(case), None) | (None, Some(case)) => verdict(case),
            (None, None) => String::new(),
        };
        writeln!(out, "  {id:width$}   {verdicts}")?;
        let Some(after) = entry.after.filter(|_| change == Change::Regressed) else { continue };
        let message = after.message(comparison.strictness);
        writeln!(out, "      {}", paint.wrong(&invisible::escape(&message)))?;
        if let Some(failure) = &after.failure {
            let file = invisible::escape(&failure.file);
            writeln!(out, "      {file}:{}:{}", failure.line, failure.column)?;
        }
        if options.verbose
            && let Some(pair) = entry.pair()
        {
            for line in diff::unified(pair.before, pair.after, paint.is_on()).lines().skip(2) {
                writeln!(out, "      {line}")?;
            }
        }
    }
    Ok(())
}

fn otherwise(
    out: &mut dyn Write,
    names: &[String; 2],
    comparison: &Comparison<'_>,
    options: Options,
    paint: Paint,
) -> io::Result<()> {
    let count = comparison.otherwise().count();
    if count == 0 {
        return Ok(());
    }
    let text = format!("changed transcripts, each change once: {}", cases_of(count));
    writeln!(out, "\n{}", paint.bold(&text))?;
    for difference in comparison.differences() {
        let cases = cases_of(difference.cases.len());
        writeln!(out, "\n  {} in {cases}", difference.size())?;
        ids(out, &difference.cases, options.verbose)?;
        writeln!(out, "      --- {}\n      +++ {}", names[0], names[1])?;
        for line in
            diff::unified(difference.before, &difference.after, paint.is_on()).lines().skip(2)
        {
            writeln!(out, "      {line}")?;
        }
    }
    Ok(())
}

fn heading(out: &mut dyn Write, change: Change, count: usize, paint: Paint) -> io::Result<()> {
    let text = format!("{}: {}", change.word(), cases_of(count));
    let text = if change == Change::Regressed { paint.wrong(&text) } else { paint.bold(&text) };
    writeln!(out, "\n{text}")
}
