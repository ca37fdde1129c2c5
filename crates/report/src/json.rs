//! The report for programs: one JSON object a line, as the run goes.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use runner::outcome::{CaseReport, Closest, Event, Failure, Reporter, Summary};
use runner::verdict::Verdict;
use serde::Serialize;

use crate::diff;
use crate::excerpt;
use crate::totals;

/// Raised when a key changes its meaning or goes; new keys may come without.
const VERSION: u32 = 1;

/// Writes a line for each event, and flushes it.
pub(crate) struct Json {
    out: Box<dyn Write + Send>,
}

impl Json {
    /// A report on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl Reporter for Json {
    fn event(&mut self, event: &Event<'_>) -> io::Result<()> {
        let line = match event {
            Event::Started { target, selected, warnings } => {
                Line::Run { version: VERSION, target, selected: *selected, warnings }
            }
            Event::Finished(case) => Line::Case(Box::new(case_line(case))),
            Event::Ended(summary) => Line::Summary(summary_line(summary)),
        };
        serde_json::to_writer(&mut self.out, &line)?;
        self.out.write_all(b"\n")?;
        self.out.flush()
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Line<'a> {
    Run { version: u32, target: &'a str, selected: usize, warnings: &'a [String] },
    Case(Box<CaseLine<'a>>),
    Summary(SummaryLine<'a>),
}

#[derive(Serialize)]
struct CaseLine<'a> {
    id: &'a str,
    verdict: &'static str,
    close: &'static str,
    level: String,
    spec: Vec<String>,
    millis: u64,
    target: &'a str,
    title: &'a str,
    why: Option<&'a str>,
    note: Option<&'a str>,
    owner: Option<&'a str>,
    failure: Option<FailureLine<'a>>,
    drift: Option<DriftLine>,
    transcript: Option<String>,
    source: String,
    volatile: usize,
}

#[derive(Serialize)]
struct FailureLine<'a> {
    file: String,
    line: usize,
    column: usize,
    message: &'a str,
    step: &'a str,
    closest: Option<ClosestLine<'a>>,
}

#[derive(Serialize)]
struct ClosestLine<'a> {
    kind: &'a str,
    line: Option<usize>,
    text: &'a str,
    rows: Vec<RowLine<'a>>,
}

#[derive(Serialize)]
struct RowLine<'a> {
    place: &'a str,
    wanted: &'a str,
    got: &'a str,
    why: &'a str,
}

#[derive(Serialize)]
struct DriftLine {
    new: bool,
    diff: String,
    pending: Option<String>,
}

#[derive(Serialize)]
struct SummaryLine<'a> {
    target: &'a str,
    cases: usize,
    counts: serde_json::Map<String, serde_json::Value>,
    close: BTreeMap<&'static str, usize>,
    volatile: usize,
    orphans: Vec<String>,
    stale: &'a [String],
    interrupted: bool,
    gave_up: Option<&'a str>,
    millis: u64,
    exit: u8,
}

fn case_line(case: &CaseReport) -> CaseLine<'_> {
    CaseLine {
        id: &case.id,
        verdict: case.verdict.word(),
        close: case.close.word(),
        level: case.level.to_string(),
        spec: case.spec.iter().map(ToString::to_string).collect(),
        millis: millis(case.took),
        target: &case.target,
        title: &case.title,
        why: case.why.as_deref(),
        note: case.note.as_deref(),
        owner: case.owner.as_deref(),
        failure: case.failure.as_ref().map(failure_line),
        drift: case.drift.as_ref().map(|drift| DriftLine {
            new: drift.is_new,
            diff: diff::unified(&drift.accepted, &drift.got, false),
            pending: drift.pending.as_ref().map(|path| path.display().to_string()),
        }),
        transcript: case.transcript.as_ref().map(|path| path.display().to_string()),
        source: case.source.display().to_string(),
        volatile: case.volatile,
    }
}

fn failure_line(failure: &Failure) -> FailureLine<'_> {
    let place = excerpt::place(&failure.source.text, failure.span.start);
    FailureLine {
        file: failure.source.path.display().to_string(),
        line: place.line,
        column: place.column,
        message: &failure.message,
        step: &failure.step,
        closest: failure.closest.as_ref().map(closest_line),
    }
}

fn closest_line(closest: &Closest) -> ClosestLine<'_> {
    let rows = closest
        .rows
        .iter()
        .map(|row| RowLine { place: &row.place, wanted: &row.wanted, got: &row.got, why: &row.why })
        .collect();
    ClosestLine { kind: &closest.kind, line: closest.line, text: &closest.text, rows }
}

fn summary_line(summary: &Summary) -> SummaryLine<'_> {
    let count = |verdict: Verdict| (verdict.word().to_owned(), summary.count(verdict).into());
    SummaryLine {
        target: &summary.target,
        cases: summary.cases.len(),
        counts: Verdict::ALL.into_iter().map(count).collect(),
        close: totals::closes(summary).map(|(axis, count)| (axis.word(), count)).collect(),
        volatile: totals::volatile(summary),
        orphans: summary.orphans.iter().map(|path| path.display().to_string()).collect(),
        stale: &summary.stale,
        interrupted: summary.interrupted,
        gave_up: summary.gave_up.as_deref(),
        millis: millis(summary.took),
        exit: summary.exit().code(),
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
