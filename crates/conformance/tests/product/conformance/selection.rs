//! Which cases are played.

use super::{SWITCHED, green_and_red, ids, play, read};
use crate::suite::Suite;

#[test]
fn an_area_of_the_project_is_green() {
    let suite = Suite::of_the_project();
    suite.accept(&["upgrade"]);
    let ran = suite.run(&["conformance", "upgrade/*"]);
    assert!(ran.says(0).starts_with("target mock, "), "{}", ran.stdout);
    assert!(ran.stdout.contains("  pass             upgrade/minimal"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("sasl"), "{}", ran.stdout);
}

#[test]
fn cases_are_listed_with_what_they_claim_and_rest_on() {
    let suite = green_and_red();
    insta::assert_snapshot!(suite.run(&["conformance", "--list"]).says(0), @"
    bind/refused                                 must   RFC 6455 §4.2.2 item 5
                                                 a request is refused
    upgrade/connects                             must   robustness
                                                 the server takes a connection
    2 cases
    ");
}

#[test]
fn every_way_to_select_selects() {
    let suite = Suite::with_a_fake();
    suite.write("cases/sasl/switched.case", SWITCHED);
    let may = SWITCHED.replace("\"must\"", "\"may\"").replace("to switch", "once more");
    suite.write("cases/bind/may.case", &may.replace("[\"first\"]", "[\"second\"]"));
    let listed = |words: &[&str]| {
        let ran = suite.run(&[&["conformance", "--list"], words].concat());
        let ids = ran.says(0).lines().filter(|line| line.contains('/') && !line.starts_with(' '));
        ids.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let all = ["bind/may", "sasl/switched", "upgrade/connects"];
    assert_eq!(listed(&[]), all);
    for word in
        ["sasl", "sasl/*", "*/switched", "sasl/switched", "cases/sasl/switched.case", "tag:first"]
    {
        assert_eq!(listed(&[word]), ["sasl/switched"], "{word}");
    }
    assert_eq!(listed(&["level:may"]), ["bind/may"]);
    for word in ["spec:RFC 6455", "spec:rfc6455§4.2", "spec:RFC 6455 §4.2.2", "spec:6455§4"] {
        assert_eq!(listed(&[word]), ["bind/may", "sasl/switched"], "{word}");
    }
    assert_eq!(listed(&["spec:robustness"]), ["upgrade/connects"]);
    assert_eq!(listed(&["level:may", "upgrade"]), ["bind/may", "upgrade/connects"]);
}

#[test]
fn nothing_selected_is_not_green() {
    let suite = green_and_red();
    let ran = suite.run(&["conformance", "nothing/matches"]);
    insta::assert_snapshot!(ran.complains(4), @"error: nothing is called `nothing/matches`; of areas there are bind, upgrade");
    // A case that is asked for beside it does not make up for it.
    let ran = suite.run(&["conformance", "bind", "upgrde"]);
    insta::assert_snapshot!(ran.complains(4), @"error: nothing is called `upgrde`; did you mean `upgrade`?");
    for word in ["spec:RFC 6455§99", "level:most", "tag:none", "cases/none/none.case"] {
        suite.run(&["conformance", word]).complains(4);
    }
}

#[test]
fn parts_make_a_whole() {
    let suite = Suite::of_the_project();
    let part =
        |args: &[&str]| ids(&play(&suite, &[&["bind", "session", "stream"], args].concat()).1);
    let whole = part(&[]);
    let parts = ["1/3", "2/3", "3/3"].map(|shard| part(&["--shard", shard]));
    assert!(parts.iter().all(|part| part.len() >= whole.len() / 3), "{parts:?}");
    let mut joined = parts.concat();
    joined.sort();
    assert_eq!(joined, whole);
}

#[test]
fn only_what_was_red_is_played_again() {
    let suite = green_and_red();
    suite.run(&["conformance"]).complains(1);
    let (ran, events) = play(&suite, &["--rerun-failed"]);
    assert_eq!((ran.code, ids(&events)), (Some(1), vec!["bind/refused".to_owned()]));

    suite.write("cases/bind/refused.case", SWITCHED);
    let (ran, events) = play(&suite, &["--rerun-failed"]);
    assert_eq!((ran.code, &events[1]["verdict"]), (Some(2), &"drift".into()));
    suite.run(&["review", "--accept"]).says(0);
    assert_eq!(suite.run(&["conformance", "--rerun-failed"]).code, Some(0));
    let ran = suite.run(&["conformance", "--rerun-failed"]);
    let said = ran.complains(4);
    assert!(said.starts_with("0 cases red by the newest results against mock; the last run with "));
    assert!(
        said.ends_with("error: no case is red by the newest results against this target\n"),
        "{said}"
    );
}

#[test]
fn a_run_of_a_part_forgets_nothing_of_the_rest() {
    let suite = green_and_red();
    suite.run(&["conformance"]).complains(1);
    suite.run(&["conformance", "upgrade"]).says(0);
    // The last run had no red case.
    let said = suite.run(&["conformance", "--rerun-failed", "--list"]).stderr;
    assert!(said.starts_with("1 case red by the newest results against mock; "), "{said}");
    // Broken on purpose is another matter, and kept apart.
    suite.run(&["conformance", "upgrade", "--sabotage", "accept-off-by-one"]);
    let (ran, events) = play(&suite, &["--rerun-failed"]);
    assert_eq!((ran.code, ids(&events)), (Some(1), vec!["bind/refused".to_owned()]));
    let kept = read(&suite.read("target/conformance/mock/results.jsonl"));
    assert_eq!(ids(&kept), ["bind/refused", "upgrade/connects"]);
    assert_eq!((&kept[0]["whole"], &kept[0]["selected"]), (&true.into(), &2.into()));
    // A case that is gone is dropped with the next run, of whatever.
    std::fs::remove_file(suite.path("cases/bind/refused.case")).unwrap();
    suite.run(&["conformance", "upgrade/connects"]).says(0);
    let kept = read(&suite.read("target/conformance/mock/results.jsonl"));
    assert_eq!(ids(&kept), ["upgrade/connects"]);
}

#[test]
fn without_an_earlier_run_nothing_was_red() {
    let ran = Suite::with_a_fake().run(&["conformance", "--rerun-failed"]);
    assert!(ran.complains(64).starts_with("error: no results for mock ("), "{}", ran.stderr);
}
