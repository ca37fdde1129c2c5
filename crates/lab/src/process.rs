//! The process of a lab, and the proof that it is the lab's.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// For an orderly end; after that, an end.
const ORDERLY: Duration = Duration::from_secs(10);

/// For the end that no process can refuse.
const KILLED: Duration = Duration::from_secs(5);

/// Between two looks.
const AGAIN: Duration = Duration::from_millis(50);

/// A server that was started in a folder of ours, now or earlier.
pub(crate) struct Process {
    pid: i32,
    /// Its command line names this folder, as no other's does.
    folder: PathBuf,
    /// Ours to wait for, if it was started now.
    child: Option<Child>,
}

impl Process {
    pub(crate) fn of_child(child: Child, folder: &Path) -> Self {
        let pid = i32::try_from(child.id()).unwrap_or_default();
        Self { pid, folder: folder.to_owned(), child: Some(child) }
    }

    /// A process whose number was written down. It may have ended, and the number may be another's
    /// by now.
    pub(crate) fn of_earlier(pid: i32, folder: &Path) -> Self {
        Self { pid, folder: folder.to_owned(), child: None }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Asks it to end, and ends it if it does not.
    pub(crate) async fn end(&mut self) -> io::Result<()> {
        for (signal, patience) in [(Signal::TERM, ORDERLY), (Signal::KILL, KILLED)] {
            if self.is_over() {
                return Ok(());
            }
            if let Some(pid) = Pid::from_raw(self.pid) {
                // It may have ended this very moment.
                let _ = kill_process(pid, signal);
            }
            let began = Instant::now();
            while began.elapsed() < patience {
                if self.is_over() {
                    return Ok(());
                }
                tokio::time::sleep(AGAIN).await;
            }
        }
        Err(io::Error::from(io::ErrorKind::TimedOut))
    }

    /// Whether it has ended. One that was started earlier must still be the one that was started in
    /// the folder. While a program becomes another one, its command line is nobody's; our own child
    /// is asked by its parent.
    pub(crate) fn is_over(&mut self) -> bool {
        match &mut self.child {
            Some(child) => !matches!(child.try_wait(), Ok(None)),
            None => {
                let line = std::fs::read(format!("/proc/{}/cmdline", self.pid)).unwrap_or_default();
                !String::from_utf8_lossy(&line).contains(&*self.folder.to_string_lossy())
            }
        }
    }
}
