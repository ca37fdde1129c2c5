//! A process of tshark that never outlives its use.

use std::io;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The ids of the processes that run now.
static ALL: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn all() -> MutexGuard<'static, Vec<u32>> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the programs that [`read`](crate::read) has started and waits for. A caller that ends the
/// process amid a read calls it first.
pub fn end_programs() {
    all().iter().for_each(|id| kill_group(*id));
}

/// A process, with those that it starts; they are killed with this value.
pub(super) struct Running(Child);

impl Running {
    /// Starts it, in a process group of its own.
    pub(super) fn new(mut command: Command) -> io::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        // The lock is held so that no process starts beside `end_programs`.
        let mut all = all();
        let child = command.spawn()?;
        all.push(child.id());
        Ok(Self(child))
    }

    /// Its standard output and its standard error.
    pub(super) fn output(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.0.stdout.take(), self.0.stderr.take())
    }

    /// Waits for its end.
    pub(super) fn wait(mut self) -> io::Result<ExitStatus> {
        self.0.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let id = self.0.id();
        all().retain(|other| *other != id);
        if matches!(self.0.try_wait(), Ok(None)) {
            kill_group(id);
            // It may have ended by itself meanwhile.
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

#[cfg(unix)]
fn kill_group(id: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        // The group may have ended meanwhile.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: u32) {}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read as _;

    use super::*;

    /// A shell whose child has its pipes and does not end by itself.
    fn endless() -> (Running, ChildStdout) {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600; exit"]);
        let mut running = Running::new(command).expect("a shell");
        let out = running.output().0.expect("a pipe");
        (running, out)
    }

    #[test]
    fn a_process_ends_with_its_value_and_its_children_do() {
        let (running, mut out) = endless();
        drop(running);
        // The end comes when nobody has the pipe any more.
        assert_eq!(out.read_to_end(&mut Vec::new()).unwrap(), 0);
    }

    #[test]
    fn a_caller_ends_all() {
        let (running, mut out) = endless();
        end_programs();
        assert_eq!(out.read_to_end(&mut Vec::new()).unwrap(), 0);
        assert!(!running.wait().unwrap().success());
    }
}
