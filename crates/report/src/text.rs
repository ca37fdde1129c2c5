//! The text report: a tree, or groups if it would be long, then all cases that need a look, then
//! the counts.

use std::io::{self, Write};

use textual::invisible;
use verdict::{CaseResult, Head, Reporter, Run, Verdict};

use crate::list::cases_of;
use crate::options::Options;
use crate::paint::Paint;
use crate::worst::{Blocks, worst_first};
use crate::{alike, blocked, drift, failure, overview, totals, tree};

/// Writes the report at the end of the run, since cases end in any order. Only target and warnings
/// are written at the start.
pub(crate) struct Text {
    out: Box<dyn Write + Send>,
    paint: Paint,
    options: Options,
}

impl Text {
    /// A report on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>, options: Options) -> Self {
        Self { out, paint: Paint::new(options.colour), options }
    }

    fn expected(&mut self, run: &Run) -> io::Result<()> {
        let cases: Vec<_> =
            run.cases.iter().filter(|case| case.verdict == Verdict::Expected).collect();
        if cases.is_empty() {
            return Ok(());
        }
        let heading = format!("listed deviations: {}", cases_of(cases.len()));
        writeln!(self.out, "\n{}", self.paint.verdict(Verdict::Expected, &heading))?;
        for case in cases {
            let reason = invisible::escape(case.note.as_deref().unwrap_or("no reason given"));
            writeln!(
                self.out,
                "      {}   {}",
                invisible::escape(&case.id),
                self.paint.dim(&reason)
            )?;
        }
        Ok(())
    }
}

impl Reporter for Text {
    fn began(&mut self, head: &Head) -> io::Result<()> {
        let target = self.paint.bold(&invisible::escape(&head.target));
        writeln!(self.out, "target {target}, {} selected", cases_of(head.selected))?;
        for warning in &head.warnings {
            writeln!(
                self.out,
                "{} {}",
                self.paint.warning("warning:"),
                invisible::escape(warning)
            )?;
        }
        self.out.flush()
    }

    fn ended(&mut self, run: &Run) -> io::Result<()> {
        let verbose = self.options.verbose;
        if overview::is_apt(run) && !verbose {
            overview::write(&mut self.out, run, self.paint)?;
        } else {
            tree::write(&mut self.out, run, self.paint)?;
        }
        let blocks = Blocks::of(run);
        let cases = worst_first(run).into_iter();
        for case in cases.filter(|case| needs_a_look(case, run, verbose)) {
            writeln!(self.out)?;
            failure::write(&mut self.out, case, (run, &blocks), self.paint)?;
        }
        blocked::write(&mut self.out, run, verbose, self.paint)?;
        alike::write(&mut self.out, run, verbose, self.paint)?;
        drift::write(&mut self.out, run, self.options, self.paint)?;
        if verbose {
            self.expected(run)?;
        }
        totals::write(&mut self.out, run, self.paint)?;
        self.out.flush()
    }
}

/// Whether `case` gets a paragraph of its own.
fn needs_a_look(case: &CaseResult, run: &Run, verbose: bool) -> bool {
    match case.verdict {
        // Other paragraphs show these in groups.
        Verdict::Blocked | Verdict::Drift => case.has_bad_end(run.strictness()),
        Verdict::Expected => case.is_red(run.strictness()),
        _ => {
            case.is_worse_than_drift(run.strictness())
                || ((verbose || case.drifts()) && case.failure.is_some())
        }
    }
}
