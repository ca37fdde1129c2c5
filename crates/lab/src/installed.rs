//! A server as this machine has it.

use std::path::PathBuf;

/// The installed files of a server.
pub(crate) struct Installed {
    /// The program to start.
    pub(crate) program: PathBuf,
    /// The folder of its libraries, if the program needs it.
    pub(crate) libraries: Option<PathBuf>,
}
