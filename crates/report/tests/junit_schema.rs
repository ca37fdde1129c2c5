//! JUnit documents by the schemas of their readers, written down as tables.
//!
//! `junit-10.xsd` is that of the xUnit plugin of Jenkins
//! (`org/jenkinsci/plugins/xunit/types/model/xsd`), `surefire-test-report.xsd` that of Maven
//! Surefire, for which each suite is a document of its own.

mod memory;
mod sample;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event as Xml};
use report::Format;
use verdict::{Run, Strictness};

/// The rules of a schema for an element.
struct Rule {
    element: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    /// The children, in the order that they must have if the schema has a sequence.
    children: &'static [&'static str],
    is_sequence: bool,
}

const fn rule(
    element: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [&'static str],
) -> Rule {
    Rule { element, required, optional, children, is_sequence: false }
}

const fn sequence(rule: Rule) -> Rule {
    Rule { is_sequence: true, ..rule }
}

/// `junit-10.xsd`.
const XUNIT: &[Rule] = &[
    rule("testsuites", &[], &["name", "time", "tests", "failures", "errors"], &["testsuite"]),
    rule(
        "testsuite",
        &["name", "tests", "failures", "errors"],
        &[
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        &["testsuite", "properties", "testcase", "system-out", "system-err"],
    ),
    rule("properties", &[], &[], &["property"]),
    rule("property", &["name", "value"], &[], &[]),
    rule(
        "testcase",
        &["name"],
        &["time", "classname", "group"],
        &[
            "skipped",
            "error",
            "failure",
            "rerunFailure",
            "rerunError",
            "flakyFailure",
            "flakyError",
            "system-out",
            "system-err",
        ],
    ),
    rule("failure", &[], &["type", "message"], &[]),
    rule("error", &[], &["type", "message"], &[]),
    rule("skipped", &[], &["type", "message"], &[]),
    rule("system-out", &[], &[], &[]),
    rule("system-err", &[], &[], &[]),
];

/// `surefire-test-report.xsd`.
const SUREFIRE: &[Rule] = &[
    sequence(rule(
        "testsuite",
        &["name", "tests", "errors", "skipped", "failures"],
        &["time", "group"],
        &["properties", "testcase"],
    )),
    rule("properties", &[], &[], &["property"]),
    rule("property", &["name", "value"], &[], &[]),
    sequence(rule(
        "testcase",
        &["name", "time"],
        &["classname", "group"],
        &[
            "failure",
            "rerunFailure",
            "flakyFailure",
            "skipped",
            "error",
            "rerunError",
            "flakyError",
            "system-out",
            "system-err",
        ],
    )),
    rule("failure", &["type"], &["message"], &[]),
    rule("error", &["type"], &["message"], &[]),
    rule("skipped", &[], &["message"], &[]),
    rule("system-out", &[], &[], &[]),
    rule("system-err", &[], &[], &[]),
];

#[test]
fn every_document_keeps_both_schemas() {
    let mut runs = vec![sample::run()];
    let mut strict = sample::run();
    strict.ending.strictness = Strictness { strict: true, require_all: true };
    runs.push(strict);
    let mut empty = sample::run();
    empty.cases.clear();
    runs.push(empty);
    let mut green = sample::run();
    green.cases = vec![sample::pass("bind/twice")];
    (green.ending.orphans, green.ending.stale) = (Vec::new(), Vec::new());
    runs.push(green);
    for run in &runs {
        let document = document(run);
        assert_eq!(breaks(&document, XUNIT, "testsuites"), Vec::<String>::new());
        for suite in suites(&document) {
            assert_eq!(breaks(&suite, SUREFIRE, "testsuite"), Vec::<String>::new());
        }
    }
}

#[test]
fn the_tables_refuse_what_the_schemas_refuse() {
    let case = |inside: &str, more: &str| {
        format!(
            "<testsuite name=\"a\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0.1\"><testcase name=\"b\" time=\"0.1\"{more}>{inside}</testcase></testsuite>"
        )
    };
    let refused = |text: &str, rules, says: &str| {
        let found = breaks(text, rules, "testsuite").join("\n");
        assert!(found.contains(says), "{text}: {found}");
    };
    assert_eq!(breaks(&case("", ""), SUREFIRE, "testsuite"), Vec::<String>::new());
    for rules in [XUNIT, SUREFIRE] {
        refused(&case("", " file=\"x\""), rules, "testcase has file");
        refused(&case("<properties/>", ""), rules, "testcase has properties");
        refused(&case("", "").replace(" failures=\"0\"", ""), rules, "testsuite lacks failures");
        refused(&case("", "").replace("\"0.1\"", "\"fast\""), rules, "is no time");
    }
    let late = "<system-out/><failure type=\"x\"/>";
    refused(&case(late, ""), SUREFIRE, "failure after system-out");
    refused("<testsuites skipped=\"1\"/>", XUNIT, "testsuites has skipped");
}

fn document(run: &Run) -> String {
    memory::report(Format::Junit, memory::PLAIN, run)
}

/// The suites of a document, as text.
fn suites(document: &str) -> Vec<String> {
    let suite = |rest: &str| {
        let (inside, _) = rest.split_once("</testsuite>").expect("it ends");
        format!("<testsuite {inside}</testsuite>")
    };
    document.split("<testsuite ").skip(1).map(suite).collect()
}

/// The rules of a schema that a document breaks.
fn breaks(document: &str, rules: &[Rule], root: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Vec<(String, Vec<String>)> = Vec::new();
    let mut reader = Reader::from_str(document);
    loop {
        let event = reader.read_event().expect("it is well-formed");
        match &event {
            Xml::Start(element) | Xml::Empty(element) => {
                let name = element.name().as_ref().to_owned();
                match open.last_mut() {
                    Some((parent, before)) => {
                        child(&mut found, rules, parent, before, &name);
                        before.push(name.clone());
                    }
                    None if name != root && !document.starts_with("<testsuites") => {
                        found.push(format!("the root is {name}"));
                    }
                    None => {}
                }
                attributes(&mut found, rules, &name, element);
                if matches!(event, Xml::Start(_)) {
                    open.push((name, Vec::new()));
                }
            }
            Xml::End(_) => {
                open.pop();
            }
            Xml::Eof => return found,
            _ => {}
        }
    }
}

fn child(found: &mut Vec<String>, rules: &[Rule], parent: &str, before: &[String], name: &str) {
    let Some(rule) = rules.iter().find(|rule| rule.element == parent) else { return };
    let place = |name: &str| rule.children.iter().position(|known| *known == name);
    let Some(at) = place(name) else {
        found.push(format!("{parent} has {name}"));
        return;
    };
    let later = before.iter().find(|other| place(other).is_some_and(|other| other > at));
    if let Some(later) = later.filter(|_| rule.is_sequence) {
        found.push(format!("{name} after {later}"));
    }
}

fn attributes(found: &mut Vec<String>, rules: &[Rule], name: &str, element: &BytesStart<'_>) {
    let Some(rule) = rules.iter().find(|rule| rule.element == name) else {
        found.push(format!("there is no element {name}"));
        return;
    };
    let mut given = Vec::new();
    for attribute in element.attributes() {
        let attribute = attribute.expect("attributes are well-formed");
        let key = attribute.key.as_ref().to_owned();
        if !rule.required.contains(&&*key) && !rule.optional.contains(&&*key) {
            found.push(format!("{name} has {key}"));
        }
        // The pattern SUREFIRE_TIME, without thousands.
        if key == "time" {
            let value = attribute.value.to_string();
            let (whole, part) = value.split_once('.').unwrap_or((&value, ""));
            let is_number = |text: &str| text.chars().all(|c| c.is_ascii_digit());
            if !is_number(whole) || !is_number(part) || part.len() > 3 {
                found.push(format!("{value} is no time"));
            }
        }
        given.push(key);
    }
    for wanted in rule.required {
        if !given.iter().any(|key| key == wanted) {
            found.push(format!("{name} lacks {wanted}"));
        }
    }
}
