//! Reports written to memory.
// Each test uses a part of it.
#![allow(dead_code)]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use report::{Format, Options, Reports};
use verdict::{Head, Reporter, Run};

use crate::sample;

/// Text without colours, and no longer than it must be.
pub(crate) const PLAIN: Options = Options { colour: false, verbose: false };

/// Memory that a reporter writes to and a test reads.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().expect("no test panics while writing").clone())
            .expect("reports are text")
    }
}

impl Write for Memory {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no test panics while writing").write(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tells reporters of a run from its start to its end, with its exit code.
pub(crate) fn play(reports: Vec<Box<dyn Reporter>>, run: &Run) {
    tell(reports, &sample::ended(run.clone()));
}

/// Tells reporters of a run as it is: results that were read have no exit code.
pub(crate) fn tell(reports: Vec<Box<dyn Reporter>>, run: &Run) {
    let mut reports = Reports::new(reports);
    let head = Head { selected: run.cases.len(), ..run.head.clone() };
    reports.began(&head).expect("memory takes everything");
    for case in &run.cases {
        reports.finished(case).expect("memory takes everything");
    }
    reports.ended(run).expect("memory takes everything");
}

/// The report of a run.
pub(crate) fn report(format: Format, options: Options, run: &Run) -> String {
    let memory = Memory::default();
    play(vec![format.reporter(Box::new(memory.clone()), options)], run);
    memory.text()
}
