//! Writes files whole and inside their folder, and reads them up to a size; every error of writing
//! names the file.
//!
//! Files that this program makes by itself (transcripts, results, pending snapshots, certificates)
//! are written with [`write_below`], which follows no symbolic link out of the folder. Files that a
//! person names are written with [`write()`], wherever their path leads.

mod reading;

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

pub use reading::{LARGE, SMALL, read, read_text};

/// A file or standard output that cannot be written: the disk is full, the folder is read-only, a
/// symbolic link leads elsewhere.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {path}: {source}")]
pub struct Unwritten {
    /// The file, or `standard output`.
    pub path: String,
    /// The error of the system.
    pub source: io::Error,
}

impl Unwritten {
    /// The error `source` of the file `path`.
    pub fn new(path: &Path, source: io::Error) -> Self {
        Self { path: path.display().to_string(), source }
    }

    /// The error `source` of standard output.
    pub fn stdout(source: io::Error) -> Self {
        Self { path: "standard output".to_owned(), source }
    }

    /// Whether the reader of standard output has gone, as `head` does.
    pub fn is_closed_pipe(&self) -> bool {
        self.source.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Writes a file that a person named, and the folders above it.
///
/// # Errors
///
/// The file cannot be written.
pub fn write(path: &Path, content: impl AsRef<[u8]>) -> Result<(), Unwritten> {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, content)).map_err(|error| Unwritten::new(path, error))
}

/// Writes a file below `root`, and the folders above it. It replaces the old file in one step, so
/// that a full disk or a killed process leaves the old one, and no reader sees half a file.
///
/// `root` itself may be a symbolic link. A link in the place of the file is replaced.
///
/// # Errors
///
/// The file cannot be written, or a folder below `root` is a symbolic link that leads out of it.
pub fn write_below(root: &Path, path: &Path, content: impl AsRef<[u8]>) -> Result<(), Unwritten> {
    // Several threads may write beside each other.
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let write = || {
        let folder = folder_below(root, path)?;
        let (pid, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let fresh = folder.join(format!(".{pid}-{count}.part"));
        let mut file = File::create_new(&fresh)?;
        let written = file.write_all(content.as_ref()).and_then(|()| {
            std::fs::rename(&fresh, folder.join(path.file_name().unwrap_or_default()))
        });
        if written.is_err() {
            // The first error is the one to tell.
            let _ = std::fs::remove_file(&fresh);
        }
        written
    };
    write().map_err(|error| Unwritten::new(path, error))
}

/// Opens a file below `root` for a lock, without changing its content.
///
/// # Errors
///
/// As [`write_below`]; also if the file itself is a symbolic link.
pub fn open_below(root: &Path, path: &Path) -> Result<File, Unwritten> {
    let open = || {
        let file = folder_below(root, path)?.join(path.file_name().unwrap_or_default());
        if file.is_symlink() {
            return Err(io::Error::other("it is a symbolic link; remove it"));
        }
        File::options().create(true).truncate(false).write(true).open(file)
    };
    open().map_err(|error| Unwritten::new(path, error))
}

/// The folder of `path`, made where it is missing, as its true path below that of `root`.
fn folder_below(root: &Path, path: &Path) -> io::Result<PathBuf> {
    std::fs::create_dir_all(root)?;
    let (root, folder) = (root.canonicalize()?, path.parent().unwrap_or(root));
    // Links are looked at before anything is made behind them.
    let there = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok());
    let inside = there.unwrap_or(&root).canonicalize()?;
    if !inside.starts_with(&root) {
        return Err(io::Error::other(format!(
            "a symbolic link leads out of {}, to {}; remove it",
            root.display(),
            inside.display()
        )));
    }
    std::fs::create_dir_all(folder)?;
    folder.canonicalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_with_its_folders_and_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (root, path) = (folder.path().join("results"), folder.path().join("results/a/b.txt"));
        for content in ["one", "two"] {
            write_below(&root, &path, content).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), content);
        }
        assert_eq!(std::fs::read_dir(root.join("a")).unwrap().count(), 1, "nothing else is left");
    }

    #[test]
    fn an_error_names_the_file_once_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let path = file.join("b.txt");
        for error in [write(&path, "").unwrap_err(), write_below(&file, &path, "").unwrap_err()] {
            let said = error.to_string();
            assert_eq!(said.matches("b.txt").count(), 1, "{said}");
            assert!(said.starts_with("cannot write "), "{said}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn no_link_leads_out_of_the_folder() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().unwrap();
        let (root, outside) = (folder.path().join("results"), folder.path().join("outside"));
        std::fs::create_dir_all(&root).unwrap();
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("kept"), "kept").unwrap();

        symlink(&outside, root.join("mock")).unwrap();
        let error = write_below(&root, &root.join("mock/new/a.txt"), "x").unwrap_err();
        assert!(error.to_string().contains("leads out of"), "{error}");
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);

        let link = root.join("a.txt");
        symlink(outside.join("kept"), &link).unwrap();
        assert!(open_below(&root, &link).is_err());
        write_below(&root, &link, "new").unwrap();
        assert!(!link.is_symlink());
        assert_eq!(std::fs::read_to_string(outside.join("kept")).unwrap(), "kept");

        // The folder as a whole may be elsewhere: a `target` on another disk.
        symlink(&root, folder.path().join("link")).unwrap();
        let root = folder.path().join("link");
        write_below(&root, &root.join("b/c.txt"), "x").unwrap();
    }
}
