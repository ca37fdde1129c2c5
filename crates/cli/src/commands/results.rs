//! The stored results of a target or client, for `compare`, `expect` and `--rerun-failed`: the
//! newest result of each case.
//!
//! The file is a JSON report, `target/conformance/NAME/results.jsonl`. A full run replaces the
//! file. A partial run replaces the results of its cases and keeps the others. A run against a
//! sabotaged fake has its own file, `results@SABOTAGE.jsonl`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use case::{Library, Role};
use finesse_fake::Fault;
use verdict::{CaseResult, Ending, Run, Selection, Strictness};

use super::begun::{Begun, Unfinished, unfinished};
use crate::Suite;

/// A target or client without stored results.
#[derive(Debug, thiserror::Error)]
#[error("no results for {name} ({})", .path.display())]
pub(super) struct NoResults {
    name: String,
    path: PathBuf,
}

/// The name of stored results: `mock`, `mock@accept-off-by-one`, or `mock@lose-iq-id+over=bosh`.
pub(super) fn name(target: &str, sabotage: Option<&Fault>) -> String {
    let Some(sabotage) = sabotage else { return target.to_owned() };
    format!("{target}@{sabotage}").replace(' ', "+")
}

/// The newest result of each case.
///
/// # Errors
///
/// There are no results, or the file is damaged.
pub(super) fn last(suite: &Suite, name: &str) -> anyhow::Result<Run> {
    let path = file(suite, name);
    if !path.is_file() {
        return Err(NoResults { name: name.to_owned(), path }.into());
    }
    Ok(report::read(&path)?)
}

/// The run that a word of the command line means: a JSON report, or the newest results of a target
/// or client.
///
/// # Errors
///
/// There is neither, or the file is damaged.
pub(super) fn named(suite: &Suite, name: &str) -> anyhow::Result<Run> {
    let path = Path::new(name);
    if path.is_file() {
        if is_recording(path) {
            anyhow::bail!(
                "{name} is a recording of one conversation, and not of a run: `{program} explain {name}` finds where it \
                 broke, `{program} show {name}` prints it, and `diff` of two such outputs compares two",
                program = textual::program()
            );
        }
        return Ok(report::read(path)?);
    }
    last(suite, name).map_err(|error| match error.downcast_ref() {
        Some(NoResults { .. }) => {
            let kept = names(suite);
            let kept = if kept.is_empty() {
                "no results yet".to_owned()
            } else {
                format!("there are results for {}", kept.join(", "))
            };
            anyhow::anyhow!(
                "`{name}` is neither a JSON report nor a target or client with results; {kept}"
            )
        }
        _ => error,
    })
}

/// Whether a file is a raw transcript of a case, or a recording.
fn is_recording(path: &Path) -> bool {
    let mut start = [0; 8];
    let read = std::fs::File::open(path)
        .and_then(|mut file| std::io::Read::read_exact(&mut file, &mut start));
    read.is_ok() && start == *b"{\"case\":"
}

/// Keeps the `cases` whose newest result is red under the present `strictness`.
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
    super::tell(&format!(
        "{} red by the newest results against {name}; the last run with results began {}",
        super::counted(cases.len(), "case"),
        last.head.began
    ));
    match unfinished(&file(suite, name)) {
        None => {}
        Some(Unfinished::Played(began)) => super::warn(&format!(
            "another run against {name}, which began {began}, is still played: its results do not count"
        )),
        Some(Unfinished::Ended(began)) => super::warn(&format!(
            "a later run against {name}, which began {began}, was cut short: it has no results"
        )),
    }
    Ok(())
}

/// All names with stored results, sorted.
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

/// Marks the beginning of a run whose results will be stored.
pub(super) fn begin(suite: &Suite, name: &str) -> Option<Begun> {
    Begun::mark(suite.results().path(), &file(suite, name))
}

/// Stores the results of a run.
///
/// # Errors
///
/// A file cannot be written.
pub(super) fn keep(
    suite: &Suite,
    library: &Library,
    mut run: Run,
    name: &str,
    begun: Option<Begun>,
) -> anyhow::Result<()> {
    // An interrupted run has no results for the remaining cases.
    run.head.whole = run.is_whole();
    let path = file(suite, name);
    // Results of another release are replaced.
    let before = if run.head.whole { None } else { report::read(&path).ok() };
    let mut run = match before {
        Some(before) => joined(before, run, library),
        None => run,
    };
    run.head.selection = Selection { left_out: left_out(&run, library), ..Selection::default() };
    let mut text = Vec::new();
    report::write(&mut text, &run).with_context(|| path.display().to_string())?;
    files::write_below(suite.results().path(), &path, text)?;
    if let Some(begun) = begun {
        begun.has_results();
    }
    Ok(())
}

/// The results of `part`, and those of `before` for other cases. Results of removed cases are
/// dropped.
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
        // A partial run cannot find orphans, so the old list stays.
        orphans: before.ending.orphans,
        stale: part.ending.stale,
        strictness: part.ending.strictness,
        exit: None,
        ..Ending::default()
    };
    let mut run = Run { head, cases: cases.into_values().collect(), ending };
    run.find_causes();
    run
}

/// The cases for the side under test that have no result.
fn left_out(run: &Run, library: &Library) -> Vec<String> {
    let side = if run.head.is_client { Role::Client } else { Role::Server };
    let mut all = runner::select(library, side, &[], None);
    if run.head.is_client {
        // A client speaks one transport.
        let played = all.iter().find(|case| run.case(&case.id).is_some());
        let over = played.map(|case| case.transport);
        all.retain(|case| over.is_none_or(|over| case.transport == over));
    }
    all.into_iter()
        .filter(|case| run.case(&case.id).is_none())
        .map(|case| case.id.clone())
        .collect()
}

fn file(suite: &Suite, name: &str) -> PathBuf {
    let (target, kind) = name.split_at(name.find('@').unwrap_or(name.len()));
    suite.transcripts(target).join(format!("results{kind}.jsonl"))
}
