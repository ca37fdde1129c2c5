//! The suite as tests: one case against one fake at a time, and the table of sabotages.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use case::{Case, Level, Library, Role};
use finesse_fake::Sabotage;
use report::{Format, Options as ReportOptions, Reports};
use runner::outcome::{CaseReport, Summary};
use runner::verdict::{CloseAxis, Exit, Strictness, Verdict};
use runner::{Options, RunError, Snapshots, Target, Venue};

use crate::fake::FakeVenue;
use crate::sabotage::{Control, Row, Table};
use crate::suite::Suite;

/// The profiles that every case is played against.
const TARGETS: [&str; 3] = ["mock", "mock-openfire", "mock-strict"];

/// The target that is broken on purpose: the one that does all right otherwise.
const SOUND: &str = "mock-strict";

/// A suite with its fakes, ready to be played piece by piece.
pub struct Rig {
    suite: Suite,
    library: Library,
    targets: Vec<Target>,
    table: Table,
    runtime: tokio::runtime::Runtime,
}

impl Rig {
    /// The rig of the suite in `start` or above.
    ///
    /// # Errors
    ///
    /// All that is wrong with its files, ready to be printed.
    pub fn new(start: &Path) -> Result<Self, String> {
        let suite = Suite::find(start, &[]).map_err(|error| error.to_string())?;
        let library = suite.library().map_err(|diagnostics| case::render(&diagnostics, false))?;
        let targets = TARGETS
            .iter()
            .map(|name| suite.target(name).map_err(|error| error.to_string()))
            .collect::<Result<_, _>>()?;
        let table = Table::of(&suite, "_sabotage.toml")?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        Ok(Self { suite, library, targets, table, runtime })
    }

    /// Names of the targets.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.name.as_str())
    }

    /// Ids of the cases that can be played against a server.
    pub fn cases(&self) -> Vec<String> {
        runner::select(&self.library, Role::Server, &[], None)
            .into_iter()
            .map(|case| case.id.clone())
            .collect()
    }

    /// Names of the sabotages in the table.
    pub fn sabotages(&self) -> impl Iterator<Item = &str> {
        self.table.rows.iter().map(|row| row.switch.as_str())
    }

    /// Plays one case. `Ok` holds the reason, when the target lacks what the case needs.
    ///
    /// # Errors
    ///
    /// The report of the case, when it is red.
    pub fn play(&self, target: &str, id: &str) -> Result<Option<String>, String> {
        let target = self.target(target)?;
        let cases: Vec<&Case> = self.library.cases.iter().filter(|case| case.id == id).collect();
        let options = Options { pending: true, everything: false, ..options(&self.suite, 1) };
        let (summary, report) = self.run(&cases, target, None, &options)?;
        if summary.exit() != Exit::Green && summary.exit() != Exit::Nothing {
            return Err(report);
        }
        let unsupported =
            summary.cases.into_iter().find(|case| case.verdict == Verdict::Unsupported);
        Ok(unsupported.map(|case| case.note.unwrap_or_default()))
    }

    /// Looks for snapshots that belong to no case.
    ///
    /// # Errors
    ///
    /// Their names.
    pub fn orphans(&self) -> Result<(), String> {
        let ids: BTreeSet<&str> = self.library.cases.iter().map(|case| case.id.as_str()).collect();
        let orphans =
            Snapshots::new(self.suite.layers()).orphans(&ids).map_err(|error| error.to_string())?;
        let names: Vec<String> = orphans.iter().map(|path| path.display().to_string()).collect();
        if names.is_empty() {
            Ok(())
        } else {
            Err(format!("belong to no case: {}", names.join(", ")))
        }
    }

    /// Breaks the sound fake in one way, plays everything, and compares who noticed with the table.
    ///
    /// # Errors
    ///
    /// What is not as the table says.
    pub fn sabotage(&self, switch: &str) -> Result<(), String> {
        let row = self.table.rows.iter().find(|row| row.switch == switch);
        let row = row.ok_or_else(|| format!("no row for `{switch}`"))?;
        let sabotage: Sabotage =
            switch.parse().map_err(|error: finesse_fake::Error| error.to_string())?;
        let target = self.target(SOUND)?;
        let cases = runner::select(&self.library, Role::Server, &[], None);
        // A slow fake mostly waits, so many can run at once; not all, for each begins with a certificate of its own.
        let jobs = if sabotage == Sabotage::SlowEverything { 64 } else { 8 };
        let (summary, report) =
            self.run(&cases, target, Some(sabotage), &options(&self.suite, jobs))?;
        let wrong = match row.control {
            None => compare(row, &summary),
            Some(Control::Nothing) => changed(&summary, &BTreeSet::new()),
            Some(Control::DriftInResults) => {
                changed(&summary, &self.with_results(&cases, &target.name)?)
            }
        };
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n\n{report}", wrong.join("\n"))) }
    }

    /// Every row of the fake's own list must be in the table, and no other.
    ///
    /// # Errors
    ///
    /// What is missing or unknown.
    pub fn table_is_whole(&self) -> Result<(), String> {
        let known = Sabotage::ALL.iter().map(ToString::to_string).collect();
        self.table.is_whole(&known, &self.cases().into_iter().collect())
    }

    /// The cases whose accepted transcript holds a result.
    fn with_results(&self, cases: &[&Case], target: &str) -> Result<BTreeSet<String>, String> {
        let snapshots = Snapshots::new(self.suite.layers());
        let mut found = BTreeSet::new();
        for case in cases {
            let body = snapshots.accepted(&case.id, target).map_err(|error| error.to_string())?;
            if received_result(&body.unwrap_or_default()) {
                found.insert(case.id.clone());
            }
        }
        Ok(found)
    }

    fn target(&self, name: &str) -> Result<&Target, String> {
        self.targets
            .iter()
            .find(|target| target.name == name)
            .ok_or_else(|| format!("no target {name}"))
    }

    fn run(
        &self,
        cases: &[&Case],
        target: &Target,
        sabotage: Option<Sabotage>,
        options: &Options,
    ) -> Result<(Summary, String), String> {
        let venue = Arc::new(FakeVenue::new(target.clone(), sabotage)?);
        played(&self.runtime, &self.library, cases, venue, options)
    }
}

/// How a test plays: no pending files, nothing judged but the cases.
pub(crate) fn options(suite: &Suite, jobs: usize) -> Options {
    Options {
        layers: suite.layers().clone(),
        results: suite.results(),
        jobs,
        strictness: Strictness::default(),
        fail_fast: false,
        compare: true,
        pending: false,
        retries: 0,
        everything: false,
        warnings: Vec::new(),
    }
}

/// Plays cases, and reports as text.
pub(crate) fn played(
    runtime: &tokio::runtime::Runtime,
    library: &Library,
    cases: &[&Case],
    venue: Arc<dyn Venue>,
    options: &Options,
) -> Result<(Summary, String), String> {
    let text = Buffer::default();
    let text_report = Format::Text.renderer(Box::new(text.clone()), ReportOptions::default());
    let mut reporter = Reports(vec![text_report]);
    let (_keep, interrupt) = tokio::sync::watch::channel(false);
    let run = runner::run(library, cases, venue, options, &mut reporter, interrupt);
    match runtime.block_on(run) {
        Ok(summary) => Ok((summary, text.text())),
        Err(RunError::Parse(diagnostics)) => Err(case::render(&diagnostics, false)),
        Err(error) => Err(error.to_string()),
    }
}

/// Who must notice and did not; who noticed and is not listed.
pub(crate) fn compare(row: &Row, summary: &Summary) -> Vec<String> {
    let mut wrong = Vec::new();
    for id in &row.must_fail {
        let case = summary.cases.iter().find(|case| case.id == *id);
        if !case.is_some_and(notices) {
            let verdict = case.map_or("not played", |case| case.verdict.word());
            wrong.push(format!("{id} must notice, but is {verdict}"));
        }
    }
    let broken = |case: &&CaseReport| matches!(case.verdict, Verdict::Fail | Verdict::Error);
    for case in summary.cases.iter().filter(broken) {
        if !row.cases().any(|id| id == case.id) {
            wrong.push(format!("{} is {} and is not listed", case.id, case.verdict));
        }
    }
    // Where the steps held, how the connections ended must show it.
    let held = |case: &&CaseReport| case.verdict == Verdict::Pass || case.verdict == Verdict::Drift;
    for case in summary.cases.iter().filter(held) {
        if row
            .close
            .as_deref()
            .is_some_and(|axis| case.close != CloseAxis::NotReached && case.close.word() != axis)
        {
            wrong.push(format!("{} ended {}", case.id, case.close));
        }
    }
    wrong
}

/// Whether the claim of a case is broken. One of level `should` is then NON-STRICT, or DRIFT for its other transcript.
fn notices(case: &CaseReport) -> bool {
    match case.verdict {
        Verdict::Fail => true,
        Verdict::NonStrict | Verdict::Drift => {
            case.level == Level::Should && case.failure.is_some()
        }
        _ => false,
    }
}

/// What drifted and should not have, or the other way round; whatever failed at all.
fn changed(summary: &Summary, drifting: &BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in &summary.cases {
        let is_red = case.verdict.is_red(Strictness::default()) && case.verdict != Verdict::Drift;
        let drifts = case.verdict == Verdict::Drift;
        if is_red || drifts != drifting.contains(&case.id) {
            let wanted = if drifting.contains(&case.id) { "drift" } else { "no change" };
            wrong.push(format!("{} is {}, wanted {wanted}", case.id, case.verdict));
        }
    }
    wrong
}

/// Whether a body holds an iq result that the server said. The sending of elements by the client ends in another arrow.
fn received_result(body: &str) -> bool {
    let mut from_server = false;
    let mut in_iq = false;
    body.lines().any(|line| {
        if !line.starts_with(' ') {
            from_server = line.contains(" <- ");
            in_iq = line.contains("<iq ");
        }
        from_server && in_iq && line.contains("type=\"result\"")
    })
}

/// Text that several owners write and read.
#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    /// All that was written.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Buffer {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(octets)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
