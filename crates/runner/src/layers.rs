//! The files of a suite, in two layers: folders of one's own, above what a program brings along.
//!
//! In the repository of the suite there is the upper layer alone: all is on disk, and changed
//! there. Elsewhere the suite comes with the program, and a project adds to it. A lookup tries
//! the upper layer first. New files go there.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

/// A folder: where it is, and what it is called in reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    path: PathBuf,
    shown: PathBuf,
}

/// The kinds of files, each of which has a folder of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `AREA/SLUG.case`, `_fragments/NAME.case`.
    Cases,
    /// `AREA/SLUG.snap`, `AREA/SLUG@TARGET.snap`.
    Snapshots,
    /// `NAME.toml`.
    Targets,
    /// `NAME.toml`.
    Clients,
    /// `NAME.md`, the pages of the book. A home has none of its own.
    Pages,
}

/// Files built into the program: path, as `cases/bind/twice.case`, and text.
pub type Files = &'static [(&'static str, &'static str)];

/// The files of a program that has a suite. They are packed, so they are unpacked when the first is
/// asked for: a fake that only serves starts without them.
pub type BuiltIn = Option<fn() -> Files>;

/// The files of a suite.
#[derive(Debug, Clone)]
pub struct Layers {
    own: Option<OwnFolders>,
    built_in: BuiltIn,
}

/// Folders of one's own.
#[derive(Debug, Clone)]
struct OwnFolders {
    root: Folder,
    /// Where below the root targets and clients are; empty in a home.
    aside: &'static str,
}

impl OwnFolders {
    fn is_checkout(&self) -> bool {
        !self.aside.is_empty()
    }
}

/// A file that was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    pub text: String,
    /// Its name in reports.
    pub shown: String,
}

/// A file that is there and cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{path}: {source}")]
pub struct Unreadable {
    /// Its name in reports.
    pub path: String,
    /// The error of the operating system.
    pub source: io::Error,
}

impl Folder {
    /// The folder at `path`, called `shown`.
    pub fn new(path: impl Into<PathBuf>, shown: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), shown: shown.into() }
    }

    /// A folder or file in it.
    #[must_use]
    pub fn join(&self, name: impl AsRef<Path>) -> Self {
        Self { path: self.path.join(&name), shown: self.shown.join(&name) }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its name in reports.
    pub fn shown(&self) -> &Path {
        &self.shown
    }

    /// The name of a file in it in reports; one elsewhere has its own path.
    pub fn name_of(&self, path: &Path) -> PathBuf {
        path.strip_prefix(&self.path)
            .map_or_else(|_| path.to_owned(), |below| self.shown.join(below))
    }
}

impl Kind {
    /// The name of its folder.
    pub fn word(self) -> &'static str {
        match self {
            Self::Cases => "cases",
            Self::Snapshots => "snapshots",
            Self::Targets => "targets",
            Self::Clients => "clients",
            Self::Pages => "docs",
        }
    }
}

impl Layers {
    /// The repository of the suite itself, where targets and clients are below `xtask/`.
    pub fn checkout(root: Folder) -> Self {
        Self { own: Some(OwnFolders { root, aside: "xtask" }), built_in: None }
    }

    /// The home that another project has, above what is built in.
    pub fn home(root: Folder, built_in: BuiltIn) -> Self {
        Self { own: Some(OwnFolders { root, aside: "" }), built_in }
    }

    /// The layer built into the program, alone.
    pub fn built_in(built_in: BuiltIn) -> Self {
        Self { own: None, built_in }
    }

    /// The folder of one's own for files of a kind.
    pub fn own(&self, kind: Kind) -> Option<Folder> {
        let own = self.own.as_ref()?;
        match kind {
            Kind::Cases | Kind::Snapshots => Some(own.root.join(kind.word())),
            Kind::Targets | Kind::Clients => Some(own.root.join(own.aside).join(kind.word())),
            Kind::Pages => own.is_checkout().then(|| own.root.join(kind.word())),
        }
    }

    /// The file of a kind, one's own before the one that is built in.
    ///
    /// # Errors
    ///
    /// It is there and cannot be read.
    pub fn read(&self, kind: Kind, name: &str) -> Result<Option<FoundFile>, Unreadable> {
        let Some(own) = self.own(kind).map(|folder| folder.join(name)) else {
            return Ok(self.read_built_in(kind, name));
        };
        let shown = own.shown().display().to_string();
        match files::read_text(own.path(), files::SMALL) {
            Ok(text) => Ok(Some(FoundFile { text, shown })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(self.read_built_in(kind, name))
            }
            Err(source) => Err(Unreadable { path: shown, source }),
        }
    }

    fn files(&self) -> Files {
        self.built_in.map_or(&[], |unpacked| unpacked())
    }

    /// The file of a kind that is built in, whether there is one of one's own or not.
    pub(crate) fn read_built_in(&self, kind: Kind, name: &str) -> Option<FoundFile> {
        let path = format!("{}/{name}", kind.word());
        let (path, text) = self.files().iter().find(|(known, _)| *known == path)?;
        Some(built_in(path, text))
    }

    /// All files of a kind that are built in: name, and what it holds.
    pub fn all_built_in(&self, kind: Kind) -> impl Iterator<Item = (&'static str, FoundFile)> {
        self.files().iter().filter_map(move |(path, text)| {
            let name = path.strip_prefix(kind.word())?.strip_prefix('/')?;
            Some((name, built_in(path, text)))
        })
    }

    /// The names of all targets, or of all clients, sorted: of `NAME.toml`.
    pub fn names(&self, kind: Kind) -> Vec<String> {
        let folder = self.own(kind);
        let entries = folder.iter().filter_map(|folder| std::fs::read_dir(folder.path()).ok());
        let own = entries.flatten().flatten().map(|entry| entry.file_name());
        let own = own.map(|name| name.to_string_lossy().into_owned());
        let built_in = self.all_built_in(kind).map(|(name, _)| name.to_owned());
        let stems = own
            .chain(built_in)
            .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
            .collect::<BTreeSet<_>>();
        stems.into_iter().collect()
    }
}

fn built_in(path: &str, text: &str) -> FoundFile {
    FoundFile { text: text.to_owned(), shown: format!("{}{path}", case::BUILT_IN) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILT_IN: BuiltIn = Some(|| {
        &[
            ("cases/bind/twice.case", "built in"),
            ("targets/mock.toml", "built in"),
            ("targets/lab.toml", "built in"),
        ]
    });

    #[test]
    fn what_is_ones_own_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("targets")).unwrap();
        for name in ["targets/lab.toml", "targets/mine.toml", "targets/notes.txt"] {
            std::fs::write(folder.path().join(name), "own").unwrap();
        }
        let layers = Layers::home(Folder::new(folder.path(), "conformance"), BUILT_IN);
        let text = |name: &str| layers.read(Kind::Targets, name).unwrap();
        let found = |text: &str, shown: &str| {
            Some(FoundFile {
                text: text.to_owned(),
                shown: shown.replace('/', std::path::MAIN_SEPARATOR_STR),
            })
        };
        assert_eq!(text("lab.toml"), found("own", "conformance/targets/lab.toml"));
        assert_eq!(text("mock.toml").unwrap().shown, "built-in:targets/mock.toml");
        assert_eq!(text("gone.toml"), None);
        assert_eq!(layers.names(Kind::Targets), ["lab", "mine", "mock"]);
        assert_eq!(layers.read_built_in(Kind::Targets, "lab.toml").unwrap().text, "built in");
        let cases: Vec<&str> = layers.all_built_in(Kind::Cases).map(|(name, _)| name).collect();
        assert_eq!(cases, ["bind/twice.case"]);
    }

    #[test]
    fn what_cannot_be_read_is_not_looked_for_below() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("targets/mock.toml")).unwrap();
        let layers = Layers::home(Folder::new(folder.path(), "home"), BUILT_IN);
        assert!(layers.read(Kind::Targets, "mock.toml").is_err());
    }

    #[test]
    fn a_checkout_has_targets_aside_and_nothing_built_in() {
        let layers = Layers::checkout(Folder::new("/suite", ""));
        let targets = layers.own(Kind::Targets).unwrap();
        assert_eq!(targets.path(), Path::new("/suite/xtask/targets"));
        assert_eq!(targets.shown(), Path::new("xtask/targets"));
        assert_eq!(targets.name_of(Path::new("/suite/xtask/targets/a")), targets.shown().join("a"));
        assert_eq!(targets.name_of(Path::new("/else")), Path::new("/else"));
        assert_eq!(layers.all_built_in(Kind::Cases).count(), 0);
        assert_eq!(layers.own(Kind::Pages).unwrap().path(), Path::new("/suite/docs"));
        assert_eq!(Layers::home(Folder::new("/suite", ""), None).own(Kind::Pages), None);
    }
}
