//! Pending snapshots: changed transcripts that are not accepted yet.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use files::Unwritten;
use runner::{Folder, Snapshots};
use suite::BASELINE;
use transcript::Snapshot;

use crate::Suite;

/// A pending file, `SLUG.snap.new` or `SLUG@TARGET.snap.new`.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    /// `area/slug@target.snap.new` in the folder of snapshots.
    file: PathBuf,
    folder: Folder,
    snapshots: Snapshots,
    /// `area/slug`.
    pub(crate) id: String,
    /// Name of the target of the run.
    pub(crate) target: String,
}

impl Pending {
    /// Every pending file of the suite, sorted: the baseline of a case before its other targets.
    pub(crate) fn all(suite: &Suite) -> Vec<Self> {
        let snapshots = suite.snapshots();
        let Some(folder) = snapshots.folder() else { return Vec::new() };
        let pending = |file: PathBuf| {
            let relative = file.strip_prefix(folder.path()).ok()?;
            let relative = relative.to_string_lossy().replace('\\', "/");
            let name = relative.strip_suffix(".snap.new")?;
            let (id, target) = name.split_once('@').unwrap_or((name, BASELINE));
            let (id, target) = (id.to_owned(), target.to_owned());
            let (folder, snapshots) = (folder.clone(), snapshots.clone());
            Some(Self { file, folder, snapshots, id, target })
        };
        snapshots.pending().into_iter().filter_map(pending).collect()
    }

    /// The path of the file for messages.
    pub(crate) fn shown(&self) -> String {
        self.relative(&self.file)
    }

    /// Whether the case has no accepted snapshot yet.
    ///
    /// # Errors
    ///
    /// A snapshot cannot be read.
    pub(crate) fn is_new(&self) -> anyhow::Result<bool> {
        Ok(self.snapshots.accepted(&self.id, &self.target)?.is_none())
    }

    /// The change against the accepted snapshot as a coloured unified diff; empty if only the head
    /// differs. A client's first transcript is compared with that of the reference client.
    ///
    /// # Errors
    ///
    /// A snapshot cannot be read.
    pub(crate) fn diff(&self) -> anyhow::Result<String> {
        let got = body(&self.file)? + "\n";
        let unified = |before: &str| report::unified(&format!("{before}\n"), &got, true);
        if let Some(accepted) = self.snapshots.accepted(&self.id, &self.target)? {
            return Ok(unified(&accepted));
        }
        Ok(match self.snapshots.example(&self.id, &self.target)? {
            Some(example) => {
                unified(&example).replacen("--- accepted", "--- the reference client", 1)
            }
            None => report::unified("", &got, true),
        })
    }

    /// Replaces the accepted snapshot, and returns a message about it. A target's snapshot that
    /// equals the one that would count without it is removed: a target has its own snapshot only
    /// where it deviates.
    ///
    /// # Errors
    ///
    /// A file cannot be read, renamed or removed.
    pub(crate) fn accept(&self) -> anyhow::Result<String> {
        let body = body(&self.file)?;
        let accepted = self.file.with_extension("");
        if self.is_beneath(&self.target, &body)? {
            if accepted.is_file() {
                remove(&accepted)?;
            }
            remove(&self.file)?;
            let models = self.snapshots.models(&self.target);
            let model = models.first().unwrap_or(&self.target);
            let shown = self.relative(&accepted);
            return Ok(format!("removed {shown}: it equals the snapshot of {model}"));
        }
        std::fs::rename(&self.file, &accepted).map_err(|error| Unwritten::new(&accepted, error))?;
        let mut done = format!("accepted {}", self.relative(&accepted));
        for twin in self.twins()? {
            remove(&twin)?;
            done.push_str(&format!(
                "\nremoved {}: it now equals the snapshot of {}",
                self.relative(&twin),
                self.target
            ));
        }
        Ok(done)
    }

    /// Whether a snapshot of the target with this body would change nothing.
    fn is_beneath(&self, target: &str, body: &str) -> anyhow::Result<bool> {
        Ok(self.snapshots.beneath(&self.id, target)?.is_some_and(|beneath| beneath == body))
    }

    /// Why the pending file is no snapshot, if it is none: it has no head, or its body is not in
    /// the notation.
    pub(crate) fn fault(&self) -> Option<String> {
        let body = match body(&self.file) {
            Ok(body) => body,
            Err(error) => return Some(error.to_string()),
        };
        let source = case::Source { path: self.shown().into(), text: body };
        let faults = case::parse_body(Arc::new(source)).err()?;
        let first = faults.first().map_or("it has no line", |fault| fault.message.as_str());
        Some(format!("{} is no snapshot: {first}; delete it", self.shown()))
    }

    /// Removes the pending file, and returns a message about it.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub(crate) fn reject(&self) -> anyhow::Result<String> {
        remove(&self.file)?;
        Ok(format!("rejected {}", self.shown()))
    }

    /// Accepted snapshots of other targets that change nothing any more, now that this one is
    /// accepted.
    fn twins(&self) -> anyhow::Result<Vec<PathBuf>> {
        let Some(folder) = self.file.parent() else { return Ok(Vec::new()) };
        let slug = self.id.rsplit('/').next().unwrap_or_default();
        let mut twins = Vec::new();
        for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
            let path = entry.with_context(|| folder.display().to_string())?.path();
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let other = name
                .strip_prefix(slug)
                .and_then(|rest| rest.strip_prefix('@'))
                .and_then(|rest| rest.strip_suffix(".snap"));
            let Some(other) = other.filter(|other| *other != self.target) else { continue };
            if self.snapshots.models(other).contains(&self.target)
                && self.is_beneath(other, &body(&path)?)?
            {
                twins.push(path);
            }
        }
        twins.sort();
        Ok(twins)
    }

    fn relative(&self, path: &Path) -> String {
        self.folder.name_of(path).display().to_string()
    }
}

/// The body of an existing snapshot.
fn body(path: &Path) -> anyhow::Result<String> {
    Snapshot::read_body(path)?.with_context(|| format!("{} is gone", path.display()))
}

fn remove(path: &Path) -> anyhow::Result<()> {
    Ok(std::fs::remove_file(path).map_err(|error| Unwritten::new(path, error))?)
}
