//! Names of cases and links in files that are no cases: the deviations of targets, and the sabotage table.

use std::path::Path;

use anyhow::Context as _;
use finesse_conformance::Suite;
use runner::Target;
use serde::Deserialize;
use toml::Spanned;

use super::choice;

/// The tables that say which cases must notice which deliberate fault of the fake or the reference client, below `cases/`.
const SABOTAGE: [&str; 2] = ["_sabotage.toml", "_sabotage-client.toml"];

#[derive(Deserialize)]
struct TargetFile {
    #[serde(default)]
    deviation: Vec<Named>,
    /// Of clients.
    #[serde(default)]
    pending: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
struct Named {
    case: Spanned<String>,
    /// Where the difference is shown; a path in the repository, unless it is on the web.
    link: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Table {
    #[serde(default)]
    row: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    /// Rows that break no rule have none.
    #[serde(default)]
    must_fail: Vec<Spanned<String>>,
    #[serde(default)]
    also: Vec<Named>,
}

/// A line for every name that means none of `cases`, for every link to a file that is not there, and for every such file with an error in it.
///
/// # Errors
///
/// A file cannot be read.
pub(crate) fn check(suite: &Suite, cases: &[&str]) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for name in Target::names(&suite.targets()) {
        let path = suite.targets().join(format!("{name}.toml"));
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let shown = shown(&path, suite);
        if let Err(error) = Target::parse(&name, &shown, &text) {
            found.push(error.to_string());
        } else if let Ok(file) = toml::from_str::<TargetFile>(&text) {
            let globs = file.deviation.iter().map(|named| &named.case);
            found.extend(strays(globs, &shown, &text, cases));
            let links = file.deviation.iter().filter_map(|named| named.link.as_ref());
            found.extend(dangling(links, suite, &shown, &text));
        }
    }
    for name in Target::names(&suite.clients()) {
        let path = suite.clients().join(format!("{name}.toml"));
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let shown = shown(&path, suite);
        let fake = Target::unknown("");
        if let Err(error) = fake.client_of(&name, &shown, &text) {
            found.push(error.to_string());
        } else if let Ok(file) = toml::from_str::<TargetFile>(&text) {
            let globs = file.deviation.iter().map(|named| &named.case).chain(&file.pending);
            found.extend(strays(globs, &shown, &text, cases));
            let links = file.deviation.iter().filter_map(|named| named.link.as_ref());
            found.extend(dangling(links, suite, &shown, &text));
        }
    }
    for path in SABOTAGE.map(|name| suite.cases().join(name)) {
        if !path.is_file() {
            continue;
        }
        let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        let shown = shown(&path, suite);
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

fn strays<'a>(
    names: impl Iterator<Item = &'a Spanned<String>>,
    shown: &str,
    text: &str,
    cases: &[&str],
) -> Vec<String> {
    names
        .filter(|name| !cases.iter().any(|id| case::matches_glob(name.as_ref(), id)))
        .map(|name| {
            let place = place(shown, text, name.span().start);
            format!("{place}: {}", choice::nothing_called(name.as_ref(), cases))
        })
        .collect()
}

/// Links into the repository that lead nowhere.
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
            !suite.root().join(path).is_file()
        })
        .map(|link| {
            let place = place(shown, text, link.span().start);
            format!("{place}: no file {:?} in the repository", link.as_ref())
        })
        .collect()
}

fn shown(path: &Path, suite: &Suite) -> String {
    path.strip_prefix(suite.root()).unwrap_or(path).display().to_string().replace('\\', "/")
}

fn place(shown: &str, text: &str, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
    format!("{shown}:{line}:{column}")
}
