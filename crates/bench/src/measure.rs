//! Measures the fake.

use std::sync::Arc;

use crate::extent::{Extent, MeasureKind};
use crate::fake::{Fake, password, start_to_ready};
use crate::figures::{Figure, Figures};
use crate::nodes::NodeSource;
use crate::observer::Observer;
use crate::sessions::Subject;
use crate::suite::cases_per_second;

/// Measures the fake of this program, run as a separate process.
pub async fn measure_fake(extent: &Extent, observer: &dyn Observer) -> Figures {
    let mut figures = Figures::new("fake of this build, profile finesse, as a separate process");
    if extent.has(MeasureKind::Start) {
        figures.take(size_of_program());
        let rounds = extent.rounds * 2;
        figures.take(start_to_ready(rounds, "start to ready", "start", &[], observer).await);
        let range = ["--users".to_owned(), format!("agent00001..05000:{}", password())];
        let name = "start to ready with 5000 accounts";
        figures.take(start_to_ready(rounds, name, "start-5000", &range, observer).await);
    }
    for plain in [true, false] {
        if extent.has(MeasureKind::Logins) {
            figures.take_all(logins(extent, plain, observer).await);
        }
    }
    if extent.has(MeasureKind::Sessions) {
        for _ in 0..extent.rounds {
            if let Err(why) = sessions(extent, observer, &mut figures).await {
                figures.fail(&format!("sessions: {why}"));
                break;
            }
        }
    }
    if extent.has(MeasureKind::Rest) {
        'all: for plain in [true, false] {
            for _ in 0..extent.rounds {
                if let Err(why) = agents(extent, plain, observer, &mut figures).await {
                    figures.fail(&format!("rest: {why}"));
                    break 'all;
                }
            }
        }
    }
    if extent.has(MeasureKind::Traffic)
        && let Err(why) = busy_day(extent, observer, &mut figures).await
    {
        figures.fail(&format!("traffic: {why}"));
    }
    if extent.has(MeasureKind::Suite) {
        figures.take(cases_per_second(extent, observer).await);
    }
    figures
}

/// The size of this program's file.
fn size_of_program() -> Result<Figure, String> {
    let file = std::env::current_exe().and_then(std::fs::metadata);
    let octets = file.map_err(|error| format!("the size of the program: {error}"))?.len();
    let mebibytes = octets as f64 / f64::from(1 << 20);
    Ok(Figure::of("program", "size of the program", "MiB", vec![mebibytes]))
}

/// Measures logins over one scheme, on a new fake.
async fn logins(
    extent: &Extent,
    plain: bool,
    observer: &dyn Observer,
) -> Result<Vec<Figure>, String> {
    let fake = Fake::start_with(extent.logins, plain).await?;
    let done = subject(&fake, extent.logins)?.logins(extent, observer).await;
    done.map_err(|error| format!("logins: {error}"))
}

/// Measures one round of sessions, on a new fake.
async fn sessions(
    extent: &Extent,
    observer: &dyn Observer,
    figures: &mut Figures,
) -> Result<(), String> {
    let most = extent.sessions.last().copied().unwrap_or_default();
    let fake = Fake::start_with(most, false).await?;
    let done = subject(&fake, most)?.sessions(extent, observer, figures).await;
    done.map_err(|error| error.to_string())
}

/// Measures one round of requests to the REST API, on a new fake.
async fn agents(
    extent: &Extent,
    plain: bool,
    observer: &dyn Observer,
    figures: &mut Figures,
) -> Result<(), String> {
    let fake = Fake::start_with(extent.agents, plain).await?;
    let done = subject(&fake, extent.agents)?.agents(extent, observer, figures).await;
    done.map_err(|error| error.to_string())
}

/// Measures a part of a busy day, once: a day is long.
async fn busy_day(
    extent: &Extent,
    observer: &dyn Observer,
    figures: &mut Figures,
) -> Result<(), String> {
    let fake = Fake::start_busy(extent.agents).await?;
    let done = subject(&fake, extent.agents)?.busy_day(extent, observer, figures).await;
    done.map_err(|error| error.to_string())
}

fn subject(fake: &Fake, accounts: usize) -> Result<Subject, String> {
    let (server, accounts) = fake.server(accounts)?;
    Ok(Subject {
        server: Arc::new(server),
        accounts,
        source: NodeSource::Ours,
        pid: Some(fake.pid()),
    })
}
