//! Names for clients without a name: gates running side by side must not overwrite each other's
//! transcripts.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

use files::Unwritten;

/// The first name tried.
const NAME: &str = "unnamed";

/// Limit of gates without a name at the same time.
const MOST: usize = 1000;

/// A name that no other run has while this value lives: `unnamed`, `unnamed-2`, … The system
/// releases the lock when the process ends.
#[derive(Debug)]
pub struct Nameless {
    name: String,
    _lock: File,
}

impl Nameless {
    /// Takes the first free name in `folder`, the parent of the transcript folders.
    ///
    /// # Errors
    ///
    /// The folder cannot be written.
    pub fn take(folder: &Path) -> Result<Self, Unwritten> {
        for number in 1..=MOST {
            let name = if number == 1 { NAME.to_owned() } else { format!("{NAME}-{number}") };
            let path = folder.join(format!("{name}.lock"));
            let lock = files::open_below(folder, &path)?;
            match lock.try_lock() {
                Ok(()) => return Ok(Self { name, _lock: lock }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(Unwritten::new(&path, error)),
            }
        }
        let many = format!("{MOST} gates without a name run already; name this client: --client");
        Err(Unwritten::new(folder, io::Error::other(many)))
    }

    /// The name, valid as a folder name.
    pub fn name(&self) -> &str {
        &self.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_at_once_have_two_names() {
        let folder = tempfile::tempdir().unwrap();
        let take = || Nameless::take(folder.path()).unwrap();
        let (first, second) = (take(), take());
        assert_eq!([first.name(), second.name()], ["unnamed", "unnamed-2"]);
        drop(first);
        assert_eq!(take().name(), "unnamed");
    }
}
