//! Renders snapshots again from stored transcripts after a change of the normalisation rules.

use std::path::Path;

use anyhow::bail;
use runner::Target;
use textual::program;
use transcript::Recording;
use verdict::{Comparison, Exit, Verdict};

use super::{choice, counted, diagnose, say};
use crate::Suite;

/// For the cases that `words` select: writes a pending file where the stored transcript renders
/// differently from the accepted snapshot. Returns an exit code if no case is selected.
///
/// # Errors
///
/// There are no transcripts, or a file cannot be read or written.
pub(crate) fn run(
    suite: &Suite,
    words: &[String],
    target: Option<&str>,
) -> anyhow::Result<Option<Exit>> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => {
            diagnose(&diagnostics);
            return Ok(Some(Exit::Parse));
        }
    };
    let ran = targets(suite);
    let targets = match target {
        Some(target) if !ran.iter().any(|name| name == target) => {
            bail!("no transcripts of target {target}: {}", known(&ran));
        }
        Some(target) => vec![target.to_owned()],
        None if ran.is_empty() => bail!("no transcripts: {}", known(&ran)),
        None => ran,
    };
    let snapshots = suite.snapshots();
    for name in targets {
        let target = suite.target(&name).or_else(|_| suite.client(&name)).unwrap_or_else(|_| {
            let like = snapshots.likes(&name);
            Target { name: name.clone(), like, ..Target::unknown("") }
        });
        let (mut rendered, mut changed) = (0, 0);
        for case in library.cases.iter().filter(|case| choice::chooses(words, &case.id)) {
            let path = suite.transcripts(&name).join(format!("{}.jsonl", case.id));
            if !path.is_file() {
                continue;
            }
            let recording = Recording::read(&path)?;
            let is_held = |verdict: &Verdict| {
                verdict.has_snapshot() && verdict.word() == recording.about.verdict
            };
            if !Verdict::ALL.iter().any(is_held) {
                continue;
            }
            let body = transcript::body(&recording);
            let about = &recording.about;
            let comparison = snapshots.compare(case, &target, &body);
            let is_same = matches!(comparison?, Comparison::Same);
            if is_same {
                snapshots.drop_pending(case, about)?;
            } else {
                snapshots.leave_pending(case, about, &target.like, &body)?;
            }
            rendered += 1;
            changed += usize::from(!is_same);
        }
        say(&format!(
            "{name}: {} rendered again, {changed} changed",
            counted(rendered, "transcript")
        ))?;
    }
    Ok(None)
}

/// The targets with stored transcripts, sorted.
pub(crate) fn targets(suite: &Suite) -> Vec<String> {
    let results = suite.results();
    let entries = std::fs::read_dir(results.path()).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| Path::is_dir(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn known(ran: &[String]) -> String {
    if ran.is_empty() {
        return format!("run `{} conformance` first", program());
    }
    format!("there are transcripts of {}", ran.join(", "))
}
