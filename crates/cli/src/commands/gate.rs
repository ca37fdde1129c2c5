//! `gate`: plays the server's side of the cases against a client, and reports.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::Context as _;
use case::Role;
use gate::{Command, Dishonest, GateVenue, Nameless, table};
use runner::{Options, Selector, Target};
use textual::program;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use verdict::Exit;

use super::run::{Manner, idle, interrupts, list, not_parsed, without_summary};
use super::{complain, results, say, served};
use crate::Suite;

/// Play the server's side of the cases against a client: is it red when the client breaks the protocol?
#[derive(clap::Args)]
#[command(
    after_help = "\
Examples:
  cargo xtask gate -- target/debug/finesse-client       every case for clients
  cargo xtask gate sasl 'bind/*' -- node driver.mjs     two areas
  cargo xtask gate --client mine -- ./driver            with clients/mine.toml, and transcripts to compare with
  cargo xtask gate --list                               what there is
  cargo xtask gate --serve 127.0.0.1:8445               a browser page or a desktop application comes by itself

Exit codes: 0 green · 1 a case failed, a snapshot or a deviation is stale · 2 only drift · 3 the client was not believed, or a
case could not be played · 4 nothing was selected, or the client does none of it · 64 usage, no such program · 65 a case file does
not parse · 130 interrupted",
    after_long_help = long_help()
)]
pub(crate) struct Args {
    /// Cases: an id or area, a glob (`bind/*`), `spec:DOC§SECTION`, `level:must`, `tag:WORD`, or a file. All, if none
    #[arg(value_name = "GLOB|spec:…|level:…|FILE")]
    select: Vec<String>,

    /// The client by the name of its file clients/NAME.toml: deviations, pending cases, transcripts. Without it only what
    /// the cases demand is judged
    #[arg(long, value_name = "NAME")]
    client: Option<String>,

    /// Play only what was red when this client was last played
    #[arg(long)]
    rerun_failed: bool,

    /// How many clients to run at once [default: two for each core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,

    #[command(flatten)]
    served: served::Serving,

    #[command(flatten)]
    manner: Manner,

    /// The program that drives the client, with its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn long_help() -> String {
    format!("{}\nExit codes: as of `conformance`, and 3 when the client was not believed.", table())
}

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let library = match suite.library() {
        Ok(library) => library,
        Err(diagnostics) => return Ok(not_parsed(&diagnostics)),
    };
    if let Some(message) = idle(&args.select, &library, Role::Client) {
        let hint = if args.command.is_empty() && !args.served.is_asked() && !args.manner.list {
            "; the command of a client stands after `--`"
        } else {
            ""
        };
        complain(&format!("{message}{hint}"));
        return Ok(Exit::Nothing);
    }
    let selectors: Vec<Selector> = args.select.iter().map(|word| Selector::parse(word)).collect();
    let mut cases = runner::select(&library, Role::Client, &selectors, None);
    if cases.is_empty() {
        complain("no case is for clients");
        return Ok(Exit::Nothing);
    }
    if args.rerun_failed {
        let name = args.client.as_deref().context(
            "--rerun-failed goes by what a client came to last, and so by its name: --client NAME",
        )?;
        results::retain_red(suite, name, args.manner.strictness(), &mut cases)?;
        if cases.is_empty() {
            complain("nothing was red when this client was last played");
            return Ok(Exit::Nothing);
        }
    }
    if args.manner.list {
        list(&cases);
        return Ok(Exit::Green);
    }
    let is_served = args.served.is_asked();
    anyhow::ensure!(
        is_served || !args.command.is_empty(),
        "no client: its command stands after `--`, as in `{} gate -- node driver.mjs`",
        program()
    );
    anyhow::ensure!(
        !is_served || args.command.is_empty(),
        "--serve waits for a client that runs already: leave its command out"
    );
    let (target, _lock) = target(args, suite)?;
    let name = target.name.clone();
    let runtime = Runtime::new().context("cannot start the runtime")?;
    let interrupt = interrupts(&runtime);
    let served =
        args.served.open(suite.results().path(), cases.len(), &runtime, interrupt.clone())?;
    let venue = match served {
        // Its reports come by the desk, and it says no by the desk as well.
        Some(served) => GateVenue::served(target.with_reports(true), served),
        None => {
            let client = Command(args.command.clone());
            match believed(&client, &runtime, interrupt.clone(), target.patience) {
                Ok(reports) => GateVenue::new(target.with_reports(reports), Arc::new(client)),
                Err(exit) => return Ok(exit),
            }
        }
    };
    let venue = venue.map_err(anyhow::Error::msg)?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        snapshots: suite.snapshots(),
        results: suite.results(),
        // All wait at once for a client that comes by itself.
        jobs: if is_served { cases.len() } else { args.jobs.unwrap_or(cores * 2) },
        strictness: args.manner.strictness(),
        fail_fast: args.manner.fail_fast,
        compare: args.client.is_some(),
        pending: args.client.is_some(),
        retries: 0,
        everything: args.client.is_some() && selectors.is_empty() && !args.rerun_failed,
        warnings: Vec::new(),
        program: program(),
    };
    let mut reporter = args.manner.reporters()?;
    let run = runner::run(&library, &cases, Arc::new(venue), &options, &mut reporter, interrupt);
    let ended = runtime.block_on(run);
    // Connections that a client holds open must not hold the process.
    runtime.shutdown_background();
    match ended {
        Ok(run) => {
            // As after `conformance`; a client without a name is another one each time.
            let exit = run.exit();
            if args.client.is_some() && !run.ending.interrupted {
                results::keep(suite, &library, run, &name)?;
            }
            Ok(exit)
        }
        Err(error) => without_summary(error),
    }
}

/// Whether the client reports, once it has shown that it may be believed; or else how the run ends.
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
                say(&format!("  {line}"));
            }
            Err(if is_missing { Exit::Usage } else { Exit::Error })
        }
    }
}

/// The client as its file describes it, or one of which nothing is known, which is called so by this run alone.
fn target(args: &Args, suite: &Suite) -> anyhow::Result<(Target, Option<Nameless>)> {
    if let Some(name) = &args.client {
        return Ok((suite.client(name)?, None));
    }
    let folder = suite.transcripts("");
    let name = Nameless::take(&folder).with_context(|| folder.display().to_string())?;
    Ok((suite.any_client(name.name())?, Some(name)))
}
