//! The process of a lab, and the check that a process id is still that of the lab.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// Waiting time after SIGTERM; SIGKILL follows.
const ORDERLY: Duration = Duration::from_secs(10);

/// Waiting time after SIGKILL.
const KILLED: Duration = Duration::from_secs(5);

/// Interval between two checks.
const AGAIN: Duration = Duration::from_millis(50);

/// A server started in the folder of a lab, now or earlier.
pub(crate) struct Process {
    pid: i32,
    /// The folder; only this server's command line contains it.
    folder: PathBuf,
    /// The child process, if this process started it.
    child: Option<Child>,
}

impl Process {
    pub(crate) fn of_child(child: Child, folder: &Path) -> Self {
        let pid = i32::try_from(child.id()).unwrap_or_default();
        Self { pid, folder: folder.to_owned(), child: Some(child) }
    }

    /// A process from a stored process id. It may have ended, and the id may be reused.
    pub(crate) fn of_earlier(pid: i32, folder: &Path) -> Self {
        Self { pid, folder: folder.to_owned(), child: None }
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Ends the process: SIGTERM, then SIGKILL.
    pub(crate) async fn end(&mut self) -> io::Result<()> {
        for (signal, patience) in [(Signal::TERM, ORDERLY), (Signal::KILL, KILLED)] {
            if self.is_over() {
                return Ok(());
            }
            if let Some(pid) = Pid::from_raw(self.pid) {
                // The process may have just ended.
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

    /// Whether the process has ended. A process started earlier counts as ended if its command line
    /// does not name the folder. For a child `wait` decides, since its command line is empty during
    /// `exec`.
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
