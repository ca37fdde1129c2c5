//! `bench`: how fast the fake is, or another server, measured by clients that check each answer.

mod fake;
mod figures;
mod machine;
mod nodes;
mod other;
mod progress;
mod sessions;
mod suite;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use load::Error;
use runner::verdict::Exit;

use super::{complain, descriptors, say, warn};
use fake::Fake;
use figures::{Figure, Figures, Kind};
use nodes::Source;
use progress::Progress;
use sessions::Stage;

/// Measure the fake, or with --url another server: logins a second, memory for each session, one publication to many.
///
/// The fake runs as a process of its own, on loopback. Every answer is checked: a login that fails, or a notification
/// that does not come, ends the measurement with an error.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  cargo xtask bench                                everything, some minutes
  cargo xtask bench --quick                        small numbers, to see that it works
  cargo xtask bench --only logins --logins 5000    one kind alone
  cargo xtask bench --json bench.json              the figures for a script as well
  CONFORMANCE_PASSWORD=… cargo xtask bench --url ws://127.0.0.1:5280/ws --domain localhost \\
      --users agent00001..05000 --pid 4242         another server, in the same way

A server that is not on this machine is measured only if its host is typed twice, in --url and in --i-may-load: a bench
takes what a server has, and whoever works on it will feel that.

Exit codes: 0 measured · 3 a measurement failed · 4 nothing can be measured there · 64 usage · 130 interrupted")]
pub(crate) struct Args {
    /// What to measure [default: all]
    #[arg(long, value_name = "KIND", value_enum, value_delimiter = ',')]
    only: Vec<Kind>,

    /// Rounds of each kind
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=100))]
    rounds: u16,

    /// Logins in a round
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..=50_000))]
    logins: u32,

    /// Sizes of the crowd whose memory is measured and to which is published
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_values_t = [1000, 5000],
          value_parser = clap::value_parser!(u32).range(1..=50_000))]
    sessions: Vec<u32>,

    /// Clients that log in at the same time
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1000))]
    at_once: u16,

    /// Two rounds of small numbers, to see that all works; the figures say little
    #[arg(long, conflicts_with_all = ["rounds", "logins", "sessions"])]
    quick: bool,

    /// Write the figures as JSON as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,

    #[command(flatten)]
    other: other::Other,
}

/// How much is measured.
#[derive(Clone)]
struct Extent {
    kinds: Vec<Kind>,
    rounds: usize,
    logins: usize,
    /// Ascending.
    sessions: Vec<usize>,
    at_once: usize,
    /// What the suite plays.
    cases: Option<&'static str>,
}

impl Args {
    fn extent(&self) -> Extent {
        let kinds = if self.only.is_empty() { Kind::ALL.to_vec() } else { self.only.clone() };
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
                cases: Some("upgrade"),
            };
        }
        let mut sessions: Vec<usize> = self.sessions.iter().copied().map(size).collect();
        sessions.sort_unstable();
        sessions.dedup();
        let rounds = usize::from(self.rounds);
        Extent { kinds, rounds, logins: size(self.logins), sessions, at_once, cases: None }
    }
}

impl Extent {
    fn has(&self, kind: Kind) -> bool {
        self.kinds.contains(&kind)
    }

    /// The most connections that are open at once.
    fn most(&self) -> usize {
        let logins = self.has(Kind::Logins).then_some(self.logins);
        let sessions =
            self.has(Kind::Sessions).then(|| self.sessions.iter().copied()).into_iter().flatten();
        sessions.chain(logins).max().unwrap_or_default()
    }
}

/// Runs the command.
pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let extent = args.extent();
    let other = args.other.subject()?;
    if let Some(shortage) = descriptors::shortage(extent.most()) {
        bail!(shortage);
    }
    if cfg!(debug_assertions) && !args.quick {
        warn(
            "this is a debug build, whose figures say little; `cargo xtask bench` makes a release build",
        );
    }
    // Before anything is measured, so that it does not fail at the end.
    let json = args.json.as_ref().map(|path| {
        std::fs::File::create(path).with_context(|| format!("--json: {}", path.display()))
    });
    let json = json.transpose()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the runtime")?;
    let measured = runtime.block_on(async {
        tokio::select! {
            measured = measure(&extent, other.as_ref()) => Some(measured),
            _ = tokio::signal::ctrl_c() => None,
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
    say(&figures.table());
    if let Some(file) = json {
        serde_json::to_writer_pretty(file, &figures.json()).context("--json")?;
    }
    for failure in figures.failures() {
        complain(failure);
    }
    if figures.failures().next().is_some() {
        Ok(Exit::Error)
    } else if figures.is_empty() {
        complain("nothing of what was asked for can be measured there");
        Ok(Exit::Nothing)
    } else {
        Ok(Exit::Green)
    }
}

/// Measures what was asked for.
async fn measure(extent: &Extent, other: Option<&other::Subject>) -> Result<Figures, Error> {
    let progress = Progress::new();
    match other {
        Some(subject) => other::measure(extent, subject, &progress).await,
        None => {
            let mut figures =
                Figures::new("fake of this build, profile finesse, a process of its own");
            measure_fake(extent, &progress, &mut figures).await;
            Ok(figures)
        }
    }
}

async fn measure_fake(extent: &Extent, progress: &Progress, figures: &mut Figures) {
    if extent.has(Kind::Start) {
        let rounds = extent.rounds * 2;
        figures.take(fake::start_to_ready(rounds, "start to ready", "start", &[], progress).await);
        let range = ["--users".to_owned(), format!("agent00001..05000:{}", fake::password())];
        let name = "start to ready with 5000 accounts";
        figures.take(fake::start_to_ready(rounds, name, "start-5000", &range, progress).await);
    }
    for plain in [true, false] {
        if extent.has(Kind::Logins) {
            figures.take_all(logins(extent, plain, progress).await);
        }
    }
    if extent.has(Kind::Sessions) {
        for _ in 0..extent.rounds {
            if let Err(why) = sessions(extent, progress, figures).await {
                figures.fail(&format!("sessions: {why}"));
                break;
            }
        }
    }
    if extent.has(Kind::Suite) {
        figures.take(suite::cases_per_second(extent, progress).await);
    }
}

/// Logins over one scheme, on a fake of their own.
async fn logins(extent: &Extent, plain: bool, progress: &Progress) -> Result<Vec<Figure>, String> {
    let fake = Fake::start_with(extent.logins, plain).await?;
    let done = stage(&fake, extent.logins)?.logins(extent, progress).await;
    done.map_err(|error| format!("logins: {error}"))
}

/// One round with a crowd, on a fake of its own.
async fn sessions(
    extent: &Extent,
    progress: &Progress,
    figures: &mut Figures,
) -> Result<(), String> {
    let most = extent.sessions.last().copied().unwrap_or_default();
    let fake = Fake::start_with(most, false).await?;
    let done = stage(&fake, most)?.sessions(extent, progress, figures).await;
    done.map_err(|error| error.to_string())
}

fn stage(fake: &Fake, accounts: usize) -> Result<Stage, String> {
    let (server, accounts) = fake.server(accounts)?;
    Ok(Stage { server: Arc::new(server), accounts, source: Source::Ours, pid: Some(fake.pid()) })
}
