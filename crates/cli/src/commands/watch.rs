//! `probe --watch`: probes again and again, and shows what changes.

use std::time::{Duration, Instant, SystemTime};

use ::probe::{Pair, ProbeReport, Trait, pairs};
use files::Unwritten;
use serde_json::json;
use textual::invisible;
use tokio::runtime::Runtime;
use verdict::Exit;

use super::{complain, counted, say, stopped, tell};

/// The shortest time between two probes.
pub(super) const SHORTEST: Duration = Duration::from_secs(1);

/// How to watch.
pub(super) struct Watch {
    pub(super) interval: Duration,
    pub(super) time: Duration,
    pub(super) json: bool,
}

/// Probes until the time is over, Ctrl-C, or a refused login.
pub(super) fn run(
    runtime: &Runtime,
    watch: &Watch,
    mut once: impl AsyncFnMut() -> anyhow::Result<Vec<ProbeReport>>,
) -> anyhow::Result<Exit> {
    let stop = stopped()?;
    runtime.block_on(async {
        let mut stop = std::pin::pin!(stop);
        let (began, mut rounds, mut changes) = (Instant::now(), 0, 0);
        let mut before: Option<Vec<Vec<Trait>>> = None;
        let exit = loop {
            let found = tokio::select! {
                found = once() => found?,
                () = &mut stop => break Exit::Interrupted,
            };
            rounds += 1;
            let now: Vec<Vec<Trait>> = found.iter().map(ProbeReport::traits).collect();
            match &before {
                None => {
                    found.iter().zip(&now).try_for_each(|(found, now)| first(watch, found, now))?
                }
                Some(before) => {
                    for ((found, before), now) in found.iter().zip(before).zip(&now) {
                        let changed: Vec<Pair> =
                            pairs(before, now).into_iter().filter(|pair| !pair.is_same()).collect();
                        changes += changed.len();
                        changed.iter().try_for_each(|pair| change(watch, &found.url, pair))?;
                    }
                }
            }
            before = Some(now);
            if found.iter().any(ProbeReport::is_refused) {
                complain("a login was refused, so it is not repeated: servers lock accounts");
                break Exit::Error;
            }
            if began.elapsed() + watch.interval > watch.time {
                let is_broken = found.iter().any(|found| found.is_in_service() != Some(true));
                break if is_broken {
                    Exit::Error
                } else if changes > 0 {
                    Exit::Fail
                } else {
                    Exit::Green
                };
            }
            tokio::select! {
                () = tokio::time::sleep(watch.interval) => (),
                () = &mut stop => break Exit::Interrupted,
            }
        };
        tell(&format!(
            "{} in {:.0} s, {}",
            counted(rounds, "probe"),
            began.elapsed().as_secs_f64(),
            counted(changes, "change")
        ));
        Ok(exit)
    })
}

fn first(watch: &Watch, found: &ProbeReport, now: &[Trait]) -> Result<(), Unwritten> {
    if watch.json {
        return say(&json!({ "at": stamp(), "url": found.url, "traits": now }).to_string());
    }
    say(&invisible::escape(&format!("{}  {}", stamp(), found.url)))?;
    for one in now.iter().filter(|one| !one.value.is_empty()) {
        say(&invisible::escape(&format!("  {:<14} {}", one.what, one.value)))?;
    }
    Ok(())
}

fn change(watch: &Watch, url: &str, pair: &Pair) -> Result<(), Unwritten> {
    if watch.json {
        return say(&json!({ "at": stamp(), "url": url, "changed": pair }).to_string());
    }
    let or_none = |text: &str| if text.is_empty() { "–".to_owned() } else { text.to_owned() };
    say(&invisible::escape(&format!(
        "{}  {url}  {}: {} → {}",
        stamp(),
        pair.what,
        or_none(&pair.first),
        or_none(&pair.second)
    )))
}

fn stamp() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
