//! The last lines of a report: findings, counts and exit code.

use std::io::{self, Write};

use textual::{Hint, invisible};
use verdict::{CloseAxis, Run, Verdict};

use crate::list::cases_of;
use crate::paint::Paint;

/// Writes the findings without a case, the counts, and the exit code if it is not 0.
pub(crate) fn write(out: &mut dyn Write, run: &Run, paint: Paint) -> io::Result<()> {
    writeln!(out)?;
    for finding in run.findings() {
        writeln!(out, "{}  {}", paint.wrong(finding.kind), invisible::escape(&finding.text))?;
    }
    if run.closes().any(|(axis, _)| axis != CloseAxis::Clean) {
        let counts: Vec<_> = run.closes().map(|(axis, count)| format!("{count} {axis}")).collect();
        writeln!(out, "{}  {}", paint.dim("close"), counts.join(", "))?;
    }
    let volatile = run.volatile();
    if volatile > 0 {
        let lines = if volatile == 1 { "line" } else { "lines" };
        writeln!(
            out,
            "{}  {volatile} snapshot {lines} may differ from run to run",
            paint.dim("volatile")
        )?;
    }
    if let Some(fresh) = fresh(run) {
        writeln!(out, "{}  {}", paint.dim("new"), invisible::escape(&fresh))?;
    }
    let now_and_then = run.now_and_then();
    if now_and_then > 0 {
        writeln!(
            out,
            "{}  {now_and_then} of the expected: the case may pass as well",
            paint.dim("now and then")
        )?;
    }
    let exit = run.ending.exit.filter(|exit| *exit != 0);
    let outcome = exit.map_or_else(String::new, |exit| format!(", exit {exit}"));
    writeln!(
        out,
        "{}: {}   target {}, {}{outcome}",
        paint.bold(&cases_of(run.cases.len())),
        counts(run, paint),
        invisible::escape(run.target()),
        took(run)
    )
}

/// How long a run took. The newest results of several runs took no time together.
pub(crate) fn took(run: &Run) -> String {
    match run.ending.exit {
        Some(_) => format!("{:.1} s", run.ending.millis as f64 / 1000.0),
        None => "the newest result of each case".to_owned(),
    }
}

/// A sentence about cases whose transcript was compared with none, if there are any.
pub(crate) fn fresh(run: &Run) -> Option<String> {
    let (count, target) = (run.fresh(), run.target());
    (count > 0).then(|| {
        format!(
            "{} without an accepted transcript, since {target} has none yet; `{}` shows them and accepts them",
            cases_of(count),
            Hint::new(["review", "--target", target])
        )
    })
}

fn counts(run: &Run, paint: Paint) -> String {
    let counts: Vec<_> = Verdict::ALL
        .into_iter()
        .map(|verdict| (verdict, run.count(verdict)))
        .filter(|(verdict, count)| *count > 0 || *verdict == Verdict::Pass)
        .map(|(verdict, count)| paint.verdict(verdict, &format!("{count} {verdict}")))
        .collect();
    counts.join(", ")
}
