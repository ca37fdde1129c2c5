//! Changed transcripts; a change in many cases is shown once.

use std::io::{self, Write};

use textual::{Hint, invisible};
use verdict::{CaseResult, Run, Verdict};

use crate::diff;
use crate::differences::{SharedChange, drifted};
use crate::failure;
use crate::list::{cases_of, ids};
use crate::options::Options;
use crate::paint::Paint;

/// Writes one paragraph for each change, one for cases without a snapshot, and the command to
/// accept.
pub(crate) fn write(
    out: &mut dyn Write,
    run: &Run,
    options: Options,
    paint: Paint,
) -> io::Result<()> {
    for difference in drifted(run) {
        writeln!(out)?;
        one(out, run, &difference, options.verbose, paint)?;
    }
    let drift = || run.cases.iter().filter(|case| case.drifts());
    let new: Vec<&str> = drift().filter(|case| is_new(case)).map(|case| &*case.id).collect();
    if !new.is_empty() {
        let heading = format!("no accepted snapshot yet: {}", cases_of(new.len()));
        writeln!(out, "\n{}", paint.verdict(Verdict::Drift, &heading))?;
        ids(out, &new, options.verbose)?;
    }
    let is_pending = |case: &CaseResult| case.drift.as_ref().is_some_and(|it| it.pending.is_some());
    if drift().any(is_pending) {
        let hint = Hint::new(["review"]);
        writeln!(out, "\n  if the change is right, accept it:\n      {hint}")?;
    }
    let mut unsteady = drift().filter(|case| case.drift.as_ref().is_some_and(|it| it.is_unsteady));
    if let Some(case) = unsteady.next() {
        let (id, target) = (invisible::escape(&case.id), invisible::escape(run.target()));
        writeln!(
            out,
            "\n  {id} came out in another way in the last run; if nothing changed since,\n  \
             list it in {target}.toml, under [volatile], with the reason: \"{id}\" = \"…\""
        )?;
    }
    Ok(())
}

fn one(
    out: &mut dyn Write,
    run: &Run,
    difference: &SharedChange<'_>,
    verbose: bool,
    paint: Paint,
) -> io::Result<()> {
    let Some(first) = difference.cases.first().and_then(|id| run.case(id)) else { return Ok(()) };
    failure::heading(out, first, paint)?;
    writeln!(out)?;
    for line in diff::unified(difference.before, &difference.after, paint.is_on()).lines() {
        writeln!(out, "  {line}")?;
    }
    writeln!(out)?;
    if difference.cases.len() > 1 {
        let cases = cases_of(difference.cases.len());
        writeln!(out, "  the same change ({}) in {cases}", difference.size())?;
        ids(out, &difference.cases, verbose)?;
    }
    if let Some(path) = &first.transcript {
        failure::row(out, "transcript", path, paint)?;
    }
    if let Some(path) = first.drift.as_ref().and_then(|drift| drift.pending.as_ref()) {
        failure::row(out, "pending", path, paint)?;
    }
    Ok(())
}

fn is_new(case: &CaseResult) -> bool {
    case.drift.as_ref().is_none_or(|drift| drift.new)
}
