//! The servers of the lab, their Debian packages, and their installation.

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::installed::Installed;
use crate::setup::Setup;
use crate::{LabError, ejabberd, prosody};

/// A server implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Implementation {
    /// Prosody, in Lua.
    Prosody,
    /// ejabberd, in Erlang.
    Ejabberd,
}

impl Implementation {
    pub const ALL: [Self; 2] = [Self::Prosody, Self::Ejabberd];

    /// Its name; its target has the same.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prosody => "prosody",
            Self::Ejabberd => "ejabberd",
        }
    }

    /// Its Debian package.
    pub fn package(self) -> &'static str {
        self.name()
    }

    /// The installed version according to `dpkg`; none if unknown.
    pub fn version(self) -> Option<String> {
        let query = ["-W", "-f=${Version}", self.package()];
        let output = Command::new("dpkg-query").args(query).output().ok()?;
        let version = String::from_utf8(output.stdout).ok()?;
        (output.status.success() && !version.is_empty()).then_some(version)
    }

    pub(crate) fn find(self) -> Result<Installed, LabError> {
        let missing =
            |missing: &str| LabError::Missing { engine: self, missing: missing.to_owned() };
        match self {
            Self::Prosody => {
                let program = program("prosody").ok_or_else(|| missing("`prosody` in PATH"))?;
                Ok(Installed { program, libraries: None })
            }
            Self::Ejabberd => {
                let program = program("erl").ok_or_else(|| missing("`erl` in PATH"))?;
                let libraries = ejabberd::libraries(Path::new("/usr/lib"))
                    .ok_or_else(|| missing("ejabberd-*/ebin below /usr/lib"))?;
                Ok(Installed { program, libraries: Some(libraries) })
            }
        }
    }

    /// Writes the configuration; returns the command that starts the server in the foreground.
    pub(crate) fn prepare(
        self,
        installed: &Installed,
        setup: &Setup<'_>,
    ) -> Result<Command, LabError> {
        match self {
            Self::Prosody => prosody::prepare(installed, setup),
            Self::Ejabberd => ejabberd::prepare(installed, setup),
        }
    }
}

impl fmt::Display for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|program| program.is_file())
}
