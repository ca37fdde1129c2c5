//! `compare`: two runs, or two targets, from outside.

use crate::suite::{Suite, upgrade_case};

/// A request whose answer has a header that a sabotage changes.
const MINIMAL: &str = upgrade_case!(
    r#"title = "a request is answered with 101"
spec  = ["RFC 6455 §4.2.2 item 5"]
level = "must"
roles = ["server"]
"#,
    r#"
agent <- HTTP/1.1 101
         Sec-WebSocket-Accept: {accept(key)}
"#
);

/// Two cases that were played and are green.
fn green() -> Suite {
    let suite = Suite::with_a_fake();
    suite.write("cases/upgrade/minimal.case", MINIMAL);
    suite.accept(&[]);
    suite.run(&["conformance"]).says(0);
    suite
}

#[test]
fn what_regressed_is_said_and_red() {
    let suite = green();
    suite.run(&["conformance", "--sabotage", "accept-off-by-one"]);
    let ran = suite.run(&["compare", "mock", "mock@accept-off-by-one"]);
    let text = ran.says(1);
    assert!(text.contains("\nregressed: 1 case\n  upgrade/minimal   pass -> fail\n"), "{text}");
    assert!(text.contains("\n      cases/upgrade/minimal.case:"), "{text}");
    assert!(text.ends_with("\n2 cases: 1 regressed, 1 same\n"), "{text}");

    let ran = suite.run(&["compare", "mock@accept-off-by-one", "mock"]);
    assert!(ran.says(0).contains("\nfixed: 1 case\n  upgrade/minimal   fail -> pass\n"));
}

#[test]
fn a_part_that_was_played_later_takes_nothing_from_the_rest() {
    let suite = green();
    suite.run(&["conformance", "--report", "json=../before.jsonl"]).says(0);
    suite.run(&["conformance", "upgrade/minimal"]).says(0);
    let ran = suite.run(&["compare", "../before.jsonl", "mock"]);
    assert!(ran.says(0).ends_with("\n2 cases: 2 same\n"), "{}", ran.stdout);
    // The report of a part alone is one of a part.
    suite.run(&["conformance", "upgrade/minimal", "--report", "json=../part.jsonl"]).says(0);
    let ran = suite.run(&["compare", "mock", "../part.jsonl"]);
    assert!(ran.says(0).ends_with("\n2 cases: 1 not played, 1 same\n"), "{}", ran.stdout);
}

#[test]
fn several_are_a_matrix() {
    let suite = green();
    for sabotage in ["accept-off-by-one", "extra-element"] {
        suite.run(&["conformance", "--sabotage", sabotage]);
    }
    let names = ["mock", "mock@accept-off-by-one", "mock@extra-element"];
    let ran = suite.run(&[&["compare"], &names[..], &["--report", "html=../matrix.html"]].concat());
    assert_eq!(ran.says(1).matches("\n2 cases: ").count(), 2, "{}", ran.stdout);
    let page = suite.read("matrix.html");
    for name in names {
        assert!(page.contains(&format!("<th scope=\"col\">{name}</th>")), "{name}");
    }
    // A page on standard output has it for itself.
    let ran = suite.run(&["compare", "mock", "mock", "--report", "html"]);
    assert!(ran.says(0).starts_with("<!doctype html>"), "{}", ran.stdout);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let suite = Suite::with_a_fake();
    let says = |suite: &Suite, args: &[&str], code: i32| -> String {
        suite.run(&[&["compare"], args].concat()).complains(code).to_owned()
    };
    assert_eq!(
        says(&suite, &["mock", "lab"], 64),
        "error: `mock` is neither a JSON report nor a target or client with results; no results yet\n"
    );
    suite.accept(&[]);
    assert_eq!(
        says(&suite, &["mock", "lab"], 64),
        "error: `lab` is neither a JSON report nor a target or client with results; there are results for mock\n"
    );
    suite.write("other.jsonl", "{\"event\":\"case\"}\n");
    assert_eq!(
        says(&suite, &["mock", "../other.jsonl"], 64),
        "error: ../other.jsonl: not a JSON report: the first line is not {\"event\":\"run\", …}\n"
    );
    assert_eq!(
        says(&suite, &["mock", "mock", "--report", "junit"], 64),
        "error: --report junit: comparisons are written as text or html only\n"
    );
    let run = suite.read("target/conformance/mock/results.jsonl");
    suite.write("other.jsonl", &run.replace("upgrade/connects", "upgrade/elsewhere"));
    assert_eq!(
        says(&suite, &["mock", "../other.jsonl"], 4),
        "error: mock and other have no case in common\n"
    );
}
