//! The file of a CA certificate that clients must trust.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// Writes a CA certificate to the file that a person named, or to one in `folder`; returns its
/// absolute path.
pub(super) fn write(named: Option<&Path>, folder: &Path, pem: &str) -> anyhow::Result<PathBuf> {
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
    std::path::absolute(&path).with_context(|| path.display().to_string())
}
