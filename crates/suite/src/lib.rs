//! Finds the suite: in its own repository, or built into this program, with a project's home.

use std::path::{Path, PathBuf};

use case::{Diagnostic, Library};
use runner::{Baselines, BuiltIn, Folder, Kind, Layers, Snapshots, Target, TargetError};
use textual::program;

/// The name of the folder in which a home is searched.
pub const HOME: &str = "conformance";

/// The file that makes a folder a home.
pub const MARK: &str = "finesse-conformance.toml";

/// The target whose snapshots are the baseline for servers.
pub const BASELINE: &str = "mock";

/// The reference client, whose snapshots are the baseline for clients.
pub const REFERENCE: &str = "client";

/// The file of the same client over BOSH.
pub const REFERENCE_OVER_BOSH: &str = "client-bosh";

/// The files of a suite, and its folder for results.
#[derive(Debug, Clone)]
pub struct Suite {
    layers: Layers,
    origin: Origin,
}

/// The place of a suite.
#[derive(Debug, Clone)]
enum Origin {
    /// Its own repository: all files are on disk.
    Checkout(Folder),
    /// A project with a home: files missing there are built in.
    Home(Folder),
    /// Anywhere else: all files are built in, and results go into a cache.
    Nowhere { cache: PathBuf },
}

/// Why there is no suite, or not the requested part.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// No suite in this folder or above, and none built in.
    #[error(
        "no suite in {} or a folder above it, and none is built into this program; cargo install --path crates/conformance installs a program with the suite",
        .0.display()
    )]
    None(PathBuf),
    /// There is a home, but no suite is built in.
    #[error(
        "{} is the home of a project, but no suite is built into this program; cargo install --path crates/conformance installs a program with the suite",
        .0.display()
    )]
    Bare(PathBuf),
    /// The given folder is not a home.
    #[error("{0} is not a home, since it has no {MARK}; make it one with `{program} init {0}`", program = program())]
    NoHome(String),
    /// The command needs a home.
    #[error(
        "{0} a home, the folder for a project's clients, cases and transcripts, and there is none here or above; make one with `{program} init`",
        program = program()
    )]
    Homeless(&'static str),
    /// The command works only in the suite's own repository.
    #[error("{0} only in the suite's own repository")]
    NoCheckout(&'static str),
}

impl Suite {
    /// The nearest suite, in `start` or a folder above it: the suite's repository, or a project
    /// with a home. Without either, the built-in suite.
    ///
    /// # Errors
    ///
    /// No suite is found and none is built in.
    pub fn find(start: &Path, built_in: BuiltIn) -> Result<Self, SuiteError> {
        for folder in start.ancestors() {
            if folder.join("cases").is_dir() && folder.join("xtask").join("targets").is_dir() {
                let root = Folder::new(folder, "");
                return Ok(Self {
                    layers: Layers::checkout(root.clone()),
                    origin: Origin::Checkout(root),
                });
            }
            let below = folder.join(HOME);
            if below.join(MARK).is_file() {
                return Self::at(Folder::new(below, HOME), built_in);
            }
            if folder.join(MARK).is_file() {
                let name = folder.file_name().unwrap_or_default();
                return Self::at(Folder::new(folder, name), built_in);
            }
        }
        if built_in.is_none() {
            return Err(SuiteError::None(start.to_owned()));
        }
        let cache = cache(start);
        Ok(Self { layers: Layers::built_in(built_in), origin: Origin::Nowhere { cache } })
    }

    /// The built-in suite with the home in `folder`.
    ///
    /// # Errors
    ///
    /// The folder is not a home, or no suite is built in.
    pub fn with_home(folder: &Path, built_in: BuiltIn) -> Result<Self, SuiteError> {
        if !folder.join(MARK).is_file() {
            return Err(SuiteError::NoHome(folder.display().to_string()));
        }
        Self::at(Folder::new(folder, folder), built_in)
    }

    fn at(home: Folder, built_in: BuiltIn) -> Result<Self, SuiteError> {
        if built_in.is_none() {
            return Err(SuiteError::Bare(home.path().to_owned()));
        }
        Ok(Self { layers: Layers::home(home.clone(), built_in), origin: Origin::Home(home) })
    }

    /// The layers of files: the project's own, then the built-in ones.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// The accepted transcripts.
    pub fn snapshots(&self) -> Snapshots {
        Snapshots::new(&self.layers, Baselines { servers: BASELINE, clients: REFERENCE })
    }

    /// The project's own folder for files of a kind. `what` begins the error message:
    /// `a new case needs`.
    ///
    /// # Errors
    ///
    /// There is neither a home nor a repository.
    pub fn own(&self, kind: Kind, what: &'static str) -> Result<Folder, SuiteError> {
        self.layers.own(kind).ok_or(SuiteError::Homeless(what))
    }

    /// The root of the suite's own repository. `what` begins the error message: `labs are started`.
    ///
    /// # Errors
    ///
    /// The suite is not in its own repository.
    pub fn checkout(&self, what: &'static str) -> Result<&Path, SuiteError> {
        match &self.origin {
            Origin::Checkout(root) => Ok(root.path()),
            Origin::Home(_) | Origin::Nowhere { .. } => Err(SuiteError::NoCheckout(what)),
        }
    }

    /// The root of the repository with the suite or the home; links start there.
    pub fn project(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Checkout(root) => Some(root.path()),
            Origin::Home(home) => home.path().parent(),
            Origin::Nowhere { .. } => None,
        }
    }

    /// The folder for raw and readable transcripts, as `TARGET/AREA/SLUG.txt`.
    pub fn results(&self) -> Folder {
        match &self.origin {
            Origin::Checkout(root) => root.join("target").join("conformance"),
            Origin::Home(home) => home.join("results"),
            Origin::Nowhere { cache } => Folder::new(cache, cache),
        }
    }

    /// The folder for the certificate of a fake started by `mock`.
    pub fn certificates(&self) -> PathBuf {
        match &self.origin {
            Origin::Checkout(root) => root.path().join("target").join("mock"),
            Origin::Home(_) | Origin::Nowhere { .. } => self.results().path().to_owned(),
        }
    }

    /// The part of [`Suite::results`] for one target.
    pub fn transcripts(&self, target: &str) -> PathBuf {
        self.results().path().join(target)
    }

    /// All cases and fragments.
    ///
    /// # Errors
    ///
    /// The errors in all files.
    pub fn library(&self) -> Result<Library, Vec<Diagnostic>> {
        let built_in = self.layers.all_built_in(Kind::Cases);
        let built_in = built_in.map(|(_, file)| (file.shown.into(), file.text)).collect();
        match self.layers.own(Kind::Cases) {
            // A home may have none.
            Some(own) if own.path().is_dir() => {
                Library::load_onto(built_in, own.path(), own.shown())
            }
            _ => Library::from_files(built_in),
        }
    }

    /// A client by the name of its file, with the fake that answers all clients.
    ///
    /// # Errors
    ///
    /// There is no such file, or it has an error.
    pub fn client(&self, name: &str) -> Result<Target, TargetError> {
        self.target(BASELINE)?.client(&self.layers, name, program())
    }

    /// A client of which nothing but a name is known.
    ///
    /// # Errors
    ///
    /// As [`Suite::client`].
    pub fn any_client(&self, name: &str) -> Result<Target, TargetError> {
        Ok(self.target(BASELINE)?.any_client(name))
    }

    /// A target by name or by path.
    ///
    /// # Errors
    ///
    /// There is no such file, or it has an error.
    pub fn target(&self, name: &str) -> Result<Target, TargetError> {
        Target::load(&self.layers, name)
    }
}

/// Where results go that have no home: a folder for each folder that one stands in, so that two
/// projects do not share any.
fn cache(start: &Path) -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let caches = variable("XDG_CACHE_HOME")
        .or_else(|| variable("LOCALAPPDATA"))
        .map(PathBuf::from)
        .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .unwrap_or_else(std::env::temp_dir);
    let name = start.to_string_lossy().replace(['/', '\\', ':'], "-");
    caches.join("finesse-conformance").join(name.trim_start_matches('-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: BuiltIn = Some(|| &[("cases/bind/twice.case", "")]);

    fn touch(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }

    #[test]
    fn the_nearest_counts() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir_all(root.join("cases")).unwrap();
        std::fs::create_dir_all(root.join("xtask/targets")).unwrap();
        std::fs::create_dir_all(root.join("src")).unwrap();
        let suite = Suite::find(&root.join("src"), BUILT_IN).unwrap();
        assert_eq!(suite.checkout("").unwrap(), root);
        assert_eq!(suite.results().shown(), Path::new("target/conformance"));

        let home = root.join("project/conformance");
        touch(&home.join(MARK));
        for start in ["project", "project/conformance", "project/conformance/cases"] {
            let suite = Suite::find(&root.join(start), BUILT_IN).unwrap();
            assert_eq!(suite.results(), Folder::new(&home, HOME).join("results"), "{start}");
            assert_eq!(suite.project(), Some(&*root.join("project")));
            assert!(suite.checkout("labs are").is_err());
        }
    }

    #[test]
    fn a_folder_of_that_name_without_the_mark_is_not_a_home() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("conformance/clients")).unwrap();
        std::fs::create_dir_all(folder.path().join("cases")).unwrap();
        let suite = Suite::find(folder.path(), BUILT_IN).unwrap();
        let error = suite.own(Kind::Cases, "cases of one's own want").unwrap_err().to_string();
        assert!(error.contains("`finesse-conformance init`"), "{error}");
        assert!(suite.results().path().is_absolute());
        let error = Suite::with_home(&folder.path().join("conformance"), BUILT_IN).unwrap_err();
        assert!(
            error.to_string().contains("conformance is not a home, since it has no"),
            "{error}"
        );
        assert!(matches!(Suite::find(folder.path(), None), Err(SuiteError::None(_))));
    }
}
