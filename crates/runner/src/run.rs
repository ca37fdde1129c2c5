//! A run: plays the selected cases, several at once, judges each, compares snapshots, and tells the
//! reporter.

use std::collections::BTreeSet;
use std::future::{Future as _, poll_fn};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime};

use case::{Case, Library};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use verdict::{
    CaseResult, Ending, Fact, Head, Reporter, Run, Selection, Strictness, VERSION, instant, millis,
};

use crate::accounts::Accounts;
use crate::attempt::{Attempt, Attempted, blank};
use crate::giving_up::GivingUp;
use crate::judge;
use crate::layers::Folder;
use crate::owners::Owners;
use crate::play::stopped;
use crate::scene::Venue;
use crate::snapshots::Snapshots;
use crate::targets::Deviation;
use crate::unsupported::{Unsupported, unsupported};

/// How long after an interrupt a run waits for cases that take their leave, or whose transcripts
/// are being written.
const PARTING: Duration = Duration::from_millis(600);

/// How long it then takes for what they hold to be let go, such as clients under test.
const LETTING_GO: Duration = Duration::from_millis(100);

/// How a run is to be made.
#[derive(Debug, Clone)]
pub struct Options {
    /// The snapshots with which transcripts are compared.
    pub snapshots: Snapshots,
    /// Where transcripts go: `TARGET/AREA/SLUG.jsonl` and `.txt` in it. None keeps nothing.
    pub results: Option<Folder>,
    /// How many cases are played at once.
    pub jobs: usize,
    /// The definition of red for this run.
    pub strictness: Strictness,
    /// End the run at the first red case.
    pub fail_fast: bool,
    /// Write a pending file where a transcript differs from its snapshot. Off when the target is
    /// broken on purpose.
    pub pending: bool,
    /// How often a case that is red or drifts is played again, to see whether it comes to the same;
    /// not one that fails a login. For servers: fakes are deterministic.
    pub retries: usize,
    /// Hold transcripts against accepted ones. Off for a client that has no place to keep any.
    pub compare: bool,
    /// No word of the command line chose cases, so that orphans can be judged.
    pub everything: bool,
    /// Facts about the run for reports, beside its results.
    pub background: Background,
    /// Things to say loudly at the start.
    pub warnings: Vec<String>,
}

/// Facts about a run for reports, beside its results. None of them decides a verdict.
#[derive(Debug, Clone, Default)]
pub struct Background {
    /// Whether the target is a client under test.
    pub is_client: bool,
    /// The part of the suite that is played.
    pub selection: Selection,
    /// Facts about the target.
    pub about: Vec<Fact>,
    /// The deviations of the baseline: results say where the target does the same.
    pub usual: Vec<Deviation>,
}

/// Why a run came to no summary.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A snapshot cannot be read.
    #[error(transparent)]
    Snapshot(#[from] transcript::SnapshotError),
    /// Fragments cannot be expanded.
    #[error("case files do not parse")]
    Parse(Vec<case::Diagnostic>),
    /// A case ended without a report.
    #[error("a case ended without a report: {0}")]
    Bug(String),
}

/// Plays `cases` at `venue`. When `interrupt` turns true, cases that run are brought to their end
/// by way of their `finally` steps and no more are begun. Within a second the run ends, with the
/// cases that have ended by then.
///
/// # Errors
///
/// An error that keeps the run as a whole from being reported; a case that cannot be played, a
/// transcript or a report that cannot be written are no such things.
pub async fn run(
    library: &Library,
    cases: &[&Case],
    venue: Arc<dyn Venue>,
    options: &Options,
    reporter: &mut dyn Reporter,
    interrupt: watch::Receiver<bool>,
) -> Result<Run, RunError> {
    let began = Instant::now();
    let target = venue.target().clone();
    let head = Head {
        version: VERSION,
        target: target.name.clone(),
        is_client: options.background.is_client,
        about: options.background.about.clone(),
        began: instant(SystemTime::now()),
        whole: options.everything && options.background.selection.shard.is_none(),
        selection: options.background.selection.clone(),
        selected: cases.len(),
        warnings: options.warnings.clone(),
        nameless: target.nameless,
    };
    let enough = Arc::new(AtomicBool::new(false));
    // Begin no more cases once the report cannot be written.
    let told = |told: std::io::Result<()>| {
        if told.is_err() {
            enough.store(true, Ordering::SeqCst);
        }
    };
    told(reporter.began(&head));
    let mut plays = Vec::new();
    let mut faults = Vec::new();
    for case in cases {
        match library.expand(case) {
            Ok(body) => plays.push((Arc::new((*case).clone()), body)),
            Err(diagnostics) => faults.extend(diagnostics),
        }
    }
    if !faults.is_empty() {
        return Err(RunError::Parse(faults));
    }
    let today = today();
    let places = Arc::new(Semaphore::new(options.jobs.max(1)));
    let begun = Arc::new(AtomicBool::new(false));
    let mut unsupported = unsupported(&target, cases);
    for (case, body) in &plays {
        if let Some(reason) = case::actions(body).into_iter().find_map(|name| venue.cannot(name)) {
            unsupported.entry(case.id.clone()).or_insert(Unsupported { reason, ruled_out: true });
        }
    }
    let accounts = Arc::new(Accounts::of(&target, cases));
    let giving_up = Arc::new(GivingUp::of(&target));
    let owners = Arc::new(Owners::of(library));
    let options = Arc::new(options.clone());
    let mut set: JoinSet<Result<_, RunError>> = JoinSet::new();
    for (case, body) in plays {
        let (venue, interrupt) = (Arc::clone(&venue), interrupt.clone());
        // Asked for in the order of the plan, in which the cases begin then.
        let mut place = Box::pin(Arc::clone(&places).acquire_owned());
        let at_once = poll_fn(|cx| Poll::Ready(place.as_mut().poll(cx))).await;
        let (options, today, enough) = (Arc::clone(&options), today.clone(), Arc::clone(&enough));
        let (begun, unsupported) = (Arc::clone(&begun), unsupported.remove(&case.id));
        let (accounts, giving_up) = (Arc::clone(&accounts), Arc::clone(&giving_up));
        let owners = Arc::clone(&owners);
        set.spawn(async move {
            let _place = match at_once {
                Poll::Ready(place) => place,
                Poll::Pending => place.await,
            };
            let is_over = || {
                let is_stopped = *interrupt.borrow() || enough.load(Ordering::SeqCst);
                is_stopped || giving_up.gave_up().is_some()
            };
            if is_over() {
                return Ok(None);
            }
            if let Some(unsupported) = unsupported {
                let mut result = blank(&case, venue.target());
                judge::by_needs(&mut result, unsupported);
                return Ok(Some((result, None)));
            }
            let _accounts = accounts.hold(&case).await;
            if begun.swap(true, Ordering::SeqCst) {
                pause(venue.target().pace, interrupt.clone()).await;
                if is_over() {
                    return Ok(None);
                }
            }
            let attempt = Attempt {
                case: &case,
                body: &body,
                owners: &owners,
                venue: venue.as_ref(),
                options: &options,
                today: &today,
                interrupt,
            };
            let Attempted { result, recording, unwritten } = attempt.run().await?;
            giving_up.note(&result, recording.as_ref());
            let is_enough = options.fail_fast && result.is_red(options.strictness);
            if is_enough || unwritten.is_some() {
                // Said while the place is held: no case begins in it. Cases that run already
                // are brought to their end: they may have something to undo.
                enough.store(true, Ordering::SeqCst);
            }
            Ok(Some((result, unwritten)))
        });
    }
    let mut results: Vec<CaseResult> = Vec::new();
    let (mut lost, mut broken) = (None, None);
    let too_long = async {
        stopped(interrupt.clone()).await;
        tokio::time::sleep(PARTING).await;
    };
    tokio::pin!(too_long);
    loop {
        let ended = tokio::select! {
            ended = set.join_next() => ended,
            () = &mut too_long => {
                let _ = tokio::time::timeout(LETTING_GO, set.shutdown()).await;
                None
            }
        };
        let Some(ended) = ended else { break };
        match ended.unwrap_or_else(|panic| Err(RunError::Bug(panic.to_string()))) {
            Ok(None) => {}
            Ok(Some((result, unwritten))) => {
                lost = lost.or(unwritten);
                told(reporter.finished(&result));
                results.push(result);
            }
            Err(error) => {
                // Cases that run are brought to their end.
                enough.store(true, Ordering::SeqCst);
                broken.get_or_insert(error);
            }
        }
    }
    if let Some(broken) = broken {
        return Err(broken);
    }
    results.sort_by(|a, b| a.id.cmp(&b.id));
    let (mut orphans, mut stale) = (Vec::new(), Vec::new());
    if options.everything && options.pending {
        let ids: BTreeSet<&str> = library.cases.iter().map(|case| case.id.as_str()).collect();
        orphans = options.snapshots.orphans(&ids)?;
    }
    for (glob, reason) in target.globs() {
        if !library.planned().any(|case| crate::is_of(glob, &case.id)) {
            stale.push(format!("`{glob}` matches no case: {reason}"));
        }
    }
    let ending = Ending {
        orphans: orphans.iter().map(|path| path.display().to_string()).collect(),
        stale,
        strictness: options.strictness,
        interrupted: *interrupt.borrow(),
        gave_up: giving_up.gave_up(),
        unwritten: lost.map(|lost| lost.to_string()),
        missing: Vec::new(),
        millis: millis(began.elapsed()),
        exit: None,
    };
    let mut run = Run { head, cases: results, ending };
    run.find_causes();
    run.ending.exit = Some(run.exit().code());
    told(reporter.ended(&run));
    Ok(run)
}

/// Leaves the server to others for a while, unless nothing more is to come.
pub(crate) async fn pause(pace: Duration, interrupt: watch::Receiver<bool>) {
    if !pace.is_zero() {
        tokio::select! {
            () = tokio::time::sleep(pace) => (),
            () = stopped(interrupt) => (),
        }
    }
}

/// Today's date in UTC, `YYYY-MM-DD`.
fn today() -> String {
    let now = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
    now.split('T').next().unwrap_or_default().to_owned()
}
