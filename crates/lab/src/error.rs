//! Why a lab does not start or end.

use std::io;

use textual::program;

use crate::Implementation;

/// Why there is no lab, or none to end; each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The server is not installed.
    #[error(
        "{engine} is not installed (no {missing}): apt-get install --no-install-recommends {}",
        .engine.package()
    )]
    Missing {
        /// Which.
        engine: Implementation,
        /// What was looked for, and where.
        missing: String,
    },
    /// It runs already.
    #[error("{0} is up already: play against it, or `{program} lab {0} down` first", program = program())]
    IsUp(Implementation),
    /// Another command is at work on it.
    #[error("another `{program} lab {0}` is at work here: wait for it", program = program())]
    Busy(Implementation),
    /// There is nothing to end.
    #[error("{0} is not up; `{program} lab {0} up` starts it", program = program())]
    IsDown(Implementation),
    /// It did not begin to serve.
    #[error("{engine}: {why}\n{tail}")]
    NotReady {
        /// Which.
        engine: Implementation,
        /// What was waited for, and how that ended.
        why: String,
        /// The end of its log.
        tail: String,
    },
    /// Its target file cannot be completed.
    #[error("{0}")]
    Target(String),
    /// A file or a process.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// What the system says.
        source: io::Error,
    },
}
