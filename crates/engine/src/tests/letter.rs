//! The profile that keeps to the letter of the RFCs, what Cisco adds, and the deliberate faults.

use super::player::play_all;
use crate::profile::Profile;
use crate::sabotage::Sabotage;

#[test]
fn strict() {
    play_all(include_str!("letter/strict.txt"), &[], &Profile::strict(), None);
}

#[test]
fn finesse() {
    play_all(include_str!("letter/finesse.txt"), &[], &Profile::finesse(), None);
}

#[test]
fn sabotage() {
    let conversations = include_str!("letter/sabotage.txt");
    for sabotage in Sabotage::ALL {
        let others = Sabotage::ALL.map(|other| (other.to_string(), String::new()));
        let others: Vec<(&str, &str)> = others
            .iter()
            .filter(|(other, _)| *other != sabotage.to_string())
            .map(|(other, reason)| (other.as_str(), reason.as_str()))
            .collect();
        play_all(conversations, &others, &Profile::strict(), Some(sabotage));
    }
}
