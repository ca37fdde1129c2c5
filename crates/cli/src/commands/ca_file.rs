//! The file of a CA certificate that clients must trust.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A file with a CA certificate. One that no person named is removed in the end: the key of the
/// authority ends with this process.
pub(super) struct CaFile {
    path: PathBuf,
    is_named: bool,
}

impl CaFile {
    /// Writes a CA certificate to the file that a person named, or to one in `folder`.
    pub(super) fn write(named: Option<&Path>, folder: &Path, pem: &str) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) => {
                files::write(path, pem)?;
                path.to_owned()
            }
            None => {
                let path = folder.join(format!("ca-{}.pem", std::process::id()));
                files::write_below(folder, &path, pem)?;
                path
            }
        };
        let path = std::path::absolute(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path, is_named: named.is_some() })
    }

    /// Its absolute path.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for CaFile {
    fn drop(&mut self) {
        if !self.is_named {
            // It does no harm if it stays.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_file_that_a_person_named_stays() {
        let folder = tempfile::tempdir().unwrap();
        let own = CaFile::write(None, folder.path(), "pem").unwrap();
        let path = own.path().to_owned();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "pem");
        drop(own);
        assert!(!path.exists());
        let named = folder.path().join("ca.pem");
        drop(CaFile::write(Some(&named), folder.path(), "pem").unwrap());
        assert!(named.exists());
    }
}
