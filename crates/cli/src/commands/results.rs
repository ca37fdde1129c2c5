//! What runs leave behind for `compare`, `expect` and `--rerun-failed`: the newest result of each case on a target, or of a
//! client.
//!
//! The file is a JSON report, `target/conformance/NAME/results.jsonl`. A run of everything replaces it. A run of a part
//! replaces the cases that it played and leaves the others as they were, so that looking at one area does not forget the
//! rest. A run against a fake that was broken on purpose has a file of its own, `results@SABOTAGE.jsonl`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Context as _;
use case::Library;
use finesse_fake::Fault;
use verdict::Strictness;
use verdict::{CaseResult, Ending, Run};

use crate::Suite;

/// There are no results of that name.
#[derive(Debug, thiserror::Error)]
#[error("no run against {name} to go by ({})", .path.display())]
pub(super) struct Missing {
    name: String,
    path: PathBuf,
}

/// Whose results they are: `mock`, or `mock@accept-off-by-one`.
pub(super) fn name(target: &str, sabotage: Option<&Fault>) -> String {
    sabotage.map_or_else(|| target.to_owned(), |sabotage| format!("{target}@{sabotage}"))
}

/// The newest result of each case.
///
/// # Errors
///
/// Nothing was played there, or the file is damaged.
pub(super) fn last(suite: &Suite, name: &str) -> anyhow::Result<Run> {
    let path = file(suite, name);
    if !path.is_file() {
        return Err(Missing { name: name.to_owned(), path }.into());
    }
    Ok(report::read(&path)?)
}

/// Of `cases` those that were red last, by what counts as red now.
///
/// # Errors
///
/// As [`last`].
pub(super) fn retain_red(
    suite: &Suite,
    name: &str,
    strictness: Strictness,
    cases: &mut Vec<&case::Case>,
) -> anyhow::Result<()> {
    let last = last(suite, name)?;
    cases.retain(|case| last.case(&case.id).is_some_and(|last| last.is_red(strictness)));
    Ok(())
}

/// All names of which there are results, sorted.
pub(super) fn names(suite: &Suite) -> Vec<String> {
    let mut names = Vec::new();
    for target in super::rerender::targets(suite) {
        let files = std::fs::read_dir(suite.transcripts(&target)).into_iter().flatten().flatten();
        names.extend(files.filter_map(|file| {
            let name = file.file_name().to_string_lossy().into_owned();
            let kind = name.strip_prefix("results")?.strip_suffix(".jsonl")?;
            Some(format!("{target}{kind}"))
        }));
    }
    names.sort();
    names
}

/// Keeps what a run came to.
///
/// # Errors
///
/// A file cannot be written.
pub(super) fn keep(
    suite: &Suite,
    library: &Library,
    mut run: Run,
    name: &str,
) -> anyhow::Result<()> {
    // One that was cut short says nothing of the rest either.
    run.head.whole = run.is_whole();
    let path = file(suite, name);
    // What another release left behind is replaced, as a run of everything would.
    let before = if run.head.whole { None } else { report::read(&path).ok() };
    let run = match before {
        Some(before) => joined(before, run, library),
        None => run,
    };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let mut text = Vec::new();
    report::write(&mut text, &run).with_context(|| path.display().to_string())?;
    // Renamed into place, so that nobody reads half of it.
    let fresh = path.with_extension(format!("{}.new", std::process::id()));
    std::fs::write(&fresh, text)
        .and_then(|()| std::fs::rename(&fresh, &path))
        .with_context(|| path.display().to_string())
}

/// The results of `before` where `part` has no newer ones. Cases that are no longer there are dropped.
fn joined(before: Run, part: Run, library: &Library) -> Run {
    let is_known = |case: &CaseResult| library.cases.iter().any(|known| known.id == case.id);
    let cases: BTreeMap<String, CaseResult> = before
        .cases
        .into_iter()
        .filter(is_known)
        .chain(part.cases)
        .map(|case| (case.id.clone(), case))
        .collect();
    let mut head = part.head;
    head.whole = before.head.whole;
    head.selected = cases.len();
    let ending = Ending {
        // Of a part neither can be said, so it stays as it was.
        orphans: before.ending.orphans,
        stale: part.ending.stale,
        strictness: part.ending.strictness,
        exit: None,
        ..Ending::default()
    };
    Run { head, cases: cases.into_values().collect(), ending }
}

fn file(suite: &Suite, name: &str) -> PathBuf {
    let (target, kind) = name.split_at(name.find('@').unwrap_or(name.len()));
    suite.transcripts(target).join(format!("results{kind}.jsonl"))
}
