//! `compare`: how each case changed between two runs or two targets.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use files::Unwritten;
use report::{Change, Column, Comparison, Format, Options, Request};
use verdict::{Exit, Strictness};

use super::{complain, results};
use crate::Suite;
use crate::output::{NamedWriter, has_colours};

/// Show how each case changed between two runs, or between two targets.
///
/// A run is a JSON report (`--report json=FILE`) or the name of a target, which stands for the
/// newest result of each case there. A partial run updates the results of its cases and keeps the
/// others. Results of a sabotaged fake are kept apart, as TARGET@SABOTAGE. The other runs are
/// compared with the first.
///
/// regressed: the case became red · fixed: it is no longer red · changed: another verdict, equally
/// red or green · drifted: the same verdict, another transcript · new, gone: only one run has the
/// case · not played: the case was not selected in one of the runs
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask compare mock mock-openfire              the last results of two targets
  cargo xtask compare before.jsonl lab-uccx           a server before and after its upgrade
  cargo xtask compare mock mock@extra-element         the changes that a sabotage makes
  cargo xtask compare mock prosody ejabberd --report html=matrix.html

Exit codes: 0 nothing regressed · 1 a case regressed · 4 no case in common · 64 usage error, or no such run")]
pub(crate) struct Args {
    /// The run to compare with: a target or a JSON report
    #[arg(value_name = "BEFORE")]
    before: String,

    /// The runs to compare: targets or JSON reports
    #[arg(value_name = "AFTER", required = true)]
    after: Vec<String>,

    /// Write a report to a file or to standard output: text or html. May be given several times
    /// [default: text]
    #[arg(long, value_name = "FORMAT[=PATH]")]
    report: Vec<Request>,

    /// Make NON-STRICT and unclean ends of connections red
    #[arg(long)]
    strict: bool,

    /// Make UNSUPPORTED red
    #[arg(long)]
    require_all: bool,

    /// List all cases, and show the changed lines of cases that regressed
    #[arg(long, short)]
    verbose: bool,
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let strictness = Strictness { strict: args.strict, require_all: args.require_all };
    let given: Vec<&String> = std::iter::once(&args.before).chain(&args.after).collect();
    let columns: Vec<Column> = given
        .iter()
        .map(|name| Ok(Column { name: short(name, &given), run: results::named(suite, name)? }))
        .collect::<anyhow::Result<_>>()?;
    let Some((before, others)) = columns.split_first() else { return Ok(Exit::Usage) };
    let comparisons: Vec<Comparison<'_>> =
        others.iter().map(|after| Comparison::new(&before.run, &after.run, strictness)).collect();
    for request in &args.report {
        if !matches!(request.format, Format::Text | Format::Html) {
            anyhow::bail!(
                "--report {}: comparisons are written as text or html only",
                request.format.name()
            );
        }
    }
    let to_stdout = args.report.iter().all(|request| request.path.is_some());
    let text = Request { format: Format::Text, path: None };
    for request in args.report.iter().chain(to_stdout.then_some(&text)) {
        write(args, request, &columns, &comparisons, strictness)?;
    }
    if let Some(after) = others.iter().zip(&comparisons).find(|(_, one)| one.common() == 0) {
        complain(&format!("{} and {} have no case in common", before.name, after.0.name));
        return Ok(Exit::Nothing);
    }
    let regressed = comparisons.iter().any(|one| one.of(Change::Regressed).next().is_some());
    Ok(if regressed { Exit::Fail } else { Exit::Green })
}

/// The short name of a run in reports: the stem of its file, if no other run has the same stem.
fn short(name: &str, all: &[&String]) -> String {
    let stem =
        |name: &str| Path::new(name).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    match stem(name) {
        Some(own) if all.iter().filter(|other| stem(other).as_ref() == Some(&own)).count() == 1 => {
            own
        }
        _ => name.to_owned(),
    }
}

fn write(
    args: &Args,
    request: &Request,
    columns: &[Column],
    comparisons: &[Comparison<'_>],
    strictness: Strictness,
) -> anyhow::Result<()> {
    let colour = request.path.is_none() && has_colours(&std::io::stdout());
    let mut out: Box<dyn Write> = match &request.path {
        Some(path) => {
            let unwritten = |error| Unwritten::new(path, error);
            let file = File::create(path).map_err(unwritten).context("--report")?;
            Box::new(BufWriter::new(NamedWriter::new(path.display().to_string(), file)))
        }
        None => Box::new(NamedWriter::new("standard output", std::io::stdout().lock())),
    };
    let written = match request.format {
        Format::Html => report::write_html(&mut *out, columns, strictness),
        _ => {
            let options = Options { colour, verbose: args.verbose };
            texts(&mut *out, columns, comparisons, options)
        }
    };
    Ok(written?)
}

fn texts(
    out: &mut dyn Write,
    columns: &[Column],
    comparisons: &[Comparison<'_>],
    options: Options,
) -> std::io::Result<()> {
    let Some((before, others)) = columns.split_first() else { return Ok(()) };
    for (number, (after, comparison)) in others.iter().zip(comparisons).enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        report::write_comparison(out, before, after, comparison, options)?;
    }
    out.flush()
}
