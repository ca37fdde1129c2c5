//! What a client is called that nobody has named: gates side by side must not write their transcripts over each other.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// The name of the first.
const NAME: &str = "unnamed";

/// How many gates without a name may run at once.
const MOST: usize = 1000;

/// A name that no other run has as long as this lives: `unnamed`, or `unnamed-2` beside it. The lock goes with the process,
/// however that ends.
#[derive(Debug)]
pub struct Nameless {
    name: String,
    _lock: File,
}

impl Nameless {
    /// The first free name in `folder`, where the folders of transcripts are.
    ///
    /// # Errors
    ///
    /// Nothing can be written there.
    pub fn take(folder: &Path) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        for number in 1..=MOST {
            let name = if number == 1 { NAME.to_owned() } else { format!("{NAME}-{number}") };
            let lock = File::create(folder.join(format!("{name}.lock")))?;
            match lock.try_lock() {
                Ok(()) => return Ok(Self { name, _lock: lock }),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Err(io::Error::other(format!("{MOST} gates without a name run already")))
    }

    /// The name.
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
