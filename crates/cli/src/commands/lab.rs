//! `lab`: starts Prosody or ejabberd, plays the suite against it, and stops it.

use ::lab::{Implementation, Lab, LabError};
use clap::{Subcommand, ValueEnum};
use textual::program;
use verdict::Exit;

use super::{complain, conformance, say, stopped, tell};
use crate::Suite;

/// Start Prosody or ejabberd on loopback and play against it; in a clone of the suite.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask lab prosody run                  start it, play every case, end it
  cargo xtask lab ejabberd run sasl bind -v    the same for two areas; takes all options of `conformance`
  cargo xtask lab prosody up                   start it, leave it running, and show how to play against it
  cargo xtask lab prosody down                 end it

The server must be installed (apt-get install --no-install-recommends prosody ejabberd). Configuration, certificate, nodes
and accounts with new passwords are made below target/lab; the system's own instance is not touched. Works with and
without root.

Exit codes: those of `conformance`; 3 if the server is not installed or does not start; 64 usage error")]
pub(crate) struct Args {
    /// The server to start
    #[arg(value_enum, value_name = "prosody|ejabberd")]
    engine: LabServer,

    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Copy, ValueEnum)]
enum LabServer {
    Prosody,
    Ejabberd,
}

#[derive(Subcommand)]
enum Action {
    /// Start the server with accounts and nodes, and leave it running
    Up,
    /// Stop the server that `up` started, and remove its files
    Down,
    /// Start the server, play the cases against it, and stop it in any event
    Run(Box<conformance::Args>),
}

impl From<LabServer> for Implementation {
    fn from(which: LabServer) -> Self {
        match which {
            LabServer::Prosody => Self::Prosody,
            LabServer::Ejabberd => Self::Ejabberd,
        }
    }
}

/// The beginning of the error message outside the suite's own repository.
const CHECKOUT: &str = "labs are started";

/// Runs the command.
pub(crate) fn run(args: &Args, suite: &Suite) -> anyhow::Result<Exit> {
    let engine = Implementation::from(args.engine);
    let done = match &args.action {
        Action::Up => up(engine, suite),
        Action::Down => down(engine, suite),
        Action::Run(play) => run_and_end(engine, suite, play),
    };
    done.or_else(|error| match error.downcast_ref() {
        Some(LabError::Missing { .. } | LabError::NotReady { .. }) => {
            complain(error.to_string().trim_end());
            Ok(Exit::Error)
        }
        _ => Err(error),
    })
}

fn up(engine: Implementation, suite: &Suite) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Runtime::new()?;
    let Some(lab) = runtime.block_on(start(engine, suite))? else { return Ok(Exit::Interrupted) };
    say(&format!(
        "{engine}{} is up
  url       {}
  log       {}
to play against it:
  . {} && {program} conformance --target {engine}
to stop it:
  {program} lab {engine} down",
        version(engine),
        lab.url(),
        lab.log().display(),
        lab.variables_file().display(),
        program = program(),
    ))?;
    Ok(Exit::Green)
}

fn down(engine: Implementation, suite: &Suite) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(Lab::running(engine, suite.checkout(CHECKOUT)?)?.down())?;
    say(&format!("{engine} is down"))?;
    Ok(Exit::Green)
}

fn run_and_end(
    engine: Implementation,
    suite: &Suite,
    play: &conformance::Args,
) -> anyhow::Result<Exit> {
    let play = play.against(engine.name())?;
    let runtime = tokio::runtime::Runtime::new()?;
    let Some(lab) = runtime.block_on(start(engine, suite))? else { return Ok(Exit::Interrupted) };
    // Standard output is for reports.
    tell(&format!("{engine}{} is up at {}", version(engine), lab.url()));
    let done = conformance::play(&play, suite, &|name| lab.variable(name));
    // `play` handles Ctrl-C itself: the run ends, then the lab.
    let ended = runtime.block_on(lab.down());
    let exit = done?;
    ended?;
    Ok(exit)
}

/// Starts the lab. Ctrl-C during the start stops the server and returns `None`.
async fn start(engine: Implementation, suite: &Suite) -> anyhow::Result<Option<Lab>> {
    let root = suite.checkout(CHECKOUT)?;
    let stop = stopped()?;
    tokio::select! {
        lab = Lab::up(engine, root, suite.layers()) => Ok(Some(lab?)),
        () = stop => {
            // The dropped start released the folder, which records the processes started in it.
            match Lab::running(engine, root) {
                Ok(lab) => lab.down().await?,
                Err(LabError::IsDown(_)) => (),
                Err(error) => return Err(error.into()),
            }
            Ok(None)
        }
    }
}

fn version(engine: Implementation) -> String {
    engine.version().map(|version| format!(" {version}")).unwrap_or_default()
}
