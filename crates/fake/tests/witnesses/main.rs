//! Every recording of a real Openfire 4.4.4, played against the fake: what the server said must
//! come back.

mod before;
mod client;
mod compare;
mod cut;
mod exceptions;
mod play;
mod same;
mod settings;

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::compare::Verdict;
use crate::exceptions::EXCEPTIONS;

/// How many recordings there are.
const RECORDINGS: usize = 702;

/// The recordings, and one text that explains them.
const FOLDER: &str = "tests/witnesses/openfire-4.4.4";
const README: &str = "00-README";

#[derive(Default)]
struct Tally {
    by_bytes: usize,
    by_structure: usize,
    excepted: usize,
}

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a test harness reports")]
fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // A recording mostly waits: on a small machine a thread for each core would leave the cores
    // idle.
    arguments.test_threads.get_or_insert(8);
    let tally = Arc::new(Mutex::new(Tally::default()));
    let names = names();
    let found = names.len();
    let trials = names.into_iter().map(|name| trial(name, &tally)).collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    if found != RECORDINGS {
        eprintln!("{found} recordings, where there should be {RECORDINGS}");
        return ExitCode::FAILURE;
    }
    let tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
    let Tally { by_bytes, by_structure, excepted } = *tally;
    println!(
        "witnesses: {by_bytes} of {RECORDINGS} equal by bytes, {by_structure} by structure, {excepted} excepted"
    );
    conclusion.exit_code()
}

fn names() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    let entries = std::fs::read_dir(folder).expect("the recordings are in the repository");
    let mut names: Vec<String> = entries
        .filter_map(|entry| {
            entry.ok()?.file_name().to_str()?.strip_suffix(".txt").map(str::to_owned)
        })
        .filter(|name| name != README)
        .collect();
    names.sort();
    names
}

fn trial(name: String, tally: &Arc<Mutex<Tally>>) -> Trial {
    let tally = Arc::clone(tally);
    let title = name.clone();
    Trial::test(title, move || {
        let verdict = play(&name)?;
        let excepted = EXCEPTIONS.iter().find(|(other, _)| *other == name);
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        match (verdict, excepted) {
            (Verdict::Bytes | Verdict::Structure, Some((_, reason))) => {
                return Err(format!("is equal; no longer an exception: {reason}").into());
            }
            (Verdict::Bytes, None) => tally.by_bytes += 1,
            (Verdict::Structure, None) => tally.by_structure += 1,
            (Verdict::Differs(_), Some(_)) => tally.excepted += 1,
            (Verdict::Differs(how), None) => return Err(how.into()),
        }
        Ok(())
    })
}

fn play(name: &str) -> Result<Verdict, Failed> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER).join(format!("{name}.txt"));
    // Invalid UTF-8 is in recordings of extensions that the recorder did not decode.
    let octets = std::fs::read(path)?;
    let recording = transcript::recorded(&String::from_utf8_lossy(&octets))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut played = play::play(name, &recording).await?;
        Ok(compare::compare(name, &mut played))
    })
}
