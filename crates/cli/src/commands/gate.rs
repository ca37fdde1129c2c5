//! `gate`: plays the server's side of the cases against a client, and reports.

use std::ffi::OsString;
use std::sync::Arc;

use anyhow::Context as _;
use case::Role;
use finesse_conformance::{GateVenue, Suite, probe_client, table};
use runner::verdict::Exit;
use runner::{Options, Selector, Target};

use super::run::{Manner, idle, interrupts, list, not_parsed, without_summary};
use super::{complain, say};

/// What a client is called that nobody has named.
const UNNAMED: &str = "unnamed";

/// The target whose fake answers the client.
const FAKE: &str = "mock";

/// Play the server's side of the cases against a client: is it red when the client breaks the protocol?
#[derive(clap::Args)]
#[command(
    after_help = "\
Examples:
  cargo xtask gate -- target/debug/finesse-client       every case for clients
  cargo xtask gate sasl 'bind/*' -- node driver.mjs     two areas
  cargo xtask gate --client mine -- ./driver            with xtask/clients/mine.toml, and transcripts to compare with
  cargo xtask gate --list                               what there is

Exit codes: 0 green · 1 a case failed, a snapshot or a deviation is stale · 2 only drift · 3 the client was not believed, or a
case could not be played · 4 nothing was selected, or the client does none of it · 64 usage, no such program · 65 a case file does
not parse · 130 interrupted",
    after_long_help = long_help()
)]
pub(crate) struct Args {
    /// Cases: an id or area, a glob (`bind/*`), `spec:DOC§SECTION`, `level:must`, `tag:WORD`, or a file. All, if none
    #[arg(value_name = "GLOB|spec:…|level:…|FILE")]
    select: Vec<String>,

    /// The client by the name of its file in xtask/clients: deviations, pending cases, transcripts. Without it only what
    /// the cases demand is judged
    #[arg(long, value_name = "NAME")]
    client: Option<String>,

    /// How many clients to run at once [default: two for each core]
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,

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
    let mut target = target(args, suite)?;
    if let Some(message) = idle(&args.select, &library, Role::Client) {
        complain(&message);
        return Ok(Exit::Nothing);
    }
    let selectors: Vec<Selector> = args.select.iter().map(|word| Selector::parse(word)).collect();
    let cases = runner::select(&library, Role::Client, &selectors, None);
    if cases.is_empty() {
        complain("no case is for clients");
        return Ok(Exit::Nothing);
    }
    if args.manner.list {
        list(&cases);
        return Ok(Exit::Green);
    }
    anyhow::ensure!(
        !args.command.is_empty(),
        "no client: its command stands after `--`, as in `cargo xtask gate -- node driver.mjs`"
    );
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let interrupt = interrupts(&runtime);
    let honesty = runtime.block_on(async {
        let mut stopped = interrupt.clone();
        tokio::select! {
            honesty = probe_client(&args.command, target.patience) => Some(honesty),
            _ = stopped.wait_for(|stopped| *stopped) => None,
        }
    });
    match honesty {
        None => return Ok(Exit::Interrupted),
        Some(Ok(honesty)) if honesty.reports => {
            target.provides.insert("reports".to_owned(), String::new());
        }
        Some(Ok(_)) => {}
        Some(Err(error)) => {
            let is_missing = matches!(error, finesse_conformance::Dishonest::Start(_));
            complain(&error.to_string());
            for line in error.output() {
                say_beside(line);
            }
            return Ok(if is_missing { Exit::Usage } else { Exit::Error });
        }
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let options = Options {
        root: suite.root().to_owned(),
        jobs: args.jobs.unwrap_or(cores * 2),
        strictness: args.manner.strictness(),
        fail_fast: args.manner.fail_fast,
        compare: args.client.is_some(),
        pending: args.client.is_some(),
        retries: 0,
        everything: args.client.is_some() && selectors.is_empty(),
        warnings: Vec::new(),
    };
    let venue = GateVenue::new(target, args.command.clone()).map_err(anyhow::Error::msg)?;
    let mut reporter = args.manner.reporters()?;
    let run = runner::run(&library, &cases, Arc::new(venue), &options, &mut reporter, interrupt);
    let summary = runtime.block_on(run);
    // Connections that a client holds open must not hold the process.
    runtime.shutdown_background();
    match summary {
        Ok(summary) => Ok(summary.exit()),
        Err(error) => without_summary(error),
    }
}

/// The client as its file describes it, or one of which nothing is known.
fn target(args: &Args, suite: &Suite) -> anyhow::Result<Target> {
    let fake = suite.target(FAKE)?;
    Ok(match &args.client {
        Some(name) => fake.client(&suite.clients(), name)?,
        None => fake.any_client(UNNAMED),
    })
}

/// A line of the client's own.
fn say_beside(line: &str) {
    say(&format!("  {line}"));
}
