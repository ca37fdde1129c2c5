//! `gate` from outside, with clients that are no clients: every one is red in time, and nothing of
//! it stays behind.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::suite::{Ran, Suite};

/// A case that a client passes by connecting and asking for anything.
const CONNECTS: &str = r#"+++
title = "a client connects"
spec  = ["robustness"]
level = "must"
roles = ["client"]
do    = ["login", "wait"]
certificate = "none"
+++
agent == within 2s connect

agent -> within 2s GET {ws.path} HTTP/1.1
"#;

fn suite() -> Suite {
    Suite::for_clients(CONNECTS)
}

fn gate(suite: &Suite, command: &[&str]) -> (Ran, Duration) {
    let began = Instant::now();
    let args: Vec<&str> = ["gate", "--"].iter().chain(command).copied().collect();
    (suite.run(&args), began.elapsed())
}

#[test]
fn a_program_that_is_content_with_everything_is_not_believed() {
    for program in ["true", "false"] {
        let (ran, _) = gate(&suite(), &[program]);
        assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
        assert!(ran.stderr.contains("wanted exit status 89"), "{}", ran.stderr);
    }
}

#[test]
fn a_program_that_never_ends_is_ended() {
    let (ran, took) = gate(&suite(), &["sleep", "1000"]);
    assert_eq!(ran.code, Some(3), "{}", ran.stderr);
    assert!(ran.stderr.contains("did not end within 10s"), "{}", ran.stderr);
    assert!(took < Duration::from_secs(100), "{took:?}");
}

#[test]
fn a_program_that_is_not_there_is_a_mistake_of_the_command_line() {
    let (ran, _) = gate(&suite(), &["/no/such/program"]);
    assert_eq!(ran.code, Some(64));
    assert!(ran.stderr.contains("cannot start /no/such/program"), "{}", ran.stderr);
    assert_eq!(suite().run(&["gate"]).code, Some(64));
}

#[test]
fn a_client_that_does_nothing_is_never_green() {
    let (ran, _) = gate(&suite(), &["sh", "-c", "exit 89"]);
    assert_eq!(ran.code, Some(4), "{}{}", ran.stdout, ran.stderr);
    let honest =
        "case $CONFORMANCE_DO in probe*) exit 89;; esac; echo my $CONFORMANCE_PASSWORD >&2";
    let (ran, _) = gate(&suite(), &["sh", "-c", honest]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("the client has ended (exit status 0)"), "{}", ran.stdout);
    // Its complaint is shown, but for the password.
    assert!(ran.stdout.contains("my ***"), "{}", ran.stdout);
}

/// A client that sends one request to the path of `$1`, and gives up after the answer.
const ASKS_ONCE: &str = r#"case $CONFORMANCE_DO in probe*) exit 89;; esac
address=${CONFORMANCE_URL#*//}; address=${address%%/*}
exec 3<>/dev/tcp/${address%:*}/${address##*:}
printf 'GET /ws/ HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' "$address" >&3
printf 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n' >&3
read -t 1 answer <&3
exec 3>&-"#;

#[test]
fn the_mistake_of_a_client_that_gives_up_is_shown() {
    let suite = Suite::for_clients(&format!("{CONNECTS}         Sec-WebSocket-Protocol: xmpp\n"));
    let (ran, _) = gate(&suite, &["bash", "-c", ASKS_ONCE]);
    let said = ran.says(1);
    assert!(said.contains("nearest: header Sec-WebSocket-Protocol is missing"), "{said}");
    assert!(said.contains("closest HTTP request received"), "{said}");
}

#[test]
fn a_client_that_speaks_the_other_transport_is_told_so() {
    let over_bosh = CONNECTS.replace("certificate", "transports = [\"bosh\"]\ncertificate");
    let over_bosh = over_bosh.replace("agent -> within 2s GET {ws.path} HTTP/1.1\n", "");
    let suite = Suite::for_clients(&over_bosh);
    let args = ["gate", "--transport", "bosh", "--", "bash", "-c", ASKS_ONCE];
    let ran = suite.run(&args);
    let said = ran.says(1);
    assert!(said.contains("it came to /ws/, but this run is over BOSH"), "{said}");
    assert!(said.contains("CONFORMANCE_BOSH"), "{said}");
}

#[test]
fn a_client_that_refuses_an_endpoint_says_so() {
    let suite = suite();
    let may_refuse = CONNECTS.replace(
        "agent == within 2s connect\n\nagent -> within 2s GET {ws.path} HTTP/1.1\n",
        "one of\n  ok\n    agent == connect\n  ok \"it makes none\"\n    agent == silent 2s\n",
    );
    suite.write("cases/upgrade/client-connects.case", &may_refuse);
    for (end, code) in [
        ("exit 1", Some(0)),
        ("echo '{\"event\":\"error\",\"condition\":\"refused\"}'", Some(0)),
        ("exit 0", Some(1)),
        ("kill -9 $$", Some(1)),
    ] {
        let driver = format!(
            "case $CONFORMANCE_DO in probe*) echo '{{\"event\":\"unsupported\"}}'; exit 89;; esac; {end}"
        );
        let (ran, _) = gate(&suite, &["sh", "-c", &driver]);
        assert_eq!(ran.code, code, "{end}: {}{}", ran.stdout, ran.stderr);
        let is_told = ran.stdout.contains("did not say that it makes none");
        assert_eq!(is_told, code == Some(1), "{end}: {}", ran.stdout);
    }
}

#[cfg(unix)]
#[test]
fn what_a_client_has_started_ends_with_it() {
    let suite = suite();
    let pid = suite.path("pid");
    let script = format!(
        "case $CONFORMANCE_DO in probe*) exit 89;; esac; sleep 1000 & echo $! > {}; wait",
        pid.display()
    );
    let (ran, _) = gate(&suite, &["sh", "-c", &script]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let number: String = suite.read("pid").trim().to_owned();
    let until = Instant::now() + Duration::from_secs(20);
    while std::path::Path::new("/proc").join(&number).join("exe").exists() {
        assert!(Instant::now() < until, "{number} is still there");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Says no to what it does not know, and ends with a complaint.
const IDLE: &str =
    "case $CONFORMANCE_DO in probe*) exit 89;; esac; echo 'no such module: strophe' >&2; exit 1";

#[test]
fn a_client_that_never_comes_breaks_what_is_only_recorded() {
    let suite = suite();
    let recorded = CONNECTS.replace("\"must\"", "\"info\"");
    suite.write("cases/upgrade/client-connects.case", &recorded);
    let (ran, _) = gate(&suite, &["sh", "-c", IDLE]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("FAIL  upgrade/client-connects"), "{}", ran.stdout);
}

#[test]
fn what_a_client_complains_of_shows_beside_what_it_blocks() {
    let suite = Suite::of_the_project();
    let ran = suite.run(&["gate", "pubsub/client-subscribes", "--", "sh", "-c", IDLE]);
    assert_eq!(ran.code, Some(3), "{}{}", ran.stdout, ran.stderr);
    assert!(ran.stdout.contains("blocked by presence/"), "{}", ran.stdout);
    assert!(ran.stdout.contains("no such module: strophe"), "{}", ran.stdout);
}

#[test]
fn what_a_client_does_otherwise_is_listed_and_expected_from_then_on() {
    let suite = suite();
    let gate = |name: &str| suite.run(&["gate", "--client", name, "--", "sh", "-c", IDLE]);
    let expect = |name: &str| {
        suite.run(&["expect", name, "upgrade/client-connects", "--reason", "never comes"])
    };
    let ran = expect("mine");
    let unknown = ran.complains(64);
    assert!(unknown.contains("of clients there is none"), "{unknown}");
    assert!(unknown.contains("xtask/clients/mine.toml"), "{unknown}");

    suite.write("xtask/clients/mine.toml", "# Mine.\n");
    let ran = expect("mine");
    let unplayed = ran.complains(64);
    assert!(
        unplayed.contains("gate upgrade/client-connects --client mine -- COMMAND"),
        "{unplayed}"
    );
    let red = gate("mine");
    assert_eq!(red.code, Some(1), "{}{}", red.stdout, red.stderr);
    assert!(red.stdout.contains("expect mine upgrade/client-connects --reason"), "{}", red.stdout);

    let ran = expect("mine");
    let listed = ran.says(0);
    assert!(listed.contains("gate upgrade/client-connects --client mine"), "{listed}");
    let file = suite.read("xtask/clients/mine.toml");
    assert!(file.starts_with("# Mine.\n\n[[deviation]]\n"), "{file}");
    assert!(file.contains("step    = \"agent == within 2s connect\""), "{file}");
    gate("mine");
    suite.run(&["review", "--accept"]).says(0);
    let again = gate("mine");
    assert!(again.stdout.contains("1 expected"), "{}", again.stdout);
    let rerun = suite.run(&["gate", "--client", "mine", "--rerun-failed", "--", "sh", "-c", IDLE]);
    assert!(rerun.complains(4).contains("no case was red"), "{}", rerun.stderr);
    suite.run(&["compare", "mine", "mine"]).says(0);
}

#[test]
fn a_command_without_its_dashes_is_taken_for_cases_and_told_so() {
    let ran = suite().run(&["gate", "upgrade", "node", "driver.mjs"]);
    assert!(ran.complains(4).contains("after `--`"), "{}", ran.stderr);
}

/// A client that only tells: these lines, whatever it is asked, and nothing on any connection.
fn telling(lines: &[serde_json::Value]) -> String {
    let told: String = lines.iter().map(|line| format!("printf '%s\\n' '{line}'; ")).collect();
    format!(
        "[ \"$CONFORMANCE_DO\" = 'login; wait' ] || {{ echo '{{\"event\":\"unsupported\"}}'; exit 89; }}; {told}exec sleep 30"
    )
}

fn reporting(steps: &str) -> Suite {
    let suite = suite();
    let head = CONNECTS.split_once("agent ==").map_or("", |(head, _)| head);
    let head = head.replace("certificate", "needs = [\"reports\"]\ncertificate");
    suite.write("cases/upgrade/client-connects.case", &format!("{head}{steps}"));
    suite
}

#[test]
fn what_a_client_reports_may_come_in_any_order() {
    let suite = reporting(
        "any order\n  agent reports call id=\"1\"\n  agent reports call id=\"{two=*}\"\n  agent reports agent\n\nagent reports last id=\"{two}\"\n",
    );
    let call = |id: &str| json!({ "event": "call", "id": id });
    let last = json!({ "event": "last", "id": "2" });
    let lines =
        [json!({ "event": "agent" }), json!({ "event": "else" }), call("1"), call("2"), last];
    let (ran, _) = gate(&suite, &["sh", "-c", &telling(&lines)]);
    assert_eq!(ran.code, Some(0), "{}{}", ran.stdout, ran.stderr);
    let shown = suite.run(&["show", "upgrade/client-connects", "--target", "unnamed"]);
    let body = "agent reports call id=\"1\"\nagent reports call id=\"2\"\nagent reports agent\nagent reports last id=\"2\"\n";
    assert!(shown.stdout.ends_with(body), "{}{}", shown.stdout, shown.stderr);
}

#[test]
fn a_report_that_does_not_fit_is_shown_where_it_differs() {
    let suite = reporting("agent reports notification text=\"{/<state>READY</}\"\n");
    let text = format!("<Update>\n{}<state>NOT_READY</state>\n</Update>", "<v>1</v>\n".repeat(20));
    let lines = [json!({ "event": "else" }), json!({ "event": "notification", "text": text })];
    let (ran, _) = gate(&suite, &["sh", "-c", &telling(&lines)]);
    assert_eq!(ran.code, Some(1), "{}{}", ran.stdout, ran.stderr);
    let out = &ran.stdout;
    assert!(out.contains("another `notification` was reported: text differs"), "{out}");
    assert!(out.contains("closest report received (transcript line 4)\n"), "{out}");
    assert!(out.contains("  {/<state>READY</}  …<state>NOT_READY</state>"), "{out}");
    // Everything that was told is in the transcript, whether a step asked for it or not.
    let transcript = suite.read("target/conformance/unnamed/upgrade/client-connects.txt");
    assert!(transcript.contains("~ client -> reports {\"event\":\"else\"}\n"), "{transcript}");
    assert!(transcript.contains("<state>NOT_READY</state>"), "{transcript}");
}
