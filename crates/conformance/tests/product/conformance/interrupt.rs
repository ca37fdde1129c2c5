//! Ctrl-C: what a case did is undone, and the run ends.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Stdio;

use crate::fake::interrupt;
use crate::suite::{Ran, Suite};

/// Says something, waits for an answer that never comes, and has something to undo.
const WAITS: &str = r#"+++
title = "an answer that never comes"
spec  = ["robustness"]
level = "must"
roles = ["server"]
+++
agent == connect

agent -> [bytes "begin"]

agent <- within 30s [eof]

finally
  agent -> [bytes "undo!"]
"#;

#[test]
fn an_interrupted_case_is_undone_and_no_other_is_begun() {
    let suite = Suite::with_a_fake();
    suite.write("cases/upgrade/connects.case", WAITS);
    suite.write("cases/upgrade/second.case", &WAITS.replace("an answer that", "another that"));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/ws/", listener.local_addr().unwrap());
    let report = format!("json={}", suite.path("run.json").display());
    let mut command =
        suite.command(&["conformance", "--url", &url, "--domain", "x.test", "--report", &report]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();

    // The look before the run; a server whose domain is known may be as odd as it likes.
    drop(listener.accept().unwrap());
    let (mut connection, _) = listener.accept().unwrap();
    let mut five = [0; 5];
    connection.read_exact(&mut five).unwrap();
    assert_eq!(&five, b"begin");
    interrupt(&child);
    connection.read_exact(&mut five).unwrap();
    assert_eq!(&five, b"undo!");
    // A peer that hangs on must not hold the process.
    let _ = connection.write_all(b"\n");

    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{}{}", ran.stdout, ran.stderr);
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err(), "the second case was begun");
    let summary = suite.read("run.json");
    assert!(summary.contains("\"interrupted\":true"), "{summary}");
    assert!(!suite.has("snapshots/upgrade/connects@url.snap.new"));
}
