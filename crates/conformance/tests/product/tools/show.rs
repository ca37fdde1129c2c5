//! `show`: the transcript of the last run, or how to get one.

use transcript::{Event, EventKind, Octets, Recording, RecordingHead, Side};

use crate::suite::Suite;

fn ran() -> Suite {
    let suite = Suite::new();
    let recording = Recording {
        about: RecordingHead {
            ends_vary: false,
            case: "upgrade/connects".to_owned(),
            target: "mock".to_owned(),
            verdict: "pass".to_owned(),
            ..RecordingHead::default()
        },
        events: vec![Event {
            conn: "agent".to_owned(),
            who: Side::Server,
            step: 0,
            micros: 1_500_000,
            octets: 3,
            claimed: true,
            timer: false,
            said: EventKind::Ping { payload: Octets(b"\x1b".to_vec()) },
        }],
    };
    let path = suite.path("target/conformance/mock/upgrade/connects.jsonl");
    recording.write(suite.root(), &path).unwrap();
    suite
        .write("target/conformance/mock/upgrade/connects.txt", " 1.500000 3 agent <- \u{1b}[31m\n");
    suite
}

#[test]
fn the_normalised_text_or_the_raw_one_is_shown() {
    let suite = ran();
    for word in ["upgrade/connects", "cases/upgrade/connects.case"] {
        assert_eq!(
            suite.run(&["show", word]).says(0),
            "agent <- [ping \"\\u{1b}\"]\n".replace('\\', "/")
        );
    }
    assert_eq!(
        suite.run(&["show", "upgrade/connects", "--raw"]).says(0),
        " 1.500000 3 agent <- /u{1b}[31m\n"
    );
}

#[test]
fn what_is_not_there_is_said_with_what_to_do() {
    let suite = ran();
    suite.write("cases/bind/other.case", &crate::suite::CONNECTS.replace("takes", "wants"));
    assert_eq!(
        suite.run(&["show", "bind/other"]).complains(64),
        "error: no transcript of bind/other; run `finesse-conformance conformance bind/other` first\n"
    );
    assert_eq!(
        suite.run(&["show", "upgrade/connects", "--target", "lab"]).complains(64),
        "error: no transcript of upgrade/connects on lab\
         \nthere is one of mock: `finesse-conformance show upgrade/connects --target mock`\n"
    );
    assert_eq!(
        suite.run(&["show", "upgrade/conects"]).complains(64),
        "error: nothing is called `upgrade/conects`; did you mean `upgrade/connects`?\n"
    );
}
