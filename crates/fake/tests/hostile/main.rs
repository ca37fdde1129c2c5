//! Hostile peers, each held to a bound of memory and of processor time; and then the fake still
//! serves the next client.
//!
//! One test plays all attacks, several side by side, since the peak of the memory is that of the
//! process. Most meet the engine alone, without sockets: thousands of connections need no more than
//! a loop.

mod attack;
mod crowd;
mod measure;
#[path = "../../../mask/tests/processor/mod.rs"]
mod processor;
mod sockets;
mod stored;
mod strangers;
mod xml;

use std::sync::Mutex;

use attack::Attack;
use measure::Peak;
use processor::processor_time;

/// The most memory that the process may ever take, in octets: the figure of `docs/fake.md`.
const MEMORY: usize = 1 << 30;

/// The most memory that the process may take while a long stanza goes to many sessions, in octets.
const CROWD: usize = 100 << 20;

/// How many attacks are played side by side.
const AT_ONCE: usize = 4;

/// The most processor time of an attack, in seconds. A debug build takes a few times as long as the
/// program that people use.
const SECONDS: f64 = 10.0;

/// A name, what the peers do, and what the transcript says of it.
type Row = (&'static str, fn(&mut Attack), &'static str);

#[test]
fn every_attack_is_bounded_and_the_next_client_is_served() {
    let mut wrong = Vec::new();
    for row in crowd::ROWS {
        let peak = Peak::begin();
        wrong.extend(play(row));
        wrong.extend(peak.more_than(CROWD).map(|took| format!("{}: {took}", row.0)));
    }
    let peak = Peak::begin();
    let rows = [strangers::ROWS, stored::ROWS, xml::ROWS].concat();
    let (rows, found) = (Mutex::new(rows.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let next = || rows.lock().expect("no row panics here").next();
                while let Some(row) = next() {
                    let wrong = play(row);
                    found.lock().expect("no row panics here").extend(wrong);
                }
            });
        }
    });
    wrong.extend(found.into_inner().expect("no row panics here"));
    wrong.extend(peak.more_than(MEMORY).map(|took| format!("all together: {took}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Plays an attack; everything about it that is wrong.
#[expect(clippy::print_stderr, reason = "the times are for the reader of --nocapture")]
fn play((name, attack, said): &Row) -> Vec<String> {
    let mut wrong = Vec::new();
    let before = processor_time();
    let mut played = Attack::begin();
    attack(&mut played);
    let took = (processor_time() - before).as_secs_f64();
    let (transcript, served) = (played.transcript(), played.serves_another());
    eprintln!("{name}: {took:.2} s");
    if took > SECONDS {
        wrong.push(format!("{name}: took {took:.1} s"));
    }
    if !transcript.contains(said) {
        let end: Vec<&str> = transcript.lines().rev().take(5).collect();
        wrong.push(format!("{name}: {said:?} is not in the transcript, which ends {end:#?}"));
    }
    if !served {
        wrong.push(format!("{name}: the next client is not served"));
    }
    wrong
}
