//! The accepted transcripts under `snapshots/`: where they are, what is pending, which belong to nobody.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use case::Case;
use transcript::{Recording, Snapshot, SnapshotError, same_body};

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

    /// Compares what was said in a case with what is accepted. With `write`, a difference leaves a pending file, and
    /// where there is none an old pending file is removed.
    ///
    /// # Errors
    ///
    /// A file cannot be read or written.
    pub fn compare(
        &self,
        case: &Case,
        recording: &Recording,
        write: bool,
    ) -> Result<Option<Drift>, SnapshotError> {
        let id = &case.id;
        let snapshot = snapshot(case, recording);
        let volatile: Vec<String> =
            case.head.volatile.iter().map(|line| line.value.clone()).collect();
        let own = self.own(id, &snapshot.target);
        let pending = own.with_extension("snap.new");
        let accepted = match Snapshot::read_body(&own)? {
            Some(body) => Some(body),
            None => Snapshot::read_body(&self.own(id, self.baseline(&snapshot.target)))?,
        };
        let is_new = accepted.is_none();
        let accepted = accepted.unwrap_or_default();
        let mut drift =
            Drift { is_new, accepted, got: snapshot.body.trim_end().to_owned(), pending: None };
        let same = !is_new && same_body(&drift.accepted, &drift.got, &volatile);
        if write && same {
            match std::fs::remove_file(&pending) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(SnapshotError::Io { path: pending.display().to_string(), source });
                }
                _ => {}
            }
        } else if write {
            snapshot.write(&pending)?;
            drift.pending =
                Some(pending.strip_prefix(&self.root).map(Path::to_owned).unwrap_or(pending));
        }
        Ok((!same).then_some(drift))
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
fn snapshot(case: &Case, recording: &Recording) -> Snapshot {
    let clauses: Vec<String> =
        case.head.spec.iter().map(|clause| clause.value.to_string()).collect();
    Snapshot {
        source: case.source.path.display().to_string(),
        description: clauses.join(", "),
        target: recording.about.target.clone(),
        verdict: recording.about.verdict.clone(),
        close: recording.about.close.clone(),
        normaliser: transcript::VERSION,
        body: transcript::body(recording),
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
