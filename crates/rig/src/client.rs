//! The suite against the reference client: it passes everything, and each of its faults is noticed
//! by the cases that the table names. The client is a library: it runs without sockets, and on a
//! clock that does not wait.

use std::ffi::OsString;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use case::{Case, Library, Role};
use gate::{Command, Driver, GateVenue};
use report::Reports;
use runner::{Options, Target};
use suite::{REFERENCE, REFERENCE_OVER_BOSH, Suite};
use tokio::runtime::{Builder, Runtime};
use verdict::{Exit, Run};

use crate::play::{options, play, played, text_reports};
use crate::table::{Row, Table, compare};

/// The table of the client's faults.
const TABLE: &str = "_sabotage-client.toml";

/// The suite with the reference client.
pub struct ClientRig {
    suite: Suite,
    library: Library,
    table: Table,
    /// The client over WebSocket, and over BOSH.
    target: Target,
    over_bosh: Target,
}

impl ClientRig {
    /// The rig of the suite in `start` or above.
    ///
    /// # Errors
    ///
    /// All that is wrong with its files, ready to be printed.
    pub fn new(start: &Path) -> Result<Self, String> {
        let suite = Suite::find(start, None).map_err(|error| error.to_string())?;
        let library = suite.library().map_err(|diagnostics| case::render(&diagnostics, false))?;
        let table = Table::of(&suite, TABLE)?;
        let target = suite.client(REFERENCE).map_err(|error| error.to_string())?;
        let over_bosh = suite.client(REFERENCE_OVER_BOSH).map_err(|error| error.to_string())?;
        let [target, over_bosh] = [target, over_bosh].map(|target| target.with_reports(true));
        Ok(Self { suite, library, table, target, over_bosh })
    }

    /// Plays every case against the client as it should be.
    ///
    /// # Errors
    ///
    /// The report, when it is not green.
    pub fn play(&self, client: Arc<dyn Driver>) -> Result<(), String> {
        let options = Options { pending: true, ..options(&self.suite, 1) };
        let (mut reports, text) = text_reports();
        let summary = self.in_memory(&self.target, client, &options, &mut reports)?;
        green((summary, text.text()))
    }

    /// Plays every case that is not about WebSocket against the client over BOSH.
    ///
    /// # Errors
    ///
    /// As [`ClientRig::play`].
    pub fn play_over_bosh(&self, client: Arc<dyn Driver>) -> Result<(), String> {
        let options = Options { pending: true, ..options(&self.suite, 1) };
        let (mut reports, text) = text_reports();
        let summary = self.in_memory(&self.over_bosh, client, &options, &mut reports)?;
        green((summary, text.text()))
    }

    /// Plays some cases against the client as a program, over TCP.
    ///
    /// # Errors
    ///
    /// The report, when it is not green; a case that is none of the suite.
    pub fn play_program(&self, command: &[&Path], ids: &[&str]) -> Result<(), String> {
        let cases: Vec<&Case> =
            self.cases().into_iter().filter(|case| ids.contains(&case.id.as_str())).collect();
        if cases.len() != ids.len() {
            return Err(format!("some of {} are no cases for clients", ids.join(", ")));
        }
        let command: Vec<OsString> = command.iter().map(OsString::from).collect();
        let runtime = Runtime::new().map_err(|error| error.to_string())?;
        let client = Arc::new(Command(command));
        let venue = Arc::new(GateVenue::new(self.target.clone(), client)?);
        let options = options(&self.suite, ids.len());
        green(played(&runtime, &self.library, &cases, venue, &options)?)
    }

    /// Plays every case against the client with each of its faults, and compares who noticed with
    /// the table.
    ///
    /// # Errors
    ///
    /// Differences from the table.
    pub fn sabotage(&self, client: impl Fn(&str) -> Arc<dyn Driver> + Sync) -> Result<(), String> {
        let left = Mutex::new(self.table.rows.iter());
        let wrong = Mutex::new(Vec::new());
        let cores = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            for _ in 0..cores {
                scope.spawn(|| {
                    // The guard must not live while the row is played: a closure ends with it.
                    let next = || lock(&left).next();
                    while let Some(row) = next() {
                        if let Err(why) = self.sabotage_one(row, client(&row.switch)) {
                            lock(&wrong).push(format!("== {}\n{why}", row.switch));
                        }
                    }
                });
            }
        });
        let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// Every fault of the client must be in the table, and no other; every case that it names must
    /// be one for clients.
    ///
    /// # Errors
    ///
    /// Names that are missing or unknown.
    pub fn table_is_whole(&self, faults: impl Iterator<Item = String>) -> Result<(), String> {
        let ids = self.cases().into_iter().map(|case| case.id.clone()).collect();
        self.table.is_whole(&faults.collect(), &ids, |_| false)
    }

    fn sabotage_one(&self, row: &Row, client: Arc<dyn Driver>) -> Result<(), String> {
        let options = Options { compare: false, results: None, ..options(&self.suite, 1) };
        let (target, is_concerned): (_, &dyn Fn(&Case) -> bool) = match row.target.as_deref() {
            // The cases about BOSH notice a fault that only BOSH has.
            Some(REFERENCE_OVER_BOSH) => {
                (&self.over_bosh, &|case| !case.is_translated() || row.lists(&case.id))
            }
            _ => (&self.target, &|_| true),
        };
        let is_chosen = |case: &Case| row.plays(&case.id) && is_concerned(case);
        let mut reports = Reports::new(Vec::new());
        let mut summary =
            self.some_in_memory(target, Arc::clone(&client), &is_chosen, (&options, &mut reports))?;
        // The same claims by the same client over the other transport.
        if !row.must_pass.is_empty() {
            let is_bosh = std::ptr::eq(target, &self.over_bosh);
            let other = if is_bosh { &self.target } else { &self.over_bosh };
            let is_spared = |case: &Case| row.must_pass.contains(&case.id);
            let spared =
                self.some_in_memory(other, client, &is_spared, (&options, &mut reports))?;
            summary.cases.extend(spared.cases);
        }
        let wrong = compare(row, &summary);
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    fn cases(&self) -> Vec<&Case> {
        runner::select(&self.library, Role::Client, &[], None)
    }

    /// One case after the other, without sockets, on a clock that goes on when nothing else does.
    fn in_memory(
        &self,
        target: &Target,
        client: Arc<dyn Driver>,
        options: &Options,
        reports: &mut Reports,
    ) -> Result<Run, String> {
        self.some_in_memory(target, client, &|_| true, (options, reports))
    }

    /// The same with some of the cases that the client speaks.
    fn some_in_memory(
        &self,
        target: &Target,
        client: Arc<dyn Driver>,
        is_chosen: &dyn Fn(&Case) -> bool,
        (options, reports): (&Options, &mut Reports),
    ) -> Result<Run, String> {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        let venue = Arc::new(GateVenue::in_memory(target.clone(), client)?);
        let mut cases = self.cases();
        cases.retain(|case| target.speaks(case) && is_chosen(case));
        play(&runtime, &self.library, &cases, venue, options, reports)
    }
}

fn green((summary, report): (Run, String)) -> Result<(), String> {
    if summary.exit() == Exit::Green { Ok(()) } else { Err(report) }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
