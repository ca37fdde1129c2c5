//! Which case blocks which: the cause is told once, and each blocked case names it.

use std::sync::Arc;

use case::{Source, parse_case};
use verdict::{BasicStep, CaseResult, Ending, Failure, Head, Run, Selection, VERSION, Verdict};

/// A case that failed at the step `name`, which `owner` tests.
fn failed(id: &str, (name, owner): (&str, &str)) -> CaseResult {
    let head = "title = \"t\"\nspec = [\"vendor\"]\nlevel = \"must\"\nroles = [\"client\"]";
    let text = format!("+++\n{head}\n+++\nagent == connect\n");
    let source = Arc::new(Source { path: "a.case".into(), text });
    let case = parse_case(id, Arc::clone(&source)).expect("a case");
    let mut failure = Failure::at(&source, &(0..1), format!("no {name}"), "agent ->".to_owned());
    failure.basic = Some(BasicStep { name: name.to_owned(), owner: owner.to_owned() });
    let mut result = CaseResult::new(&case, "client", String::new());
    (result.verdict, result.failure) = (Verdict::Fail, Some(failure));
    result
}

fn blocked(id: &str, owner: &str) -> CaseResult {
    let mut result = failed(id, ("x", owner));
    (result.verdict, result.failure, result.owner) =
        (Verdict::Blocked, None, Some(owner.to_owned()));
    result
}

/// Each case of a run of these, with the case that blocks it.
fn causes(cases: Vec<CaseResult>) -> Vec<(String, Option<String>)> {
    let head = Head {
        version: VERSION,
        target: "client".to_owned(),
        is_client: true,
        about: Vec::new(),
        selection: Selection::default(),
        began: String::new(),
        whole: true,
        selected: cases.len(),
        warnings: Vec::new(),
        nameless: false,
    };
    let mut run = Run { head, cases, ending: Ending::default() };
    run.find_causes();
    let cause = |case: CaseResult| {
        assert_eq!(case.verdict == Verdict::Blocked, case.owner.is_some(), "{}", case.id);
        (case.id, case.owner)
    };
    run.cases.into_iter().map(cause).collect()
}

fn is(id: &str, owner: Option<&str>) -> (String, Option<String>) {
    (id.to_owned(), owner.map(str::to_owned))
}

const OPEN: (&str, &str) = ("open", "stream/open-ok");
const AUTH: (&str, &str) = ("auth", "sasl/plain-ok");

#[test]
fn a_failed_basic_step_is_blocked_by_its_owner_that_failed_there_too() {
    let cases = vec![failed("framing/x", OPEN), failed("stream/open-ok", OPEN)];
    let wanted = [is("framing/x", Some("stream/open-ok")), is("stream/open-ok", None)];
    assert_eq!(causes(cases), wanted);
}

#[test]
fn a_case_whose_owner_came_further_failed_by_itself() {
    let cases =
        vec![failed("framing/x", ("auth", "stream/open-ok")), failed("stream/open-ok", OPEN)];
    assert_eq!(causes(cases), [is("framing/x", None), is("stream/open-ok", None)]);
    // The owner did not run, or passed.
    assert_eq!(causes(vec![failed("framing/x", OPEN)]), [is("framing/x", None)]);
}

#[test]
fn a_listed_deviation_stays_one() {
    let mut listed = failed("framing/x", OPEN);
    listed.verdict = Verdict::Expected;
    let cases = vec![listed, failed("stream/open-ok", OPEN)];
    assert_eq!(causes(cases), [is("framing/x", None), is("stream/open-ok", None)]);
}

#[test]
fn each_case_of_a_chain_names_the_first() {
    let cases = vec![
        blocked("notify/x", "presence/after-bind"),
        failed("presence/after-bind", AUTH),
        failed("presence/x", ("presence", "presence/after-bind")),
        blocked("sasl/plain-ok", "stream/open-ok"),
        failed("stream/open-ok", OPEN),
    ];
    let open = Some("stream/open-ok");
    let wanted = [
        is("notify/x", open),
        is("presence/after-bind", open),
        is("presence/x", open),
        is("sasl/plain-ok", open),
        is("stream/open-ok", None),
    ];
    assert_eq!(causes(cases), wanted);
}

#[test]
fn a_circle_ends() {
    let cases = vec![blocked("a/x", "a/y"), blocked("a/y", "a/x"), blocked("a/z", "a/x")];
    let wanted = [is("a/x", Some("a/y")), is("a/y", Some("a/x")), is("a/z", Some("a/x"))];
    assert_eq!(causes(cases), wanted);
}
