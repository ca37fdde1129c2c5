//! The suite as tests: one case against one fake at a time, and the table of sabotages.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use case::{Case, Level, Library, Role};
use finesse_fake::Fault;
use report::{Format, Options as ReportOptions, Reports};
use runner::{Folder, Options, RunError, Target, Venue};
use verdict::{CaseResult, CloseAxis, Exit, Run, Strictness, Verdict};

use crate::fake::FakeVenue;
use crate::sabotage::{Control, Row, Table};
use suite::Suite;
use textual::program;

/// The profiles that every case is played against.
const TARGETS: [&str; 3] = ["mock", "mock-openfire", "mock-strict"];

/// The target for sabotages: without one it breaks no rule.
const SOUND: &str = "mock-strict";

/// A suite with its fakes, played one case at a time.
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
    /// The errors in the suite's files, ready to print.
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

    /// Names of the targets: one for each profile of the fake.
    pub fn targets(&self) -> impl Iterator<Item = &str> {
        self.targets.iter().map(|target| target.name.as_str())
    }

    /// Ids of the cases with the role server.
    pub fn cases(&self) -> Vec<String> {
        runner::select(&self.library, Role::Server, &[], None)
            .into_iter()
            .map(|case| case.id.clone())
            .collect()
    }

    /// Names of the sabotages in the table, in its order.
    pub fn sabotages(&self) -> impl Iterator<Item = &str> {
        self.table.rows.iter().map(|row| row.switch.as_str())
    }

    /// Plays one case. `Ok` holds the reason if the case is UNSUPPORTED.
    ///
    /// # Errors
    ///
    /// The report of a red case.
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

    /// Checks that every snapshot belongs to a case.
    ///
    /// # Errors
    ///
    /// Their names.
    pub fn orphans(&self) -> Result<(), String> {
        let ids: BTreeSet<&str> = self.library.cases.iter().map(|case| case.id.as_str()).collect();
        let orphans = self.suite.snapshots().orphans(&ids).map_err(|error| error.to_string())?;
        let names: Vec<String> = orphans.iter().map(|path| path.display().to_string()).collect();
        if names.is_empty() {
            Ok(())
        } else {
            Err(format!("belong to no case: {}", names.join(", ")))
        }
    }

    /// Plays all cases against a sabotaged fake, and compares the cases that noticed with the table.
    ///
    /// # Errors
    ///
    /// The differences from the table.
    pub fn sabotage(&self, switch: &str) -> Result<(), String> {
        let row = self.table.rows.iter().find(|row| row.switch == switch);
        let row = row.ok_or_else(|| format!("no row for `{switch}`"))?;
        let fault: Fault =
            switch.parse().map_err(|error: finesse_fake::EngineError| error.to_string())?;
        let target = self.target(SOUND)?;
        let cases = runner::select(&self.library, Role::Server, &[], None);
        // A slow fake mostly waits, so many run at once. Not all: each start makes a certificate.
        let jobs = if switch == "slow-everything" { 64 } else { 8 };
        // Kept apart from target/conformance, which holds the transcripts of the sound fakes.
        let root =
            self.suite.checkout("sabotages are played").map_err(|error| error.to_string())?;
        let name = Path::new("target/conformance-sabotage").join(switch);
        let results = Folder::new(root.join(&name), name);
        let options = Options { results, ..options(&self.suite, jobs) };
        let (summary, report) = self.run(&cases, target, Some(fault), &options)?;
        let wrong = match row.control {
            None => compare(row, &summary),
            Some(Control::Nothing) => changed(&summary, &BTreeSet::new()),
            Some(Control::DriftInResults) => {
                changed(&summary, &self.with_results(&cases, &target.name)?)
            }
        };
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n\n{report}", wrong.join("\n"))) }
    }

    /// Checks that the table has a row for each sabotage of the fake, and no others.
    ///
    /// # Errors
    ///
    /// The missing and unknown names.
    pub fn table_is_whole(&self) -> Result<(), String> {
        let known = Fault::sabotages().map(|known| known.name().to_owned()).collect();
        self.table.is_whole(&known, &self.cases().into_iter().collect())
    }

    /// The cases with an iq result in their accepted transcript.
    fn with_results(&self, cases: &[&Case], target: &str) -> Result<BTreeSet<String>, String> {
        let snapshots = self.suite.snapshots();
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
        fault: Option<Fault>,
        options: &Options,
    ) -> Result<(Run, String), String> {
        let venue = Arc::new(FakeVenue::new(target.clone(), fault)?);
        played(&self.runtime, &self.library, cases, venue, options)
    }
}

/// Run options of tests: no pending files, no checks beyond the cases.
pub(crate) fn options(suite: &Suite, jobs: usize) -> Options {
    Options {
        snapshots: suite.snapshots(),
        results: suite.results(),
        jobs,
        strictness: Strictness::default(),
        fail_fast: false,
        compare: true,
        pending: false,
        retries: 0,
        everything: false,
        warnings: Vec::new(),
        program: program(),
    }
}

/// Plays cases; returns the run and its text report.
pub(crate) fn played(
    runtime: &tokio::runtime::Runtime,
    library: &Library,
    cases: &[&Case],
    venue: Arc<dyn Venue>,
    options: &Options,
) -> Result<(Run, String), String> {
    let text = Buffer::default();
    let dress = ReportOptions { colour: false, verbose: false, program: program() };
    let text_report = Format::Text.reporter(Box::new(text.clone()), dress);
    let mut reporter = Reports(vec![text_report]);
    let (_keep, interrupt) = tokio::sync::watch::channel(false);
    let run = runner::run(library, cases, venue, options, &mut reporter, interrupt);
    match runtime.block_on(run) {
        Ok(summary) => Ok((summary, text.text())),
        Err(RunError::Parse(diagnostics)) => Err(case::render(&diagnostics, false)),
        Err(error) => Err(error.to_string()),
    }
}

/// Cases that should have noticed a sabotage, and cases that noticed it without being listed.
pub(crate) fn compare(row: &Row, summary: &Run) -> Vec<String> {
    let mut wrong = Vec::new();
    for id in &row.must_fail {
        let case = summary.cases.iter().find(|case| case.id == *id);
        if !case.is_some_and(notices) {
            let verdict = case.map_or("not played", |case| case.verdict.word());
            wrong.push(format!("{id} must notice, but is {verdict}"));
        }
    }
    let broken = |case: &&CaseResult| matches!(case.verdict, Verdict::Fail | Verdict::Error);
    for case in summary.cases.iter().filter(broken) {
        if !row.cases().any(|id| id == case.id) {
            wrong.push(format!("{} is {} and is not listed", case.id, case.verdict));
        }
    }
    // If the steps held, the ends of the connections must show the sabotage.
    let held = |case: &&CaseResult| case.verdict == Verdict::Pass || case.verdict == Verdict::Drift;
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

/// Whether the claim of a case is broken. At level `should` that is NON-STRICT, or DRIFT if another transcript was accepted.
fn notices(case: &CaseResult) -> bool {
    match case.verdict {
        Verdict::Fail => true,
        Verdict::NonStrict | Verdict::Drift => {
            case.level == Level::Should && case.failure.is_some()
        }
        _ => false,
    }
}

/// Cases whose drift differs from the expected drift, and all failures.
fn changed(summary: &Run, drifting: &BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in &summary.cases {
        let is_red = case.is_red(Strictness::default()) && case.verdict != Verdict::Drift;
        let drifts = case.verdict == Verdict::Drift;
        if is_red || drifts != drifting.contains(&case.id) {
            let wanted = if drifting.contains(&case.id) { "drift" } else { "no change" };
            wrong.push(format!("{} is {}, wanted {wanted}", case.id, case.verdict));
        }
    }
    wrong
}

/// Whether a body holds an iq result from the server. Elements from the client follow another arrow.
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

/// A shared text buffer.
#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    /// The text written so far.
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
