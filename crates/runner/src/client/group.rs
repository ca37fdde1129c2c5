//! A program and all that it has started, ended together.

use std::process::Command;

/// How hard a program is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Force {
    /// It may put things in order.
    Polite,
    /// It is not asked.
    Hard,
}

/// Makes what `command` starts a group of its own, so that Ctrl-C on this terminal and other runs
/// do not reach it, and it can be ended as a whole.
#[cfg(unix)]
pub(super) fn make(command: &mut Command) {
    use std::os::unix::process::CommandExt as _;
    command.process_group(0);
}

/// Ends the group that the program `id` leads. One that is gone already is ended as well.
#[cfg(unix)]
pub(super) fn end(id: u32, force: Force) {
    use rustix::process::{Pid, Signal, kill_process_group};
    let signal = if force == Force::Hard { Signal::KILL } else { Signal::TERM };
    if let Some(group) = i32::try_from(id).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, signal);
    }
}

/// Elsewhere the program is ended by the handle that this process has on it, and what it has
/// started is not.
#[cfg(not(unix))]
pub(super) fn make(_: &mut Command) {}

/// See [`make`].
#[cfg(not(unix))]
pub(super) fn end(_: u32, _: Force) {}
