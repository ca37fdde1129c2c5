//! Cases whose own question was never asked, under the case that answers for it.

use std::io::{self, Write};

use runner::outcome::{CaseReport, Summary};
use runner::verdict::Verdict;

use crate::failure;
use crate::invisible;
use crate::list::{cases_of, names};
use crate::paint::Paint;
use crate::red;

/// Writes one paragraph for each owner. Where the owner itself shows nothing wrong, the first of its cases tells what
/// happened.
pub(crate) fn write(
    out: &mut dyn Write,
    summary: &Summary,
    verbose: bool,
    paint: Paint,
) -> io::Result<()> {
    for (owner, cases) in groups(summary) {
        let name = invisible::escape(owner.unwrap_or("an unknown case"));
        let heading = format!("blocked by {name}: {}", cases_of(cases.len()));
        writeln!(out, "\n{}", paint.verdict(Verdict::Blocked, &heading))?;
        names(out, cases.iter().copied(), verbose)?;
        let owner = summary.cases.iter().find(|case| Some(case.id.as_str()) == owner);
        match owner {
            Some(owner) if red::is_red(owner, summary.strictness) => continue,
            Some(owner) => writeln!(out, "  {} itself: {}", name, owner.verdict)?,
            None => writeln!(out, "  {name} did not run")?,
        }
        if let Some((case, mismatch)) =
            cases.iter().find_map(|case| Some((case, case.failure.as_ref()?)))
        {
            writeln!(out, "  first seen in {}\n", invisible::escape(&case.id))?;
            failure::mismatch(out, mismatch, paint)?;
            if let Some(path) = &case.transcript {
                failure::row(out, "transcript", &path.display().to_string(), paint)?;
            }
        }
    }
    Ok(())
}

fn groups(summary: &Summary) -> Vec<(Option<&str>, Vec<&CaseReport>)> {
    let mut groups: Vec<(Option<&str>, Vec<&CaseReport>)> = Vec::new();
    for case in summary.cases.iter().filter(|case| case.verdict == Verdict::Blocked) {
        let owner = case.owner.as_deref();
        match groups.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, cases)) => cases.push(case),
            None => groups.push((owner, vec![case])),
        }
    }
    groups
}
