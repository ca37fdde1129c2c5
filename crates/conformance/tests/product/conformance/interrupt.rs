//! Ctrl-C: the effects of a case are undone, and the run ends.
#![cfg(unix)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::fake::{Fake, interrupt};
use crate::http::ask;
use crate::suite::{Ran, Suite, upgrade_case};

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

#[test]
fn ctrl_c_before_the_first_case_ends_the_command() {
    let suite = Suite::with_a_fake();
    for command in ["conformance", "probe"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}/ws/", listener.local_addr().unwrap());
        let mut asked = suite.command(&[command, "--url", &url]);
        let child = asked.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The server takes the connection and says nothing.
        let _held = listener.accept().unwrap();
        interrupt(&child);
        let ran = Ran::of(child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(130), "{command}: {}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.ends_with("interrupted\n"), "{command}: {}", ran.stderr);
        assert_eq!(ran.stdout, "", "{command}: no case is blamed");
    }
}

/// A case that is red at once.
const RED: &str = upgrade_case!(
    "title = \"a server refuses\"\nspec  = [\"robustness\"]\nlevel = \"must\"\nroles = [\"server\"]\n",
    "\nagent <- HTTP/1.1 403\n"
);

/// `listen` at a fake, which answers none of its requests of a kind.
struct Listens {
    control: String,
    child: Child,
    _fake: Fake,
}

impl Listens {
    fn unanswered(suite: &Suite, verb: &str) -> Self {
        let fault = format!("stall before={verb}");
        let fake = Fake::start(suite, &["--plain", "--control", "--fault", &fault]);
        let control = fake.says("control").strip_prefix("http://").unwrap().to_owned();
        let mut command =
            suite.command(&["listen", "--url", fake.says("url"), "--user", "1001", "--for", "10m"]);
        command.env("CONFORMANCE_PASSWORD", "secret");
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        Self { control, child, _fake: fake }
    }

    /// Waits until the fake has heard a request of a kind.
    fn asks(&self, verb: &str) {
        let pubsub = "<pubsub xmlns='http://jabber.org/protocol/pubsub'>";
        let pattern = format!("<iq>{pubsub}<{verb}/></pubsub></iq>");
        let body = format!("{{\"pattern\":\"{pattern}\",\"within\":\"15s\"}}");
        assert_eq!(ask(&self.control, "POST /wait", "", &body).0, 200, "{verb}");
    }
}

#[test]
fn an_interrupted_listener_ends_the_subscription_that_is_not_yet_answered() {
    let suite = Suite::new();
    let listens = Listens::unanswered(&suite, "subscribe");
    listens.asks("subscribe");
    interrupt(&listens.child);
    listens.asks("unsubscribe");
    let ran = Ran::of(listens.child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{}{}", ran.stdout, ran.stderr);
}

#[test]
fn a_second_ctrl_c_ends_at_once_whatever_the_first_waits_for() {
    let suite = Suite::new();
    let listens = Listens::unanswered(&suite, "unsubscribe");
    listens.asks("subscribe");
    // It ends its subscriptions, and waits for an answer that never comes.
    interrupt(&listens.child);
    listens.asks("unsubscribe");
    let Listens { mut child, .. } = listens;
    while child.try_wait().unwrap().is_none() {
        interrupt(&child);
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = Ran::of(child.wait_with_output().unwrap());
    assert_eq!(ran.code, Some(130), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stderr.contains("interrupted again: ended at once"), "{}", ran.stderr);
}

#[test]
fn a_run_that_was_killed_is_named_when_another_asks_for_the_last_one() {
    let suite = Suite::with_a_fake();
    suite.write("cases/upgrade/connects.case", RED);
    suite.run(&["conformance"]).complains(1);
    let rerun = || suite.run(&["conformance", "--rerun-failed", "--list"]).stderr;
    assert!(!rerun().contains("warning"), "{}", rerun());

    let waits = WAITS.replace("agent -> [bytes \"begin\"]\n\n", "").replace("30s", "10m");
    suite.write("cases/upgrade/connects.case", &waits);
    let mut command = suite.command(&["conformance"]);
    let mut child: Child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while !rerun().contains("is still played") {
        assert!(child.try_wait().unwrap().is_none(), "it goes on");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let said = rerun();
    assert!(said.contains("1 case red by the newest results against mock"), "{said}");
    assert!(said.contains("warning: a later run against mock, which began 2"), "{said}");
    assert!(said.contains("was cut short: it has no results"), "{said}");

    suite.write("cases/upgrade/connects.case", RED);
    suite.run(&["conformance"]).complains(1);
    assert!(!rerun().contains("warning"), "{}", rerun());
}
