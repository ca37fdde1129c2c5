//! `statements`: the demands of the specifications, and the cases that test each.

use std::path::Path;

use anyhow::{Context as _, bail};
use case::Library;
use serde_json::json;
use statements::{Document, Figures};
use verdict::Exit;

use super::run::not_parsed;
use super::{complain, say};
use crate::Suite;

/// The folder of the tables, one a document.
const FOLDER: &str = "statements";

/// Show each demand of the specifications and its cases; in a clone of the suite.
///
/// A statement is one MUST, SHALL, SHOULD, REQUIRED or RECOMMENDED, or its negation. Its name is
/// the clause and an ordinal: `RFC 7395 §3.4 #2`. The tables are in `statements/` of the suite's
/// repository; `lint` checks them against the cases.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask statements                    all documents
  cargo xtask statements 'RFC 7395'         one document
  cargo xtask statements --gaps             demands that a case could test and none does
  cargo xtask statements --json             the same for programs

Exit codes: 0 shown · 1 a table is wrong · 4 no such document · 64 usage error · 65 a case file does not parse")]
pub(crate) struct Args {
    /// Documents, as in citations [default: all]
    #[arg(value_name = "DOCUMENT")]
    select: Vec<String>,

    /// Only statements that a case could test and none does
    #[arg(long)]
    gaps: bool,

    /// One JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => return Ok(not_parsed(&diagnostics)),
    };
    let root = suite.checkout("statements are counted")?;
    let mut documents = load(root)?;
    let names: Vec<String> = documents.iter().map(|one| one.document.clone()).collect();
    for word in &args.select {
        if !names.contains(word) {
            let all = textual::there_are(word, names.iter().map(String::as_str));
            complain(&format!("no statements of {word:?}; {all}"));
            return Ok(Exit::Nothing);
        }
    }
    documents.retain(|one| args.select.is_empty() || args.select.contains(&one.document));
    let found: Vec<String> =
        documents.iter().flat_map(|one| statements::check(one, &library)).collect();
    if args.json {
        say(&as_json(&documents))?;
    } else {
        say(statements::text(&documents, args.gaps).trim_end())?;
    }
    for finding in &found {
        complain(finding);
    }
    Ok(if found.is_empty() { Exit::Green } else { Exit::Fail })
}

/// One line for each mistake in the tables; none in a repository without tables.
///
/// # Errors
///
/// A file cannot be read or is no table.
pub(crate) fn check(root: &Path, library: &Library) -> anyhow::Result<Vec<String>> {
    let documents = load(root)?;
    Ok(documents.iter().flat_map(|one| statements::check(one, library)).collect())
}

/// All tables, in the order of their file names.
///
/// # Errors
///
/// A file cannot be read or is no table.
pub(crate) fn load(root: &Path) -> anyhow::Result<Vec<Document>> {
    let folder = root.join(FOLDER);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = std::fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(|| folder.display().to_string())?;
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    let mut documents = Vec::new();
    for path in paths {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| shown.clone())?;
        match Document::read(&text, &shown) {
            Ok(document) => documents.push(document),
            Err(error) => bail!(error),
        }
    }
    Ok(documents)
}

fn as_json(documents: &[Document]) -> String {
    let each = documents.iter().map(|document| {
        let rows = document.rows().map(|(section, number, row)| {
            let mut value = json!(row);
            value["clause"] = json!(format!("{} §{}", document.document, section.section));
            value["number"] = json!(number);
            value["standing"] = json!(row.standing());
            value
        });
        json!({
            "document": document.document,
            "scope": document.scope,
            "figures": Figures::of(document),
            "statements": rows.collect::<Vec<_>>(),
        })
    });
    let all = documents.iter().map(Figures::of).fold(Figures::default(), |sum, one| sum + one);
    format!("{:#}", json!({ "documents": each.collect::<Vec<_>>(), "figures": all }))
}
