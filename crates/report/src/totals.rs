//! The last lines of a report: how many of what, and what it comes to.

use std::io::{self, Write};

use runner::outcome::Summary;
use runner::verdict::{CloseAxis, Exit, Verdict};

use crate::invisible;
use crate::list::cases_of;
use crate::paint::Paint;
use crate::red;

/// The courses of an end, best first.
const AXES: [CloseAxis; 5] = [
    CloseAxis::Clean,
    CloseAxis::NotReached,
    CloseAxis::WrongCode,
    CloseAxis::WrongSide,
    CloseAxis::Unclean,
];

/// Counts of every way to end that occurred.
pub(crate) fn closes(summary: &Summary) -> impl Iterator<Item = (CloseAxis, usize)> {
    AXES.into_iter()
        .map(|axis| (axis, summary.cases.iter().filter(|case| case.close == axis).count()))
        .filter(|(_, count)| *count > 0)
}

/// How many snapshot lines are declared volatile.
pub(crate) fn volatile(summary: &Summary) -> usize {
    summary.cases.iter().map(|case| case.volatile).sum()
}

/// Writes the findings beyond the cases, the counts, and the exit code when it is not 0.
pub(crate) fn write(out: &mut dyn Write, summary: &Summary, paint: Paint) -> io::Result<()> {
    writeln!(out)?;
    for finding in red::findings(summary) {
        writeln!(out, "{}  {}", paint.wrong(finding.kind), invisible::escape(&finding.text))?;
    }
    if closes(summary).any(|(axis, _)| axis != CloseAxis::Clean) {
        let counts: Vec<_> =
            closes(summary).map(|(axis, count)| format!("{count} {axis}")).collect();
        writeln!(out, "{}  {}", paint.dim("close"), counts.join(", "))?;
    }
    let volatile = volatile(summary);
    if volatile > 0 {
        let lines = if volatile == 1 { "line" } else { "lines" };
        writeln!(
            out,
            "{}  {volatile} snapshot {lines} may differ from run to run",
            paint.dim("volatile")
        )?;
    }
    let exit = summary.exit();
    let outcome =
        if exit == Exit::Green { String::new() } else { format!(", exit {}", exit.code()) };
    writeln!(
        out,
        "{}: {}   target {}, {:.1} s{outcome}",
        paint.bold(&cases_of(summary.cases.len())),
        counts(summary, paint),
        invisible::escape(&summary.target),
        summary.took.as_secs_f64()
    )
}

fn counts(summary: &Summary, paint: Paint) -> String {
    let counts: Vec<_> = Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict, summary.count(verdict)))
        .filter(|(verdict, count)| *count > 0 || *verdict == Verdict::Pass)
        .map(|(verdict, count)| paint.verdict(verdict, &format!("{count} {verdict}")))
        .collect();
    counts.join(", ")
}
