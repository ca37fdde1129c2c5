//! Hostile peers, each held to a bound of memory and of processor time; and then the fake still
//! serves the next client.
//!
//! One test plays all attacks one after the other, since the peak of the memory is that of the
//! process. Most meet the engine alone, without sockets: thousands of connections need no more than
//! a loop.

mod attack;
mod measure;
mod sockets;
mod stored;
mod strangers;
mod xml;

use attack::Attack;
use measure::{Peak, processor_time};

/// The most memory that the process may ever take, in octets: the figure of `docs/fake.md`.
const MEMORY: usize = 1 << 30;

/// The most processor time of an attack, in seconds. A debug build takes a few times as long as the
/// program that people use.
const SECONDS: f64 = 10.0;

/// A name, what the peers do, and what the transcript says of it.
type Row = (&'static str, fn(&mut Attack), &'static str);

#[test]
fn every_attack_is_bounded_and_the_next_client_is_served() {
    let mut wrong = Vec::new();
    for (name, attack, said) in [strangers::ROWS, stored::ROWS, xml::ROWS].concat() {
        let peak = Peak::begin();
        let before = processor_time();
        let mut played = Attack::begin();
        attack(&mut played);
        let (took, memory) = ((processor_time() - before).as_secs_f64(), peak.octets());
        let (transcript, served) = (played.transcript(), played.serves_another());
        eprintln!("{name}: {took:.2} s, {} MiB", memory >> 20);
        if took > SECONDS {
            wrong.push(format!("{name}: took {took:.1} s"));
        }
        if memory > MEMORY {
            wrong.push(format!("{name}: took {} MiB", memory >> 20));
        }
        if !transcript.contains(said) {
            let end: Vec<&str> = transcript.lines().rev().take(5).collect();
            wrong.push(format!("{name}: {said:?} is not in the transcript, which ends {end:#?}"));
        }
        if !served {
            wrong.push(format!("{name}: the next client is not served"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
