//! Several reporters fed with the same events.

use std::fmt;
use std::io;

use runner::outcome::{Event, Reporter};

/// Passes each event to all of its reporters in turn. [`crate::Progress`] belongs first, so that its line is gone
/// before the others write.
pub struct Several(pub Vec<Box<dyn Reporter>>);

impl fmt::Debug for Several {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Several").field(&self.0.len()).finish()
    }
}

impl Reporter for Several {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|reporter| reporter.event(event))
    }
}
