//! The folder of a lab: its files, their permissions, and the process that belongs to it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use wire::net::Authority;

use crate::process::Process;
use crate::{Implementation, LabError};

/// Number of lines of the log in error messages.
const TAIL: usize = 15;

/// `target/lab/NAME/`, with log and lock file beside it. The lock keeps other commands out.
pub(crate) struct LabFolder {
    engine: Implementation,
    path: PathBuf,
    /// Released on drop.
    _lock: File,
}

impl LabFolder {
    /// Locks the folder of an implementation below the root of the suite's repository.
    pub(crate) fn claim(engine: Implementation, root: &Path) -> Result<Self, LabError> {
        let labs = root.join("target").join("lab");
        fs::create_dir_all(&labs).map_err(io_error(&labs))?;
        // Servers and the shell need an absolute path.
        let labs = labs.canonicalize().map_err(io_error(&labs))?;
        let lock = labs.join(format!("{engine}.lock"));
        let file = File::create(&lock).map_err(io_error(&lock))?;
        file.try_lock().map_err(|_| LabError::Busy(engine))?;
        Ok(Self { engine, path: labs.join(engine.name()), _lock: file })
    }

    /// Makes the folder new and empty, readable only for its owner.
    pub(crate) fn clear(&self) -> Result<(), LabError> {
        self.remove()?;
        fs::create_dir(&self.path).map_err(io_error(&self.path))?;
        fs::set_permissions(&self.path, Permissions::from_mode(0o700)).map_err(io_error(&self.path))
    }

    /// Removes the folder with its files. The log stays.
    pub(crate) fn remove(&self) -> Result<(), LabError> {
        match fs::remove_dir_all(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io_error(&self.path)(error))
            }
            _ => Ok(()),
        }
    }

    /// The path of a file in the folder.
    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Makes a folder inside; returns its path.
    pub(crate) fn make(&self, name: &str) -> Result<PathBuf, LabError> {
        let path = self.join(name);
        fs::create_dir_all(&path).map_err(io_error(&path))?;
        Ok(path)
    }

    /// Writes a file inside; returns its path.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, LabError> {
        let path = self.join(name);
        private(&path)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(io_error(&path))?;
        Ok(path)
    }

    /// Writes the CA certificate, and a certificate with key for `host`.
    pub(crate) fn write_certificates(&self, host: &str) -> Result<(), LabError> {
        let made = Authority::new().and_then(|authority| {
            Ok((authority.ca_pem(), authority.leaf_pem(&[host, "localhost"])?))
        });
        let (ca, leaf) = made.map_err(|error| LabError::Target(error.to_string()))?;
        self.write("ca.pem", &ca)?;
        self.write("certificate.pem", &leaf.certificate)?;
        self.write("key.pem", &leaf.key)?;
        self.write("chain-and-key.pem", &format!("{}{}", leaf.certificate, leaf.key))?;
        Ok(())
    }

    /// Path of the CA certificate.
    pub(crate) fn authority(&self) -> PathBuf {
        self.join("ca.pem")
    }

    /// Writes the variables of the target file as a shell script.
    pub(crate) fn write_variables(
        &self,
        variables: &BTreeMap<String, String>,
    ) -> Result<(), LabError> {
        let lines = variables.iter().map(|(name, value)| format!("export {name}='{value}'\n"));
        self.write("env", &lines.collect::<String>()).map(|_| ())
    }

    /// Path of that script.
    pub(crate) fn variables_file(&self) -> PathBuf {
        self.join("env")
    }

    /// Path of the server's log.
    pub(crate) fn log(&self) -> PathBuf {
        self.path.with_extension("log")
    }

    /// The last lines of the log, with a heading.
    pub(crate) fn log_tail(&self) -> String {
        let log = self.log();
        let text = fs::read(&log).map(|octets| String::from_utf8_lossy(&octets).into_owned());
        let text = text.unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let tail = &lines[lines.len().saturating_sub(TAIL)..];
        let tail: String = tail.iter().map(|line| format!("  {line}\n")).collect();
        format!("the end of {}:\n{tail}", log.display())
    }

    /// Starts the server in its own process group, so that Ctrl-C does not reach it.
    pub(crate) fn start(&self, mut command: Command) -> Result<Process, LabError> {
        use std::os::unix::process::CommandExt as _;

        // The log of a crash may contain passwords.
        let log = private(&self.log()).map_err(io_error(&self.log()))?;
        let errors = log.try_clone().map_err(io_error(&self.log()))?;
        command.current_dir(&self.path).process_group(0);
        command.stdin(std::process::Stdio::null()).stdout(log).stderr(errors);
        let program = command.get_program().to_owned();
        let child = command.spawn().map_err(io_error(Path::new(&program)))?;
        let process = Process::of_child(child, &self.path);
        self.write("pid", &process.pid().to_string())?;
        Ok(process)
    }

    /// The server started in this folder, if it still runs.
    pub(crate) fn process(&self) -> Option<Process> {
        let pid = fs::read_to_string(self.join("pid")).ok()?.trim().parse().ok()?;
        let mut process = Process::of_earlier(pid, &self.path);
        (!process.is_over()).then_some(process)
    }
}

impl std::fmt::Debug for LabFolder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LabFolder({}, {})", self.engine, self.path.display())
    }
}

/// Makes a file readable only for its owner.
fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> LabError {
    move |source| LabError::Io { what: path.display().to_string(), source }
}
