//! The TextMate grammar: valid JSON, patterns that compile, and words that are those of the
//! notation.

use std::collections::BTreeSet;

use case::Label;
use regex::Regex;
use serde_json::Value;

const GRAMMAR: &str = include_str!("../editors/case.tmLanguage.json");

fn grammar() -> Value {
    serde_json::from_str(GRAMMAR).expect("the grammar is JSON")
}

/// Calls `visit` with every member of every object.
fn members<'a>(value: &'a Value, visit: &mut dyn FnMut(&'a str, &'a Value)) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                visit(key, value);
                members(value, visit);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| members(value, visit)),
        _ => {}
    }
}

/// `(?=…)` and `(?!…)` are known to editors and not to this crate; their contents are tried by
/// themselves.
fn without_lookahead(pattern: &str) -> String {
    pattern.replace("(?=", "(?:").replace("(?!", "(?:")
}

#[test]
fn every_pattern_compiles() {
    let grammar = grammar();
    let mut patterns = 0;
    members(&grammar, &mut |key, value| {
        if let ("match" | "begin" | "end", Some(pattern)) = (key, value.as_str()) {
            patterns += 1;
            let compiled = Regex::new(&without_lookahead(pattern));
            assert!(compiled.is_ok(), "{pattern}: {compiled:?}");
        }
    });
    assert!(patterns > 20, "{patterns}");
}

#[test]
fn every_include_exists_and_every_rule_is_included() {
    let grammar = grammar();
    let rules: BTreeSet<&str> =
        grammar["repository"].as_object().expect("rules").keys().map(String::as_str).collect();
    let mut included = BTreeSet::new();
    members(&grammar, &mut |key, value| {
        if let ("include", Some(name)) = (key, value.as_str()) {
            included.insert(name.trim_start_matches('#'));
        }
    });
    assert_eq!(included, rules);
}

#[test]
fn labels_are_those_of_the_notation() {
    let grammar = grammar();
    let branch =
        Regex::new(grammar["repository"]["branch"]["match"].as_str().expect("a pattern")).unwrap();
    for label in Label::WORDS {
        assert!(branch.is_match(&format!("  {label} \"text\"  <iq/>")), "{label}");
    }
    assert!(!branch.is_match("  okay  <iq/>"));
}

#[test]
fn lines_of_a_case_are_told_apart() {
    let grammar = grammar();
    let rule = |name: &str| {
        let pattern = grammar["repository"][name]["match"].as_str().expect("a pattern");
        Regex::new(pattern).unwrap()
    };
    assert!(rule("arrow").is_match("agent <- within 2s one of"));
    assert!(rule("arrow").is_match("agent -> <iq/>"));
    assert!(rule("fact").is_match("agent == never upgraded"));
    assert!(rule("fact").is_match("agent == mute"));
    assert!(rule("fact").is_match("agent == silent 300ms"));
    assert!(!rule("fact").is_match("agent == asleep"));
    assert!(rule("call").is_match("use online(agent, agent, probe)"));
    let moments = grammar["repository"]["moment"]["patterns"].as_array().expect("patterns");
    let is_moment = |line: &str| {
        let patterns = moments.iter().filter_map(|rule| rule["match"].as_str());
        patterns.map(|pattern| Regex::new(pattern).unwrap()).any(|pattern| pattern.is_match(line))
    };
    assert!(is_moment("mark lost") && is_moment("time back..third >= 1.5 * lost..back"));
    assert!(!is_moment("time back") && !is_moment("mark -> <iq/>"));
    assert!(rule("block").is_match("  any order"));
    assert!(rule("comment").is_match("# why"));
}
