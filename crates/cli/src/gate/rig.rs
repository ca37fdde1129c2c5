//! The gate as a test: the reference client passes all cases, and the cases in the sabotage table notice each of its faults.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use case::{Case, Library, Role};
use runner::Options;
use verdict::Run;
use verdict::{Exit, Verdict};

use super::{GateVenue, probe};
use crate::rig::{compare, options, played};
use crate::sabotage::Table;
use suite::{REFERENCE, Suite};

/// The sabotage table of the reference client.
const TABLE: &str = "_sabotage-client.toml";

/// High, because clients mostly wait.
const JOBS: usize = 12;

/// Low, so that repeated cases have the machine nearly to themselves.
const JOBS_AGAIN: usize = 2;

/// The suite with the client to test.
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
    /// The errors in the suite's files, ready to print.
    pub fn new(start: &Path, client: &Path) -> Result<Self, String> {
        let suite = Suite::find(start, &[]).map_err(|error| error.to_string())?;
        let library = suite.library().map_err(|diagnostics| case::render(&diagnostics, false))?;
        let table = Table::of(&suite, TABLE)?;
        let runtime = tokio::runtime::Runtime::new().map_err(|error| error.to_string())?;
        Ok(Self { suite, library, table, runtime, client: client.into() })
    }

    /// Plays all cases against the client without faults.
    ///
    /// # Errors
    ///
    /// The report of a run that is not green.
    pub fn play(&self) -> Result<(), String> {
        let (summary, report) = self.run(Vec::new(), &self.cases(), JOBS, true)?;
        if summary.exit() == Exit::Green { Ok(()) } else { Err(report) }
    }

    /// Plays all cases against the client with one fault, and compares the cases that noticed with the table.
    ///
    /// # Errors
    ///
    /// The differences from the table.
    pub fn sabotage(&self, fault: &str) -> Result<(), String> {
        let row = self.table.rows.iter().find(|row| row.switch == fault);
        let row = row.ok_or_else(|| format!("no row for `{fault}`"))?;
        let args: Vec<OsString> = vec!["--fault".into(), fault.into()];
        let (first, _) = self.run(args.clone(), &self.cases(), JOBS, false)?;
        if compare(row, &first).is_empty() {
            return Ok(());
        }
        // On a busy machine deadlines may pass by accident: repeat red cases, and cases that should be red, with few jobs.
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

    /// Checks that the table has a row for each fault of the client, and names only cases for clients.
    ///
    /// # Errors
    ///
    /// The missing and unknown names.
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
    ) -> Result<(Run, String), String> {
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
