//! Generated conversations with a real Openfire 4.4.4, played against the engine: its share of
//! equal conversations may only rise.
//!
//! A generator made them from a weighted grammar, in areas, and kept those that the real server
//! repeats. No one has read them all: where the engine differs, it was fitted to the recordings by
//! hand. `exceptions.txt` lists those that differ, with reasons. To work on differences:
//!
//! ```text
//! cargo test -p engine --test generated -- pubsub           one area
//! GENERATED_ONLY='^iq_17$'  …                               recordings by regular expression
//! GENERATED_SHOW=1          …                               each difference
//! GENERATED_CAUSES=1        …                               differences by cause, commonest first
//! GENERATED_NAMES=1         …                               the names of recordings that are equal
//! zcat crates/engine/tests/generated/recordings/iq.txt.gz | sed -n '/^= iq_17$/,/^= /p'
//! ```

mod archive;
mod cause;
mod client;
mod compare;
mod exceptions;
mod normalise;
mod operation;
mod play;
mod recording;
mod same;
mod score;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};
use regex::Regex;

use crate::exceptions::Exceptions;
use crate::score::{Causes, Score};

/// The wishes in the environment.
struct Wishes {
    only: Option<Regex>,
    show: bool,
    causes: bool,
    names: bool,
}

impl Wishes {
    fn read() -> Result<Self, regex::Error> {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let only = std::env::var("GENERATED_ONLY").ok().map(|pattern| Regex::new(&pattern));
        Ok(Self {
            only: only.transpose()?,
            show: set("GENERATED_SHOW"),
            causes: set("GENERATED_CAUSES"),
            names: set("GENERATED_NAMES"),
        })
    }
}

#[derive(Default)]
struct Report {
    scores: BTreeMap<&'static str, Score>,
    differences: BTreeMap<&'static str, String>,
    names: BTreeMap<&'static str, Vec<String>>,
    causes: Causes,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a test harness reports")]
fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let wishes = match Wishes::read() {
        Ok(wishes) => Arc::new(wishes),
        Err(error) => {
            eprintln!("GENERATED_ONLY: {error}");
            return ExitCode::FAILURE;
        }
    };
    let report = Arc::new(Mutex::new(Report::default()));
    let trials = archive::AREAS.map(|area| trial(area, &wishes, &report)).into();
    let conclusion = libtest_mimic::run(&arguments, trials);
    let report = report.lock().unwrap_or_else(PoisonError::into_inner);
    for text in report.differences.values() {
        print!("{text}");
    }
    for names in report.names.values() {
        println!("equal: {}", names.join(" "));
    }
    if wishes.causes {
        print!("{}", report.causes.report());
    }
    print!("{}", score::table(&report.scores));
    if wishes.only.is_none() && !report.scores.is_empty() {
        print!("{}", Exceptions::read().report());
    }
    conclusion.exit_code()
}

fn trial(area: &'static str, wishes: &Arc<Wishes>, report: &Arc<Mutex<Report>>) -> Trial {
    let (wishes, report) = (Arc::clone(wishes), Arc::clone(report));
    Trial::test(area, move || play_area(area, &wishes, &report))
}

fn play_area(area: &'static str, wishes: &Wishes, report: &Mutex<Report>) -> Result<(), Failed> {
    let mut score = Score::default();
    let mut causes = Causes::default();
    let mut differences = String::new();
    let (mut equal, mut different) = (Vec::new(), Vec::new());
    let is_wanted = |name: &str| wishes.only.as_ref().is_none_or(|only| only.is_match(name));
    for recording in archive::recordings(area) {
        if !is_wanted(&recording.name) {
            continue;
        }
        let outcome = compare::compare(&recording, &play::play(&recording));
        score.add(&outcome);
        if wishes.show {
            differences += &score::differences(&recording, &outcome);
        }
        if wishes.causes {
            causes.add(&recording, &outcome);
        }
        if outcome.differences.is_empty() {
            equal.push(recording.name);
        } else {
            different.push(recording.name);
        }
    }
    let mut report = report.lock().unwrap_or_else(PoisonError::into_inner);
    report.differences.insert(area, differences);
    report.causes.join(causes);
    if score.conversations > 0 {
        report.scores.insert(area, score);
    }
    let contradiction = Exceptions::read().contradiction(&equal, &different);
    if wishes.names {
        report.names.insert(area, equal);
    }
    match contradiction {
        Some(contradiction) if wishes.only.is_none() => Err(contradiction.into()),
        _ => Ok(()),
    }
}
