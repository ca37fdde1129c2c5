//! Plays cases for tests, with the results as text.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use case::{Case, Library};
use report::{Format, Options as ReportOptions, Reports};
use runner::{Background, Options, RunError, Venue};
use suite::Suite;
use verdict::{Run, Strictness};

/// How a test plays: no pending files, nothing judged but the cases.
pub(crate) fn options(suite: &Suite, jobs: usize) -> Options {
    Options {
        snapshots: suite.snapshots(),
        results: Some(suite.results()),
        jobs,
        strictness: Strictness::default(),
        fail_fast: false,
        compare: true,
        pending: false,
        retries: 0,
        everything: false,
        background: Background::default(),
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
) -> Result<(Run, String), String> {
    let (mut reports, text) = text_reports();
    let summary = play(runtime, library, cases, venue, options, &mut reports)?;
    Ok((summary, text.text()))
}

/// A report as text, and where the text is.
pub(crate) fn text_reports() -> (Reports, Buffer) {
    let text = Buffer::default();
    let dress = ReportOptions { colour: false, verbose: false };
    let report = Format::Text.reporter(Box::new(text.clone()), dress);
    (Reports::new(vec![report]), text)
}

pub(crate) fn play(
    runtime: &tokio::runtime::Runtime,
    library: &Library,
    cases: &[&Case],
    venue: Arc<dyn Venue>,
    options: &Options,
    reports: &mut Reports,
) -> Result<Run, String> {
    let (_keep, interrupt) = tokio::sync::watch::channel(false);
    let run = runner::run(library, cases, venue, options, reports, interrupt);
    match runtime.block_on(run) {
        Ok(summary) => Ok(summary),
        Err(RunError::Parse(diagnostics)) => Err(case::render(&diagnostics, false)),
        Err(error) => Err(error.to_string()),
    }
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
