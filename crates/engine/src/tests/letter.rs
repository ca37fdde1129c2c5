//! The profile that keeps to the letter of the RFCs, what Cisco adds, what Openfire does beyond the
//! recordings of `finesse-fake`, and the deliberate faults.

use super::player::{play_all, wrongly_untouched};
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

/// Personal eventing between contacts, and the capabilities that it goes by.
#[test]
fn eventing() {
    play_all(include_str!("letter/eventing.txt"), &[], &Profile::openfire_4_4(), None);
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

/// A part of all pairs, so that each conversation and each sabotage is among them.
#[test]
fn a_rule_that_does_not_come_up_can_be_broken() {
    const PART: usize = 9;
    let text = format!("\n{}", include_str!("letter/strict.txt"));
    let conversations: Vec<(&str, &str)> =
        text.split("\n= ").filter_map(|it| it.split_once('\n')).collect();
    let (mut wrong, mut untouched) = (Vec::new(), 0);
    for (number, shape) in Fault::sabotages().enumerate() {
        let fault = shape.name().parse().expect("a sabotage parses by its name");
        let some = conversations.iter().enumerate().filter(|(at, _)| (at + number) % PART == 0);
        let some: Vec<(&str, &str)> = some.map(|(_, it)| *it).collect();
        let (differ, same) = wrongly_untouched(&some, &Profile::strict(), &fault);
        wrong.extend(differ);
        untouched += same;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(untouched > 500, "{untouched}");
}
