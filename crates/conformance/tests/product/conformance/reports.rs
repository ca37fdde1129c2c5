//! Reports to files, for machines.

use stanza::Element;

use super::{green_and_red, read};
use crate::suite::Suite;

/// All elements of this name, at any depth.
fn all<'e>(element: &'e Element, name: &str) -> Vec<&'e Element> {
    let own = (element.name.local == name).then_some(element);
    own.into_iter().chain(element.children().flat_map(|child| all(child, name))).collect()
}

#[test]
fn several_reports_are_written_at_once() {
    let suite = green_and_red();
    let (junit, json) = (suite.path("junit.xml"), suite.path("run.json"));
    let (junit, json) = (format!("junit={}", junit.display()), format!("json={}", json.display()));
    let ran = suite.run(&["conformance", "--report", &junit, "--report", &json]);
    assert_eq!(ran.complains(1), "");
    assert!(ran.stdout.contains("\nFAIL  bind/refused "), "the text goes where it always goes");

    let json = read(&suite.read("run.json"));
    assert_eq!(
        json.iter().map(|event| &event["event"]).collect::<Vec<_>>(),
        ["run", "case", "case", "summary"]
    );
    assert_eq!((&json[0]["target"], &json[0]["selected"]), (&"mock".into(), &2.into()));
    let case = json.iter().find(|event| event["id"] == "bind/refused").unwrap();
    for (name, wanted) in [
        ("event", "case"),
        ("verdict", "fail"),
        ("close", "clean"),
        ("level", "must"),
        ("target", "mock"),
        ("source", "cases/bind/refused.case"),
        ("why", "without it nothing begins"),
    ] {
        assert_eq!(case[name], wanted, "{name}");
    }
    assert_eq!(case["spec"], serde_json::json!(["RFC 6455 §4.2.2 item 5"]));
    assert!(case["millis"].is_u64() && case["failure"].is_object(), "{case}");
    assert_eq!((&json[3]["exit"], &json[3]["counts"]["fail"]), (&1.into(), &1.into()));

    // A document is no message, and may have a declaration.
    let junit = suite.read("junit.xml");
    let junit = stanza::parse(junit.split_once("?>").unwrap().1.trim()).unwrap();
    assert!(junit.is("", "testsuites"));
    assert_eq!((junit.attr("tests"), junit.attr("failures")), (Some("2"), Some("1")));
    let cases = all(&junit, "testcase");
    let named = |name: &str| cases.iter().find(|case| case.attr("name") == Some(name)).unwrap();
    assert!(named("upgrade/connects").child("", "failure").is_none());
    let failure = named("bind/refused").child("", "failure").unwrap();
    assert!(failure.text().contains("cases/bind/refused.case:"), "{}", failure.text());
}

#[test]
fn a_report_on_standard_output_has_it_for_itself() {
    let suite = green_and_red();
    let ran = suite.run(&["conformance", "--report", "json", "upgrade"]);
    assert!(ran.says(0).lines().all(|line| line.starts_with('{')), "{}", ran.stdout);
    let ran = suite.run(&["conformance", "--report", "junit", "upgrade"]);
    assert!(ran.says(0).starts_with("<?xml "), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("</testsuites>\n"), "{}", ran.stdout);
}

#[test]
fn a_report_that_cannot_be_written_is_said_before_anything_is_played() {
    let suite = Suite::with_a_fake();
    let ran = suite.run(&["conformance", "--report", "json=no/such/folder.json"]);
    assert!(
        ran.complains(74).starts_with("error: --report: cannot write no/such/folder.json: "),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.stdout, "");
}

#[test]
fn annotations_leave_the_text_to_people() {
    let suite = green_and_red();
    let ran = suite.run(&["conformance", "--report", "github"]);
    assert_eq!(ran.complains(1), "");
    assert!(ran.stdout.contains("\nFAIL  bind/refused "), "{}", ran.stdout);
    assert!(ran.stdout.contains("::error file=cases/bind/refused.case,line="), "{}", ran.stdout);
}

#[test]
fn the_summary_of_a_build_is_added_to_and_other_files_are_written_anew() {
    let suite = green_and_red();
    let (shared, own) = (suite.path("summary.md"), suite.path("own.md"));
    for _ in 0..2 {
        let reports = [&shared, &own].map(|path| format!("markdown={}", path.display()));
        let mut command = suite.command(&[
            "conformance",
            "upgrade",
            "--report",
            &reports[0],
            "--report",
            &reports[1],
        ]);
        assert_eq!(
            command.env("GITHUB_STEP_SUMMARY", &shared).output().unwrap().status.code(),
            Some(0)
        );
    }
    let count = |name: &str| suite.read(name).matches("## Conformance of `mock`: green").count();
    assert_eq!((count("summary.md"), count("own.md")), (2, 1));
}
