//! `review`: accepting, rejecting, and rendering again.

use transcript::{Event, EventKind, Recording, RecordingHead, Side};

use crate::suite::Suite;

const OLD: &str = "agent == connect tls\nagent <- [eof]";
const NEW: &str = "agent == connect tls\nagent <- [reset]";

/// A baseline that changed, and a case that is new.
fn changed() -> Suite {
    let suite = Suite::new();
    suite.write_snapshot("upgrade/connects.snap", OLD);
    suite.write_snapshot("upgrade/connects.snap.new", NEW);
    suite.write_snapshot("upgrade/other.snap.new", NEW);
    suite
}

fn body(suite: &Suite, name: &str) -> String {
    suite.read(name).rsplit("---\n").next().unwrap().trim_end().to_owned()
}

#[test]
fn without_a_terminal_what_is_pending_is_listed() {
    let suite = changed();
    let listed = suite.run(&["review", "--list"]);
    assert_eq!(
        listed.says(1),
        "snapshots/upgrade/connects.snap.new\n\
         snapshots/upgrade/other.snap.new  (new)\n\
         2 pending: run `finesse-conformance review` on a terminal to review them one by one, or use `--accept` or `--reject`\n"
    );
    assert_eq!(suite.run(&["review"]).says(1), listed.stdout);
    assert!(suite.has("snapshots/upgrade/connects.snap.new"));
}

#[test]
fn accepting_puts_it_in_the_place_of_the_old() {
    let suite = changed();
    assert_eq!(
        suite.run(&["review", "--accept"]).says(0),
        "accepted snapshots/upgrade/connects.snap\naccepted snapshots/upgrade/other.snap\n"
    );
    assert_eq!(body(&suite, "snapshots/upgrade/connects.snap"), NEW);
    assert_eq!(body(&suite, "snapshots/upgrade/other.snap"), NEW);
    assert!(!suite.has("snapshots/upgrade/connects.snap.new"));
    assert_eq!(suite.run(&["review"]).says(0), "no snapshots are pending\n");
}

#[test]
fn a_target_that_there_is_not_is_an_error() {
    let suite = changed();
    suite.write("xtask/targets/mock.toml", "profile = \"finesse\"\n");
    suite.write("xtask/targets/mock-strict.toml", "profile = \"strict\"\n");
    let ran = suite.run(&["review", "--accept", "--target", "mcok"]);
    let complaint = ran.complains(64);
    assert!(complaint.contains("no target `mcok`"), "{complaint}");
    assert!(suite.has("snapshots/upgrade/connects.snap.new"));
    assert_eq!(
        suite.run(&["review", "--target", "mock-strict"]).says(0),
        "no snapshots are pending\n"
    );
}

#[test]
fn rejecting_removes_it() {
    let suite = changed();
    assert_eq!(
        suite.run(&["review", "--reject", "upgrade/con*"]).says(0),
        "rejected snapshots/upgrade/connects.snap.new\n"
    );
    assert_eq!(body(&suite, "snapshots/upgrade/connects.snap"), OLD);
    assert!(suite.has("snapshots/upgrade/other.snap.new"), "it was not meant");
}

#[test]
fn only_one_of_the_modes_is_taken_and_words_must_mean_something() {
    let suite = changed();
    suite.run(&["review", "--accept", "--reject"]).complains(64);
    assert!(
        suite
            .run(&["review", "--accept", "sasl"])
            .complains(4)
            .contains("`sasl` selects no pending snapshot")
    );
}

#[test]
fn a_target_that_says_what_the_baseline_says_has_no_snapshot() {
    let suite = Suite::new();
    suite.write_snapshot("upgrade/connects.snap", OLD);
    suite.write_snapshot("upgrade/connects@lab.snap", NEW);
    suite.write_snapshot("upgrade/connects@lab.snap.new", OLD);
    suite.write_snapshot("upgrade/connects@other.snap.new", NEW);
    assert_eq!(
        suite.run(&["review", "--accept", "--target", "lab"]).says(0),
        "removed snapshots/upgrade/connects@lab.snap: it equals the snapshot of mock\n"
    );
    assert!(!suite.has("snapshots/upgrade/connects@lab.snap"));
    assert!(!suite.has("snapshots/upgrade/connects@lab.snap.new"));
    assert_eq!(
        suite.run(&["review", "--accept"]).says(0),
        "accepted snapshots/upgrade/connects@other.snap\n"
    );
}

#[test]
fn a_new_baseline_takes_the_snapshots_that_now_say_the_same_with_it() {
    let suite = changed();
    suite.write_snapshot("upgrade/connects@lab.snap", NEW);
    suite.write_snapshot("upgrade/connects@far.snap", OLD);
    assert_eq!(
        suite.run(&["review", "--accept", "upgrade/connects"]).says(0),
        "accepted snapshots/upgrade/connects.snap\n\
         removed snapshots/upgrade/connects@lab.snap: it now equals the snapshot of mock\n"
    );
    assert!(suite.has("snapshots/upgrade/connects@far.snap"));
}

#[test]
fn snapshots_are_rendered_again_from_stored_transcripts() {
    let suite = Suite::new();
    assert!(
        suite
            .run(&["review", "--rerender"])
            .complains(64)
            .contains("run `finesse-conformance conformance` first")
    );
    let recording = |verdict: &str| Recording {
        about: RecordingHead {
            ends_vary: false,
            case: "upgrade/connects".to_owned(),
            target: "mock".to_owned(),
            verdict: verdict.to_owned(),
            close: "not-reached".to_owned(),
            ..RecordingHead::default()
        },
        events: vec![Event {
            conn: "agent".to_owned(),
            who: Side::Server,
            step: 0,
            micros: 0,
            octets: 0,
            claimed: true,
            timer: false,
            said: EventKind::Eof,
        }],
    };
    let path = suite.path("target/conformance/mock/upgrade/connects.jsonl");
    suite.write_snapshot("upgrade/connects.snap", OLD);

    recording("fail").write(suite.root(), &path).unwrap();
    assert_eq!(
        suite.run(&["review", "--rerender"]).says(0),
        "mock: 0 transcripts rendered again, 0 changed\nno snapshots are pending\n"
    );
    recording("pass").write(suite.root(), &path).unwrap();
    let ran = suite.run(&["review", "--rerender", "--target", "mock"]);
    assert!(
        ran.says(1).starts_with("mock: 1 transcript rendered again, 1 changed\n"),
        "{}",
        ran.stdout
    );
    assert_eq!(body(&suite, "snapshots/upgrade/connects.snap.new"), "agent <- [eof]");
    let ran = suite.run(&["review", "--rerender", "--target", "lab"]);
    assert_eq!(
        ran.complains(64),
        "error: no transcripts of target lab: there are transcripts of mock\n"
    );
}
