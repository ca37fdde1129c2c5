//! The accepted transcripts under `snapshots/`: their places, pending files, and orphans.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use case::Case;
use files::Unwritten;
use transcript::{RecordingHead, Snapshot, SnapshotError, same_body, without_end, without_framing};
use verdict::{Comparison, Drift, Verdict};

use crate::Target;
use crate::layers::{Folder, Kind, Layers, Unreadable};

/// The targets whose snapshots others are looked at beside.
#[derive(Debug, Clone, Copy)]
pub struct Baselines {
    /// Its snapshots are those of all servers that have none of their own, and have no name of a
    /// target in their file names.
    pub servers: &'static str,
    /// Its snapshots show a reader how a good client does it. A client is held to its own alone.
    pub clients: &'static str,
}

/// The snapshots of a suite.
#[derive(Debug, Clone)]
pub struct Snapshots {
    layers: Layers,
    baselines: Baselines,
    /// Names of the clients under test that the suite knows; the other targets are servers.
    clients: Vec<String>,
}

impl Snapshots {
    /// The snapshots among these files.
    pub fn new(layers: &Layers, baselines: Baselines) -> Self {
        Self { layers: layers.clone(), baselines, clients: layers.names(Kind::Clients) }
    }

    /// The folder in which snapshots are accepted; none where nothing but what is built in can be
    /// read.
    pub fn folder(&self) -> Option<Folder> {
        self.layers.own(Kind::Snapshots)
    }

    /// The accepted snapshot for a case on a target, if there is one: the target's own; for a
    /// server then those of the targets that it is like, and then the baseline. Of each, the file
    /// that lies in the project before the one that is built in.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn accepted(&self, id: &str, target: &str) -> Result<Option<String>, SnapshotError> {
        self.of_first(id, target, &self.likes(target))
    }

    /// The transcript with which a reader compares a client's first one of a case: that of the
    /// reference client. None for a server.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn example(&self, id: &str, target: &str) -> Result<Option<String>, SnapshotError> {
        if self.baseline(target).is_some() {
            Ok(None)
        } else {
            self.body(id, self.baselines.clients)
        }
    }

    /// The accepted snapshot if the project had no file of its own for the case on this target.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn beneath(&self, id: &str, target: &str) -> Result<Option<String>, SnapshotError> {
        match self.layers.read_built_in(Kind::Snapshots, &self.file(id, target)) {
            Some(found) => Snapshot::body_of(&found.text, &found.shown).map(Some),
            None => self.of_models(id, target, &self.likes(target)),
        }
    }

    /// Whether the baseline of a target came to NON-STRICT in a case when its transcript was
    /// accepted.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub(crate) fn is_usually_non_strict(
        &self,
        id: &str,
        target: &str,
    ) -> Result<bool, SnapshotError> {
        let file = self.file(id, self.baseline(target).unwrap_or(self.baselines.clients));
        let found = self.layers.read(Kind::Snapshots, &file)?;
        let verdict = found.as_ref().and_then(|found| Snapshot::verdict_of(&found.text));
        Ok(verdict == Some(Verdict::NonStrict.word()))
    }

    /// The target whose snapshots a target's own are told apart from, last of all; none for a
    /// client.
    pub fn baseline(&self, target: &str) -> Option<&'static str> {
        let is_client = self.clients.iter().any(|client| client == target);
        (!is_client).then_some(self.baselines.servers)
    }

    /// The targets whose snapshots count where a target has none of its own, in this order.
    pub fn models(&self, target: &str) -> Vec<String> {
        self.models_of(target, &self.likes(target))
    }

    /// The targets that this one is like. Its file may be elsewhere than those of the others: then
    /// they stand in its snapshots. A file that cannot be used makes a target like no other; a run
    /// has said so before.
    pub fn likes(&self, target: &str) -> Vec<String> {
        if self.baseline(target).is_none() {
            return Target::likes_of_client(&self.layers, target);
        }
        if let Ok(target) = Target::load(&self.layers, target) {
            return target.like;
        }
        let (accepted, pending) = (format!("@{target}.snap"), format!("@{target}.snap.new"));
        let all = self.folder().map(|folder| files(folder.path())).unwrap_or_default();
        let its = all.into_iter().filter(|path| {
            let name = path.to_string_lossy();
            name.ends_with(&accepted) || name.ends_with(&pending)
        });
        let mut texts = its.filter_map(|path| files::read_text(&path, files::LARGE).ok());
        texts.find_map(|text| Snapshot::like_of(&text)).unwrap_or_default()
    }

    fn models_of(&self, target: &str, likes: &[String]) -> Vec<String> {
        // A client is held to its own, and to those of the same client over another transport.
        let Some(baseline) = self.baseline(target) else { return likes.to_vec() };
        // The baseline itself differs from nothing.
        if target == baseline {
            return Vec::new();
        }
        let before = likes.iter().take_while(|like| *like != baseline).cloned();
        before.chain([baseline.to_owned()]).collect()
    }

    fn of_first(
        &self,
        id: &str,
        target: &str,
        likes: &[String],
    ) -> Result<Option<String>, SnapshotError> {
        match self.body(id, target)? {
            None => self.of_models(id, target, likes),
            body => Ok(body),
        }
    }

    fn of_models(
        &self,
        id: &str,
        target: &str,
        likes: &[String],
    ) -> Result<Option<String>, SnapshotError> {
        let mut bodies = self.models_of(target, likes).into_iter();
        bodies.find_map(|model| self.body(id, &model).transpose()).transpose()
    }

    fn body(&self, id: &str, target: &str) -> Result<Option<String>, SnapshotError> {
        let found = self.layers.read(Kind::Snapshots, &self.file(id, target))?;
        found.map(|found| Snapshot::body_of(&found.text, &found.shown)).transpose()
    }

    /// The snapshots that the project itself has accepted for a case, on whichever target.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn of_case(&self, id: &str) -> Result<Vec<String>, SnapshotError> {
        let its = self.own().into_iter().filter(|(case, ..)| case == id);
        its.filter_map(|(.., path)| Snapshot::read_body(&path).transpose()).collect()
    }

    /// Compares what was said in a case on a target, normalised, with what is accepted.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn compare(
        &self,
        case: &Case,
        target: &Target,
        body: &str,
    ) -> Result<Comparison, SnapshotError> {
        let volatile: Vec<String> =
            case.head.volatile.iter().map(|line| line.value.clone()).collect();
        let accepted = self.of_first(case.file_id(), &target.name, &target.like)?;
        let is_client = self.baseline(&target.name).is_none();
        if accepted.is_none() && is_client && !self.has_any(&target.name) {
            return Ok(Comparison::New);
        }
        let new = accepted.is_none();
        let accepted = accepted.unwrap_or_default();
        // The snapshot may be one of another target, whose ends are always the same.
        let ends_vary = target.ends_vary();
        let (accepted, got) =
            (compared(case, ends_vary, &accepted), compared(case, ends_vary, body));
        if !new && same_body(&accepted, &got, &volatile) {
            return Ok(Comparison::Same);
        }
        Ok(Comparison::Drift(Drift { new, accepted, got, is_unsteady: false, pending: None }))
    }

    /// Whether any transcript of a client is accepted.
    fn has_any(&self, client: &str) -> bool {
        let ending = format!("@{client}.snap");
        let mut built_in = self.layers.all_built_in(Kind::Snapshots);
        built_in.any(|(name, _)| name.ends_with(&ending))
            || self.own().iter().any(|(_, target, _)| target == client)
    }

    /// Leaves a pending file for a transcript that is not the accepted one, of a target that is
    /// like these. Returns its name in reports; none where nothing can be accepted.
    ///
    /// # Errors
    ///
    /// A file cannot be written.
    pub fn leave_pending(
        &self,
        case: &Case,
        about: &RecordingHead,
        like: &[String],
        body: &str,
    ) -> Result<Option<String>, Unwritten> {
        // Of a server, the transcript over the first transport is the one to accept. A client
        // speaks one transport.
        if case.is_translated() && self.baseline(&about.target).is_some() {
            return Ok(None);
        }
        let Some(pending) = self.pending_file(case, about) else { return Ok(None) };
        let root = self.folder().unwrap_or_else(|| pending.clone());
        // The file of a target that is found by its name says it.
        let like = if Target::load(&self.layers, &about.target).is_ok() { &[] } else { like };
        snapshot(case, about, like, body).write(root.path(), pending.path())?;
        Ok(Some(pending.shown().display().to_string()))
    }

    /// Removes the pending file of an earlier run, since the transcript is the accepted one.
    ///
    /// # Errors
    ///
    /// The file cannot be removed.
    pub fn drop_pending(&self, case: &Case, about: &RecordingHead) -> Result<(), Unwritten> {
        let Some(pending) = self.pending_file(case, about) else { return Ok(()) };
        match std::fs::remove_file(pending.path()) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(Unwritten::new(pending.path(), source))
            }
            _ => Ok(()),
        }
    }

    fn pending_file(&self, case: &Case, about: &RecordingHead) -> Option<Folder> {
        let name = format!("{}.new", self.file(case.file_id(), &about.target));
        self.folder().map(|folder| folder.join(name))
    }

    /// Snapshot files of the project that belong to no case of `ids`, and those that say what would
    /// be accepted without them.
    ///
    /// # Errors
    ///
    /// A file cannot be read.
    pub fn orphans(&self, ids: &BTreeSet<&str>) -> Result<Vec<PathBuf>, SnapshotError> {
        let Some(folder) = self.folder() else { return Ok(Vec::new()) };
        let mut orphans = Vec::new();
        for (id, target, path) in self.own() {
            let is_orphan = !ids.contains(id.as_str())
                || match self.beneath(&id, &target)? {
                    Some(beneath) => Snapshot::read_body(&path)?.is_some_and(|own| own == beneath),
                    None => false,
                };
            if is_orphan {
                orphans.push(folder.name_of(&path));
            }
        }
        orphans.sort();
        Ok(orphans)
    }

    /// The files that the project has accepted: case, target, path.
    fn own(&self) -> Vec<(String, String, PathBuf)> {
        let Some(folder) = self.folder() else { return Vec::new() };
        let named = |path: PathBuf| {
            let relative = path.strip_prefix(folder.path()).unwrap_or(&path);
            let relative = relative.to_string_lossy().replace('\\', "/");
            let name = relative.strip_suffix(".snap")?;
            let (id, target) = name.split_once('@').unwrap_or((name, self.baselines.servers));
            Some((id.to_owned(), target.to_owned(), path))
        };
        files(folder.path()).into_iter().filter_map(named).collect()
    }

    /// The file of a case on a target, below the folder of snapshots.
    fn file(&self, id: &str, target: &str) -> String {
        let is_baseline = target == self.baselines.servers;
        let suffix = if is_baseline { String::new() } else { format!("@{target}") };
        format!("{id}{suffix}.snap")
    }

    /// The pending files, sorted.
    pub fn pending(&self) -> Vec<PathBuf> {
        let all = self.folder().map(|folder| files(folder.path())).unwrap_or_default();
        let mut pending: Vec<PathBuf> =
            all.into_iter().filter(|path| path.to_string_lossy().ends_with(".snap.new")).collect();
        pending.sort();
        pending
    }
}

impl From<Unreadable> for SnapshotError {
    fn from(Unreadable { path, source }: Unreadable) -> Self {
        Self::Io { path, source }
    }
}

/// The part of a body that is held against another: without the ends of connections if they vary,
/// and without framing if the case is carried otherwise than it is written.
pub(crate) fn compared(case: &Case, ends_vary: bool, body: &str) -> String {
    let body = body.trim_end();
    let body = if ends_vary { without_end(body) } else { body.to_owned() };
    if case.is_translated() { without_framing(&body) } else { body }
}

/// The conversation of a case, as a snapshot.
fn snapshot(case: &Case, about: &RecordingHead, like: &[String], body: &str) -> Snapshot {
    let clauses: Vec<String> =
        case.head.spec.iter().map(|clause| clause.value.to_string()).collect();
    Snapshot {
        source: format!("cases/{}.case", case.file_id()),
        description: clauses.join(", "),
        target: about.target.clone(),
        like: like.to_vec(),
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
