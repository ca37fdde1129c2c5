//! `conformance`: plays cases against a target and reports.

use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::Path;
use std::str::FromStr as _;

use anyhow::Context as _;
use case::{Case, Library, Role};
use finesse_conformance::{Suite, SurveyError};
use finesse_fake::Sabotage;
use report::{Format, Options as ReportOptions, Progress, Renderer, Reports, Request};
use runner::verdict::{Exit, Strictness};
use runner::{Endpoint, Environment, Options, RunError, Selector, Shard};

use super::spot::Spot;
use super::venue::{self, Place};
use super::{choice, complain, results, say, stopped};

/// The variable in which GitHub names the summary page of a step.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";

/// Play cases against a target, judge them, and compare what was said with the snapshots.
#[derive(Clone, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask conformance                          every case against the fake
  cargo xtask conformance 'sasl/*' bind            two areas
  cargo xtask conformance 'spec:RFC 6120§7'        all that rests on a section
  cargo xtask conformance --target mock-strict     another profile of the fake
  cargo xtask conformance --report html=run.html   text on the terminal, and a page to read and send
  cargo xtask conformance --report junit=j.xml     the same, and a file for CI
  CONFORMANCE_PASSWORD=… cargo xtask conformance 'upgrade/*' \\
      --url wss://uccx.example.com:8445/ws/ --ca ca.pem --user 1001
  cargo xtask conformance --target lab-uccx        a server that a file describes (cargo xtask targets)

Exit codes: 0 green · 1 a case failed, a snapshot or a deviation is stale · 2 only drift · 3 target not reachable ·
4 nothing was selected · 64 usage · 65 a case file does not parse · 130 interrupted")]
pub(crate) struct Args {
    /// Cases: an id or area, a glob (`bind/*`), `spec:DOC§SECTION`, `level:must`, `tag:WORD`, or a file. All, if none
    #[arg(value_name = "GLOB|spec:…|level:…|FILE")]
    select: Vec<String>,

    /// What to play against: a name from xtask/targets, or a .toml file [default: mock]
    #[arg(long, value_name = "NAME|FILE")]
    pub(super) target: Option<String>,

    /// Only list what is selected
    #[arg(long)]
    list: bool,

    /// How many cases to play at once [default: four for each core against a fake, 1 against a server]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,

    /// Play one of N equal parts of the selection
    #[arg(long, value_name = "K/N")]
    shard: Option<Shard>,

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
    fail_fast: bool,

    /// Play a case that is red or drifts up to N times more; one that does not come to the same each time is FLAKY. For
    /// servers, and not for cases that fail a login [default: 0]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub(super) retries: usize,

    /// Play only what was red when it was last played against this target
    #[arg(long)]
    rerun_failed: bool,

    /// List every case with its reasons, also the green ones
    #[arg(long, short)]
    verbose: bool,

    /// Break the fake on purpose, to see which cases notice
    #[arg(long, value_name = "NAME", value_parser = sabotage)]
    pub(super) sabotage: Option<Sabotage>,

    /// Play against the server at this URL, as --target knows it or else as one of which nothing is known; the password
    /// for --user is taken from CONFORMANCE_PASSWORD
    #[arg(long, value_name = "wss://HOST:PORT/ws/", conflicts_with = "sabotage")]
    pub(super) url: Option<String>,

    #[command(flatten)]
    pub(super) spot: Spot,
}

/// A fault by its name; the error lists all that there are.
pub(super) fn sabotage(name: &str) -> Result<Sabotage, String> {
    let known =
        || Sabotage::ALL.map(|known| format!("  {known:<24} {}", known.describe())).join("\n");
    Sabotage::from_str(name).map_err(|error| format!("{error}; there is\n{}", known()))
}

impl Args {
    /// The same against a target that somebody else has chosen.
    #[cfg(unix)]
    pub(super) fn against(&self, target: &str) -> anyhow::Result<Self> {
        if self.target.is_some() || self.url.is_some() {
            anyhow::bail!("--target and --url are not for a lab: the target is {target}");
        }
        Ok(Self { target: Some(target.to_owned()), ..self.clone() })
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    play(args, suite, &|name| std::env::var(name).ok())
}

/// Plays with the variables of an environment.
pub(super) fn play(
    args: &Args,
    suite: &Suite,
    environment: Environment<'_>,
) -> anyhow::Result<Exit> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => return Ok(not_parsed(&diagnostics)),
    };
    let target = venue::target(args, suite)?;
    if let Some(message) = idle(&args.select, &library, Role::Server) {
        complain(&message);
        return Ok(Exit::Nothing);
    }
    let results_name = results::name(&target.name, args.sabotage);
    let strictness = Strictness { strict: args.strict, require_all: args.require_all };
    let selectors: Vec<Selector> = args.select.iter().map(|word| Selector::parse(word)).collect();
    let mut cases = runner::select(&library, Role::Server, &selectors, args.shard);
    if args.rerun_failed {
        let last = results::last(suite, &results_name)?;
        let was_red =
            |case: &&Case| last.case(&case.id).is_some_and(|case| case.is_red(strictness));
        cases.retain(was_red);
    }
    if cases.is_empty() {
        complain(nothing(args));
        return Ok(Exit::Nothing);
    }
    if args.list {
        list(&cases);
        return Ok(Exit::Green);
    }
    let is_fake = matches!(target.endpoint, Endpoint::Fake { .. });
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let place = runtime.block_on(venue::place(args, target, &cases, environment));
    let Place { venue, mut warnings, locks: _locks } = match place {
        Ok(place) => place,
        Err(error) => return unplayed(error),
    };
    if let Some(sabotage) = args.sabotage {
        warnings.push(format!(
            "sabotage {sabotage}: {}; no pending snapshots are written",
            sabotage.describe()
        ));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        root: suite.root().to_owned(),
        jobs: args.jobs.unwrap_or(if is_fake { cores * 4 } else { 1 }),
        strictness,
        fail_fast: args.fail_fast,
        compare: true,
        pending: args.sabotage.is_none(),
        retries: args.retries,
        everything: selectors.is_empty() && args.shard.is_none() && !args.rerun_failed,
        warnings,
    };
    let mut reporter = reporters(&args.report, args.verbose)?;
    let (stop, interrupt) = tokio::sync::watch::channel(false);
    let summary = runtime.block_on(async {
        if let Ok(stopped) = stopped() {
            tokio::spawn(async move {
                stopped.await;
                let _ = stop.send(true);
            });
        }
        runner::run(&library, &cases, venue, &options, &mut reporter, interrupt).await
    });
    // Connections that a peer holds open must not hold the process.
    runtime.shutdown_background();
    match summary {
        Ok(summary) => {
            // An interrupted run says nothing of the cases that it cut short.
            if !summary.interrupted {
                results::keep(suite, &library, (&summary).into(), &results_name)?;
            }
            Ok(summary.exit())
        }
        Err(RunError::Parse(diagnostics)) => Ok(not_parsed(&diagnostics)),
        // Whoever reads the report has seen enough.
        Err(RunError::Report(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            Ok(Exit::Usage)
        }
        Err(RunError::Bug(message)) => {
            complain(&format!("a bug of this tool: {message}"));
            Ok(Exit::Bug)
        }
        Err(error) => Err(error.into()),
    }
}

/// A server that does not answer is no mistake of whoever asks; everything else that keeps a run from beginning is.
fn unplayed(error: anyhow::Error) -> anyhow::Result<Exit> {
    match error.downcast_ref() {
        Some(SurveyError::Server(_)) => {
            complain(&format!("{error:#}"));
            Ok(Exit::Error)
        }
        _ => Err(error),
    }
}

/// All reports that were asked for; text on standard output when none goes there.
pub(super) fn reporters(requests: &[Request], verbose: bool) -> anyhow::Result<Reports> {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let mut all: Vec<Box<dyn Renderer>> = Vec::new();
    if std::io::stderr().is_terminal() {
        all.push(Box::new(Progress::new(Box::new(std::io::stderr()))));
    }
    for request in requests {
        let (out, colour): (Box<dyn Write + Send>, bool) = match &request.path {
            Some(path) => (Box::new(std::io::BufWriter::new(file(path)?)), false),
            None => (Box::new(std::io::stdout()), colour),
        };
        all.push(request.format.renderer(out, ReportOptions { colour, verbose }));
    }
    // Annotations are for the build server, and leave people without a report.
    let is_for_people =
        |request: &Request| request.path.is_none() && request.format != Format::Github;
    if !requests.iter().any(is_for_people) {
        let options = ReportOptions { colour, verbose };
        all.push(Format::Text.renderer(Box::new(std::io::stdout()), options));
    }
    Ok(Reports(all))
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

pub(super) fn not_parsed(diagnostics: &[case::Diagnostic]) -> Exit {
    let colour = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let _ = writeln!(std::io::stderr(), "{}", case::render(diagnostics, colour));
    Exit::Parse
}

/// Why nothing is selected.
fn nothing(args: &Args) -> &'static str {
    if args.rerun_failed {
        "nothing was red in the last run against this target"
    } else {
        "no case is left in that part; `cargo xtask conformance --list` shows all cases"
    }
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
