//! A run: plays the selected cases, several at once, judges each, compares snapshots, and tells the reporter.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use case::{Case, Effects, Item, Library};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use transcript::{Recording, Said, Secrets};

use crate::accounts::Accounts;
use crate::endurance::Endurance;
use crate::judge;
use crate::layers::{Folder, Layers};
use crate::outcome::{CaseReport, Event, Failure, Reporter, Started, Summary};
use crate::play::{self, Played};
use crate::readable::readable;
use crate::restraint::{Spared, spared};
use crate::scene::{Scene, Venue};
use crate::snapshots::Snapshots;
use crate::target::Target;
use crate::tries::{self, Try};
use crate::verdict::{CloseAxis, Strictness, Verdict};

/// How a run is to be made.
#[derive(Debug, Clone)]
pub struct Options {
    /// What transcripts are held against.
    pub layers: Layers,
    /// Where transcripts go: `TARGET/AREA/SLUG.jsonl` and `.txt` in it.
    pub results: Folder,
    /// How many cases are played at once.
    pub jobs: usize,
    /// What counts as red.
    pub strictness: Strictness,
    /// End the run at the first red case.
    pub fail_fast: bool,
    /// Write a pending file where a transcript differs from its snapshot. Off when the target is broken on purpose.
    pub pending: bool,
    /// How often a case that is red or drifts is played again, to see whether it comes to the same; not one that fails a
    /// login. For servers: what a fake does once, it does always.
    pub retries: usize,
    /// Hold transcripts against accepted ones. Off for a client that has no place to keep any.
    pub compare: bool,
    /// Everything was selected, so that orphans and unused deviations can be judged.
    pub everything: bool,
    /// Things to say loudly at the start.
    pub warnings: Vec<String>,
}

/// Why a run came to no summary.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A report cannot be written.
    #[error("cannot write a report: {0}")]
    Report(#[from] std::io::Error),
    /// A snapshot cannot be read or written.
    #[error(transparent)]
    Snapshot(#[from] transcript::SnapshotError),
    /// A transcript cannot be written.
    #[error(transparent)]
    Recording(#[from] transcript::RecordingError),
    /// Fragments cannot be expanded.
    #[error("case files do not parse")]
    Parse(Vec<case::Diagnostic>),
    /// A case ended without a report.
    #[error("a case ended without a report: {0}")]
    Bug(String),
}

/// Plays `cases` at `venue`. When `interrupt` turns true, cases that run are brought to their end by way of their
/// `finally` steps and no more are begun.
///
/// # Errors
///
/// What keeps the run as a whole from being reported; a case that cannot be played is no such thing.
pub async fn run(
    library: &Library,
    cases: &[&Case],
    venue: Arc<dyn Venue>,
    options: &Options,
    reporter: &mut dyn Reporter,
    interrupt: watch::Receiver<bool>,
) -> Result<Summary, RunError> {
    let began = Instant::now();
    let target = venue.target().clone();
    let started = Started {
        target: target.name.clone(),
        began: SystemTime::now(),
        whole: options.everything,
        selected: cases.len(),
        warnings: options.warnings.clone(),
    };
    reporter.event(&Event::Started(&started))?;
    let mut plays = Vec::new();
    let mut faults = Vec::new();
    for case in cases {
        match library.expand(case) {
            Ok(body) => plays.push(((*case).clone(), body)),
            Err(diagnostics) => faults.extend(diagnostics),
        }
    }
    if !faults.is_empty() {
        return Err(RunError::Parse(faults));
    }
    let today = today();
    let snapshots = Arc::new(Snapshots::new(&options.layers));
    let places = Arc::new(Semaphore::new(options.jobs.max(1)));
    let enough = Arc::new(AtomicBool::new(false));
    let begun = Arc::new(AtomicBool::new(false));
    let mut spared = spared(&target, cases);
    for (case, body) in &plays {
        if let Some(reason) = case::actions(body).into_iter().find_map(|name| venue.cannot(name)) {
            spared.entry(case.id.clone()).or_insert(Spared { reason, ruled_out: true });
        }
    }
    let accounts = Arc::new(Accounts::of(&target, cases));
    let endurance = Arc::new(Endurance::of(&target));
    let mut set: JoinSet<Result<_, RunError>> = JoinSet::new();
    for (case, body) in plays {
        let (venue, places, interrupt) =
            (Arc::clone(&venue), Arc::clone(&places), interrupt.clone());
        let (options, today, enough) = (options.clone(), today.clone(), Arc::clone(&enough));
        let (begun, spared) = (Arc::clone(&begun), spared.remove(&case.id));
        let snapshots = Arc::clone(&snapshots);
        let (accounts, endurance) = (Arc::clone(&accounts), Arc::clone(&endurance));
        set.spawn(async move {
            let _place = places.acquire_owned().await;
            let is_over = || {
                let is_stopped = *interrupt.borrow() || enough.load(Ordering::SeqCst);
                is_stopped || endurance.gave_up().is_some()
            };
            if is_over() {
                return Ok(None);
            }
            if let Some(spared) = spared {
                let mut report = blank(&case, &venue.target().name);
                report.verdict = Verdict::Unsupported;
                report.note = Some(spared.reason);
                report.ruled_out = spared.ruled_out;
                return Ok(Some(report));
            }
            let _accounts = accounts.hold(&case).await;
            if begun.swap(true, Ordering::SeqCst) {
                pause(venue.target().pace, interrupt.clone()).await;
                if is_over() {
                    return Ok(None);
                }
            }
            let at = At {
                venue: venue.as_ref(),
                options: &options,
                snapshots: &snapshots,
                today: &today,
                interrupt,
            };
            let report = one(&case, &body, &at).await?;
            endurance.note(&report);
            if options.fail_fast && report.is_red(options.strictness) {
                // Said while the place is held, so that nobody begins in it. Cases that run already are brought to
                // their end: they may have something to undo.
                enough.store(true, Ordering::SeqCst);
            }
            Ok(Some(report))
        });
    }
    let mut reports: Vec<CaseReport> = Vec::new();
    while let Some(ended) = set.join_next().await {
        let report = match ended {
            Ok(report) => report?,
            Err(panic) => return Err(RunError::Bug(panic.to_string())),
        };
        let Some(report) = report else { continue };
        reporter.event(&Event::Finished(&report))?;
        reports.push(report);
    }
    reports.sort_by(|a, b| a.id.cmp(&b.id));
    let (mut orphans, mut stale) = (Vec::new(), Vec::new());
    if options.everything && options.pending {
        let ids: BTreeSet<&str> = library.cases.iter().map(|case| case.id.as_str()).collect();
        orphans = snapshots.orphans(&ids)?;
    }
    for (glob, reason) in target.globs() {
        if !library.cases.iter().any(|case| case::matches_glob(glob, &case.id)) {
            stale.push(format!("`{glob}` matches no case: {reason}"));
        }
    }
    let gave_up = endurance.gave_up();
    let summary = Summary {
        started,
        cases: reports,
        orphans,
        stale,
        strictness: options.strictness,
        interrupted: *interrupt.borrow(),
        gave_up,
        took: began.elapsed(),
    };
    reporter.event(&Event::Ended(&summary))?;
    Ok(summary)
}

/// Leaves the server to others for a while, unless nothing more is to come.
async fn pause(pace: Duration, mut interrupt: watch::Receiver<bool>) {
    if !pace.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(pace) => (),
            // Nobody is left who could interrupt: then this never ends, and the sleep does.
            () = async { if interrupt.wait_for(|stop| *stop).await.is_err() { std::future::pending().await } } => (),
        }
    }
}

/// Where and how a case is played.
struct At<'a> {
    venue: &'a dyn Venue,
    options: &'a Options,
    snapshots: &'a Snapshots,
    today: &'a str,
    interrupt: watch::Receiver<bool>,
}

/// Plays and judges one case, several times if it must be.
async fn one(case: &Case, body: &[Item], at: &At<'_>) -> Result<CaseReport, RunError> {
    let mut report = blank(case, &at.venue.target().name);
    let scene = match at.venue.set(case).await {
        Ok(scene) => scene,
        Err(message) => {
            report.note = Some(message);
            return Ok(report);
        }
    };
    // A scene may have to wait for somebody to come.
    let began = Instant::now();
    let mut first = attempt(case, body, &scene, at).await?;
    // One more failed login may be one too many.
    let retries =
        if case.head.effects.value == Effects::LocksAccount { 0 } else { at.options.retries };
    for number in 1..=retries {
        let is_green =
            first.verdict != Verdict::Drift && !first.verdict.is_red(at.options.strictness);
        if is_green || *at.interrupt.borrow() {
            break;
        }
        pause(at.venue.target().pace, at.interrupt.clone()).await;
        let again = attempt(case, body, &scene, at).await?;
        if first.differs(&again) {
            first = tries::flaky(first, &again, number + 1);
            break;
        }
    }
    report.took = began.elapsed();
    finish(case, &scene, at, first, report)
}

/// One try.
async fn attempt(case: &Case, body: &[Item], scene: &Scene, at: &At<'_>) -> Result<Try, RunError> {
    let target: &Target = at.venue.target();
    let Played { outcome, close, mut recording, output } =
        play::play(case, body, scene, at.interrupt.clone()).await;
    let mut judgement = judge::judge(case, target, outcome, at.today);
    recording.about.target.clone_from(&target.name);
    recording.about.close = close.word().to_owned();
    recording.about.verdict = judgement.verdict.word().to_owned();
    recording.about.ends_vary = target.ends_vary();
    let body = transcript::body(&recording);
    let mut verdict = judgement.verdict;
    let mut drift = None;
    let is_pending = target.is_pending(&case.id);
    if verdict.has_snapshot() && at.options.compare && !is_pending && !target.is_volatile(&case.id)
    {
        drift = at.snapshots.compare(case, &target.name, &body)?;
        if drift.is_some() {
            verdict = Verdict::Drift;
        }
    }
    // A case that does not count yet has no transcript that anybody has looked at either.
    if is_pending && verdict.is_red(Strictness::default()) {
        let why = judgement.failure.as_ref().map(|failure| failure.message.as_str());
        let why = why.or(judgement.note.as_deref()).unwrap_or_default();
        judgement.note = Some(format!("pending, would be {verdict}: {why}"));
        verdict = Verdict::Info;
    }
    Ok(Try { verdict, close, judgement, drift, recording, body, output })
}

/// Writes the transcript and the pending snapshot, and fills in the report.
fn finish(
    case: &Case,
    scene: &Scene,
    at: &At<'_>,
    last: Try,
    mut report: CaseReport,
) -> Result<CaseReport, RunError> {
    let options = at.options;
    let target = at.venue.target();
    let is_uncompared = target.is_volatile(&case.id) || target.is_pending(&case.id);
    let Try { verdict, close, judgement, mut drift, mut recording, body, output } = last;
    recording.about.verdict = judgement.verdict.word().to_owned();
    let folder = options.results.join(&report.target);
    recording.write(folder.join(format!("{}.jsonl", case.id)).path())?;
    let (text, lines) = readable(&recording);
    let transcript = folder.join(format!("{}.txt", case.id));
    std::fs::write(transcript.path(), &text)?;
    if judgement.verdict.has_snapshot() && options.compare && options.pending && !is_uncompared {
        at.snapshots.leave_pending(case, &recording.about, &body, drift.as_mut())?;
    }
    let mask = scene.secrets();
    report.transcript = Some(transcript.shown().to_owned());
    report.verdict = verdict;
    report.close = close;
    report.note = judgement.note.map(|note| mask.scrub(&note));
    report.output = output.iter().map(|line| mask.scrub(line)).collect();
    report.owner = judgement.owner;
    report.deviation = judgement.deviation;
    report.failure = judgement.failure.map(|failure| masked(failure, &mask, &recording, &lines));
    report.drift = drift.filter(|_| verdict == Verdict::Drift);
    report.recording = Some(recording);
    report.body = Some(body);
    Ok(report)
}

/// Takes passwords out of a failure, and finds the place of the closest message in the transcript.
fn masked(mut failure: Failure, mask: &Secrets, recording: &Recording, lines: &[usize]) -> Failure {
    failure.message = mask.scrub(&failure.message);
    if let Some(closest) = &mut failure.closest {
        let (text, login) = mask.message(&closest.text);
        closest.text = text;
        for row in &mut closest.rows {
            row.wanted = mask.scrub(&row.wanted);
            // A password in another encoding is none that the mask knows.
            let is_login = login.is_some() && row.place.ends_with("/text()");
            row.got = if is_login { "***".to_owned() } else { mask.scrub(&row.got) };
        }
        let is_it = |event: &transcript::Event| match &event.said {
            Said::Text { text, .. } => {
                stanza::parse(text).map_or_else(|_| text.clone(), |element| stanza::print(&element))
                    == closest.text
            }
            Said::Report { report } => *report == closest.text,
            _ => false,
        };
        let found = recording.events.iter().zip(lines).rfind(|(event, _)| is_it(event));
        closest.line = found.map(|(_, line)| *line);
    }
    failure
}

fn blank(case: &Case, target: &str) -> CaseReport {
    CaseReport {
        id: case.id.clone(),
        title: case.head.title.value.clone(),
        level: case.head.level.value,
        spec: case.head.spec.iter().map(|clause| clause.value.clone()).collect(),
        why: case.head.why.as_ref().map(|why| why.value.clone()),
        target: target.to_owned(),
        verdict: Verdict::Error,
        close: CloseAxis::NotReached,
        began: SystemTime::now(),
        took: Duration::ZERO,
        note: None,
        owner: None,
        failure: None,
        deviation: None,
        drift: None,
        recording: None,
        body: None,
        transcript: None,
        source: case.source.path.clone(),
        output: Vec::new(),
        volatile: case.head.volatile.iter().map(|line| line.value.clone()).collect(),
        ruled_out: false,
    }
}

/// Today's date in UTC, `YYYY-MM-DD`.
fn today() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    now.split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::outcome::{Closest, Difference};

    #[test]
    fn a_password_in_another_encoding_is_in_no_failure() {
        let said = "AGEAb3RoZXI=";
        let row = Difference {
            place: "auth/text()".to_owned(),
            wanted: "AGEAcmlnaHQ=".to_owned(),
            got: said.to_owned(),
            why: "differs".to_owned(),
        };
        let closest = Closest {
            line: None,
            kind: "element".to_owned(),
            rows: vec![row],
            text: format!("<auth xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\">{said}</auth>"),
        };
        let failure = Failure {
            source: Arc::new(case::Source { path: PathBuf::new(), text: String::new() }),
            span: 0..0,
            message: "text of auth differs".to_owned(),
            step: String::new(),
            closest: Some(closest),
        };
        let mut mask = Secrets::default();
        mask.password("agent.password", "right");
        let failure = masked(failure, &mask, &Recording::default(), &[]);
        let closest = failure.closest.unwrap();
        assert!(!closest.text.contains(said));
        assert_eq!((closest.rows[0].wanted.as_str(), closest.rows[0].got.as_str()), ("***", "***"));
    }
}
