//! The reports of a run, fed with its events in the form of the model.

use std::fmt;
use std::io;

use runner::outcome::{Event, Reporter};

use crate::model::{Case, Head, Run};

/// One report: is told of a run as it goes, and of all of it at the end. Errors of output end the run.
pub trait Renderer: Send {
    /// The run begins.
    ///
    /// # Errors
    ///
    /// Those of the output; here and below.
    fn began(&mut self, _head: &Head) -> io::Result<()> {
        Ok(())
    }

    /// A case has been judged. Cases end in any order when several are played at once.
    fn finished(&mut self, _case: &Case) -> io::Result<()> {
        Ok(())
    }

    /// The run is over.
    fn ended(&mut self, run: &Run) -> io::Result<()>;
}

/// Makes the model of what the runner says, once, and passes it to each report in turn. [`crate::Progress`] belongs
/// first, so that its line is gone before the others write.
pub struct Reports(pub Vec<Box<dyn Renderer>>);

impl fmt::Debug for Reports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reports").field(&self.0.len()).finish()
    }
}

impl Reporter for Reports {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        match event {
            Event::Started(started) => {
                let head = Head::from(*started);
                self.0.iter_mut().try_for_each(|report| report.began(&head))
            }
            Event::Finished(case) => {
                let case = Case::from(*case);
                self.0.iter_mut().try_for_each(|report| report.finished(&case))
            }
            Event::Ended(summary) => {
                let run = Run::from(*summary);
                self.0.iter_mut().try_for_each(|report| report.ended(&run))
            }
        }
    }
}
