//! Changed transcripts, each change once however many cases it hit.

use std::io::{self, Write};

use runner::outcome::{CaseReport, Drift, Summary};
use runner::verdict::Verdict;

use crate::diff;
use crate::failure;
use crate::list::{cases_of, names};
use crate::paint::Paint;

/// Cases whose transcripts changed in the same way.
struct Group<'a> {
    change: Vec<(bool, String)>,
    first: &'a Drift,
    cases: Vec<&'a CaseReport>,
}

/// Writes one paragraph for each change, one for the cases without a snapshot, and how to accept.
pub(crate) fn write(
    out: &mut dyn Write,
    summary: &Summary,
    verbose: bool,
    paint: Paint,
) -> io::Result<()> {
    let drifted: Vec<_> =
        summary.cases.iter().filter(|case| case.verdict == Verdict::Drift).collect();
    for group in groups(&drifted) {
        writeln!(out)?;
        if let Some(case) = group.cases.first() {
            failure::heading(out, case, paint)?;
            writeln!(out)?;
        }
        for line in diff::unified(&group.first.accepted, &group.first.got, paint.is_on()).lines() {
            writeln!(out, "  {line}")?;
        }
        writeln!(out)?;
        if group.cases.len() > 1 {
            writeln!(out, "  same change in {}", cases_of(group.cases.len()))?;
            names(out, group.cases.iter().copied(), verbose)?;
        }
        files(out, &group, paint)?;
    }

    let new: Vec<_> = drifted.iter().copied().filter(|case| is_new(case)).collect();
    if !new.is_empty() {
        let heading = format!("no accepted snapshot yet: {}", cases_of(new.len()));
        writeln!(out, "\n{}", paint.verdict(Verdict::Drift, &heading))?;
        names(out, new.iter().copied(), verbose)?;
    }
    if !drifted.is_empty() {
        writeln!(out, "\n  if this is right, accept it:\n      cargo xtask review")?;
    }
    Ok(())
}

fn files(out: &mut dyn Write, group: &Group<'_>, paint: Paint) -> io::Result<()> {
    if let Some(path) = group.cases.first().and_then(|case| case.transcript.as_ref()) {
        failure::row(out, "transcript", &path.display().to_string(), paint)?;
    }
    if let Some(path) = &group.first.pending {
        failure::row(out, "pending", &path.display().to_string(), paint)?;
    }
    Ok(())
}

fn groups<'a>(drifted: &[&'a CaseReport]) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for &case in drifted {
        let Some(drift) = case.drift.as_ref().filter(|drift| !drift.is_new) else { continue };
        let change = diff::changed(&drift.accepted, &drift.got);
        match groups.iter_mut().find(|group| group.change == change) {
            Some(group) => group.cases.push(case),
            None => groups.push(Group { change, first: drift, cases: vec![case] }),
        }
    }
    groups
}

fn is_new(case: &CaseReport) -> bool {
    case.drift.as_ref().is_none_or(|drift| drift.is_new)
}
