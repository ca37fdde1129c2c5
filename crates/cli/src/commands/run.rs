//! Options, reports, interrupts and exit codes that `conformance` and `gate` have in common.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::Path;

use anyhow::{Context as _, bail};
use case::{Case, Library, Role, Transport};
use files::Unwritten;
use report::{Format, Options as ReportOptions, Progress, Reports, Request};
use runner::{RunError, Selector};
use textual::Hint;
use verdict::{Exit, Reporter, Selection, Shard, Strictness};

use super::{choice, complain, counted, diagnose, say};
use crate::failure;
use crate::output::{NamedWriter, has_colours, has_cursor};

/// GitHub Actions passes the path of a step's summary page in this variable.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Paths of standard output.
const STDOUT: [&str; 3] = ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"];

/// The option that chooses cases by their last results.
const RERUN_FAILED: &str = "--rerun-failed";

/// Options for the reports of a run, and for which verdicts are red.
#[derive(Clone, clap::Args)]
pub(super) struct RunOptions {
    /// List the selected cases and play none
    #[arg(long)]
    pub(super) list: bool,

    /// Play only what is played over this transport: ws or bosh. A case that is played over both
    /// has the id AREA/SLUG over WebSocket, and AREA/SLUG+bosh over BOSH
    #[arg(long, value_name = "ws|bosh", value_parser = transport)]
    pub(super) transport: Option<Transport>,

    /// Play part K of N equal parts of the selection. `report` joins the results of the parts
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    /// Play only cases whose newest result is red, from any run
    #[arg(long)]
    pub(super) rerun_failed: bool,

    /// Write a report to a file or to standard output: text, html, json, junit, markdown (for
    /// the page of a build), github (annotations) or summary (in plain words). May be given several
    /// times [default: text]
    #[arg(long, value_name = "FORMAT[=PATH]")]
    report: Vec<Request>,

    /// Make NON-STRICT, FLAKY and unclean ends of connections red
    #[arg(long)]
    strict: bool,

    /// Make UNSUPPORTED red, unless the target's file lists the missing feature under [lacks]
    #[arg(long)]
    require_all: bool,

    /// End the run at the first red case
    #[arg(long)]
    pub(super) fail_fast: bool,

    /// List every case with its reasons, including green cases
    #[arg(long, short)]
    verbose: bool,
}

/// Reads the name of a transport.
fn transport(word: &str) -> Result<Transport, String> {
    word.parse().map_err(|_| format!("there is no transport {word:?}: ws or bosh"))
}

impl RunOptions {
    /// The verdicts that these options make red.
    pub(super) fn strictness(&self) -> Strictness {
        Strictness { strict: self.strict, require_all: self.require_all }
    }

    /// The cases of `library` for `tested` that the words `select` choose, and what is left out.
    /// `is_played` says whether a case belongs to the transport of the other side, where none is
    /// asked for; it hears whether the words name a transport.
    pub(super) fn chosen<'l>(
        &self,
        library: &'l Library,
        tested: Role,
        select: &[String],
        is_played: impl Fn(&Case, bool) -> bool,
    ) -> (Vec<&'l Case>, Selection) {
        let selectors: Vec<Selector> = select.iter().map(|word| Selector::parse(word)).collect();
        let names_one = select.iter().any(|word| case::file_id(word) != word);
        let is_over = |case: &&Case| match self.transport {
            Some(over) => case.transport == over,
            None => is_played(case, names_one),
        };
        let mut chosen = runner::select(library, tested, &selectors, None);
        chosen.retain(is_over);
        let mut all = runner::select(library, tested, &[], None);
        all.retain(|case| is_over(case) || self.transport.is_some());
        let left_out = all.iter().filter(|case| !chosen.iter().any(|one| one.id == case.id));
        let left_out = left_out.map(|case| case.id.clone()).collect();
        let mut words = select.to_vec();
        words.extend(self.rerun_failed.then(|| RERUN_FAILED.to_owned()));
        words.extend(self.transport.map(|over| format!("transport:{over}")));
        let selection = Selection { words, shard: self.shard, left_out };
        let mut part = runner::select(library, tested, &selectors, self.shard);
        part.retain(is_over);
        (part, selection)
    }

    /// All requested reports, and on a terminal the progress of the run.
    pub(super) fn reporters(&self) -> anyhow::Result<Reports> {
        let mut all: Vec<Box<dyn Reporter>> = Vec::new();
        // Reports that grow on the terminal have no place for a line that is drawn over.
        let grows = |request: &Request| request.path.is_none() && request.format.is_written_along();
        let is_free = !(std::io::stdout().is_terminal() && self.report.iter().any(grows));
        if has_cursor() && is_free {
            all.push(Box::new(Progress::new(Box::new(std::io::stderr()))));
        }
        all.extend(reporters(&self.report, self.verbose)?);
        Ok(Reports::new(all))
    }
}

/// The requested reports, and text on standard output if no other report for people goes there.
pub(super) fn reporters(
    requests: &[Request],
    verbose: bool,
) -> anyhow::Result<Vec<Box<dyn Reporter>>> {
    two_at_one_place(requests)?;
    let dress = |colour| ReportOptions { colour, verbose };
    let colour = has_colours(&std::io::stdout());
    let mut all: Vec<Box<dyn Reporter>> = Vec::new();
    for request in requests {
        let (out, colour): (Box<dyn Write + Send>, bool) = match &request.path {
            Some(path) => {
                let named = NamedWriter::new(path.display().to_string(), file(path)?);
                (Box::new(std::io::BufWriter::new(named)), false)
            }
            None => (Box::new(stdout()), colour),
        };
        all.push(request.format.reporter(out, dress(colour)));
    }
    // Annotations are for the build server; people still need a text report.
    let is_for_people =
        |request: &Request| request.path.is_none() && request.format != Format::Github;
    if !requests.iter().any(is_for_people) {
        all.push(Format::Text.reporter(Box::new(stdout()), dress(colour)));
    }
    Ok(all)
}

fn stdout() -> impl Write + Send {
    NamedWriter::new("standard output", std::io::stdout())
}

/// Two reports in one place would be neither. Annotations go along with another report: build
/// servers pick their lines out.
fn two_at_one_place(requests: &[Request]) -> anyhow::Result<()> {
    let whole = || requests.iter().filter(|request| request.format != Format::Github);
    let place = |request: &Request| {
        let path = request
            .path
            .as_ref()
            .filter(|path| !STDOUT.iter().any(|out| *path == Path::new(out)))?;
        Some(std::path::absolute(path).unwrap_or_else(|_| path.clone()))
    };
    for (number, request) in whole().enumerate() {
        let Some(first) = whole().take(number).find(|first| place(first) == place(request)) else {
            continue;
        };
        let (first, name) = (first.format.name(), request.format.name());
        let place = request
            .path
            .as_ref()
            .map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
        bail!(
            "--report {first} and --report {name} both go to {place}: give one a file of its own, as in --report {name}=run.{name}"
        );
    }
    Ok(())
}

/// Opens a file for a report. All commands of a GitHub step share its summary page, so that one is
/// appended to.
fn file(path: &Path) -> anyhow::Result<File> {
    let is_shared = std::env::var_os(STEP_SUMMARY).is_some_and(|shared| shared == *path);
    let mut options = File::options();
    options.create(true).write(true);
    if is_shared {
        options.append(true)
    } else {
        options.truncate(true)
    };
    options.open(path).map_err(|error| Unwritten::new(path, error)).context("--report")
}

/// A message about the first word that selects no case, with similar ids. Such a run must not be
/// green: it would skip cases that the user asked for.
pub(super) fn idle(words: &[String], library: &Library, tested: Role) -> Option<String> {
    let chosen = |word: &str, role| runner::select(library, role, &[Selector::parse(word)], None);
    let word = words.iter().find(|word| chosen(word, tested).is_empty())?;
    let cases = runner::select(library, tested, &[], None);
    let of = |kind: &str, known: fn(&Case) -> Vec<String>| {
        let known: BTreeSet<String> = cases.iter().flat_map(|case| known(case)).collect();
        let value = word.split_once(':').map_or("", |(_, value)| value);
        let known = textual::there_are(value, known.iter().map(String::as_str));
        format!("`{word}` selects no case; of {kind} {known}")
    };
    Some(match Selector::parse(word) {
        Selector::Id(_) | Selector::File(_) => {
            let other = if tested == Role::Server { Role::Client } else { Role::Server };
            if chosen(word, other).is_empty() {
                let ids: Vec<&str> = cases.iter().map(|case| case.id.as_str()).collect();
                choice::nothing_called(word, &ids)
            } else {
                let side = if other == Role::Server { "servers" } else { "clients" };
                format!("`{word}` is for {side}; play it with `{}`", played(word, other, None))
            }
        }
        Selector::Level(_) => of("levels", |case| vec![case.head.level.value.to_string()]),
        Selector::Tag(_) => {
            of("tags", |case| case.head.tags.iter().map(|tag| tag.value.clone()).collect())
        }
        Selector::Spec { .. } => of("documents", |case| {
            let clauses = case.head.spec.iter().map(|clause| clause.value.to_string());
            clauses.filter_map(|text| Some(text.split('§').next()?.trim().to_owned())).collect()
        }),
    })
}

/// The command that plays a case, against the target or client `name` if it has one.
pub(super) fn played(id: &str, role: Role, name: Option<&str>) -> Hint {
    let (command, option, last): (_, _, &[&str]) = match role {
        Role::Server => ("conformance", "--target", &[]),
        Role::Client => ("gate", "--client", &["--", "COMMAND"]),
    };
    let named = name.map(|name| [option, name]).into_iter().flatten();
    Hint::new([command, id]).and(named).and(last.iter().copied())
}

/// Shows the mistakes by which these cases cannot be played; the exit code, if there is any.
pub(super) fn unplayable(library: &Library, cases: &[&Case]) -> Option<Exit> {
    let found = case::unplayable(library, cases);
    (!found.is_empty()).then(|| not_parsed(&found))
}

/// Lists the selected cases with clauses and claim.
pub(super) fn list(cases: &[&Case]) -> Result<(), Unwritten> {
    for case in cases {
        let head = &case.head;
        let spec: Vec<String> = head.spec.iter().map(|clause| clause.value.to_string()).collect();
        say(&format!(
            "{:<44} {:<6} {}\n{:44} {}",
            case.id,
            head.level.value,
            spec.join(", "),
            "",
            head.title.value
        ))?;
    }
    say(&counted(cases.len(), "case"))
}

/// The exit code of a run with these reports, whose errors are printed. A report that is missing
/// is worse than all that it could say, except an interrupt.
pub(super) fn with_reports(exit: Exit, reports: Reports) -> Exit {
    let failed = reports.into_failures();
    let failed = failed.iter().map(|error| failure::end(error)).max();
    failed.filter(|_| exit != Exit::Interrupted).unwrap_or(exit)
}

/// The exit code of a run that ended before its summary.
pub(super) fn without_summary(error: RunError) -> anyhow::Result<Exit> {
    match error {
        RunError::Parse(diagnostics) => Ok(not_parsed(&diagnostics)),
        RunError::Bug(message) => {
            complain(&format!("a bug of this tool: {message}"));
            Ok(Exit::Bug)
        }
        error => Err(error.into()),
    }
}

/// Prints the errors in case files.
pub(super) fn not_parsed(diagnostics: &[case::Diagnostic]) -> Exit {
    diagnose(diagnostics);
    Exit::Parse
}
