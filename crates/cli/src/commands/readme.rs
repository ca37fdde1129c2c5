//! `readme`: updates the passages of documents that are generated from code, files or lists of
//! clients.

use anyhow::Context as _;
use case::{Library, Role};
use finesse_fake::Fault;
use gate::{ClientTables, EVENTS, VARIABLES, VERBS};
use runner::{Kind, Target};
use suite::{REFERENCE, REFERENCE_OVER_BOSH};
use verdict::Exit;

use super::run::not_parsed;
use super::statements::load as load_statements;
use super::{complain, say};
use crate::described;
use crate::documents::documents;
use crate::rooms::rooms;
use crate::{Suite, made_anew};

/// Update the generated passages of the documents; in a clone of the suite.
///
/// The documents are README.md, ARCHITECTURE.md, and those in docs/ and examples/.
///
/// A passage stands between `<!-- made from WHAT -->` and `<!-- end -->`. WHAT is `clients` (one
/// line a client), `clients by case`, `events`, `faults`, `variables`, `verbs`, `rooms` (the
/// crates), `statements`, `asyncapi PATH` or `openapi PATH` (a description of the wire),
/// `file PATH`, or `test PATH NAME` (a test function).
#[derive(clap::Args)]
#[command(after_help = "\
Exit codes: 0 all passages are up to date now · 1 --check found a difference · 64 usage error, or a passage without an end ·
65 a case file does not parse")]
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
    for path in documents(root)? {
        let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        let text = std::fs::read_to_string(&path).with_context(|| shown.clone())?;
        let anew =
            made_anew(&text, |what| make(what, suite, &library)).with_context(|| shown.clone())?;
        if anew == text {
            continue;
        }
        if args.check {
            complain(&format!("{shown} is out of date; run `cargo xtask readme`"));
            exit = Exit::Fail;
        } else {
            files::write(&path, anew)?;
            say(&format!("wrote {shown}"))?;
        }
    }
    Ok(exit)
}

fn make(what: &str, suite: &Suite, library: &Library) -> Result<String, String> {
    let read = |path: &str| {
        let root = suite.checkout("readmes are made").map_err(|error| error.to_string())?;
        std::fs::read_to_string(root.join(path)).map_err(|error| format!("{path}: {error}"))
    };
    match what.split(' ').collect::<Vec<_>>()[..] {
        ["file", path] => {
            let language = path.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
            let language = if language == "mjs" { "js" } else { language };
            Ok(format!("```{language}\n{}\n```", read(path)?.trim_end()))
        }
        ["test", path, name] => {
            let text = read(path)?;
            let test = test(&text, name).ok_or_else(|| format!("{path}: no test {name}"))?;
            Ok(format!("```rust\n{test}\n```"))
        }
        ["asyncapi", path] => described::asyncapi(&read(path)?),
        ["openapi", path] => described::openapi(&read(path)?),
        ["faults"] => {
            let rows = Fault::table().map(|shape| (shape.usage(), shape.does()));
            Ok(table(["fault", "effect"], rows))
        }
        ["variables"] => {
            let rows = VARIABLES.iter().map(|(name, what)| ((*name).to_owned(), *what));
            Ok(table(["variable", "meaning"], rows))
        }
        ["verbs"] => {
            let rows = VERBS.map(|(verb, what, example)| format!("| `{verb}` | {what} | `{example}` |\n"));
            Ok(format!("| verb | task | example |\n| --- | --- | --- |\n{}", rows.concat()))
        }
        ["events"] => Ok(events()),
        ["rooms"] => {
            let root = suite.checkout("readmes are made").map_err(|error| error.to_string())?;
            rooms(root).map_err(|error| format!("{error:#}"))
        }
        ["statements"] => {
            let root = suite.checkout("readmes are made").map_err(|error| error.to_string())?;
            let documents = load_statements(root).map_err(|error| format!("{error:#}"))?;
            Ok(statements::markdown(&documents))
        }
        ["clients"] => tables(suite, library, |tables| tables.summary()),
        ["clients", "by", "case"] => tables(suite, library, |tables| tables.by_case()),
        _ => Err("unknown kind of passage; wanted `clients`, `clients by case`, `events`, `faults`, `variables`, `verbs`, `rooms`, `statements`, \
                  `asyncapi PATH`, `openapi PATH`, `file PATH` or `test PATH NAME`"
            .to_owned()),
    }
}

/// A table of two columns; the first is set as code.
fn table<'a>([first, second]: [&str; 2], rows: impl Iterator<Item = (String, &'a str)>) -> String {
    let rows = rows.map(|(code, text)| format!("| `{}` | {text} |\n", code.replace('|', "\\|")));
    format!("| {first} | {second} |\n| --- | --- |\n{}", rows.collect::<String>())
}

/// The events of a driver: a table of members and an example for each.
fn events() -> String {
    let mut out = String::from("| event | member | meaning |\n| --- | --- | --- |\n");
    for event in EVENTS {
        out.push_str(&format!("| `{}` | | {} |\n", event.name, event.when));
        for (member, meaning) in event.members {
            out.push_str(&format!("| | `{member}` | {meaning} |\n"));
        }
    }
    let examples = EVENTS.map(|event| format!("{}\n", event.example)).concat();
    format!("{out}\n```json\n{examples}```")
}

/// The source of a test function, with the attribute above it.
fn test(text: &str, name: &str) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let head = lines.iter().position(|line| line.contains(&format!("fn {name}(")))?;
    let end = head + lines[head..].iter().position(|line| *line == "}")?;
    Some(lines[head.checked_sub(1)?..=end].join("\n"))
}

fn tables(
    suite: &Suite,
    library: &Library,
    write: impl Fn(&ClientTables<'_>) -> String,
) -> Result<String, String> {
    let cases = runner::select(library, Role::Client, &[], None);
    let clients = clients(suite)?;
    Ok(write(&ClientTables::new(&cases, &clients)))
}

/// All clients with a file, except the reference client, which has no deviations over either
/// transport.
fn clients(suite: &Suite) -> Result<Vec<Target>, String> {
    let names = suite.layers().names(Kind::Clients);
    names
        .iter()
        .filter(|name| ![REFERENCE, REFERENCE_OVER_BOSH].contains(&name.as_str()))
        .map(|name| suite.client(name).map_err(|error| error.to_string()))
        .collect()
}
