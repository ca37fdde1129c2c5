//! `gate`: plays the server's side of the cases against a client, and reports.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::Context as _;
use case::Role;
use gate::{Command, Dishonest, GateVenue, Nameless, table};
use runner::{Background, Options, Target};
use textual::{invisible, program};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use verdict::Exit;

use super::quantity::{JOBS, number};
use super::run::{RunOptions, idle, list, not_parsed, unplayable, with_reports, without_summary};
use super::venue::fact;
use super::{complain, interrupts, results, served, tell};
use crate::Suite;

/// Test a client: play the server's side of the cases against it, and judge what it sends.
#[derive(clap::Args)]
#[command(
    after_help = "\
Examples:
  cargo xtask gate -- target/debug/finesse-client       all cases for clients
  cargo xtask gate sasl 'bind/*' -- node driver.mjs     two areas
  cargo xtask gate --client mine -- ./driver            with clients/mine.toml and accepted transcripts
  cargo xtask gate --list                               list the cases
  cargo xtask gate --serve 8445                         for a browser page or desktop application

Exit codes: 0 green · 1 a case failed, or a snapshot or deviation is stale · 2 only drift · 3 the client failed the check
before the run, or a case could not be played · 4 no case selected, or the client supports none · 64 usage error, or no such
program · 65 a case file does not parse · 130 interrupted",
    after_long_help = long_help()
)]
pub(crate) struct Args {
    /// Cases: an id or area, a glob (`bind/*`), `spec:DOC§SECTION`, `level:must`, `tag:WORD`, or a
    /// file [default: all cases]
    #[arg(value_name = "GLOB|spec:…|level:…|FILE")]
    select: Vec<String>,

    /// The client's file, by its name in clients/ or by its path, with its deviations and pending
    /// cases; its transcripts are compared too. Without --client only the demands of the cases are
    /// judged
    #[arg(long, value_name = "NAME")]
    client: Option<String>,

    /// Number of clients run at the same time [default: two per core]
    #[arg(long, value_name = "N", value_parser = number(JOBS, 4))]
    jobs: Option<usize>,

    #[command(flatten)]
    served: served::Serving,

    #[command(flatten)]
    options: RunOptions,

    /// The driver of the client: a program with its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn long_help() -> String {
    format!(
        "{}\nExit codes: as for `conformance`; 3 also if the client failed the check before the run.",
        table()
    )
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => return Ok(not_parsed(&diagnostics)),
    };
    if let Some(message) = idle(&args.select, &library, Role::Client) {
        let hint = if args.command.is_empty() && !args.served.is_asked() && !args.options.list {
            "; write the command of the client after `--`"
        } else {
            ""
        };
        complain(&format!("{message}{hint}"));
        return Ok(Exit::Nothing);
    }
    let mut target = target(args, suite)?;
    target.transport = args.options.transport.unwrap_or(target.transport);
    let (mut cases, selection) =
        args.options.chosen(&library, Role::Client, &args.select, |case, _| target.speaks(case));
    if args.options.rerun_failed {
        anyhow::ensure!(
            args.client.is_some(),
            "--rerun-failed needs --client NAME, to find the last results of the client"
        );
        results::retain_red(suite, &target.name, args.options.strictness(), &mut cases)?;
        if cases.is_empty() {
            complain("no case was red in this client's last run");
            return Ok(Exit::Nothing);
        }
    }
    if args.options.list {
        list(&cases)?;
        return Ok(Exit::Green);
    }
    if let Some(exit) = unplayable(&library, &cases) {
        return Ok(exit);
    }
    let is_served = args.served.is_asked();
    anyhow::ensure!(
        is_served || !args.command.is_empty(),
        "no client given: write its command after `--`, as in `{} gate -- node driver.mjs`",
        program()
    );
    anyhow::ensure!(
        !is_served || args.command.is_empty(),
        "--serve waits for a client that runs already: remove the command after `--`"
    );
    let _lock = take_name(args, suite, &mut target)?;
    let name = target.name.clone();
    let mut about = Vec::new();
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let interrupt = interrupts()?;
    let served =
        args.served.open(suite.results().path(), cases.len(), &runtime, interrupt.clone())?;
    let venue = match &served {
        // A served client reports to the HTTP API, and declines cases there too.
        Some(served) => {
            about.push(fact("started", "once, and connected by itself".to_owned()));
            GateVenue::served(target.with_reports(true), Arc::clone(served))
        }
        None => {
            let client = Command(args.command.clone());
            match believed(&client, &runtime, interrupt.clone(), target.patience) {
                Ok(reports) => {
                    about.push(fact("started", "for each case".to_owned()));
                    let seen = if reports { "reported" } else { "not reported" };
                    about.push(fact("what the application sees", seen.to_owned()));
                    GateVenue::new(target.with_reports(reports), Arc::new(client))
                }
                Err(exit) => {
                    runner::client::end_strays();
                    return Ok(exit);
                }
            }
        }
    };
    let venue = venue.map_err(anyhow::Error::msg)?;
    let left_alone = runner::client::left_alone().filter(|_| !is_served);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        snapshots: suite.snapshots(),
        results: Some(suite.results()),
        // All cases wait at the same time, since the client chooses the order.
        jobs: if is_served { cases.len() } else { args.jobs.unwrap_or(cores * 2) },
        strictness: args.options.strictness(),
        fail_fast: args.options.fail_fast,
        compare: args.client.is_some(),
        pending: args.client.is_some(),
        retries: 0,
        everything: args.client.is_some() && selection.words.is_empty(),
        background: Background { is_client: true, selection, about, usual: Vec::new() },
        warnings: left_alone.into_iter().map(str::to_owned).collect(),
    };
    let mut reports = args.options.reporters()?;
    let begun = args.client.as_ref().and_then(|_| results::begin(suite, &name));
    let run = runner::run(&library, &cases, Arc::new(venue), &options, &mut reports, interrupt);
    let ended = runtime.block_on(async {
        let ended = run.await;
        if let Some(served) = &served {
            served.finish().await;
        }
        ended
    });
    // Connections that a client holds open must not hold the process.
    runtime.shutdown_background();
    runner::client::end_strays();
    match ended {
        Ok(run) => {
            // As after `conformance`; a client without a name has no last run.
            let exit = with_reports(run.exit(), reports);
            if args.client.is_some() && !run.ending.interrupted {
                results::keep(suite, &library, run, &name, begun)?;
            }
            Ok(exit)
        }
        Err(error) => without_summary(error),
    }
}

/// Checks that the client declines an unknown verb. Returns whether it reports, or the exit code of
/// the run.
fn believed(
    client: &Command,
    runtime: &Runtime,
    mut stopped: watch::Receiver<bool>,
    patience: f64,
) -> Result<bool, Exit> {
    let honesty = runtime.block_on(async {
        tokio::select! {
            honesty = gate::probe(client, patience) => Some(honesty),
            _ = stopped.wait_for(|stopped| *stopped) => None,
        }
    });
    match honesty {
        None => Err(Exit::Interrupted),
        Some(Ok(honesty)) => Ok(honesty.reports),
        Some(Err(error)) => {
            let is_missing = matches!(error, Dishonest::Start(_));
            complain(&error.to_string());
            for line in error.output() {
                tell(&format!("  {}", invisible::escape(line)));
            }
            Err(if is_missing { Exit::Usage } else { Exit::Error })
        }
    }
}

/// The client from its file. Without --client: an unknown client, without a name.
fn target(args: &Args, suite: &Suite) -> anyhow::Result<Target> {
    Ok(match &args.client {
        Some(name) => suite.client(name)?,
        None => suite.any_client("")?,
    })
}

/// Gives a client without --client a name that only this run uses.
fn take_name(args: &Args, suite: &Suite, target: &mut Target) -> anyhow::Result<Option<Nameless>> {
    if args.client.is_some() {
        return Ok(None);
    }
    let name = Nameless::take(&suite.transcripts(""))?;
    name.name().clone_into(&mut target.name);
    Ok(Some(name))
}
