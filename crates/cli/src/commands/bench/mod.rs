//! `bench`: measures the fake or another server with clients that check each answer.

mod other;
mod progress;

use std::path::PathBuf;
use std::time::Duration;

use ::bench::{Extent, MeasureKind, measure_fake, measure_other};
use anyhow::{Context as _, bail};
use files::Unwritten;
use textual::program;
use verdict::Exit;

use super::quantity::number;
use super::{complain, descriptors, known, say, stopped, warn};
use crate::output::NamedWriter;
use progress::Progress;

/// How long a busy day is watched: ten minutes of it.
const BUSY: Duration = Duration::from_secs(60);

/// Measure the fake, or another server with --url: logins a second, memory per session, fan-out of
/// a publication, requests to the REST API with their events.
///
/// The fake runs as a process of its own on loopback. Every answer is checked. A failed login or a
/// missing notification ends the measurement with an error.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask bench                                all kinds; takes some minutes
  cargo xtask bench --quick                        small numbers, to try the command
  cargo xtask bench --only logins --logins 5000    only one kind
  cargo xtask bench --only rest --agents 200       sign-ins and changes of state of 200 agents
  cargo xtask bench --json bench.json              also write the figures for scripts
  CONFORMANCE_PASSWORD=… cargo xtask bench --url ws://127.0.0.1:5280/ws --domain localhost \\
      --users agent00001..05000 --pid 4242         another server

A bench puts a server under full load, which its users will feel. Give the host of a remote server twice, in --url and in
--i-may-load.

Exit codes: 0 measured · 3 a measurement failed · 4 nothing can be measured · 64 usage error · 130 interrupted")]
pub(crate) struct Args {
    /// The kinds of measurement [default: all]
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    only: Vec<MeasureName>,

    /// Number of rounds of each kind
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = number(1..=100, 5_u16))]
    rounds: u16,

    /// Number of logins in a round
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = number(1..=50_000, 2000_u32))]
    logins: u32,

    /// Numbers of sessions for the measurement of memory and fan-out
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [1000, 5000],
          value_parser = number(1..=50_000, 2000_u32))]
    sessions: Vec<u32>,

    /// Number of clients that log in at the same time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = number(1..=1000, 32_u16))]
    at_once: u16,

    /// Number of agents who sign in and change their states, or whose day is measured
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = number(1..=10_000, 1000_u32))]
    agents: u32,

    /// Number of changes of state in a round, by all agents together
    #[arg(long, value_name = "N", default_value_t = 20_000, value_parser = number(1..=10_000_000, 20_000_u32))]
    changes: u32,

    /// Two rounds of small numbers, to try the command; the figures mean little
    #[arg(long, conflicts_with_all = ["rounds", "logins", "sessions", "agents", "changes"])]
    quick: bool,

    /// Also write the figures as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    #[command(flatten)]
    other: other::Other,
}

/// A kind of measurement, as the command line names it.
#[derive(Clone, Copy, clap::ValueEnum)]
enum MeasureName {
    /// Time from the start of the process until it is ready
    Start,
    /// Logins a second: TLS, upgrade, SASL, bind, presence, two subscriptions
    Logins,
    /// Memory per session, and one publication to many subscribers
    Sessions,
    /// Sign-ins and changes of state through the REST API, each with its event
    Rest,
    /// A day of agents and calls, ten times as fast as the clock on the wall
    Traffic,
    /// Cases of the suite a second
    Suite,
}

impl From<MeasureName> for MeasureKind {
    fn from(what: MeasureName) -> Self {
        match what {
            MeasureName::Start => Self::Start,
            MeasureName::Logins => Self::Logins,
            MeasureName::Sessions => Self::Sessions,
            MeasureName::Rest => Self::Rest,
            MeasureName::Traffic => Self::Traffic,
            MeasureName::Suite => Self::Suite,
        }
    }
}

impl Args {
    fn extent(&self) -> Extent {
        let kinds = match self.only.as_slice() {
            [] => MeasureKind::ALL.to_vec(),
            only => only.iter().map(|what| MeasureKind::from(*what)).collect(),
        };
        let size = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let at_once = usize::from(self.at_once);
        if self.quick {
            let sessions = vec![20, 40];
            return Extent {
                kinds,
                rounds: 2,
                logins: 40,
                sessions,
                at_once,
                agents: 20,
                changes: 100,
                busy: Duration::from_secs(1),
                cases: Some("upgrade"),
            };
        }
        let mut sessions: Vec<usize> = self.sessions.iter().copied().map(size).collect();
        sessions.sort_unstable();
        sessions.dedup();
        let rounds = usize::from(self.rounds);
        Extent {
            kinds,
            rounds,
            logins: size(self.logins),
            sessions,
            at_once,
            agents: size(self.agents),
            changes: size(self.changes),
            busy: BUSY,
            cases: None,
        }
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let extent = args.extent();
    let other = args.other.server()?;
    if let Some(shortage) = descriptors::shortage(extent.most()) {
        bail!(shortage);
    }
    if cfg!(debug_assertions) && !args.quick {
        warn(
            "this is a debug build, so the figures mean little; `cargo xtask bench` makes a release build",
        );
    }
    // Open the file first, so that a bad path fails before the measurement.
    let json = args.json.as_ref().map(|path| {
        let unwritten = |error| Unwritten::new(path, error);
        let file = std::fs::File::create(path).map_err(unwritten).context("--json")?;
        Ok::<_, anyhow::Error>(NamedWriter::new(path.display().to_string(), file))
    });
    let json = json.transpose()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let progress = Progress::new();
    let stop = stopped()?;
    let measured = async {
        match &other {
            Some(server) => measure_other(&extent, server, program(), &progress).await,
            None => Ok(measure_fake(&extent, &progress).await),
        }
    };
    let measured = runtime.block_on(async {
        tokio::select! {
            measured = measured => Some(measured),
            () = stop => None,
        }
    });
    runtime.shutdown_background();
    let Some(measured) = measured else {
        return Ok(Exit::Interrupted);
    };
    let figures = match measured {
        Ok(figures) => figures,
        Err(error) => {
            complain(&error.to_string());
            return Ok(Exit::Error);
        }
    };
    say(&known::without(&figures.table()))?;
    if let Some(file) = json {
        serde_json::to_writer_pretty(file, &known::json_without(figures.json()))
            .map_err(std::io::Error::from)
            .context("--json")?;
    }
    for failure in figures.failures() {
        complain(failure);
    }
    if figures.failures().next().is_some() {
        Ok(Exit::Error)
    } else if figures.is_empty() {
        complain("none of the requested kinds can be measured on that server");
        Ok(Exit::Nothing)
    } else {
        Ok(Exit::Green)
    }
}
