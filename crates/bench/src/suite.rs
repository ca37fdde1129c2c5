//! Measures the suite: cases a second against the fake.

use std::process::Stdio;
use std::sync::atomic::Ordering;
use std::time::Instant;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::extent::Extent;
use crate::figures::Figure;
use crate::observer::{Observer, observe};

/// Deadline of a run.
const DEADLINE: std::time::Duration = std::time::Duration::from_secs(600);

/// Measures cases a second, from the start of the process to its end. A run that is not green is an
/// error.
pub(crate) async fn cases_per_second(
    extent: &Extent,
    observer: &dyn Observer,
) -> Result<Figure, String> {
    let mut rates = Vec::with_capacity(extent.rounds);
    for round in 1..=extent.rounds {
        let line =
            observe(observer, format!("the suite, round {round} of {}, cases", extent.rounds), 0);
        let rate = tokio::time::timeout(DEADLINE, play(extent.cases, &line.done)).await;
        rates.push(rate.map_err(|_| format!("the suite did not end within {DEADLINE:?}"))??);
    }
    let what = match extent.cases {
        None => "the suite".to_owned(),
        Some(area) => format!("the suite, only {area}"),
    };
    Ok(Figure::of("suite", what, "cases/s", rates))
}

async fn play(area: Option<&str>, done: &load::Progress) -> Result<f64, String> {
    let failed = |error: std::io::Error| format!("the suite does not start: {error}");
    let begun = Instant::now();
    let mut child = Command::new(std::env::current_exe().map_err(failed)?)
        .arg("conformance")
        .args(area)
        .args(["--report", "json"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let stdout = child.stdout.take().ok_or("the suite has no standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    let mut cases = 0_u32;
    while let Some(line) = lines.next_line().await.map_err(failed)? {
        if line.starts_with(r#"{"event":"case""#) {
            cases += 1;
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
    let output = child.wait_with_output().await.map_err(failed)?;
    let took = begun.elapsed();
    if output.status.success() && cases > 0 {
        return Ok(f64::from(cases) / took.as_secs_f64());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim().trim_start_matches("error: ");
    let said = if said.is_empty() { "the run was not green, so it is not measured" } else { said };
    Err(format!("the suite: {said} ({})", output.status))
}
