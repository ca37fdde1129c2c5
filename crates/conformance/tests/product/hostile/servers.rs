//! `conformance` and `probe` against servers that mean harm.

use std::process::{Command, Stdio};

use super::scripts::{self, Script, Server, serve};
use super::{stops, watch};
use crate::suite::{Suite, all_at_once, upgrade_case};

/// The password of the account.
pub(super) const PASSWORD: &str = "correct-horse-battery";

/// The answers of a server to a client that opens a stream.
const OPENS: &str = upgrade_case!(
    r#"title = "a stream is opened"
spec  = ["robustness"]
level = "must"
roles = ["server"]
"#,
    r#"
agent <- HTTP/1.1 101

agent -> <open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{domain}" version="1.0"/>

agent <- <stream:features xmlns:stream="http://etherx.jabber.org/streams"/>
"#
);

/// A suite with that case, and a server as its target. A patient case waits far longer than any
/// server may take.
fn suite(script: Script, is_patient: bool) -> (Suite, Server) {
    let suite = Suite::new();
    std::fs::remove_file(suite.path("cases/upgrade/connects.case")).unwrap();
    let opens =
        if is_patient { OPENS.replace("<- <", "<- within 10m <") } else { OPENS.to_owned() };
    suite.write("cases/stream/opens.case", &opens);
    let server = serve(script);
    let target = format!(
        "url = \"ws://localhost:{}/ws/\"\ndomain = \"x.test\"\ni_may_test = \"{{env:LAB_I_MAY_TEST}}\"\n\
         pace = \"0s\"\npatience = 0.2\n[account.agent]\nuser = \"1001\"\npassword = \"{{env:LAB_PASSWORD}}\"\n",
        server.port
    );
    suite.write("xtask/targets/lab.toml", &target);
    (suite, server)
}

fn command(suite: &Suite, args: &[&str]) -> Command {
    let mut command = suite.command(args);
    command.env("LAB_PASSWORD", PASSWORD).env("LAB_I_MAY_TEST", "localhost");
    command
}

/// A server, and what is said of it: by the run, and by the probe.
type Row = (&'static str, Script, &'static str, &'static str);

/// The result of a run.
const FAIL: i32 = 1;
const ERROR: i32 = 3;

/// Servers of which a run knows at once, or soon, that they do not do what they should.
const WRONG: [Row; 8] = [
    ("silent", scripts::silent, "nothing came within 1s", "no answer within 1s"),
    (
        "endless head",
        scripts::endless_head,
        "neither HTTP nor",
        "the head of the response does not end",
    ),
    ("endless headers", scripts::endless_headers, "neither HTTP nor", "too many header lines"),
    ("garbage", scripts::garbage, "something else was received", "BROKE"),
    ("bomb", scripts::bomb, "something else was received", "extension that was not offered"),
    ("close first", scripts::close_first, "wanted <features", "the server closed the stream"),
    ("half a head", scripts::half_a_head, "neither HTTP nor", "the server ended the connection"),
    ("half a frame", scripts::half_a_frame, "neither HTTP nor", "the server ended the connection"),
];

/// Servers that say more than anybody takes.
const TOO_MUCH: [Row; 8] = [
    ("chatty", scripts::chatty, "more than 5500 messages", "wanted <open/>"),
    ("loud", scripts::loud, "more than 8 MiB", "wanted <open/>"),
    ("fragments", scripts::fragments, "more than 8 MiB", "message too big"),
    ("empty fragments", scripts::empty_fragments, "more than 8 MiB", "no answer within 1s"),
    ("deep", scripts::deep, "more than 8 MiB", "nested deeper than 64"),
    ("wide", scripts::wide, "more than 8 MiB", "wanted <open/>"),
    ("namespaces", scripts::namespaces, "more than 8 MiB", "wanted <open/>"),
    ("pings", scripts::pings, "more than 5500 messages", "no answer within 1s"),
];

#[test]
fn a_server_that_is_wrong_holds_nothing_up() {
    all_at_once(&WRONG, |row| holds(row, false, FAIL));
}

#[test]
fn a_server_that_says_too_much_fills_nothing() {
    all_at_once(&TOO_MUCH, |row| holds(row, true, ERROR));
}

fn holds((name, script, said, probed): &Row, is_patient: bool, code: i32) {
    let (suite, _) = suite(*script, is_patient);
    let run = watch(command(&suite, &["conformance", "--target", "lab"]));
    run.holds(name, code, said);
    let probe = watch(command(&suite, &["probe", "lab"]));
    probe.holds(name, ERROR, probed);
}

/// Servers whose REST API means harm, and what the probe says of it.
const API: [(&str, Script, &str); 8] = [
    ("endless body", scripts::endless_body, "HTTP body exceeds 1048576 octets"),
    ("endless chunks", scripts::endless_chunks, "HTTP body exceeds 1048576 octets"),
    ("endless size", scripts::endless_size, "invalid chunk in HTTP body"),
    ("interim", scripts::interim, "no answer within 1s"),
    ("drip", scripts::drip, "no answer within 1s"),
    ("deep body", scripts::deep_body, "nested deeper than 64"),
    ("entities", scripts::entities, "the answer is not <SystemInfo>"),
    ("evil texts", scripts::evil_texts, "***"),
];

#[test]
fn a_rest_api_that_means_harm_holds_nothing_up() {
    all_at_once(&API, |(name, script, said)| {
        let suite = Suite::new();
        let url = format!("ws://localhost:{}/ws/", scripts::serve_all(*script));
        let target = format!(
            "url = \"{url}\"\ni_may_test = \"{{env:LAB_I_MAY_TEST}}\"\npatience = 0.2\n\
             [account.agent]\nuser = \"1001\"\npassword = \"{{env:LAB_PASSWORD}}\"\n"
        );
        suite.write("xtask/targets/lab.toml", &target);
        let probe = watch(command(&suite, &["probe", "lab"]));
        probe.holds(name, ERROR, said);
        assert!(!probe.ran.stdout.contains(PASSWORD), "{name}: {}", probe.ran.stdout);
        assert!(probe.ran.stdout.contains("BROKE  SystemInfo"), "{name}: {}", probe.ran.stdout);
    });
}

#[test]
fn ctrl_c_ends_a_run_within_a_second_whatever_a_server_does() {
    let servers: [Script; 4] = [scripts::silent, scripts::chatty, scripts::loud, scripts::pings];
    all_at_once(&servers, |script| {
        let (suite, server) = suite(*script, true);
        let mut command = command(&suite, &["conformance", "--target", "lab"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // The first is the look before the run.
        server.wait_for(2);
        let ran = stops(child);
        assert_eq!(ran.code, Some(130), "{}{}", ran.stdout, ran.stderr);
    });
}

#[test]
fn nothing_of_what_a_server_says_is_markup_or_a_command() {
    let (suite, _) = suite(scripts::escapes, false);
    let page = suite.path("run.html");
    let html = format!("html={}", page.display());
    let args = ["conformance", "--target", "lab", "--report", "text", "--report", &html];
    let run = watch(command(&suite, &args));
    run.holds("escapes", FAIL, "/u{1b}[2J<script>");
    watch(command(&suite, &["probe", "lab"])).holds("escapes", ERROR, "BROKE");
    let html = std::fs::read_to_string(page).unwrap();
    assert!(!html.contains("<script>alert"), "{html}");
    let transcript = suite.read("target/conformance/lab/stream/opens.txt");
    for text in [&run.ran.stdout, &run.ran.stderr, &html, &transcript] {
        assert!(!text.contains(PASSWORD), "{text}");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{9b}'), "{text:?}");
    }
}
