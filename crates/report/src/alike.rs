//! Red cases that fail in the same words: there may be one cause behind them.

use std::io::{self, Write};

use textual::invisible;
use verdict::{CaseResult, Run, Verdict};

use crate::clip;
use crate::list::{cases_of, ids};
use crate::paint::Paint;

/// Fewer are read one by one.
const FEWEST: usize = 3;

/// The longest last line of a client, in characters.
const COMPLAINT: usize = 100;

/// The words of a failure: its message, and the last line of the client on standard error.
type Words<'a> = (&'a str, Option<&'a str>);

/// Writes one paragraph for each group, the largest first.
pub(crate) fn write(out: &mut dyn Write, run: &Run, verbose: bool, paint: Paint) -> io::Result<()> {
    for ((message, complaint), cases) in groups(run) {
        let heading = format!("alike: {}", cases_of(cases.len()));
        writeln!(out, "\n{}   {}", paint.bold(&heading), invisible::escape(message))?;
        if let Some(complaint) = complaint {
            let line = invisible::escape(complaint);
            let line = clip::one(&line, COMPLAINT);
            writeln!(out, "  {} {line}", paint.dim("output    "))?;
        }
        let names: Vec<&str> = cases.iter().map(|case| &*case.id).collect();
        ids(out, &names, verbose)?;
    }
    Ok(())
}

fn groups(run: &Run) -> Vec<(Words<'_>, Vec<&CaseResult>)> {
    let mut groups: Vec<(Words<'_>, Vec<&CaseResult>)> = Vec::new();
    // Blocked cases have groups of their own.
    let is_one =
        |case: &&CaseResult| case.is_red(run.strictness()) && case.verdict != Verdict::Blocked;
    for case in run.cases.iter().filter(is_one) {
        let Some(failure) = &case.failure else { continue };
        let words = (failure.message.as_str(), case.output.last().map(|line| line.trim()));
        match groups.iter_mut().find(|(known, _)| *known == words) {
            Some((_, cases)) => cases.push(case),
            None => groups.push((words, vec![case])),
        }
    }
    groups.retain(|(_, cases)| cases.len() >= FEWEST);
    groups.sort_by_key(|(_, cases)| std::cmp::Reverse(cases.len()));
    groups
}
