//! `gate` with clients that mean harm.

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use wire::{Frame, opcode};

use super::{stops, watch};
use crate::suite::{Suite, all_at_once};

/// The task of a client that comes, without TLS.
const CONNECTS: &str = r#"+++
title = "a client opens a stream"
spec  = ["robustness"]
level = "must"
roles = ["client"]
do    = ["login", "wait"]
certificate = "none"
+++
agent == within 5s connect

agent -> within 5s GET {ws.path} HTTP/1.1

agent -> within 5s <open xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>
"#;

/// Says no to what it does not know, so that it is believed.
const HONEST: &str = "case $CONFORMANCE_DO in probe*) exit 89;; esac; ";

/// Connects, and asks for a WebSocket.
const COMES: &str = "port=${CONFORMANCE_URL##*:}; port=${port%%/*}; exec 3<>/dev/tcp/127.0.0.1/$port; \
    printf 'GET /ws/ HTTP/1.1\\r\\nHost: 127.0.0.1:%s\\r\\nConnection: Upgrade\\r\\nUpgrade: websocket\\r\\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\\r\\nSec-WebSocket-Version: 13\\r\\nSec-WebSocket-Protocol: xmpp\\r\\n\\r\\n' $port >&3; ";

fn suite() -> Suite {
    let suite = Suite::for_clients(CONNECTS);
    std::fs::remove_file(suite.path("cases/upgrade/connects.case")).unwrap();
    // RFC 6455 §5.5.3: a pong that nobody asked for is no fault.
    let frame = Frame::new(opcode::PONG, [b'x'; 50]).masked([0; 4]).encode();
    std::fs::write(suite.path("frames"), frame.repeat(1000)).unwrap();
    suite
}

/// A client as a script of bash in the folder of a suite.
fn command(suite: &Suite, script: &str) -> std::process::Command {
    let script = format!("cd {}; {HONEST}{script}", suite.root().display());
    suite.command(&["gate", "--", "bash", "-c", &script])
}

/// A client, and what is said of it, with the exit code.
const CLIENTS: [(&str, &str, i32, &str); 8] = [
    ("a line without end", "head -c 300000000 /dev/zero | tr '\\0' x", 1, "was passed over"),
    ("errors without end", "head -c 300000000 /dev/zero | tr '\\0' x >&2; exit 1", 1, "xxx"),
    ("errors that are no text", "printf '\\377\\033[31m\\n' >&2; exit 1", 1, "/u{1b}[31m"),
    (
        "reports without end",
        "yes '{\"event\":\"x\",\"a\":[1,1,1,1]}'",
        3,
        "more than 5300 messages",
    ),
    (
        "ignores all signals",
        "trap '' TERM INT; while :; do sleep 1; done",
        1,
        "no connection within",
    ),
    (
        "connections without end",
        "while :; do (exec 3<>/dev/tcp/127.0.0.1/$(p=${CONFORMANCE_URL##*:}; echo ${p%%/*})); done",
        1,
        "agent -> within 5s GET",
    ),
    (
        "octets without end",
        "while :; do cat frames; done | { COMES read -u 3; cat >&3; }",
        3,
        "more than 5300 messages",
    ),
    ("reads nothing", "COMES head -c 20 <&3; sleep 1000", 1, "nothing came within 5s"),
];

#[test]
fn a_client_holds_nothing_up_and_fills_nothing() {
    all_at_once(&CLIENTS, |(name, script, code, said)| {
        let suite = suite();
        let run = watch(command(&suite, &script.replace("COMES ", COMES)));
        run.holds(name, *code, said);
    });
}

#[test]
fn ctrl_c_ends_a_run_within_a_second_whatever_a_client_does() {
    let flood = "touch began; while :; do cat frames; done | { COMES read -u 3; cat >&3; }";
    let stubborn = "trap '' TERM INT; touch began; while :; do sleep 1; done";
    all_at_once(&[flood, stubborn], |script| {
        let suite = suite();
        let mut command = command(&suite, &script.replace("COMES ", COMES));
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for(&suite.path("began"));
        assert_ne!(stops(child).code, Some(0));
    });
}

#[test]
fn what_a_client_leaves_behind_ends_with_its_case() {
    let strays = [
        ("in a session of its own", "setsid sleep 1001 & echo $! > pid; wait"),
        ("twice removed", "(setsid bash -c 'sleep 1002 & echo $! > pid; wait' &); sleep 1; exit 1"),
        (
            "deaf to signals",
            "setsid bash -c 'trap \"\" TERM; echo $$ > pid; while :; do sleep 1; done' & sleep 1",
        ),
        ("without its environment", "setsid env -i sleep 1003 & echo $! > pid; sleep 1"),
        ("many", "for i in $(seq 50); do setsid sleep 1004 & done; echo $! > pid; sleep 1"),
    ];
    all_at_once(&strays, |(name, script)| {
        let suite = suite();
        let run = watch(command(&suite, script));
        run.holds(name, 1, "client");
        let pid = suite.read("pid").trim().to_owned();
        assert!(!is_running(&pid), "{name}: {pid} is still there");
    });
}

/// Whether a process is there, and no zombie.
fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.starts_with(" Z"))
}

/// Waits until a file is there.
fn wait_for(path: &Path) {
    let began = Instant::now();
    while !path.exists() {
        assert!(began.elapsed() < super::IN_TIME, "no {}", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}
