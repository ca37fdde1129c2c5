//! The reports of a run, as one reporter.

use std::fmt;
use std::io;

use verdict::{CaseResult, Head, Reporter, Run};

/// Passes a run to each report in order. Put [`crate::Progress`] first, so that it erases its line
/// before others write.
///
/// A report that cannot be written is left out from then on, and the others go on. Only a closed
/// pipe is an error: its reader wants no more cases.
pub struct Reports {
    all: Vec<Box<dyn Reporter>>,
    failures: Vec<io::Error>,
}

impl Reports {
    pub fn new(all: Vec<Box<dyn Reporter>>) -> Self {
        Self { all, failures: Vec::new() }
    }

    /// The errors of reports that could not be written, one for each.
    pub fn into_failures(self) -> Vec<io::Error> {
        self.failures
    }

    fn tell(&mut self, tell: impl Fn(&mut dyn Reporter) -> io::Result<()>) -> io::Result<()> {
        let (before, failures) = (self.failures.len(), &mut self.failures);
        self.all.retain_mut(|report| tell(report.as_mut()).map_err(|e| failures.push(e)).is_ok());
        let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
        match self.failures[before..].iter().any(is_closed) {
            true => Err(io::ErrorKind::BrokenPipe.into()),
            false => Ok(()),
        }
    }
}

impl fmt::Debug for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reports").field(&self.all.len()).finish()
    }
}

impl Reporter for Reports {
    fn began(&mut self, head: &Head) -> io::Result<()> {
        self.tell(|report| report.began(head))
    }

    fn finished(&mut self, case: &CaseResult) -> io::Result<()> {
        self.tell(|report| report.finished(case))
    }

    fn ended(&mut self, run: &Run) -> io::Result<()> {
        self.tell(|report| report.ended(run))
    }
}
