//! The end of a run: exit codes, and the report of cases that are not green.

use super::{SWITCHED, green_and_red, ids, play, refused};
use crate::suite::{Ran, Suite};

/// The part of a report that is about the one case that has this verdict, without the time it took.
fn excerpt(ran: &Ran, verdict: &str) -> String {
    let (_, about) = ran.stdout.split_once(&format!("\n{verdict}  ")).unwrap();
    let (head, rest) = about.split_once('\n').unwrap();
    let (head, _) = head.rsplit_once("   ").unwrap();
    let (rest, _) = rest.split_once("\n1 case: ").unwrap();
    format!("{head}\n{rest}")
}

#[test]
fn a_case_that_fails_is_shown_where_it_fails() {
    let suite = green_and_red();
    let ran = suite.run(&["conformance", "bind/refused"]);
    assert_eq!(ran.complains(1), "");
    insta::assert_snapshot!(excerpt(&ran, "FAIL"), @"
    bind/refused   must   RFC 6455 §4.2.2 item 5   target mock

      cases/bind/refused.case:19:19
       19 | agent <- HTTP/1.1 426
          |                   ^^^ status: wanted 426, got 101

      closest HTTP response received
          where   wanted  got
          status  426     101  differs

      last said  GET /ws/ HTTP/1.1
      claim      a request is refused
      means      without it nothing begins
      case       finesse-conformance show bind/refused --case
      transcript target/conformance/mock/bind/refused.txt
    ");
    assert!(!suite.has("snapshots/bind/refused.snap.new"), "what is wrong is not to be accepted");
    assert!(suite.run(&["show", "bind/refused"]).says(0).contains("HTTP/1.1 101"));
}

#[test]
fn what_is_new_or_changed_is_drift_until_it_is_accepted() {
    let suite = Suite::with_a_fake();
    suite.write("cases/sasl/switched.case", SWITCHED);
    let ran = suite.run(&["conformance", "sasl/switched"]);
    assert!(ran.says(2).contains("no accepted snapshot yet: 1 case\n"), "{}", ran.stdout);
    assert!(suite.has("snapshots/sasl/switched.snap.new"));
    suite.run(&["review", "--accept"]).says(0);
    suite.run(&["conformance", "sasl/switched"]).says(0);

    let accepted = suite.read("snapshots/sasl/switched.snap");
    suite.write(
        "snapshots/sasl/switched.snap",
        &accepted.replace("upgrade: WebSocket", "upgrade: websocket"),
    );
    let ran = suite.run(&["conformance", "sasl/switched"]);
    ran.says(2);
    insta::assert_snapshot!(excerpt(&ran, "DRIFT"), @"
    sasl/switched   must   RFC 6455 §4.2.2 item 5   target mock

      --- accepted
      +++ this run
      @@ -11,5 +11,5 @@
                sec-websocket-accept: {accept#1}
                sec-websocket-protocol: xmpp
      -         upgrade: websocket
      +         upgrade: WebSocket
                {other headers}: date, server
       agent -> [close 1000]

      transcript target/conformance/mock/sasl/switched.txt
      pending    snapshots/sasl/switched.snap.new

      if the change is right, accept it:
          finesse-conformance review
    ");
    assert_eq!(suite.read("snapshots/sasl/switched.snap.new"), accepted);
    suite.run(&["review", "--accept"]).says(0);
    suite.run(&["conformance", "sasl/switched"]).says(0);
}

#[test]
fn drift_that_went_away_leaves_nothing_pending() {
    let suite = Suite::with_a_fake();
    suite.run(&["conformance"]).says(2);
    suite.run(&["review", "--accept"]).says(0);
    let accepted = suite.read("snapshots/upgrade/connects.snap");
    suite.write(
        "snapshots/upgrade/connects.snap",
        &format!("{}\nagent <- [eof]\n", accepted.trim_end()),
    );
    suite.run(&["conformance"]).says(2);
    suite.write("snapshots/upgrade/connects.snap", &accepted);
    suite.run(&["conformance"]).says(0);
    assert!(!suite.has("snapshots/upgrade/connects.snap.new"));
}

#[test]
fn what_fails_outweighs_what_drifts() {
    let suite = green_and_red();
    suite.write("cases/sasl/switched.case", SWITCHED);
    assert_eq!(suite.run(&["conformance"]).complains(1), "");
    assert!(suite.has("snapshots/sasl/switched.snap.new"));
}

#[test]
fn a_snapshot_without_a_case_is_red_when_everything_is_played() {
    let suite = green_and_red();
    suite.write_snapshot("sasl/gone.snap", "agent <- [eof]");
    suite.run(&["conformance", "upgrade"]).says(0);
    std::fs::remove_file(suite.path("cases/bind/refused.case")).unwrap();
    let ran = suite.run(&["conformance"]);
    assert!(ran.says(1).contains("snapshots/sasl/gone.snap"), "{}", ran.stdout);
}

#[test]
fn the_first_red_case_ends_the_run_if_asked() {
    let suite = Suite::with_a_fake();
    for slug in ["one", "two", "three"] {
        suite.write(&format!("cases/bind/{slug}.case"), &refused(slug));
    }
    let args = ["bind", "--jobs", "1"];
    assert_eq!(ids(&play(&suite, &args).1).len(), 3);
    let (ran, events) = play(&suite, &[&args[..], &["--fail-fast"]].concat());
    ran.complains(1);
    assert_eq!(ids(&events).len(), 1);
}

#[test]
fn strict_and_require_all_make_more_red() {
    let suite = Suite::of_the_project();
    suite.accept(&["upgrade/missing-key", "upgrade/minimal"]);
    let soft = ["conformance", "upgrade/missing-key", "upgrade/minimal"];
    suite.run(&soft).says(0);
    suite.run(&[&soft[..], &["--strict"]].concat()).says(1);

    let lacking = ["conformance", "pubsub/unsubscribe-subid-invalid", "upgrade/minimal"];
    let all = [&lacking[..], &["--require-all"]].concat();
    suite.run(&all).says(0);
    // The case itself finds out what no file lists.
    let mock = suite.read("xtask/targets/mock-openfire.toml");
    let listed = "\"pubsub/unsubscribe-subid-invalid\" = \"subscriptions have no identifiers\"\n";
    assert!(mock.contains(listed), "{mock}");
    suite.write("xtask/targets/mock-openfire.toml", &mock.replace(listed, ""));
    suite.run(&lacking).says(0);
    suite.run(&all).says(1);

    let ran = suite.run(&["conformance", "pubsub/unsubscribe-subid-invalid"]);
    assert!(ran.says(4).contains("supports nothing of what was selected"), "{}", ran.stdout);
}

#[test]
fn a_fake_that_is_broken_on_purpose_is_noticed() {
    let suite = Suite::of_the_project();
    let args = ["upgrade", "--target", "mock-strict"];
    suite.accept(&args);
    let (ran, _) = play(&suite, &args);
    assert_eq!(ran.code, Some(0), "{}", ran.stdout);
    let (ran, events) = play(&suite, &[&args[..], &["--sabotage", "accept-off-by-one"]].concat());
    ran.complains(1);
    let failed = events.iter().filter(|event| event["verdict"] == "fail");
    let mut failed: Vec<&str> = failed.map(|event| event["id"].as_str().unwrap()).collect();
    failed.sort_unstable();
    assert_eq!(failed, ["upgrade/accept-known-key", "upgrade/minimal"]);
    let warning = events[0]["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("sabotage accept-off-by-one: "), "{warning}");
    assert_eq!(suite.run(&["review"]).says(0), "no snapshots are pending\n");
}
