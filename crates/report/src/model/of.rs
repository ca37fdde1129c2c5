//! From what the runner says to the model.

use std::time::{Duration, SystemTime};

use runner::outcome::{CaseReport, Started, Summary};
use textual::Position;
use transcript::Recording;

use super::case::{Case, Closest, Deviation, Difference, Drift, Excerpt, Failure, Kind, Said};
use super::run::{Ending, Head, Run, VERSION};
use crate::diff;

/// The longest a thing that was said is kept, in characters.
const LONGEST: usize = 4096;

/// How many lines of a case file are kept before and after the one that is meant.
const AROUND: usize = 3;

impl From<&Started> for Head {
    fn from(started: &Started) -> Self {
        Self {
            version: VERSION,
            target: started.target.clone(),
            began: instant(started.began),
            whole: started.whole,
            selected: started.selected,
            warnings: started.warnings.clone(),
        }
    }
}

impl From<&Summary> for Run {
    fn from(summary: &Summary) -> Self {
        Self {
            head: Head::from(&summary.started),
            cases: summary.cases.iter().map(Case::from).collect(),
            ending: Ending {
                orphans: summary.orphans.iter().map(|path| path.display().to_string()).collect(),
                stale: summary.stale.clone(),
                strictness: summary.strictness,
                interrupted: summary.interrupted,
                gave_up: summary.gave_up.clone(),
                millis: millis(summary.took),
                exit: Some(summary.exit().code()),
            },
        }
    }
}

impl From<&CaseReport> for Case {
    fn from(case: &CaseReport) -> Self {
        Self {
            id: case.id.clone(),
            verdict: case.verdict,
            close: case.close,
            level: case.level.to_string(),
            spec: case.spec.iter().map(ToString::to_string).collect(),
            millis: millis(case.took),
            began: instant(case.began),
            target: case.target.clone(),
            title: case.title.clone(),
            why: case.why.clone(),
            note: case.note.clone(),
            owner: case.owner.clone(),
            failure: case.failure.as_ref().map(failure),
            deviation: case.deviation.as_ref().map(|deviation| Deviation {
                reason: deviation.reason.clone(),
                link: deviation.link.clone(),
                since: deviation.since.clone(),
                until: deviation.until.clone(),
            }),
            drift: case.drift.as_ref().map(|drift| Drift {
                new: drift.is_new,
                accepted: drift.accepted.clone(),
                got: drift.got.clone(),
                diff: diff::unified(&drift.accepted, &drift.got, false),
                pending: drift.pending.as_ref().map(|path| path.display().to_string()),
            }),
            transcript: case.transcript.as_ref().map(|path| path.display().to_string()),
            source: case.source.display().to_string(),
            volatile: case.volatile.clone(),
            output: case.output.clone(),
            ruled_out: case.ruled_out,
            said: case.recording.as_ref().map(said).unwrap_or_default(),
            body: case.body.clone(),
        }
    }
}

fn failure(failure: &runner::outcome::Failure) -> Failure {
    let text = &failure.source.text;
    let start = text.floor_char_boundary(failure.span.start);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = text.floor_char_boundary(failure.span.end).clamp(start, line_end);
    let Position { line, column } = Position::of(text, start);
    let first = line.saturating_sub(AROUND).max(1);
    let lines = text.split('\n').map(|line| line.trim_end_matches('\r').to_owned());
    Failure {
        file: failure.source.path.display().to_string(),
        line,
        column,
        message: failure.message.clone(),
        step: failure.step.clone(),
        excerpt: Excerpt {
            first,
            lines: lines.skip(first - 1).take(line - first + 1 + AROUND).collect(),
            width: text[start..end].trim_end().chars().count().max(1),
        },
        closest: failure.closest.as_ref().map(closest),
    }
}

fn closest(closest: &runner::outcome::Closest) -> Closest {
    let row = |row: &runner::outcome::Difference| Difference {
        place: row.place.clone(),
        wanted: row.wanted.clone(),
        got: row.got.clone(),
        why: row.why.clone(),
    };
    Closest {
        kind: closest.kind.clone(),
        line: closest.line,
        text: closest.text.clone(),
        rows: closest.rows.iter().map(row).collect(),
    }
}

fn said(recording: &Recording) -> Vec<Said> {
    let said = |event: &transcript::Event| Said {
        conn: event.conn.clone(),
        who: event.who,
        // The runner ends what is still open after all steps (notation: Receiving).
        step: (event.step != usize::MAX).then_some(event.step),
        micros: event.micros,
        octets: event.octets,
        claimed: event.claimed,
        timer: event.timer,
        kind: kind(&event.said),
        text: clipped(runner::words(event)),
    };
    recording.events.iter().map(said).collect()
}

/// A text that a reader can still take in; the transcript file has all of it.
fn clipped(text: String) -> String {
    let Some((end, _)) = text.char_indices().nth(LONGEST) else { return text };
    let rest = text[end..].chars().count();
    format!("{}… and {rest} characters more", &text[..end])
}

fn kind(said: &transcript::Said) -> Kind {
    use transcript::Said as S;
    match said {
        S::Connect { .. } => Kind::Connect,
        S::Http { .. } => Kind::Http,
        S::Text { .. } | S::Report { .. } => Kind::Text,
        S::Binary { .. } | S::Frame { .. } | S::Bytes { .. } | S::Ping { .. } | S::Pong { .. } => {
            Kind::Frame
        }
        S::Close { .. } | S::Eof | S::Reset => Kind::End,
    }
}

fn instant(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
