//! The place of a suite: its own repository, or this program with a project's home above it.

use std::path::{Path, PathBuf};

use case::{Diagnostic, Library};
use runner::{Baselines, BuiltIn, Folder, Kind, Layers, Snapshots, Target, TargetError};
use textual::program;

/// The name of a home that is looked for.
pub const HOME: &str = "conformance";

/// The file that makes a folder a home.
pub const MARK: &str = "finesse-conformance.toml";

/// The target whose snapshots are the baseline of all other servers.
pub const BASELINE: &str = "mock";

/// The client whose snapshots are the baseline of all other clients: the reference client.
pub const REFERENCE: &str = "client";

/// A suite.
#[derive(Debug, Clone)]
pub struct Suite {
    layers: Layers,
    origin: Origin,
}

/// Where a suite was found.
#[derive(Debug, Clone)]
enum Origin {
    /// Its own repository: all is on disk.
    Checkout(Folder),
    /// Another project, with a home: what is not in there is built in.
    Home(Folder),
    /// Anywhere else: all is built in, and results go into a cache.
    Nowhere { cache: PathBuf },
}

/// Why there is no suite, or not what is wanted of it.
#[derive(Debug, thiserror::Error)]
pub enum SuiteError {
    /// Neither here nor above, and none is built in.
    #[error(
        "no suite here or in a folder above {}, and none is built into this program: cargo install --path crates/conformance makes one that has it",
        .0.display()
    )]
    None(PathBuf),
    /// There is a home, and nothing below it.
    #[error(
        "{} is the home of a project, and none of the suite is built into this program: cargo install --path crates/conformance makes one that has it",
        .0.display()
    )]
    Bare(PathBuf),
    /// The folder that was named is no home.
    #[error("{0} is no home: it has no {MARK}; `{program} init {0}` makes it one", program = program())]
    NoHome(String),
    /// Only a home has what is wanted.
    #[error(
        "{0} a home, where a project keeps its clients, cases and transcripts, and there is none here or above; `{program} init` writes one",
        program = program()
    )]
    Homeless(&'static str),
    /// Only the suite's own repository has what is wanted.
    #[error("{0} in the suite's own repository, and this is none")]
    NoCheckout(&'static str),
}

impl Suite {
    /// The nearest suite, in `start` or a folder above it: a repository of the suite, or a project
    /// with a home. Without either, what is built in.
    ///
    /// # Errors
    ///
    /// None is built in, where one would have to be.
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
        if built_in.is_empty() {
            return Err(SuiteError::None(start.to_owned()));
        }
        let cache = cache(start);
        Ok(Self { layers: Layers::built_in(built_in), origin: Origin::Nowhere { cache } })
    }

    /// The suite with the home in a folder that somebody has named.
    ///
    /// # Errors
    ///
    /// It is no home, or nothing is built in.
    pub fn with_home(folder: &Path, built_in: BuiltIn) -> Result<Self, SuiteError> {
        if !folder.join(MARK).is_file() {
            return Err(SuiteError::NoHome(folder.display().to_string()));
        }
        Self::at(Folder::new(folder, folder), built_in)
    }

    fn at(home: Folder, built_in: BuiltIn) -> Result<Self, SuiteError> {
        if built_in.is_empty() {
            return Err(SuiteError::Bare(home.path().to_owned()));
        }
        Ok(Self { layers: Layers::home(home.clone(), built_in), origin: Origin::Home(home) })
    }

    /// Its files.
    pub fn layers(&self) -> &Layers {
        &self.layers
    }

    /// Its accepted transcripts.
    pub fn snapshots(&self) -> Snapshots {
        Snapshots::new(&self.layers, Baselines { servers: BASELINE, clients: REFERENCE })
    }

    /// The folder of one's own for files of a kind. `what` begins a sentence: that it wants a home.
    ///
    /// # Errors
    ///
    /// There is neither a home nor a repository.
    pub fn own(&self, kind: Kind, what: &'static str) -> Result<Folder, SuiteError> {
        self.layers.own(kind).ok_or(SuiteError::Homeless(what))
    }

    /// The root of the suite's own repository. `what` begins a sentence: what there is only there.
    ///
    /// # Errors
    ///
    /// This is none.
    pub fn checkout(&self, what: &'static str) -> Result<&Path, SuiteError> {
        match &self.origin {
            Origin::Checkout(root) => Ok(root.path()),
            Origin::Home(_) | Origin::Nowhere { .. } => Err(SuiteError::NoCheckout(what)),
        }
    }

    /// The root of the repository that has the suite or the home: what links lead from.
    pub fn project(&self) -> Option<&Path> {
        match &self.origin {
            Origin::Checkout(root) => Some(root.path()),
            Origin::Home(home) => home.path().parent(),
            Origin::Nowhere { .. } => None,
        }
    }

    /// Where raw and readable transcripts are kept: `TARGET/AREA/SLUG.txt` in it.
    pub fn results(&self) -> Folder {
        match &self.origin {
            Origin::Checkout(root) => root.join("target").join("conformance"),
            Origin::Home(home) => home.join("results"),
            Origin::Nowhere { cache } => Folder::new(cache, cache),
        }
    }

    /// Where the certificate of a fake is put that runs by itself.
    pub fn certificates(&self) -> PathBuf {
        match &self.origin {
            Origin::Checkout(root) => root.path().join("target").join("mock"),
            Origin::Home(_) | Origin::Nowhere { .. } => self.results().path().to_owned(),
        }
    }

    /// [`Suite::results`] of a target.
    pub fn transcripts(&self, target: &str) -> PathBuf {
        self.results().path().join(target)
    }

    /// All cases and fragments.
    ///
    /// # Errors
    ///
    /// All that is wrong in all files.
    pub fn library(&self) -> Result<Library, Vec<Diagnostic>> {
        let built_in = self.layers.all_built_in(Kind::Cases);
        let built_in = built_in.map(|(_, file)| (file.shown.into(), file.text)).collect();
        match self.layers.own(Kind::Cases) {
            // A home need not have any.
            Some(own) if own.path().is_dir() => {
                Library::load_onto(built_in, own.path(), own.shown())
            }
            _ => Library::from_files(built_in),
        }
    }

    /// A client by the name of its file, answered by the fake that all clients are.
    ///
    /// # Errors
    ///
    /// There is no such file, or something in it is wrong.
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
    /// There is no such file, or something in it is wrong.
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

    const BUILT_IN: BuiltIn = &[("cases/bind/twice.case", "")];

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
        assert!(error.to_string().contains("conformance is no home: it has no"), "{error}");
        assert!(matches!(Suite::find(folder.path(), &[]), Err(SuiteError::None(_))));
    }
}
