//! Options, reports, interrupts and exit codes that `conformance` and `gate` have in common.

use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::Path;

use anyhow::Context as _;
use case::{Case, Library, Role};
use report::{Format, Options as ReportOptions, Progress, Reports, Request};
use runner::{RunError, Selector};
use textual::program;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use verdict::{Exit, Reporter, Selection, Shard, Strictness};

use super::{choice, complain, diagnose, say, stopped};

/// GitHub Actions passes the path of a step's summary page in this variable.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// The option that chooses cases by their last results.
const RERUN_FAILED: &str = "--rerun-failed";

/// Options for the reports of a run, and for which verdicts are red.
#[derive(Clone, clap::Args)]
pub(super) struct RunOptions {
    /// List the selected cases and play none
    #[arg(long)]
    pub(super) list: bool,

    /// Play part K of N equal parts of the selection. `report` joins the results of the parts
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

    /// Play only cases that were red in their last run
    #[arg(long)]
    pub(super) rerun_failed: bool,

    /// Write a report to a file or to standard output: text, html, json, junit, markdown (for
    /// the page of a build), github (annotations) or summary (in plain words). May be given several times [default: text]
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

impl RunOptions {
    /// The verdicts that these options make red.
    pub(super) fn strictness(&self) -> Strictness {
        Strictness { strict: self.strict, require_all: self.require_all }
    }

    /// The cases of `library` for `tested` that the words `select` choose, and what is left out.
    pub(super) fn chosen<'l>(
        &self,
        library: &'l Library,
        tested: Role,
        select: &[String],
    ) -> (Vec<&'l Case>, Selection) {
        let selectors: Vec<Selector> = select.iter().map(|word| Selector::parse(word)).collect();
        let chosen = runner::select(library, tested, &selectors, None);
        let all = runner::select(library, tested, &[], None);
        let left_out = all.iter().filter(|case| !chosen.iter().any(|one| one.id == case.id));
        let left_out = left_out.map(|case| case.id.clone()).collect();
        let mut words = select.to_vec();
        words.extend(self.rerun_failed.then(|| RERUN_FAILED.to_owned()));
        let selection = Selection { words, shard: self.shard, left_out };
        (runner::select(library, tested, &selectors, self.shard), selection)
    }

    /// All requested reports, and on a terminal the progress of the run.
    pub(super) fn reporters(&self) -> anyhow::Result<Reports> {
        let mut all: Vec<Box<dyn Reporter>> = Vec::new();
        if std::io::stderr().is_terminal() {
            all.push(Box::new(Progress::new(Box::new(std::io::stderr()))));
        }
        all.extend(reporters(&self.report, self.verbose)?);
        Ok(Reports(all))
    }
}

/// The requested reports, and text on standard output if no other report for people goes there.
pub(super) fn reporters(
    requests: &[Request],
    verbose: bool,
) -> anyhow::Result<Vec<Box<dyn Reporter>>> {
    let dress = |colour| ReportOptions { colour, verbose, program: program() };
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut all: Vec<Box<dyn Reporter>> = Vec::new();
    for request in requests {
        let (out, colour): (Box<dyn Write + Send>, bool) = match &request.path {
            Some(path) => (Box::new(std::io::BufWriter::new(file(path)?)), false),
            None => (Box::new(std::io::stdout()), colour),
        };
        all.push(request.format.reporter(out, dress(colour)));
    }
    // Annotations are for the build server; people still need a text report.
    let is_for_people =
        |request: &Request| request.path.is_none() && request.format != Format::Github;
    if !requests.iter().any(is_for_people) {
        all.push(Format::Text.reporter(Box::new(std::io::stdout()), dress(colour)));
    }
    Ok(all)
}

/// Whether a report could not be written because its reader went away.
pub(super) fn is_closed_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
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
    options.open(path).with_context(|| format!("--report: {}", path.display()))
}

/// A message about the first word that selects no case, with similar ids. Such a run must not be
/// green: it would skip cases that the user asked for.
pub(super) fn idle(words: &[String], library: &Library, tested: Role) -> Option<String> {
    let ids: Vec<&str> = library.cases.iter().map(|case| case.id.as_str()).collect();
    let is_idle =
        |word: &&String| runner::select(library, tested, &[Selector::parse(word)], None).is_empty();
    let word = words.iter().find(is_idle)?;
    Some(match Selector::parse(word) {
        Selector::Id(_) | Selector::File(_) => choice::nothing_called(word, &ids),
        _ => format!("`{word}` selects no case; `--list` shows clauses and levels"),
    })
}

/// Lists the selected cases with clauses and claim.
pub(super) fn list(cases: &[&Case]) {
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
        ));
    }
    say(&format!("{} cases", cases.len()));
}

/// Becomes true at Ctrl-C or SIGTERM.
pub(super) fn interrupts(runtime: &Runtime) -> watch::Receiver<bool> {
    let (stop, interrupt) = watch::channel(false);
    let _inside = runtime.enter();
    let stopped = stopped();
    runtime.spawn(async move {
        match stopped {
            Ok(stopped) => stopped.await,
            // Without a handler, a signal ends the process in the usual way.
            Err(_) => std::future::pending().await,
        }
        stop.send_replace(true);
    });
    interrupt
}

/// The exit code of a run that ended before its summary.
pub(super) fn without_summary(error: RunError) -> anyhow::Result<Exit> {
    match error {
        RunError::Parse(diagnostics) => Ok(not_parsed(&diagnostics)),
        // The reader closed the pipe.
        RunError::Report(error) if is_closed_pipe(&error) => Ok(Exit::Usage),
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
