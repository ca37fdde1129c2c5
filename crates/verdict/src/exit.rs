//! The exit codes of the tool.

/// The result of a command, as an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Exit {
    /// 0: the run is green.
    Green,
    /// 1: FAIL, UNEXPECTED-PASS, an orphan, a stale deviation, a finding of lint or fmt.
    Fail,
    /// 2: nothing worse than DRIFT.
    Drift,
    /// 3: the target could not be reached or stopped answering, or a case was BLOCKED and its owner
    /// did not run.
    Error,
    /// 4: no case was selected, or all selected cases are UNSUPPORTED.
    Nothing,
    /// 64: an error in the command line, a target file, or an environment variable.
    Usage,
    /// 65: a case file does not parse.
    Parse,
    /// 69: a port cannot be listened on: it is in use, or not of this machine.
    Port,
    /// 70: a bug in this tool.
    Bug,
    /// 74: a file or standard output cannot be written.
    Unwritten,
    /// 130: the run was interrupted.
    Interrupted,
    /// 141: the reader closed standard output, as a shell shows the signal SIGPIPE.
    Pipe,
}

impl Exit {
    /// All codes, in ascending order.
    pub const ALL: [Self; 12] = [
        Self::Green,
        Self::Fail,
        Self::Drift,
        Self::Error,
        Self::Nothing,
        Self::Usage,
        Self::Parse,
        Self::Port,
        Self::Bug,
        Self::Unwritten,
        Self::Interrupted,
        Self::Pipe,
    ];

    /// The exit code of the process. From 64 on the numbers are those of sysexits.h, from 128 on
    /// those of a shell.
    pub fn code(self) -> u8 {
        match self {
            Self::Green => 0,
            Self::Fail => 1,
            Self::Drift => 2,
            Self::Error => 3,
            Self::Nothing => 4,
            Self::Usage => 64,
            Self::Parse => 65,
            Self::Port => 69,
            Self::Bug => 70,
            Self::Unwritten => 74,
            Self::Interrupted => 130,
            Self::Pipe => 141,
        }
    }
}
