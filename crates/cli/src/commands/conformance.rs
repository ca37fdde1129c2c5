//! `conformance`: plays cases against a target and reports.

use anyhow::{Context as _, bail};
use case::Role;
use live::SurveyError;
use runner::{Background, Endpoint, Environment, Kind, Options};
use suite::BASELINE;
use verdict::Exit;

use super::quantity::{JOBS, number};
use super::run::{RunOptions, idle, list, not_parsed, unplayable, with_reports, without_summary};
use super::venue::{self, PreparedVenue, TargetOptions};
use super::{complain, interrupts, results, tell};
use crate::Suite;

/// Play cases against a server or fake, judge them, and compare their transcripts with the accepted
/// snapshots.
#[derive(Clone, clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask conformance                          all cases against the fake
  cargo xtask conformance 'sasl/*' bind            two areas
  cargo xtask conformance 'spec:RFC 6120§7'        cases that cite a section
  cargo xtask conformance --target mock-strict     another profile of the fake
  cargo xtask conformance --report html=run.html   text on the terminal and an HTML page
  cargo xtask conformance --report junit=j.xml     text on the terminal and a JUnit file for CI
  CONFORMANCE_PASSWORD=… cargo xtask conformance 'upgrade/*' \\
      --url wss://uccx.example.com:8445/ws/ --ca ca.pem --user 1001
  cargo xtask conformance --target lab-uccx        a server with a target file (cargo xtask targets)

Exit codes: 0 green · 1 a case failed, or a snapshot or deviation is stale · 2 only drift · 3 target not reachable ·
4 no case selected · 64 usage error · 65 a case file does not parse · 130 interrupted")]
pub(crate) struct Args {
    /// Cases: an id or area, a glob (`bind/*`), `spec:DOC§SECTION`, `level:must`, `tag:WORD`, or a
    /// file [default: all cases]
    #[arg(value_name = "GLOB|spec:…|level:…|FILE")]
    select: Vec<String>,

    #[command(flatten)]
    on: TargetOptions,

    /// Number of cases played at the same time [default: four per core against a fake, 1 against a
    /// server]
    #[arg(long, value_name = "N", value_parser = number(JOBS, 4))]
    jobs: Option<usize>,

    /// Play a case that is red or drifts up to N more times. A case whose results differ is FLAKY.
    /// Only for servers; cases that fail a login are not repeated [default: 0]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true, value_parser = number(0..=100, 2_usize))]
    retries: usize,

    #[command(flatten)]
    options: RunOptions,
}

impl Args {
    /// The same arguments with the target replaced; used by `lab`.
    #[cfg(unix)]
    pub(super) fn against(&self, target: &str) -> anyhow::Result<Self> {
        if self.on.target.is_some() || self.on.url.is_some() {
            bail!("--target and --url are not for a lab: the target is {target}");
        }
        let on = TargetOptions { target: Some(target.to_owned()), ..self.on.clone() };
        Ok(Self { on, ..self.clone() })
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    play(args, suite, &|name| std::env::var(name).ok())
}

/// Plays with these environment variables, which the file of a target may refer to.
pub(super) fn play(
    args: &Args,
    suite: &Suite,
    environment: Environment<'_>,
) -> anyhow::Result<Exit> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => return Ok(not_parsed(&diagnostics)),
    };
    let mut target = venue::target(&args.on, suite)?;
    let is_fake = matches!(target.endpoint, Endpoint::Fake { .. });
    if is_fake && args.retries > 0 {
        bail!(
            "target {} is a fake, which behaves the same each time: a case with another result is \
             a bug; --retries is for servers",
            target.name
        );
    }
    // A deviation of a fake needs the link to a recording, which a hint cannot give.
    target.nameless |= is_fake || !can_list(&args.on, suite);
    if let Some(message) = idle(&args.select, &library, Role::Server) {
        complain(&message);
        return Ok(Exit::Nothing);
    }
    let results_name = results::name(&target.name, args.on.sabotage.as_ref());
    let strictness = args.options.strictness();
    let (mut cases, selection) =
        args.options.chosen(&library, Role::Server, &args.select, |case, is_named| {
            target.speaks_bosh() || is_named || !case.is_translated()
        });
    if args.options.rerun_failed {
        results::retain_red(suite, &results_name, strictness, &mut cases)?;
    }
    // An empty shard is a result as well: without it, the joined run would have a gap.
    if cases.is_empty() && args.options.rerun_failed {
        complain("no case is red by the newest results against this target");
        return Ok(Exit::Nothing);
    }
    if args.options.list {
        list(&cases)?;
        return Ok(Exit::Green);
    }
    if let Some(exit) = unplayable(&library, &cases) {
        return Ok(exit);
    }
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let mut interrupt = interrupts()?;
    let place = runtime.block_on(async {
        tokio::select! {
            place = venue::place(&args.on, target, &cases, environment) => Some(place),
            _ = interrupt.wait_for(|stopped| *stopped) => None,
        }
    });
    let Some(place) = place else {
        // A survey may have a connection that its server holds open.
        runtime.shutdown_background();
        tell("interrupted");
        return Ok(Exit::Interrupted);
    };
    let PreparedVenue { venue, mut warnings, locks: _locks, about } = match place {
        Ok(place) => place,
        Err(error) => return unplayed(error),
    };
    if let Some(sabotage) = &args.on.sabotage {
        warnings.push(format!(
            "sabotage {sabotage}: {}; no pending snapshots are written",
            sabotage.describe()
        ));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        snapshots: suite.snapshots(),
        results: Some(suite.results()),
        jobs: args.jobs.unwrap_or(if is_fake { cores * 4 } else { 1 }),
        strictness,
        fail_fast: args.options.fail_fast,
        // Outside a home, snapshots of a server cannot be accepted.
        compare: is_fake || suite.layers().own(Kind::Snapshots).is_some(),
        pending: args.on.sabotage.is_none(),
        retries: args.retries,
        everything: selection.words.is_empty(),
        background: Background {
            is_client: false,
            selection,
            about,
            usual: suite.target(BASELINE).map(|target| target.deviations).unwrap_or_default(),
        },
        warnings,
    };
    let mut reports = args.options.reporters()?;
    let begun = results::begin(suite, &results_name);
    let run = runner::run(&library, &cases, venue, &options, &mut reports, interrupt);
    let ended = runtime.block_on(run);
    // Connections that a peer holds open must not hold the process.
    runtime.shutdown_background();
    match ended {
        Ok(run) => {
            // An interrupted run has no results for the cases that it cut short.
            let exit = with_reports(run.exit(), reports);
            if !run.ending.interrupted {
                results::keep(suite, &library, run, &results_name, begun)?;
            }
            Ok(exit)
        }
        Err(error) => without_summary(error),
    }
}

/// Whether `expect` finds the target and its results by the name in reports.
fn can_list(on: &TargetOptions, suite: &Suite) -> bool {
    let is_named = match &on.target {
        Some(target) => !target.ends_with(".toml"),
        None => on.url.is_none(),
    };
    is_named && on.sabotage.is_none() && suite.layers().own(Kind::Targets).is_some()
}

/// An unreachable server is exit code 3. Any other reason why a run cannot begin is a usage error.
fn unplayed(error: anyhow::Error) -> anyhow::Result<Exit> {
    match error.downcast_ref() {
        Some(SurveyError::Server(_)) => {
            complain(&format!("{error:#}"));
            Ok(Exit::Error)
        }
        _ => Err(error),
    }
}
