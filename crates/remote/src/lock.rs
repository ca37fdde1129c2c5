//! Locks of accounts: only one run at a time on this machine uses an account.
//!
//! Two runs that log in as the same agent would replace each other's sessions. The system releases
//! the lock when its process ends in any way.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep};

/// Waiting time for another holder of the lock.
const WAIT: Duration = Duration::from_secs(10);

/// Interval between two attempts to take the lock.
const LOOK: Duration = Duration::from_millis(100);

/// The folder of the lock files, below the system's folder for temporary files.
const FOLDER: &str = "finesse-conformance-locks";

/// Why an account cannot be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds the lock.
    #[error(
        "account {account} is in use by {holder}; wait for it to end, or stop it (waited {waited:?})"
    )]
    Held {
        /// The login name.
        account: String,
        /// The other process, and the start of its lock.
        holder: String,
        /// The waiting time before giving up.
        waited: Duration,
    },
    /// The lock file cannot be opened.
    #[error("{}: {source}; account locks are kept there (TMPDIR sets the place)", path.display())]
    Io {
        path: PathBuf,
        /// The error of the system.
        source: std::io::Error,
    },
}

/// The lock of an account; released on drop.
#[derive(Debug)]
pub struct AccountLock {
    _file: File,
}

impl AccountLock {
    /// Locks an account of the server at `peer`. The lock file names this process and its command
    /// line.
    ///
    /// # Errors
    ///
    /// Another process still holds the lock after ten seconds, or the lock file cannot be opened.
    pub async fn take(peer: SocketAddr, user: &str) -> Result<Self, LockError> {
        Self::take_in(&std::env::temp_dir().join(FOLDER), peer, user, WAIT).await
    }

    async fn take_in(
        folder: &Path,
        peer: SocketAddr,
        user: &str,
        wait: Duration,
    ) -> Result<Self, LockError> {
        let path = folder.join(file_name(peer, user));
        let io = |source| LockError::Io { path: path.clone(), source };
        make(folder).map_err(io)?;
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(io)?;
        let until = Instant::now() + wait;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(source)) => return Err(io(source)),
                Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(LOOK).await,
                Err(TryLockError::WouldBlock) => {
                    let mut holder = String::new();
                    // Some systems do not let a locked file be read.
                    let _ = file.rewind().and_then(|()| file.read_to_string(&mut holder));
                    if holder.is_empty() {
                        holder = "another process".to_owned();
                    }
                    return Err(LockError::Held { account: user.to_owned(), holder, waited: wait });
                }
            }
        }
        let written = file.set_len(0).and_then(|()| file.rewind());
        written.and_then(|()| file.write_all(myself().as_bytes())).map_err(io)?;
        Ok(Self { _file: file })
    }
}

/// `process 4242, conformance --target lab-uccx, since 2026-11-25T14:03:11Z`.
fn myself() -> String {
    // The words after the name of the binary; passwords are not among them.
    let words: Vec<String> = std::env::args().skip(1).collect();
    let since = humantime::format_rfc3339_seconds(SystemTime::now());
    format!("process {}, {}, since {since}", std::process::id(), words.join(" "))
}

/// The address identifies a server, whatever its name. On loopback the port counts too, since this
/// machine may run several servers.
fn file_name(peer: SocketAddr, user: &str) -> String {
    let server = if peer.ip().is_loopback() { peer.to_string() } else { peer.ip().to_string() };
    let name = format!("{server}-{}", user.trim().to_lowercase());
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || ".-_".contains(c) {
            c.to_string()
        } else {
            format!("%{:x}", u32::from(c))
        }
    };
    let name: String = name.chars().map(plain).collect();
    format!("{}.lock", name.get(..200).unwrap_or(&name))
}

/// Makes the folder, writable for all users of this machine.
fn make(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o1777))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(150);

    #[tokio::test]
    async fn an_account_is_had_by_one_and_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let peer: SocketAddr = "192.0.2.1:8445".parse().unwrap();
        let take = |port, user: &'static str| {
            AccountLock::take_in(folder.path(), SocketAddr::new(peer.ip(), port), user, SHORT)
        };
        let first = take(8445, "Agent").await.unwrap();
        // The same account, in any spelling and at any port.
        let said = take(7443, "agent ").await.unwrap_err().to_string();
        let me = format!("process {}, ", std::process::id());
        assert!(said.starts_with("account agent  is in use by ") && said.contains(&me), "{said}");
        take(8445, "1002").await.unwrap();
        drop(first);
        take(8445, "agent").await.unwrap();
    }

    #[test]
    fn no_login_name_leads_out_of_the_folder() {
        let peer: SocketAddr = "[::1]:1".parse().unwrap();
        assert_eq!(file_name(peer, "../Ä@x"), "%5b%3a%3a1%5d%3a1-..%2f%e4%40x.lock");
        assert_eq!(file_name(peer, &"a".repeat(500)).len(), 205);
    }
}
