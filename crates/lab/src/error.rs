//! Errors of labs.

use std::io;

use textual::program;

use crate::Implementation;

/// Why a lab cannot start or stop; each message says what to do.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The server is not installed.
    #[error(
        "{engine} is not installed (no {missing}): apt-get install --no-install-recommends {}",
        .engine.package()
    )]
    Missing {
        engine: Implementation,
        /// The missing file, and the place of the search.
        missing: String,
    },
    /// The lab runs already.
    #[error("{0} is up already: play against it, or run `{program} lab {0} down` first", program = program())]
    IsUp(Implementation),
    /// Another command works on the lab.
    #[error("another `{program} lab {0}` is running here: wait until it ends", program = program())]
    Busy(Implementation),
    /// No lab runs.
    #[error("{0} is not up; start it with `{program} lab {0} up`", program = program())]
    IsDown(Implementation),
    /// The server did not become ready.
    #[error("{engine}: {why}\n{tail}")]
    NotReady {
        engine: Implementation,
        /// The event waited for, and the end of the wait.
        why: String,
        /// The end of its log.
        tail: String,
    },
    /// The target file cannot be completed.
    #[error("{0}")]
    Target(String),
    /// An operation on a file or process failed.
    #[error("{what}: {source}")]
    Io {
        /// The operation or path.
        what: String,
        /// The error of the system.
        source: io::Error,
    },
}
