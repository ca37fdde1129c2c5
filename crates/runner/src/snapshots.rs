//! The accepted transcripts under `snapshots/`: where they are, what is pending, which belong to nobody.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use case::Case;
use transcript::{About, Snapshot, SnapshotError, same_body};

use crate::outcome::Drift;
use crate::target::Target;

/// The target whose snapshots are the baseline of all others.
pub const BASELINE: &str = "mock";

/// The client whose snapshots are the baseline of all other clients: the reference client.
pub const REFERENCE: &str = "client";

/// The folder of snapshots of a suite.
#[derive(Debug, Clone)]
pub struct Snapshots {
    /// The root of the suite; paths in reports are relative to it.
    root: PathBuf,
    /// Names of the clients under test that the suite knows; the other targets are servers.
    clients: Vec<String>,
}

impl Snapshots {
    /// The snapshots of the suite at `root`.
    pub fn new(root: &Path) -> Self {
        let clients = Target::names(&root.join("xtask").join("clients"));
        Self { root: root.to_owned(), clients }
    }

    /// The folder.
    pub fn folder(&self) -> PathBuf {
        self.root.join("snapshots")
    }

    /// The file that holds what is accepted for a case on a target, if there is one: its own, or the baseline.
    pub fn accepted(&self, id: &str, target: &str) -> Option<PathBuf> {
        let baseline = self.own(id, self.baseline(target));
        [self.own(id, target), baseline].into_iter().find(|path| path.is_file())
    }

    /// The target whose snapshots a target's own are told apart from.
    pub fn baseline(&self, target: &str) -> &'static str {
        let is_client = self.clients.iter().any(|client| client == target);
        if is_client { REFERENCE } else { BASELINE }
    }

    fn own(&self, id: &str, target: &str) -> PathBuf {
        let suffix = if target == BASELINE { String::new() } else { format!("@{target}") };
        self.folder().join(format!("{id}{suffix}.snap"))
    }

    /// Compares what was said in a case on a target, normalised, with what is accepted.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn compare(
        &self,
        case: &Case,
        target: &str,
        body: &str,
    ) -> Result<Option<Drift>, SnapshotError> {
        let id = &case.id;
        let volatile: Vec<String> =
            case.head.volatile.iter().map(|line| line.value.clone()).collect();
        let accepted = match Snapshot::read_body(&self.own(id, target))? {
            Some(body) => Some(body),
            None => Snapshot::read_body(&self.own(id, self.baseline(target)))?,
        };
        let is_new = accepted.is_none();
        let accepted = accepted.unwrap_or_default();
        let got = body.trim_end().to_owned();
        let same = !is_new && same_body(&accepted, &got, &volatile);
        Ok((!same).then_some(Drift { is_new, accepted, got, pending: None }))
    }

    /// Leaves a pending file for what was found to differ, and tells where; where nothing did, an old one is removed.
    ///
    /// # Errors
    ///
    /// A file cannot be written or removed.
    pub fn leave_pending(
        &self,
        case: &Case,
        about: &About,
        body: &str,
        drift: Option<&mut Drift>,
    ) -> Result<(), SnapshotError> {
        let pending = self.own(&case.id, &about.target).with_extension("snap.new");
        let Some(drift) = drift else {
            return match std::fs::remove_file(&pending) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    Err(SnapshotError::Io { path: pending.display().to_string(), source })
                }
                _ => Ok(()),
            };
        };
        snapshot(case, about, body).write(&pending)?;
        drift.pending =
            Some(pending.strip_prefix(&self.root).map(Path::to_owned).unwrap_or(pending));
        Ok(())
    }

    /// Snapshot files that belong to no case of `ids`, and those of a target that say the same as the baseline.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn orphans(&self, ids: &BTreeSet<&str>) -> Result<Vec<PathBuf>, SnapshotError> {
        let folder = self.folder();
        let mut orphans = Vec::new();
        for path in files(&folder) {
            let relative =
                path.strip_prefix(&folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
            let Some(name) = relative.strip_suffix(".snap") else { continue };
            let (id, target) =
                name.split_once('@').map_or((name, None), |(id, target)| (id, Some(target)));
            let baseline = target.map(|target| (target, self.baseline(target)));
            let is_orphan = !ids.contains(id)
                || match baseline {
                    // The baseline itself differs from nothing.
                    Some((target, baseline)) if target != baseline => {
                        Snapshot::read_body(&self.own(id, baseline))? == Snapshot::read_body(&path)?
                    }
                    _ => false,
                };
            if is_orphan {
                orphans.push(path.strip_prefix(&self.root).map(Path::to_owned).unwrap_or(path));
            }
        }
        orphans.sort();
        Ok(orphans)
    }

    /// The pending files, sorted.
    pub fn pending(&self) -> Vec<PathBuf> {
        let mut pending: Vec<PathBuf> = files(&self.folder())
            .into_iter()
            .filter(|path| path.to_string_lossy().ends_with(".snap.new"))
            .collect();
        pending.sort();
        pending
    }
}

/// What was said in a case, as a snapshot.
fn snapshot(case: &Case, about: &About, body: &str) -> Snapshot {
    let clauses: Vec<String> =
        case.head.spec.iter().map(|clause| clause.value.to_string()).collect();
    Snapshot {
        source: case.source.path.display().to_string(),
        description: clauses.join(", "),
        target: about.target.clone(),
        verdict: about.verdict.clone(),
        close: about.close.clone(),
        normaliser: transcript::VERSION,
        body: body.to_owned(),
    }
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}
