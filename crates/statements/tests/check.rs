//! Mistakes in a table are found: lost rows, cases that are missing, cite another clause or play
//! another side.

use std::path::PathBuf;

use case::Library;
use statements::{Document, Figures, check};

const CASE: &str = "\
+++
title = \"a claim\"
spec  = [\"RFC 7395 §3.4\"]
level = \"must\"
roles = [\"server\"]
+++
agent == connect
";

fn library() -> Library {
    let files = vec![(PathBuf::from("cases/stream/open.case"), CASE.to_owned())];
    Library::from_files(files).expect("the case parses")
}

fn table(section: &str, count: usize, row: &str) -> Document {
    let text = format!(
        "document = \"RFC 7395\"\nscope = \"all\"\n[[clause]]\nsection = \"{section}\"\n\
         count = {count}\nrows = [{{ {row} }}]\n"
    );
    Document::read(&text, "a.toml").expect("the table parses")
}

fn findings(section: &str, count: usize, row: &str) -> Vec<String> {
    check(&table(section, count, row), &library())
}

#[test]
fn a_row_with_its_case_is_clean_and_counts() {
    let row = r#"binds = "server", says = "answers", cases = ["stream/open"]"#;
    assert_eq!(findings("3.4", 1, row), Vec::<String>::new());
    let figures = Figures::of(&table("3.4", 1, row));
    assert_eq!(figures, Figures { statements: 1, observable: 1, covered: 1 });
    assert_eq!(figures.share(), "100.0 %");
}

#[test]
fn a_gap_counts_as_observable() {
    let row = r#"binds = "client", says = "asks", none = "gap", because = "no case yet""#;
    assert_eq!(findings("3.4", 1, row), Vec::<String>::new());
    let figures = Figures::of(&table("3.4", 1, row));
    assert_eq!(figures, Figures { statements: 1, observable: 1, covered: 0 });
}

#[test]
fn mistakes_are_found() {
    let cases = [
        ("3.4", 2, r#"binds = "server", says = "a", cases = ["stream/open"]"#, "1 rows"),
        ("3.99", 1, r#"binds = "server", says = "a", cases = ["stream/open"]"#, "no such clause"),
        ("3.5", 1, r#"binds = "server", says = "a", cases = ["stream/open"]"#, "does not cite"),
        ("3.4", 1, r#"binds = "server", says = "a", cases = ["stream/opne"]"#, "did you mean"),
        ("3.4", 1, r#"binds = "client", says = "a", cases = ["stream/open"]"#, "that side"),
        ("3.4", 1, r#"binds = "both", says = "a", cases = ["stream/open"]"#, "one of its sides"),
        ("3.4", 1, r#"binds = "server", says = "a""#, "has no case"),
        ("3.4", 1, r#"binds = "server", says = "a", none = "gap""#, "go together"),
    ];
    for (section, count, row, wanted) in cases {
        let found = findings(section, count, row);
        assert!(
            found.iter().any(|finding| finding.contains(wanted)),
            "{row}: wanted {wanted:?} in {found:?}"
        );
    }
}

#[test]
fn a_reason_beside_whole_coverage_is_a_mistake() {
    let row =
        r#"binds = "server", says = "a", cases = ["stream/open"], none = "gap", because = "b""#;
    assert!(findings("3.4", 1, row)[0].contains("must go"));
}

#[test]
fn a_table_that_does_not_parse_names_the_place() {
    let error = Document::read("document = 1\n", "a.toml").expect_err("it is no table");
    assert!(error.starts_with("a.toml:1:12: "), "{error}");
}
