//! Conversations recorded from a real Openfire 4.4.4, played again against the profile that imitates it: every
//! octet that the server said must come back.

use super::player::play_all;
use crate::profile::Profile;

/// Recordings that the fake does not follow, and why.
const NOT_FOLLOWED: &[(&str, &str)] = &[
    ("http_key_missing", "of the stack trace only the first lines are given"),
    ("http_version_garbage", "of the stack trace only the first lines are given"),
    ("http_version_list", "of the stack trace only the first lines are given"),
    ("http_path_httpbind", "there is no BOSH"),
    ("conflict_case", "a race: the sibling closed before it could hear"),
    ("ping_conference", "there is no conference service"),
    ("presence_subscription_dance", "there are no contacts"),
];

#[test]
fn upgrade() {
    play(include_str!("recorded/upgrade.txt"));
}

#[test]
fn stream() {
    play(include_str!("recorded/stream.txt"));
}

#[test]
fn framing() {
    play(include_str!("recorded/framing.txt"));
}

#[test]
fn sasl() {
    play(include_str!("recorded/sasl.txt"));
}

#[test]
fn bind() {
    play(include_str!("recorded/bind.txt"));
}

#[test]
fn presence() {
    play(include_str!("recorded/presence.txt"));
}

#[test]
fn iq() {
    play(include_str!("recorded/iq.txt"));
}

#[test]
fn message() {
    play(include_str!("recorded/message.txt"));
}

fn play(recordings: &str) {
    play_all(recordings, NOT_FOLLOWED, &Profile::openfire_4_4(), None);
}
