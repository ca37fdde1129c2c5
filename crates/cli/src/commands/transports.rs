//! `transports`: measures what each way of hearing events costs.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ::transports::{Plan, Stage, Way, measure, page};
use anyhow::{Context as _, bail};
use files::Unwritten;
use verdict::Exit;

use super::quantity::{duration, number};
use super::{complain, descriptors, say, stopped, warn};
use crate::output::{NamedWriter, has_cursor};

/// The shortest and the longest day.
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Interval between two updates of the line on the terminal.
const TICK: Duration = Duration::from_millis(200);

/// Interval between two lines where there is no terminal, as in CI.
const NEXT_LINE: Duration = Duration::from_secs(30);

/// Measure what each way of hearing events costs: short polling over HTTP/1.0 and HTTP/1.1, long
/// polling (BOSH), server-sent events, WebSocket, compressed or not.
///
/// Agents hear the same seeded day of calls by each way in turn, from a fake of this program over
/// TLS on loopback. The day's time leaps from one event to the next. On two free cores, ten minutes
/// of one agent take seconds, and those of 100 about two minutes, most of them for the 120,000 TLS
/// handshakes of polling every second over HTTP/1.0. Numbers of requests and of missed changes
/// repeat with the seed.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask transports                              ten minutes, of 1 agent and of 100
  cargo xtask transports --agents 1 --html ways.html  also draw each message
  cargo xtask transports --only sse,ws --over 8h      two ways, a whole shift
  cargo xtask transports --events 50 --json           the day ends with its 50th change

Columns:
  octets      on the TCP streams, handshakes and records of TLS included
  median      from a change to the client that knows of it: the day's time, and what the octets take on this machine
  99 of 100   the time that 99 of 100 changes do not exceed
  missed      changes that were over before the client looked
  server      processor time of the fake, where the system tells (Linux)

Exit codes: 0 measured · 3 a measurement failed · 64 usage error · 74 a file cannot be written · 130 interrupted")]
pub(crate) struct Args {
    /// Length of the day, in its own time
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration(SHORTEST..=LONGEST, "10m"))]
    over: Duration,

    /// The day ends with this change, if that comes before its end
    #[arg(long, value_name = "N", value_parser = number(1..=u32::MAX, 100))]
    events: Option<u32>,

    /// Numbers of agents; each is measured by itself
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [1, 100],
          value_parser = number(1..=1000, 100_u16))]
    agents: Vec<u16>,

    /// Decides what happens on the day
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = number(0..=u64::MAX, 7))]
    seed: u64,

    /// The ways to measure [default: all]
    #[arg(long, value_name = "WAY", value_delimiter = ',', value_parser = way)]
    only: Vec<Way>,

    /// Print the figures as JSON
    #[arg(long)]
    json: bool,

    /// Also write a page with the figures and a picture of each way
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

fn way(text: &str) -> Result<Way, String> {
    Way::ALL.into_iter().find(|way| way.id() == text).ok_or_else(|| {
        let ways: Vec<String> = Way::ALL.into_iter().map(Way::id).collect();
        format!("the ways are {}", ways.join(", "))
    })
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let agents: Vec<usize> = args.agents.iter().copied().map(usize::from).collect();
    // Both ends of each connection are in this process, and those of the port of events twice.
    let most = agents.iter().max().copied().unwrap_or_default();
    if let Some(shortage) = descriptors::shortage(4 * most) {
        bail!(shortage);
    }
    if cfg!(debug_assertions) && has_cursor() {
        warn(
            "this is a debug build: its times mean little; `cargo xtask transports` makes a release build",
        );
    }
    // Open the file first, so that a bad path fails before the measurement.
    let html = args.html.as_ref().map(|path| {
        let unwritten = |error| Unwritten::new(path, error);
        let file = std::fs::File::create(path).map_err(unwritten).context("--html")?;
        Ok::<_, anyhow::Error>(NamedWriter::new(path.display().to_string(), file))
    });
    let html = html.transpose()?;
    let plan = Plan {
        over: args.over,
        events: args.events.map(|events| usize::try_from(events).unwrap_or(usize::MAX)),
        agents,
        seed: args.seed,
        ways: if args.only.is_empty() { Way::ALL.to_vec() } else { args.only.clone() },
    };
    // The clients' side is one thread, as the server's is.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the runtime")?;
    let (stop, line) = (stopped()?, Line::new());
    let show = |stage: Stage| line.show(&stage);
    let measured = runtime.block_on(async {
        tokio::select! {
            measured = measure(&plan, &show) => Some(measured),
            () = stop => None,
        }
    });
    drop(line);
    let figures = match measured {
        Some(Ok(figures)) => figures,
        Some(Err(error)) => {
            complain(&error.to_string());
            return Ok(Exit::Error);
        }
        None => return Ok(Exit::Interrupted),
    };
    if args.json {
        say(&format!("{:#}", figures.json()))?;
    } else {
        say(&figures.table())?;
    }
    if let Some(mut file) = html {
        file.write_all(page(&figures).as_bytes()).context("--html")?;
        file.flush().context("--html")?;
    }
    Ok(Exit::Green)
}

/// Where the measurement is, on the last line of a terminal, which is erased on drop. Elsewhere a
/// line now and then.
struct Line {
    on_terminal: bool,
    began: Instant,
    last: Mutex<Option<(Instant, String)>>,
}

impl Line {
    fn new() -> Self {
        Self { on_terminal: has_cursor(), began: Instant::now(), last: Mutex::default() }
    }

    fn show(&self, stage: &Stage) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let is_due = match &*last {
            Some((when, what)) if self.on_terminal => {
                *what != stage.what || now.duration_since(*when) >= TICK
            }
            None if self.on_terminal => true,
            last => {
                let since = last.as_ref().map_or(self.began, |(when, _)| *when);
                now.duration_since(since) >= NEXT_LINE
            }
        };
        if !is_due {
            return;
        }
        let Stage { what, agents, at, end } = stage;
        let (at, end) = (at.as_secs(), end.as_secs());
        let place = format!("{agents} agents, {what}: {at} of {end} s of the day");
        // A lost line does no harm.
        let _ = match self.on_terminal {
            true => write!(std::io::stderr(), "\r\x1b[K{place}"),
            false => writeln!(std::io::stderr(), "{place}"),
        };
        *last = Some((now, what.clone()));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.on_terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
