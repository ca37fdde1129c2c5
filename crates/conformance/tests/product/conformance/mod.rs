//! `conformance`: what is played, what it comes to, what is reported, and against whom.

mod api;
mod interrupt;
mod lab;
mod probe;
mod reports;
mod rest;
mod selection;
mod server;
mod standin;
mod usage;
mod verdicts;

use crate::suite::{Ran, Suite, upgrade_case};

/// A case that any server passes.
const SWITCHED: &str = upgrade_case!(
    r#"title = "a request to switch is granted"
spec  = ["RFC 6455 §4.2.2 item 5"]
level = "must"
roles = ["server"]
why   = "without it nothing begins"
tags  = ["first"]
"#,
    r#"
agent <- HTTP/1.1 101
"#
);

/// A case that no server passes.
fn refused(title: &str) -> String {
    SWITCHED
        .replace("HTTP/1.1 101", "HTTP/1.1 426")
        .replace("a request to switch is granted", title)
}

/// A suite with a fake as its target, one case that passes, `upgrade/connects`, and one that fails,
/// `bind/refused`.
fn green_and_red() -> Suite {
    let suite = Suite::with_a_fake();
    suite.write("cases/bind/refused.case", &refused("a request is refused"));
    suite.accept(&[]);
    suite
}

/// Runs `conformance`, and what it says in the report for machines.
fn play(suite: &Suite, args: &[&str]) -> (Ran, Vec<serde_json::Value>) {
    let report = format!("json={}", suite.path("run.json").display());
    let ran = suite.run(&[&["conformance", "--report", &report], args].concat());
    (ran, read(&suite.read("run.json")))
}

/// The events of a report, one a line.
fn read(report: &str) -> Vec<serde_json::Value> {
    report.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The ids of the cases among some events, sorted.
fn ids(events: &[serde_json::Value]) -> Vec<String> {
    let cases = events.iter().filter(|event| event["event"] == "case");
    let mut ids: Vec<String> = cases.map(|case| case["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}
