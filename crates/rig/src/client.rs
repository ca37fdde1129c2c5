//! The gate as a test: the reference client passes everything, and each of its faults is noticed by the cases that the table
//! names.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use case::{Case, Library, Role};
use runner::outcome::Summary;
use runner::verdict::{Exit, Verdict};
use runner::{Options, REFERENCE};

use super::{GateVenue, probe};
use crate::rig::{compare, options, played};
use crate::sabotage::Table;
use crate::suite::Suite;

/// The table of the client's faults.
const TABLE: &str = "_sabotage-client.toml";

/// A client that is slow to start must not make others wait: most of the time all only wait.
const JOBS: usize = 12;

/// What is looked at again has the machine nearly to itself.
const JOBS_AGAIN: usize = 2;

/// The suite with a client to be gated.
pub struct GateRig {
    suite: Suite,
    library: Library,
    table: Table,
    runtime: tokio::runtime::Runtime,
    client: OsString,
}

impl GateRig {
    /// The rig of the suite in `start` or above, for the reference client at `client`.
    ///
    /// # Errors
    ///
    /// All that is wrong with its files, ready to be printed.
    pub fn new(start: &Path, client: &Path) -> Result<Self, String> {
        let suite = Suite::find(start, &[]).map_err(|error| error.to_string())?;
        let library = suite.library().map_err(|diagnostics| case::render(&diagnostics, false))?;
        let table = Table::of(&suite, TABLE)?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        Ok(Self { suite, library, table, runtime, client: client.into() })
    }

    /// Plays every case against the client as it should be.
    ///
    /// # Errors
    ///
    /// The report, when it is not green.
    pub fn play(&self) -> Result<(), String> {
        let (summary, report) = self.run(Vec::new(), &self.cases(), JOBS, true)?;
        if summary.exit() == Exit::Green { Ok(()) } else { Err(report) }
    }

    /// Plays every case against the client with one fault, and compares who noticed with the table.
    ///
    /// # Errors
    ///
    /// What is not as the table says.
    pub fn sabotage(&self, fault: &str) -> Result<(), String> {
        let row = self.table.rows.iter().find(|row| row.switch == fault);
        let row = row.ok_or_else(|| format!("no row for `{fault}`"))?;
        let args: Vec<OsString> = vec!["--fault".into(), fault.into()];
        let (first, _) = self.run(args.clone(), &self.cases(), JOBS, false)?;
        if compare(row, &first).is_empty() {
            return Ok(());
        }
        // On a busy machine a deadline can pass by accident: who is red, or should be, is played again with little beside.
        let is_red = |id: &str| {
            let red = |verdict| matches!(verdict, Verdict::Fail | Verdict::Error);
            first.cases.iter().any(|report| report.id == id && red(report.verdict))
        };
        let is_suspect = |case: &&Case| is_red(&case.id) || row.cases().any(|id| *id == *case.id);
        let suspects: Vec<&Case> = self.cases().into_iter().filter(is_suspect).collect();
        let (again, report) = self.run(args, &suspects, JOBS_AGAIN, false)?;
        let wrong = compare(row, &again);
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}\n\n{report}", wrong.join("\n"))) }
    }

    /// Every fault of the client must be in the table, and no other; every case that it names must be one for clients.
    ///
    /// # Errors
    ///
    /// What is missing or unknown.
    pub fn table_is_whole(&self, faults: impl Iterator<Item = String>) -> Result<(), String> {
        let ids = self.cases().into_iter().map(|case| case.id.clone()).collect();
        self.table.is_whole(&faults.collect(), &ids)
    }

    fn cases(&self) -> Vec<&Case> {
        runner::select(&self.library, Role::Client, &[], None)
    }

    fn run(
        &self,
        args: Vec<OsString>,
        cases: &[&Case],
        jobs: usize,
        compare: bool,
    ) -> Result<(Summary, String), String> {
        let target = self.suite.client(REFERENCE).map_err(|error| error.to_string())?;
        let command: Vec<OsString> = [self.client.clone()].into_iter().chain(args).collect();
        let honesty =
            self.runtime.block_on(probe(&command, 1.0)).map_err(|error| error.to_string())?;
        let target = target.with_reports(honesty.reports);
        let venue = self.runtime.block_on(async { GateVenue::new(target, command) })?;
        let options = Options { compare, pending: compare, ..options(&self.suite, jobs) };
        played(&self.runtime, &self.library, cases, Arc::new(venue), &options)
    }
}
