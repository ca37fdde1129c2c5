//! The lines of `record` on a terminal: one for each step, and each message.

use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, SystemTime};

use ::record::{Line, Speaker};
use jiff::tz::TimeZone;

use crate::commands::counted;
use crate::commands::spoken::{Clock, Spoken};

/// Lines that wait for a slow terminal; more are counted, and left out.
const WAITING: usize = 10_000;

/// How long the end of the program waits for a slow reader of the lines.
const LONGEST: Duration = Duration::from_secs(1);

/// Lines on standard error, written by a thread of their own: a slow terminal holds nothing up.
pub(in crate::commands) struct Lines {
    queue: Option<SyncSender<Line>>,
    missed: Arc<AtomicUsize>,
    is_verbose: bool,
    ended: Receiver<()>,
}

impl Lines {
    /// Begins to write; nothing, unless `prints`; messages as well, if `is_verbose`.
    pub(in crate::commands) fn begin(prints: bool, is_verbose: bool) -> Self {
        let (queue, lines) = sync_channel(WAITING);
        let (end, ended) = sync_channel(1);
        let missed = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&missed);
        let began = SystemTime::now();
        std::thread::spawn(move || {
            write(&lines, &counter, began);
            // The program may have ended without waiting.
            let _ = end.send(());
        });
        Self { queue: prints.then_some(queue), missed, is_verbose, ended }
    }

    /// The writer of one line.
    pub(in crate::commands) fn printer(&self) -> impl Fn(Line) + Send + Sync + 'static {
        let (queue, missed, is_verbose) =
            (self.queue.clone(), Arc::clone(&self.missed), self.is_verbose);
        move |line| {
            let Some(queue) = queue.as_ref().filter(|_| is_verbose || !line.is_message) else {
                return;
            };
            if queue.try_send(line).is_err() {
                missed.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Waits until all is written, but not long. The printers must be gone.
    pub(in crate::commands) fn end(self) {
        drop(self.queue);
        // A reader that has stopped must not hold up the end of the program.
        let _ = self.ended.recv_timeout(LONGEST);
    }
}

fn write(lines: &Receiver<Line>, missed: &AtomicUsize, began: SystemTime) {
    let clock = Clock { began, zone: TimeZone::system(), format: "%H:%M:%S%.3f" };
    while let Ok(line) = lines.recv() {
        let left_out = missed.swap(0, Ordering::Relaxed);
        let mut text = String::new();
        if left_out > 0 {
            text = format!("… {} left out\n", counted(left_out, "line"));
        }
        text.push_str(&shown(&line, &clock));
        text.push('\n');
        // Each line is one write, so that lines of two writers do not mix.
        if io::stderr().write_all(text.as_bytes()).is_err() {
            return;
        }
    }
}

fn shown(line: &Line, clock: &Clock) -> String {
    let arrow = match line.speaker {
        Speaker::Client => "->",
        Speaker::Server => "<-",
        Speaker::Nobody => "==",
    };
    let (at, connection) = (line.at, line.connection as u64);
    let (who, text) = (line.user.as_deref(), line.text.as_str());
    Spoken { at, server: None, connection, who, arrow, text }.line(clock)
}
