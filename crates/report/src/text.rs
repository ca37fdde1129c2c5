//! The report for people: a tree, then everything that needs a look, then the counts.

use std::io::{self, Write};

use runner::outcome::{CaseReport, Event, Reporter, Summary};
use runner::verdict::Verdict;

use crate::format::Options;
use crate::invisible;
use crate::list::cases_of;
use crate::paint::Paint;
use crate::{blocked, drift, failure, red, totals, tree};

/// Writes all of it when the run ends, since cases end in any order. What must be known before, the target and the
/// warnings, is written at once.
pub(crate) struct Text {
    out: Box<dyn Write + Send>,
    paint: Paint,
    verbose: bool,
}

impl Text {
    /// A report on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>, options: Options) -> Self {
        Self { out, paint: Paint::new(options.colour), verbose: options.verbose }
    }

    fn started(&mut self, target: &str, selected: usize, warnings: &[String]) -> io::Result<()> {
        let target = self.paint.bold(&invisible::escape(target));
        writeln!(self.out, "target {target}, {} selected", cases_of(selected))?;
        for warning in warnings {
            writeln!(
                self.out,
                "{} {}",
                self.paint.warning("warning:"),
                invisible::escape(warning)
            )?;
        }
        self.out.flush()
    }

    fn ended(&mut self, summary: &Summary) -> io::Result<()> {
        let verbose = self.verbose;
        tree::write(&mut self.out, summary, self.paint)?;
        for case in summary.cases.iter().filter(|case| needs_a_look(case, summary, verbose)) {
            writeln!(self.out)?;
            failure::write(&mut self.out, case, summary.strictness, self.paint)?;
        }
        blocked::write(&mut self.out, summary, verbose, self.paint)?;
        drift::write(&mut self.out, summary, verbose, self.paint)?;
        if verbose {
            self.expected(summary)?;
        }
        totals::write(&mut self.out, summary, self.paint)?;
        self.out.flush()
    }

    fn expected(&mut self, summary: &Summary) -> io::Result<()> {
        let cases: Vec<_> =
            summary.cases.iter().filter(|case| case.verdict == Verdict::Expected).collect();
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
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Started { target, selected, warnings } => {
                self.started(target, *selected, warnings)
            }
            Event::Finished(_) => Ok(()),
            Event::Ended(summary) => self.ended(summary),
        }
    }
}

/// Whether `case` gets a paragraph of its own.
fn needs_a_look(case: &CaseReport, summary: &Summary, verbose: bool) -> bool {
    match case.verdict {
        // These are told in groups.
        Verdict::Blocked | Verdict::Drift => red::has_bad_end(case, summary.strictness),
        Verdict::Expected => red::is_red(case, summary.strictness),
        _ => red::is_red(case, summary.strictness) || (verbose && case.failure.is_some()),
    }
}
