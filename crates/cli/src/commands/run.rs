//! What `conformance` and `gate` have in common: how a run is asked for, reported, interrupted and ended.

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
use verdict::{Exit, Reporter, Strictness};

use super::{choice, complain, diagnose, say, stopped};

/// The variable in which GitHub names the summary page of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// What is to be shown of a run, and what counts as red in it.
#[derive(Clone, clap::Args)]
pub(super) struct Manner {
    /// Only list what is selected
    #[arg(long)]
    pub(super) list: bool,

    /// Report as text, html (one file for people), json, junit, markdown (a summary), or github (annotations), to a file
    /// or to standard output; may be given several times [default: text]
    #[arg(long, value_name = "FORMAT[=PATH]")]
    report: Vec<Request>,

    /// NON-STRICT, FLAKY, and an end that is not clean, are red
    #[arg(long)]
    strict: bool,

    /// UNSUPPORTED is red, unless the target's file rules it out with a reason
    #[arg(long)]
    require_all: bool,

    /// End the run at the first red case
    #[arg(long)]
    pub(super) fail_fast: bool,

    /// List every case with its reasons, also the green ones
    #[arg(long, short)]
    verbose: bool,
}

impl Manner {
    /// What counts as red.
    pub(super) fn strictness(&self) -> Strictness {
        Strictness { strict: self.strict, require_all: self.require_all }
    }

    /// All reports that were asked for; text on standard output when none goes there.
    pub(super) fn reporters(&self) -> anyhow::Result<Reports> {
        let requests = &self.report;
        let dress = |colour| ReportOptions { colour, verbose: self.verbose, program: program() };
        let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let mut all: Vec<Box<dyn Reporter>> = Vec::new();
        if std::io::stderr().is_terminal() {
            all.push(Box::new(Progress::new(Box::new(std::io::stderr()))));
        }
        for request in requests {
            let (out, colour): (Box<dyn Write + Send>, bool) = match &request.path {
                Some(path) => (Box::new(std::io::BufWriter::new(file(path)?)), false),
                None => (Box::new(std::io::stdout()), colour),
            };
            all.push(request.format.reporter(out, dress(colour)));
        }
        // Annotations are for the build server, and leave people without a report.
        let is_for_people =
            |request: &Request| request.path.is_none() && request.format != Format::Github;
        if !requests.iter().any(is_for_people) {
            all.push(Format::Text.reporter(Box::new(std::io::stdout()), dress(colour)));
        }
        Ok(Reports(all))
    }
}

/// A file for a report. The summary page of a build is shared by all commands of a step, so it is added to.
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

/// The first word that selects nothing, and what may have been meant. A run that leaves out what was asked for must not
/// be green.
pub(super) fn idle(words: &[String], library: &Library, tested: Role) -> Option<String> {
    let ids: Vec<&str> = library.cases.iter().map(|case| case.id.as_str()).collect();
    let is_idle =
        |word: &&String| runner::select(library, tested, &[Selector::parse(word)], None).is_empty();
    let word = words.iter().find(is_idle)?;
    Some(match Selector::parse(word) {
        Selector::Id(_) | Selector::File(_) => choice::nothing_called(word, &ids),
        _ => format!("no case is selected by `{word}`; `--list` shows clauses and levels"),
    })
}

/// What is selected, a case with its clauses and its claim.
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

/// Turns true at Ctrl-C, or at the signal that a supervisor sends.
pub(super) fn interrupts(runtime: &Runtime) -> watch::Receiver<bool> {
    let (stop, interrupt) = watch::channel(false);
    let _inside = runtime.enter();
    let stopped = stopped();
    runtime.spawn(async move {
        match stopped {
            Ok(stopped) => stopped.await,
            // A run that cannot hear of signals is ended by them as any process is.
            Err(_) => std::future::pending().await,
        }
        stop.send_replace(true);
    });
    interrupt
}

/// The exit code of a run that came to no summary.
pub(super) fn without_summary(error: RunError) -> anyhow::Result<Exit> {
    match error {
        RunError::Parse(diagnostics) => Ok(not_parsed(&diagnostics)),
        // Whoever reads the report has seen enough.
        RunError::Report(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(Exit::Usage)
        }
        RunError::Bug(message) => {
            complain(&format!("a bug of this tool: {message}"));
            Ok(Exit::Bug)
        }
        error => Err(error.into()),
    }
}

/// Shows all that is wrong with case files.
pub(super) fn not_parsed(diagnostics: &[case::Diagnostic]) -> Exit {
    diagnose(diagnostics);
    Exit::Parse
}
