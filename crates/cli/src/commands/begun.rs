//! The mark of a run beside its results, from its beginning to their end: a run that was killed or
//! interrupted leaves it behind.

use std::fs::{File, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The mark of the run that this process plays. It is locked, so that others know that the run goes
/// on.
pub(super) struct Begun {
    path: PathBuf,
    _lock: File,
}

/// A run that has a mark and no results.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unfinished {
    /// It is played by another process; its beginning.
    Played(String),
    /// It was interrupted or killed; its beginning.
    Ended(String),
}

impl Begun {
    /// Marks the beginning of a run whose results will be in the file `results`, below `root`. None
    /// if another process plays such a run, or nothing can be written: the run itself will say so.
    pub(super) fn mark(root: &Path, results: &Path) -> Option<Self> {
        let path = results.with_extension("begun");
        let mut file = files::open_below(root, &path).ok()?;
        file.try_lock().ok()?;
        file.set_len(0).ok()?;
        let now = humantime::format_rfc3339_seconds(SystemTime::now());
        file.write_all(now.to_string().as_bytes()).ok()?;
        Some(Self { path, _lock: file })
    }

    /// The run has its results.
    pub(super) fn has_results(self) {
        // A mark that stays says too much, and the next run replaces it.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The run that was begun after that of the file `results` and has left nothing there.
pub(super) fn unfinished(results: &Path) -> Option<Unfinished> {
    let mut file = File::open(results.with_extension("begun")).ok()?;
    let mut began = String::new();
    file.read_to_string(&mut began).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(Unfinished::Played(began)),
        Ok(()) | Err(TryLockError::Error(_)) => Some(Unfinished::Ended(began)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_stays_until_there_are_results() {
        let folder = tempfile::tempdir().unwrap();
        let results = folder.path().join("mock/results.jsonl");
        let mark = || Begun::mark(folder.path(), &results);
        assert_eq!(unfinished(&results), None);
        let begun = mark().unwrap();
        assert!(mark().is_none(), "one run at a time has the mark");
        assert!(
            matches!(unfinished(&results), Some(Unfinished::Played(began)) if began.len() == 20)
        );
        drop(begun);
        assert!(matches!(unfinished(&results), Some(Unfinished::Ended(_))));
        mark().unwrap().has_results();
        assert_eq!(unfinished(&results), None);
    }
}
