//! The suite against the fakes: one case against one fake at a time, and the table of sabotages.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, OnceLock, PoisonError};

use case::{Case, Library, Role};
use engine::{Fault, Watch};
use fakes::{FakeVenue, Watches};
use runner::{Options, Target};
use suite::Suite;
use tokio::runtime::Builder;
use verdict::{Exit, Run, Strictness, Verdict};

use crate::play::{options, played};
use crate::table::{Control, Row, Table, compare};

/// The profiles that every case is played against.
const TARGETS: [&str; 3] = ["mock", "mock-openfire", "mock-strict"];

/// How many cases of a sabotage are played at once. None of them waits for real time.
const AT_ONCE: usize = 8;

/// The areas that are also played over sockets: the layers below WebSocket are of the operating
/// system there.
const OVER_SOCKETS: [&str; 2] = ["close", "tls"];

/// The target that is broken on purpose where a row names no other: it does all right otherwise.
const SOUND: &str = "mock-strict";

/// The network over which cases are played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NetworkKind {
    /// Memory, on a clock that leaps to the next event when all is still.
    Memory,
    /// Loopback, on the clock of the wall.
    Sockets,
}

/// A suite with its fakes, ready to be played piece by piece.
pub struct Rig {
    suite: Suite,
    library: Library,
    targets: Vec<Target>,
    table: Table,
    /// The rules that come up in each case against the sound fake.
    watches: OnceLock<Result<BTreeMap<String, Watch>, String>>,
}

impl Rig {
    /// The rig of the suite in `start` or above.
    ///
    /// # Errors
    ///
    /// All that is wrong with its files, ready to be printed.
    pub fn new(start: &Path) -> Result<Self, String> {
        let suite = Suite::find(start, None).map_err(|error| error.to_string())?;
        let library = suite.library().map_err(|diagnostics| case::render(&diagnostics, false))?;
        let targets = TARGETS
            .iter()
            .map(|name| suite.target(name).map_err(|error| error.to_string()))
            .collect::<Result<_, _>>()?;
        let table = Table::of(&suite, "_sabotage.toml")?;
        Ok(Self { suite, library, targets, table, watches: OnceLock::new() })
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

    /// Names of the rows in the table of sabotages.
    pub fn sabotages(&self) -> impl Iterator<Item = String> {
        self.table.rows.iter().map(Row::name)
    }

    /// Plays one case. `Ok` holds the reason, when the target lacks what the case needs.
    ///
    /// # Errors
    ///
    /// The report of the case, when it is red.
    pub fn play(&self, target: &str, id: &str) -> Result<Option<String>, String> {
        let target = self.target(target)?;
        let cases: Vec<&Case> = self.library.planned().filter(|case| case.id == id).collect();
        let options = Options { pending: true, ..options(&self.suite, 1) };
        let (summary, report) = self.run(&cases, target, None, &options, NetworkKind::Memory)?;
        if summary.exit() != Exit::Green && summary.exit() != Exit::Nothing {
            return Err(report);
        }
        let unsupported =
            summary.cases.into_iter().find(|case| case.verdict == Verdict::Unsupported);
        Ok(unsupported.map(|case| case.note.unwrap_or_default()))
    }

    /// The areas of [`Rig::over_sockets`].
    pub fn areas_over_sockets() -> impl Iterator<Item = &'static str> {
        OVER_SOCKETS.into_iter()
    }

    /// Plays an area against a fake with sockets: it comes to the same there.
    ///
    /// # Errors
    ///
    /// The report, when it is not green; an area without cases.
    pub fn over_sockets(&self, area: &str) -> Result<(), String> {
        let mut cases = runner::select(&self.library, Role::Server, &[], None);
        cases.retain(|case| case.id.split_once('/').is_some_and(|(of, _)| of == area));
        let options = Options { results: None, ..options(&self.suite, 8) };
        let target = self.target("mock")?;
        let (summary, report) = self.run(&cases, target, None, &options, NetworkKind::Sockets)?;
        if summary.exit() == Exit::Green { Ok(()) } else { Err(report) }
    }

    /// Looks for snapshots that belong to no case.
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

    /// Breaks the target of a row in one way, plays all cases, and compares the cases that noticed
    /// with the table. A target of the row's own plays the cases that the sound fake cannot play; a
    /// row that is alone, those that must notice.
    ///
    /// # Errors
    ///
    /// Differences from the table.
    pub fn sabotage(&self, name: &str) -> Result<(), String> {
        let row = self.table.rows.iter().find(|row| row.name() == name);
        let row = row.ok_or_else(|| format!("no row for `{name}`"))?;
        let switch = row.switch.as_str();
        let fault: Fault = switch.parse().map_err(|error: engine::Error| error.to_string())?;
        let target = self.target(row.target.as_deref().unwrap_or(SOUND))?;
        let mut cases = runner::select(&self.library, Role::Server, &[], None);
        if row.target.is_some() && !row.is_alone() {
            let sound = self.target(SOUND)?;
            cases.retain(|case| {
                let needs = case.head.needs.iter().map(|need| need.value.as_str());
                !sound.lacks(needs).is_empty()
            });
        }
        cases.retain(|case| row.plays(&case.id));
        if row.target.is_none() {
            let watches = self.watches()?;
            let is_same = |case: &&Case| {
                watches.get(&case.id).is_some_and(|watch| watch.is_untouched_by(&fault))
            };
            cases.retain(|case| !is_same(case));
        }
        // Verdicts show whether a fault is noticed, and transcripts that it has no effect.
        let is_compared = row.control.is_some();
        let options =
            Options { results: None, compare: is_compared, ..options(&self.suite, AT_ONCE) };
        let (summary, report) =
            self.run(&cases, target, Some(fault), &options, NetworkKind::Memory)?;
        let wrong = match row.control {
            None => compare(row, &summary),
            Some(Control::Nothing) => changed(row, &summary, &BTreeSet::new()),
            Some(Control::DriftInResults) => {
                changed(row, &summary, &self.with_results(&cases, &target.name)?)
            }
        };
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n\n{report}", wrong.join("\n"))) }
    }

    /// Every row of the fake's own list must be in the table, and no other. Each case must be able
    /// to fail, unless the table exempts it.
    ///
    /// # Errors
    ///
    /// Names that are missing or unknown; cases that no fault breaks.
    pub fn table_is_whole(&self) -> Result<(), String> {
        let known = Fault::sabotages().map(|known| known.name().to_owned()).collect();
        let is_fault = |text: &str| text.parse::<Fault>().is_ok();
        self.table.is_whole(&known, &self.cases().into_iter().collect(), is_fault)?;
        let cases = runner::select(&self.library, Role::Server, &[], None);
        self.table.can_all_fail(cases.into_iter())
    }

    /// The cases whose accepted transcript holds a result.
    fn with_results(&self, cases: &[&Case], target: &str) -> Result<BTreeSet<String>, String> {
        let snapshots = self.suite.snapshots();
        let mut found = BTreeSet::new();
        for case in cases {
            let body =
                snapshots.accepted(case.file_id(), target).map_err(|error| error.to_string())?;
            if received_result(&body.unwrap_or_default()) {
                found.insert(case.id.clone());
            }
        }
        Ok(found)
    }

    /// The rules that come up in each case against the sound fake: a fault of another rule changes
    /// nothing in the case, so nothing is learnt by playing it.
    fn watches(&self) -> Result<&BTreeMap<String, Watch>, String> {
        let watch = || {
            let watches = Watches::default();
            let venue = FakeVenue::new(self.target(SOUND)?.clone(), None)?;
            let cases = runner::select(&self.library, Role::Server, &[], None);
            let options =
                Options { results: None, compare: false, ..options(&self.suite, AT_ONCE) };
            let venue = venue.watched(Arc::clone(&watches));
            self.run_at(venue, &cases, &options, NetworkKind::Memory)?;
            Ok(std::mem::take(&mut *watches.lock().unwrap_or_else(PoisonError::into_inner)))
        };
        self.watches.get_or_init(watch).as_ref().map_err(Clone::clone)
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
        way: NetworkKind,
    ) -> Result<(Run, String), String> {
        self.run_at(FakeVenue::new(target.clone(), fault)?, cases, options, way)
    }

    fn run_at(
        &self,
        mut venue: FakeVenue,
        cases: &[&Case],
        options: &Options,
        way: NetworkKind,
    ) -> Result<(Run, String), String> {
        let mut runtime = Builder::new_current_thread();
        match way {
            NetworkKind::Sockets => runtime.enable_all(),
            NetworkKind::Memory => {
                venue = venue.in_memory();
                runtime.enable_time().start_paused(true)
            }
        };
        let runtime = runtime.build().map_err(|error| error.to_string())?;
        played(&runtime, &self.library, cases, Arc::new(venue), options)
    }
}

/// Cases that drifted and should not have, or the other way round, or that failed.
fn changed(row: &Row, summary: &Run, drifting: &BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in &summary.cases {
        let is_red = case.is_worse_than_drift(Strictness::default());
        let drifts = case.drifts();
        // A case that the target cannot play shows nothing.
        if case.verdict == Verdict::Unsupported || row.lists(&case.id) {
            continue;
        }
        if is_red || drifts != drifting.contains(&case.id) {
            let wanted = if drifting.contains(&case.id) { "drift" } else { "no change" };
            wrong.push(format!("{} is {}, wanted {wanted}", case.id, case.verdict));
        }
    }
    wrong
}

/// Whether a body holds an iq result that the server said, perhaps inside a body of BOSH. The
/// sending of elements by the client ends in another arrow.
fn received_result(body: &str) -> bool {
    let mut from_server = false;
    let mut in_tag = false;
    body.lines().any(|line| {
        if !line.starts_with(' ') {
            from_server = line.contains(" <- ");
            in_tag = false;
        }
        let tag = match line.split_once("<iq ") {
            Some((_, tag)) => tag,
            None if in_tag => line,
            None => return false,
        };
        in_tag = !tag.contains('>');
        from_server && tag.contains("type=\"result\"")
    })
}
