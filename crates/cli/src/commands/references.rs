//! Checks the case names and links in other files: lists of deviations, and the sabotage tables.

use case::Case;
use runner::{FoundFile, Kind, Target};
use serde::Deserialize;
use textual::Position;
use toml::Spanned;

use super::choice;
use crate::Suite;

/// The sabotage tables below `cases/`: which cases must notice which fault of the fake or the
/// reference client.
const SABOTAGE: [&str; 2] = ["_sabotage.toml", "_sabotage-client.toml"];

#[derive(Deserialize)]
struct TargetFile {
    #[serde(default)]
    deviation: Vec<Named>,
    /// Of fakes.
    #[serde(default)]
    real: Real,
    /// Of clients.
    #[serde(default)]
    pending: Vec<Spanned<String>>,
}

impl TargetFile {
    fn deviations(&self) -> impl Iterator<Item = &Named> {
        self.deviation.iter().chain(&self.real.deviation)
    }
}

#[derive(Default, Deserialize)]
struct Real {
    #[serde(default)]
    deviation: Vec<Named>,
}

#[derive(Deserialize)]
struct Named {
    case: Spanned<String>,
    /// The evidence: a URL, or a path in the repository.
    link: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    row: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    /// Empty in rows whose fault breaks no rule.
    #[serde(default)]
    must_fail: Vec<Spanned<String>>,
    #[serde(default)]
    also: Vec<Named>,
}

/// One line for each name outside `cases`, each link to a missing file, and each file that does not
/// parse.
///
/// # Errors
///
/// A file cannot be read.
pub(crate) fn check(suite: &Suite, cases: &[&str]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for (name, FoundFile { text, shown }) in own(suite, Kind::Targets)? {
        if let Err(error) = Target::load(suite.layers(), &name) {
            found.push(error.to_string());
        } else if let Ok(file) = toml::from_str::<TargetFile>(&text) {
            let globs = file.deviations().map(|named| &named.case);
            found.extend(strays(globs, &shown, &text, cases));
            let links = file.deviations().filter_map(|named| named.link.as_ref());
            found.extend(dangling(links, suite, &shown, &text));
        }
    }
    for (name, FoundFile { text, shown }) in own(suite, Kind::Clients)? {
        let fake = Target::unknown("");
        if let Err(error) = fake.client_of(&name, &shown, &text) {
            found.push(error.to_string());
        } else if let Ok(file) = toml::from_str::<TargetFile>(&text) {
            let globs = file.deviations().map(|named| &named.case).chain(&file.pending);
            found.extend(strays(globs, &shown, &text, cases));
            let links = file.deviations().filter_map(|named| named.link.as_ref());
            found.extend(dangling(links, suite, &shown, &text));
        }
    }
    for name in SABOTAGE {
        let Some(FoundFile { text, shown }) = suite.layers().read(Kind::Cases, name)? else {
            continue;
        };
        match toml::from_str::<Table>(&text) {
            Ok(table) => {
                let names = table.row.iter().flat_map(|row| {
                    row.must_fail.iter().chain(row.also.iter().map(|named| &named.case))
                });
                found.extend(strays(names, &shown, &text, cases));
            }
            Err(error) => {
                let place = place(&shown, &text, error.span().map_or(0, |span| span.start));
                found.push(format!("{place}: {}", error.message()));
            }
        }
    }
    Ok(found)
}

/// One line for each text under `volatile` that begins no line of the case's accepted transcripts.
/// Cases without any are skipped.
///
/// # Errors
///
/// A file cannot be read.
pub(crate) fn volatile<'a>(
    suite: &Suite,
    cases: impl Iterator<Item = &'a Case>,
) -> anyhow::Result<Vec<String>> {
    let snapshots = suite.snapshots();
    let mut found = Vec::new();
    for case in cases.filter(|case| !case.head.volatile.is_empty()) {
        let bodies = snapshots.of_case(&case.id)?;
        let is_there = |start: &str| {
            let mut lines = bodies.iter().flat_map(|body| body.lines());
            lines.any(|line| line.trim_start().starts_with(start))
        };
        let idle = case.head.volatile.iter().filter(|start| !is_there(&start.value));
        found.extend(idle.filter(|_| !bodies.is_empty()).map(|start| {
            let shown = case.source.path.display().to_string();
            let place = place(&shown, &case.source.text, start.span.start);
            format!(
                "{place}: no line of an accepted transcript begins with `{}`; `volatile` says how lines begin, as in `volatile = [\"agent reports notification\"]`",
                start.value
            )
        }));
    }
    Ok(found)
}

fn strays<'a>(
    names: impl Iterator<Item = &'a Spanned<String>>,
    shown: &str,
    text: &str,
    cases: &[&str],
) -> Vec<String> {
    names
        .filter(|name| !cases.iter().any(|id| textual::is_like(name.as_ref(), id)))
        .map(|name| {
            let place = place(shown, text, name.span().start);
            format!("{place}: {}", choice::nothing_called(name.as_ref(), cases))
        })
        .collect()
}

/// Links to missing files of the repository.
fn dangling<'a>(
    links: impl Iterator<Item = &'a Spanned<String>>,
    suite: &Suite,
    shown: &str,
    text: &str,
) -> Vec<String> {
    links
        .filter(|link| link.as_ref().contains('/') && !link.as_ref().contains("://"))
        .filter(|link| {
            let path = link.as_ref().split('#').next().unwrap_or_default();
            suite.project().is_some_and(|project| !project.join(path).is_file())
        })
        .map(|link| {
            let place = place(shown, text, link.span().start);
            format!("{place}: no file {:?} in the repository", link.as_ref())
        })
        .collect()
}

/// The project's own files of a kind. Built-in files are checked in the suite's own repository.
fn own(suite: &Suite, kind: Kind) -> anyhow::Result<Vec<(String, FoundFile)>> {
    let mut files = Vec::new();
    let Some(folder) = suite.layers().own(kind) else { return Ok(files) };
    for name in suite.layers().names(kind) {
        let file = format!("{name}.toml");
        if !folder.join(&file).path().is_file() {
            continue;
        }
        if let Some(mut found) = suite.layers().read(kind, &file)? {
            found.shown = found.shown.replace('\\', "/");
            files.push((name, found));
        }
    }
    Ok(files)
}

fn place(shown: &str, text: &str, offset: usize) -> String {
    let Position { line, column } = Position::of(text, offset);
    format!("{shown}:{line}:{column}")
}
