//! Shows the progress of a bench on the last line of a terminal.

use std::any::Any;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use ::bench::Observer;
use tokio::task::JoinHandle;

use crate::output::has_cursor;

/// Interval between two updates of the line.
const TICK: Duration = Duration::from_millis(200);

/// Shows the current measurement, if standard error is a terminal.
pub(super) struct Progress {
    shown: bool,
}

/// The line; erased on drop.
struct Line {
    task: JoinHandle<()>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { shown: has_cursor() }
    }
}

impl Observer for Progress {
    fn begins(&self, what: String, total: usize, done: &load::Progress) -> Box<dyn Any> {
        if !self.shown {
            return Box::new(());
        }
        let done = Arc::clone(done);
        let task = tokio::spawn(async move {
            loop {
                let count = done.load(Ordering::Relaxed);
                let of = if total == 0 { String::new() } else { format!(" of {total}") };
                // A lost line does no harm.
                let _ = write!(std::io::stderr(), "\r\x1b[K{what}: {count}{of}");
                tokio::time::sleep(TICK).await;
            }
        });
        Box::new(Line { task })
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
        let _ = write!(std::io::stderr(), "\r\x1b[K");
    }
}
