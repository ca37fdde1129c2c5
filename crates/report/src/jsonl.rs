//! The report for programs, one JSON object a line, and its reader.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use verdict::{CaseResult, Ending, Head, Reporter, Run, VERSION, Verdict};

use crate::diff;

/// Place of the diff among the keys of a drift.
const BEFORE_PENDING: usize = 3;

/// Writes a line for each event, and flushes it. The line of a case whose cause may be another case
/// comes at the end, when that is known.
pub(crate) struct Json {
    out: Box<dyn Write + Send>,
}

/// Why a file is not a JSON report.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Io {
        path: String,
        /// The error of the system.
        source: io::Error,
    },
    /// A line has another form than `--report json` writes.
    #[error("{path}:{line}: not a line of a JSON report: {source}")]
    Line {
        path: String,
        /// From 1.
        line: usize,
        /// The error of the parser.
        source: serde_json::Error,
    },
    /// The report was written by another release.
    #[error(
        "{path}: the report has version {found}, but this tool reads version {VERSION}; run the suite again"
    )]
    Version {
        path: String,
        /// The version in its first line.
        found: u64,
    },
    /// The first line is missing.
    #[error("{path}: not a JSON report: the first line is not {{\"event\":\"run\", …}}")]
    NoRun { path: String },
}

impl Json {
    /// A report on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }

    fn line(&mut self, line: Written<'_>) -> io::Result<()> {
        line.write(&mut self.out)?;
        self.out.flush()
    }
}

impl Reporter for Json {
    fn began(&mut self, head: &Head) -> io::Result<()> {
        self.line(Written::Run(head))
    }

    fn finished(&mut self, case: &CaseResult) -> io::Result<()> {
        if case.is_open() { Ok(()) } else { self.line(Written::Case(case)) }
    }

    fn ended(&mut self, run: &Run) -> io::Result<()> {
        for case in run.cases.iter().filter(|case| case.is_open()) {
            self.line(Written::Case(case))?;
        }
        self.line(Written::Summary(Box::new(summary(run))))
    }
}

/// Writes a finished run as a JSON report.
///
/// # Errors
///
/// Those of `out`.
pub fn write(out: &mut dyn Write, run: &Run) -> io::Result<()> {
    let (open, known): (Vec<_>, Vec<_>) = run.cases.iter().partition(|case| case.is_open());
    let lines = std::iter::once(Written::Run(&run.head))
        .chain(known.into_iter().chain(open).map(Written::Case))
        .chain(std::iter::once(Written::Summary(Box::new(summary(run)))));
    for line in lines {
        line.write(out)?;
    }
    out.flush()
}

/// Reads a JSON report. A file without its last line is that of an interrupted run.
///
/// # Errors
///
/// The file cannot be read, or is not a JSON report.
pub fn read(path: &Path) -> Result<Run, ReadError> {
    let name = path.display().to_string();
    let text = files::read_text(path, files::LARGE)
        .map_err(|source| ReadError::Io { path: name.clone(), source })?;
    // Some shells put a byte order mark in front, which a reader may ignore (RFC 8259 §8.1).
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let (mut head, mut cases) = (None, Vec::new());
    let mut ending = Ending { interrupted: true, ..Ending::default() };
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        if head.is_none() {
            check_version(&name, line)?;
        }
        let read = serde_json::from_str(line).map_err(|source| ReadError::Line {
            path: name.clone(),
            line: number + 1,
            source,
        })?;
        match read {
            Read::Run(run) => head = Some(run),
            Read::Case(case) => cases.push(*case),
            Read::Summary(summary) => ending = summary,
        }
    }
    let Some(head) = head else { return Err(ReadError::NoRun { path: name }) };
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(Run { head, cases, ending })
}

fn check_version(path: &str, line: &str) -> Result<(), ReadError> {
    #[derive(Deserialize)]
    struct First {
        event: String,
        version: u64,
    }
    match serde_json::from_str::<First>(line) {
        Ok(First { event, version }) if event == "run" => {
            if version == u64::from(VERSION) {
                return Ok(());
            }
            Err(ReadError::Version { path: path.to_owned(), found: version })
        }
        _ => Err(ReadError::NoRun { path: path.to_owned() }),
    }
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Written<'a> {
    Run(&'a Head),
    Case(&'a CaseResult),
    Summary(Box<Summary<'a>>),
}

impl Written<'_> {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        match self {
            Self::Case(CaseResult { drift: Some(drift), .. }) => {
                let mut line = serde_json::to_value(self)?;
                if let Some(written) = line.get_mut("drift").and_then(Value::as_object_mut) {
                    // A convenience for scripts; derived from the transcripts and ignored by
                    // `read`.
                    let diff = diff::unified(&drift.accepted, &drift.got, false);
                    written.shift_insert(BEFORE_PENDING, "diff".to_owned(), diff.into());
                }
                serde_json::to_writer(&mut *out, &line)?;
            }
            _ => serde_json::to_writer(&mut *out, self)?,
        }
        out.write_all(b"\n")
    }
}

#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Read {
    Run(Head),
    Case(Box<CaseResult>),
    Summary(Ending),
}

/// The ending, with counts for scripts.
#[derive(Serialize)]
struct Summary<'a> {
    target: &'a str,
    cases: usize,
    counts: serde_json::Map<String, Value>,
    new: usize,
    close: BTreeMap<&'static str, usize>,
    volatile: usize,
    #[serde(flatten)]
    ending: &'a Ending,
}

fn summary(run: &Run) -> Summary<'_> {
    let count = |verdict: Verdict| (verdict.word().to_owned(), run.count(verdict).into());
    Summary {
        target: run.target(),
        cases: run.cases.len(),
        counts: Verdict::ALL.into_iter().map(count).collect(),
        new: run.fresh(),
        close: run.closes().map(|(axis, count)| (axis.word(), count)).collect(),
        volatile: run.volatile(),
        ending: &run.ending,
    }
}
