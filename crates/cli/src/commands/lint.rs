//! `lint`: finds mistakes in case files that parse.

use case::Source;
use runner::Kind;
use verdict::Exit;

use super::{choice, complain, counted, diagnose, references, say, statements};
use crate::Suite;

/// Check case files beyond their syntax.
///
/// Finds captured values that no step uses, clauses missing from the cited document, branches that
/// can never be taken, needs and effects missing from the head, fragments without a user or an
/// owner, cases with the same title, and volatile lines missing from the accepted transcripts. In
/// the whole suite it finds deviations and sabotage rows that name no case, and statements of the
/// specifications whose case is missing or cites another clause.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask lint                    all files, lists of deviations and sabotage tables
  cargo xtask lint AREA 'AREA/*'      only these cases
  cargo xtask lint && cargo xtask fmt --check

Exit codes: 0 clean · 1 findings · 4 no file selected · 64 usage error · 65 a file does not parse")]
pub(crate) struct Args {
    /// Ids, areas, globs over ids (`bind/*`, `_fragments/*`) or files [default: all files]
    #[arg(value_name = "GLOB")]
    select: Vec<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => {
            diagnose(&diagnostics);
            return Ok(Exit::Parse);
        }
    };
    // Built-in cases are linted in the suite's own repository.
    let own = suite.own(Kind::Cases, "cases of a project need")?;
    let is_own = |source: &Source| source.path.starts_with(own.shown());
    let all: Vec<&str> = library.planned().map(|case| case.id.as_str()).collect();
    let cases = library.cases.iter().filter(|case| is_own(&case.source));
    let cases: Vec<&str> = cases.map(|case| case.id.as_str()).collect();
    let fragments = library.fragments.iter().filter(|(_, fragment)| is_own(&fragment.source));
    let fragments: Vec<String> = fragments.map(|(name, _)| format!("_fragments/{name}")).collect();
    let ids: Vec<&str> =
        cases.iter().copied().chain(fragments.iter().map(String::as_str)).collect();
    if let Some(word) = choice::idle(&args.select, &ids) {
        complain(&choice::nothing_called(word, &ids));
        return Ok(Exit::Nothing);
    }
    if ids.is_empty() {
        complain(&format!("no case file under {}", own.shown().display()));
        return Ok(Exit::Nothing);
    }
    let mut found = case::lint(&library);
    found.retain(|finding| {
        let path = finding.source.path.to_string_lossy();
        is_own(&finding.source) && choice::chooses(&args.select, &choice::id_of(&path))
    });
    // These findings belong to no case, so they show only when all files are linted.
    let mut stray =
        if args.select.is_empty() { references::check(suite, &all)? } else { Vec::new() };
    let chosen = library.cases.iter().filter(|case| choice::chooses(&args.select, &case.id));
    if let (true, Ok(root)) = (args.select.is_empty(), suite.checkout("statements are counted")) {
        stray.extend(statements::check(root, &library)?);
    }
    stray.extend(references::volatile(suite, chosen)?);

    diagnose(&found);
    for finding in &stray {
        complain(finding);
    }
    let counts = format!(
        "{}, {}",
        counted(cases.iter().filter(|id| choice::chooses(&args.select, id)).count(), "case"),
        counted(
            fragments.iter().filter(|id| choice::chooses(&args.select, id)).count(),
            "fragment"
        )
    );
    match found.len() + stray.len() {
        0 => {
            say(&format!("{counts}: clean"))?;
            Ok(Exit::Green)
        }
        total => {
            complain(&format!("{counts}: {}", counted(total, "finding")));
            Ok(Exit::Fail)
        }
    }
}
