//! `lab`: another implementation's server, started for the suite, played against, and ended.

use std::io::Write as _;

use ::lab::{Implementation, Lab, LabError};
use clap::{Subcommand, ValueEnum};
use textual::program;
use verdict::Exit;

use super::{complain, conformance, say, stopped};
use crate::Suite;

/// Start Prosody or ejabberd on loopback, for the suite alone, and play against it.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask lab prosody run                  start it, play every case, end it
  cargo xtask lab ejabberd run sasl bind -v    the same for two areas; all options of `conformance` are welcome
  cargo xtask lab prosody up                   start it and leave it running; says how to play against it
  cargo xtask lab prosody down                 end it

Wants the server from Debian (apt-get install --no-install-recommends prosody ejabberd) and installs nothing. It gets a
configuration, a certificate, accounts with passwords of that start, and nodes, all below target/lab; the system's own
instance is not touched. Runs as root or not.

Exit codes: those of `conformance`; 3 when the server is not installed or does not begin to serve; 64 usage")]
pub(crate) struct Args {
    /// Which server
    #[arg(value_enum, value_name = "prosody|ejabberd")]
    engine: Which,

    #[command(subcommand)]
    action: Action,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    Prosody,
    Ejabberd,
}

#[derive(Subcommand)]
enum Action {
    /// Start it, with accounts and nodes, and leave it running
    Up,
    /// End what `up` started, and remove its files
    Down,
    /// Start it, play the cases against it, and end it, whatever happened
    Run(Box<conformance::Args>),
}

impl From<Which> for Implementation {
    fn from(which: Which) -> Self {
        match which {
            Which::Prosody => Self::Prosody,
            Which::Ejabberd => Self::Ejabberd,
        }
    }
}

/// The beginning of the sentence that says where labs are.
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
play against it:
  . {} && {program} conformance --target {engine}
and end it:
  {program} lab {engine} down",
        version(engine),
        lab.url(),
        lab.log().display(),
        lab.variables_file().display(),
        program = program(),
    ));
    Ok(Exit::Green)
}

fn down(engine: Implementation, suite: &Suite) -> anyhow::Result<Exit> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(Lab::running(engine, suite.checkout(CHECKOUT)?)?.down())?;
    say(&format!("{engine} is down"));
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
    // Reports have standard output.
    let _ = writeln!(anstream::stderr(), "{engine}{} is up at {}", version(engine), lab.url());
    let done = conformance::play(&play, suite, &|name| lab.variable(name));
    // In place of Ctrl-C: `play` has taken it as the wish to end, and this is the end.
    let ended = runtime.block_on(lab.down());
    let exit = done?;
    ended?;
    Ok(exit)
}

/// Starts it, unless somebody has enough of waiting. What was started is ended then.
async fn start(engine: Implementation, suite: &Suite) -> anyhow::Result<Option<Lab>> {
    let root = suite.checkout(CHECKOUT)?;
    let stop = stopped()?;
    tokio::select! {
        lab = Lab::up(engine, root, suite.layers()) => Ok(Some(lab?)),
        () = stop => {
            // The folder is free again, and knows what was started in it.
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
