//! Where the suite lives: cases, snapshots, targets, and what earlier runs left behind.

use std::path::{Path, PathBuf};

use case::{Diagnostic, Library};
use runner::{Target, TargetError};

/// The folders of a suite.
#[derive(Debug, Clone)]
pub struct Suite {
    root: PathBuf,
}

/// Why there is no suite.
#[derive(Debug, thiserror::Error)]
#[error("no `cases/` folder here or in a folder above {}", .0.display())]
pub struct SuiteError(PathBuf);

impl Suite {
    /// The suite in `start` or in the nearest folder above it that has one.
    ///
    /// # Errors
    ///
    /// There is none.
    pub fn find(start: &Path) -> Result<Self, SuiteError> {
        let is_suite = |folder: &&Path| folder.join("cases").is_dir();
        match start.ancestors().find(is_suite) {
            Some(root) => Ok(Self { root: root.to_owned() }),
            None => Err(SuiteError(start.to_owned())),
        }
    }

    /// The folder that holds all the others.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `cases/`.
    pub fn cases(&self) -> PathBuf {
        self.root.join("cases")
    }

    /// `xtask/targets/`.
    pub fn targets(&self) -> PathBuf {
        self.root.join("xtask").join("targets")
    }

    /// `xtask/clients/`.
    pub fn clients(&self) -> PathBuf {
        self.root.join("xtask").join("clients")
    }

    /// Where raw and readable transcripts of a target are kept.
    pub fn transcripts(&self, target: &str) -> PathBuf {
        self.root.join("target").join("conformance").join(target)
    }

    /// All cases and fragments.
    ///
    /// # Errors
    ///
    /// All that is wrong in all files.
    pub fn library(&self) -> Result<Library, Vec<Diagnostic>> {
        Library::load(&self.cases(), &self.root)
    }

    /// A target by name or by path.
    ///
    /// # Errors
    ///
    /// There is no such file, or something in it is wrong.
    pub fn target(&self, name: &str) -> Result<Target, TargetError> {
        Target::load(&self.targets(), name)
    }
}
