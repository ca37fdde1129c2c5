//! The contract at the gate, with a client behind it. Wants finesse-conformance in PATH.

use std::process::Command;

/// One case for each verb and event.
const GREEN: [&str; 9] = [
    "bind/client-resource",
    "close/client-signs-out",
    "notify/client-order",
    "notify/client-payload-unescaped-once",
    "notify/client-unknown-node",
    "pubsub/client-subscribe-error-surfaced",
    "pubsub/client-unsubscribes",
    "sasl/client-no-plain-without-tls",
    "sasl/client-wrong-password-once",
];

fn conformance(words: &[&str]) -> (Option<i32>, String) {
    let ran = Command::new("finesse-conformance").args(words).output();
    let ran = ran.expect("finesse-conformance is in PATH");
    (ran.status.code(), String::from_utf8_lossy(&[ran.stdout, ran.stderr].concat()).into_owned())
}

#[test]
fn a_client_behind_it_passes() {
    let words = [&["gate"][..], &GREEN, &["--", env!("CARGO_BIN_EXE_driver")]].concat();
    let (status, said) = conformance(&words);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("9 cases: 9 pass "), "{said}");
}

#[test]
fn as_it_is_printed_it_is_what_is_tested_here() {
    let (_, printed) = conformance(&["init", "--driver", "rust"]);
    assert_eq!(printed, include_str!("../contract.rs"));
}
