//! BLOCKED cases, grouped by the case that owns the failed fragment.

use std::io::{self, Write};

use textual::invisible;
use verdict::{CaseResult, Run, Verdict};

use crate::failure;
use crate::list::{cases_of, ids};
use crate::paint::Paint;

/// Writes one paragraph for each owner. If the owner itself did not fail, the first blocked case
/// shows the failure.
pub(crate) fn write(out: &mut dyn Write, run: &Run, verbose: bool, paint: Paint) -> io::Result<()> {
    for (owner, cases) in groups(run) {
        let name = invisible::escape(owner.unwrap_or("an unknown case"));
        let heading = format!("blocked by {name}: {}", cases_of(cases.len()));
        writeln!(out, "\n{}", paint.verdict(Verdict::Blocked, &heading))?;
        let names: Vec<&str> = cases.iter().map(|case| &*case.id).collect();
        ids(out, &names, verbose)?;
        let owner = owner.and_then(|owner| run.case(owner));
        match owner {
            Some(owner) if owner.is_red(run.strictness()) => continue,
            Some(owner) => writeln!(out, "  {} itself: {}", name, owner.verdict)?,
            None => writeln!(out, "  {name}, which tests the step below, did not run")?,
        }
        if let Some((case, mismatch)) =
            cases.iter().find_map(|case| Some((case, case.failure.as_ref()?)))
        {
            writeln!(out, "  first seen in {}\n", invisible::escape(&case.id))?;
            failure::mismatch(out, mismatch, paint)?;
            if let Some(path) = &case.transcript {
                failure::row(out, "transcript", path, paint)?;
            }
            failure::output(out, case, paint)?;
        }
    }
    Ok(())
}

fn groups(run: &Run) -> Vec<(Option<&str>, Vec<&CaseResult>)> {
    let mut groups: Vec<(Option<&str>, Vec<&CaseResult>)> = Vec::new();
    for case in run.cases.iter().filter(|case| case.verdict == Verdict::Blocked) {
        let owner = case.owner.as_deref();
        match groups.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, cases)) => cases.push(case),
            None => groups.push((owner, vec![case])),
        }
    }
    groups
}
