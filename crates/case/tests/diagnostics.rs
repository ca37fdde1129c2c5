//! The diagnostics of each rule: `diagnostics/RULE.case` and the rendered text,
//! `diagnostics/RULE.stderr`.
//!
//! A file named `RULE.fragment.case` is read as a fragment. `BLESS=1 cargo test -p case` writes
//! what is shown now.

use std::path::{Path, PathBuf};

use case::{Code, Library, lint, render};

/// A library without mistakes, to which the broken file is added.
const GOOD_CASE: &str = "+++
title = \"a stream that is opened is answered\"
spec  = [\"RFC 7395 §3.4\"]
level = \"must\"
roles = [\"server\"]
+++
use upgraded(agent)

agent -> <open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"{domain}\" version=\"1.0\"/>

agent <- <open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>
";

const GOOD_FRAGMENT: &str = "+++
title  = \"a WebSocket connection is established\"
params = [\"conn\"]
owner  = \"stream/open-ok\"
+++
conn == connect
";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")
}

fn shown(files: Vec<(PathBuf, String)>) -> String {
    let mut all = vec![
        ("cases/stream/open-ok.case".into(), GOOD_CASE.to_owned()),
        ("cases/_fragments/upgraded.case".into(), GOOD_FRAGMENT.to_owned()),
    ];
    all.extend(files);
    let found = match Library::from_files(all) {
        Err(errors) => errors,
        Ok(library) => lint(&library),
    };
    render(&found, false)
}

/// Compares with the golden, or writes it when asked to.
fn check(name: &str, shown: &str) {
    let golden = folder().join(format!("{name}.stderr"));
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, shown).expect("the folder is writable");
        return;
    }
    let wanted = std::fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(shown, wanted, "{name}: run with BLESS=1 if this is right:\n{shown}");
}

#[test]
fn the_good_library_has_no_findings() {
    assert_eq!(shown(Vec::new()), "");
}

#[test]
fn every_broken_file_is_reported_as_it_should_be() {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(name) = file.strip_suffix(".case") else {
            continue;
        };
        let text = std::fs::read_to_string(&path).unwrap();
        let (name, place) = match name.strip_suffix(".fragment") {
            Some(rule) => (rule, format!("cases/_fragments/{rule}.case")),
            None => (name, format!("cases/broken/{name}.case")),
        };
        let shown = shown(vec![(place.into(), text)]);
        if Code::ALL.iter().any(|code| code.name() == name) {
            assert!(
                shown.contains(&format!("[{name}]")),
                "{name} is not what is reported:\n{shown}"
            );
        }
        check(name, &shown);
        names.push(name.to_owned());
    }
    assert!(names.len() > 40, "{names:?}");
}

#[test]
fn a_file_in_the_wrong_place() {
    check("path", &shown(vec![("cases/Bad_Area/x.case".into(), GOOD_CASE.to_owned())]));
}

#[test]
fn two_files_with_one_id() {
    let twice = ["stream/open-ok.case", "_fragments/upgraded.case"]
        .map(|name| (Path::new("conformance/cases").join(name), GOOD_CASE.to_owned()));
    check("taken-id", &shown(twice.into()));
}

#[test]
fn a_file_that_is_not_text() {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("unreadable");
    std::fs::create_dir_all(root.join("cases/broken")).unwrap();
    std::fs::write(root.join("cases/broken/binary.case"), b"+++\xFF").unwrap();
    let errors = Library::load(&root.join("cases"), Path::new("cases")).unwrap_err();
    check("unreadable", &render(&errors, false));
}

#[test]
fn every_rule_has_a_golden() {
    for code in Code::ALL {
        assert!(
            folder().join(format!("{}.stderr", code.name())).exists(),
            "no golden for {}",
            code.name()
        );
    }
}

#[test]
fn all_mistakes_of_a_file_are_shown_at_once_with_line_and_column() {
    let text = std::fs::read_to_string(folder().join("three-mistakes.case")).unwrap();
    let shown = shown(vec![("cases/broken/three-mistakes.case".into(), text)]);
    assert_eq!(shown.matches("error[").count(), 3, "{shown}");
    for place in
        ["three-mistakes.case:4:9", "three-mistakes.case:10:23", "three-mistakes.case:14:3"]
    {
        assert!(shown.contains(place), "{place}\n{shown}");
    }
}

#[test]
fn color_is_asked_for() {
    let broken = vec![("cases/broken/x.case".into(), "nothing".to_owned())];
    let errors = Library::from_files(broken).unwrap_err();
    assert!(render(&errors, true).contains('\u{1b}'));
    assert!(!render(&errors, false).contains('\u{1b}'));
}
