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
    /// 70: a bug in this tool.
    Bug,
    /// 130: the run was interrupted.
    Interrupted,
}

impl Exit {
    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Green => 0,
            Self::Fail => 1,
            Self::Drift => 2,
            Self::Error => 3,
            Self::Nothing => 4,
            Self::Usage => 64,
            Self::Parse => 65,
            Self::Bug => 70,
            Self::Interrupted => 130,
        }
    }
}
