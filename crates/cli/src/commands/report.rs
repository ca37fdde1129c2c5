//! `report`: writes reports of a finished run, and joins the parts that several machines played.

use report::{Part, Reports, Request};
use verdict::{Exit, Reporter as _};

use super::results;
use super::run::{reporters, with_reports};
use crate::Suite;

/// Write reports of a finished run, or of one that several machines shared.
///
/// A run is a JSON report (`--report json=FILE`), or the name of a target or client, which stands
/// for the newest result of each case there. Several files are joined: they must be parts of one
/// run, each case in one of them. Where the run was played with `--shard`, a missing shard is
/// reported and makes the joined run red.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask report run.jsonl                                a finished run as text
  cargo xtask report run.jsonl --report html=run.html
  cargo xtask report lab-uccx --report summary                the newest results of a target, in plain words
  cargo xtask report part-1.jsonl part-2.jsonl part-3.jsonl --report junit=run.xml

Exit codes: those of the run: as if one machine had played all of it · 3 also if a shard is missing · 64 usage error, no such
run, or not the parts of one run")]
pub(crate) struct Args {
    /// The parts of the run: JSON reports, or one target or client
    #[arg(value_name = "RUN", required = true)]
    runs: Vec<String>,

    /// Write a report to a file or to standard output: text, html, json, junit, markdown, github or
    /// summary. May be given several times [default: text]
    #[arg(long, value_name = "FORMAT[=PATH]")]
    report: Vec<Request>,

    /// List every case with its reasons, including green cases
    #[arg(long, short)]
    verbose: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let part = |name: &String| Ok(Part { name: name.clone(), run: results::named(suite, name)? });
    let parts = args.runs.iter().map(part).collect::<anyhow::Result<_>>()?;
    let run = report::join(parts)?;
    let mut reports = Reports::new(reporters(&args.report, args.verbose)?);
    // An error is among the failures of the reports.
    let _ = reports
        .began(&run.head)
        .and_then(|()| run.cases.iter().try_for_each(|case| reports.finished(case)))
        .and_then(|()| reports.ended(&run));
    Ok(with_reports(run.exit(), reports))
}
