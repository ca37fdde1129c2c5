//! The reports of a run, as one reporter.

use std::fmt;
use std::io;

use verdict::{CaseResult, Head, Reporter, Run};

/// Passes a run to each report in order. Put [`crate::Progress`] first, so that it erases its line
/// before others write.
pub struct Reports(pub Vec<Box<dyn Reporter>>);

impl fmt::Debug for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reports").field(&self.0.len()).finish()
    }
}

impl Reporter for Reports {
    fn began(&mut self, head: &Head) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|report| report.began(head))
    }

    fn finished(&mut self, case: &CaseResult) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|report| report.finished(case))
    }

    fn ended(&mut self, run: &Run) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|report| report.ended(run))
    }
}
