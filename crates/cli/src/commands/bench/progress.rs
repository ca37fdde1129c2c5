//! What is going on, on the last line of a terminal.

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// How often the line is written anew.
const TICK: Duration = Duration::from_millis(200);

/// Shows what is being measured, where somebody looks on.
pub(super) struct Progress {
    shown: bool,
}

/// One line, until it is dropped.
pub(super) struct Line {
    shown: bool,
    /// How many are done.
    pub(super) done: load::Progress,
    task: Option<tokio::task::JoinHandle<()>>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { shown: std::io::stderr().is_terminal() }
    }

    /// Shows `what` and how many of `total` are done; a total of none is not known.
    pub(super) fn show(&self, what: String, total: usize) -> Line {
        let done = Arc::new(AtomicUsize::new(0));
        let task = self.shown.then(|| {
            let done = Arc::clone(&done);
            tokio::spawn(async move {
                loop {
                    let count = done.load(Ordering::Relaxed);
                    let of = if total == 0 { String::new() } else { format!(" of {total}") };
                    // Nobody is hurt when it does not arrive.
                    let _ = write!(std::io::stderr(), "\r\x1b[K{what}: {count}{of}");
                    tokio::time::sleep(TICK).await;
                }
            })
        });
        Line { shown: self.shown, done, task }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
