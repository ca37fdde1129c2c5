//! The profile that keeps to the letter of the RFCs, what Cisco adds, what Openfire does beyond the
//! recordings of `finesse-fake`, and the deliberate faults.

use super::player::play_all;
use crate::fault::Fault;
use crate::profile::Profile;

#[test]
fn strict() {
    play_all(include_str!("letter/strict.txt"), &[], &Profile::strict(), None);
}

#[test]
fn finesse() {
    play_all(include_str!("letter/finesse.txt"), &[], &Profile::finesse(), None);
}

#[test]
fn openfire() {
    play_all(include_str!("letter/openfire.txt"), &[], &Profile::openfire_4_4(), None);
}

/// Handlers of iq requests, and the routes of messages.
#[test]
fn services() {
    play_all(include_str!("letter/services.txt"), &[], &Profile::openfire_4_4(), None);
}

#[test]
fn sabotage() {
    let conversations = include_str!("letter/sabotage.txt");
    let all: Vec<&str> = Fault::sabotages().map(|shape| shape.name()).collect();
    for sabotage in &all {
        let others = all.iter().filter(|other| *other != sabotage);
        let others: Vec<(&str, &str)> = others.map(|other| (*other, "")).collect();
        play_all(conversations, &others, &Profile::strict(), Some(sabotage));
    }
}
