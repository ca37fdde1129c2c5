//! `readme`: makes the passages of the readmes anew that stand elsewhere as well, tables of clients and listings of files.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use case::{Library, Role};
use gate::ClientTables;
use runner::{Kind, REFERENCE, Target};
use verdict::Exit;

use super::run::not_parsed;
use super::{complain, say};
use crate::{Suite, made_anew};

/// Make the generated passages of README.md and of the readmes in examples/ anew
///
/// A passage stands between `<!-- made from WHAT -->` and `<!-- end -->`. WHAT is `clients` (one line a client),
/// `clients by case`, or `file PATH`.
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 all is as it should be, or is now · 1 --check found a difference · 64 usage, a mark that does not end · 65 a case
file does not parse")]
pub(crate) struct Args {
    /// Change nothing; name the files that differ (for CI)
    #[arg(long)]
    check: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => return Ok(not_parsed(&diagnostics)),
    };
    let root = suite.checkout("readmes are made")?;
    let mut exit = Exit::Green;
    for path in readmes(root)? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| shown.clone())?;
        let anew =
            made_anew(&text, |what| make(what, suite, &library)).with_context(|| shown.clone())?;
        if anew == text {
            continue;
        }
        if args.check {
            complain(&format!("{shown} is not what `cargo xtask readme` makes of it"));
            exit = Exit::Fail;
        } else {
            std::fs::write(&path, anew).with_context(|| shown.clone())?;
            say(&format!("wrote {shown}"));
        }
    }
    Ok(exit)
}

/// The readme of the suite, and those of its examples.
fn readmes(root: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = vec![root.join("README.md")];
    let mut folders = vec![root.join("examples")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name == "README.md") {
                found.push(path);
            } else if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            }
        }
    }
    found.retain(|path| path.is_file());
    found.sort();
    Ok(found)
}

fn make(what: &str, suite: &Suite, library: &Library) -> Result<String, String> {
    if let Some(path) = what.strip_prefix("file ") {
        let root = suite.checkout("readmes are made").map_err(|error| error.to_string())?;
        let text =
            std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))?;
        let language = path.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
        let language = if language == "mjs" { "js" } else { language };
        return Ok(format!("```{language}\n{}\n```", text.trim_end()));
    }
    let cases = runner::select(library, Role::Client, &[], None);
    let clients = clients(suite)?;
    let tables = ClientTables::new(&cases, &clients);
    match what {
        "clients" => Ok(tables.summary()),
        "clients by case" => Ok(tables.by_case()),
        _ => Err("nothing is made from that; wanted `clients`, `clients by case` or `file PATH`"
            .to_owned()),
    }
}

/// All clients that have a file, but for the reference client, of which nothing is listed.
fn clients(suite: &Suite) -> Result<Vec<Target>, String> {
    let names = suite.layers().names(Kind::Clients);
    names
        .iter()
        .filter(|name| *name != REFERENCE)
        .map(|name| suite.client(name).map_err(|error| error.to_string()))
        .collect()
}
