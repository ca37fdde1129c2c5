//! The suite's own cases hold to the notation.

use std::path::Path;

use case::{Library, lint, print_case, print_fragment, render};

#[test]
fn cases_parse_expand_and_have_no_findings() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let library = match Library::load(&root.join("cases"), Path::new("cases")) {
        Ok(library) => library,
        Err(errors) => panic!("\n{}", render(&errors, false)),
    };
    for case in &library.cases {
        let expanded = library.expand(case);
        assert!(expanded.is_ok(), "\n{}", render(&expanded.unwrap_err(), false));
    }
    let findings = lint(&library);
    assert!(findings.is_empty(), "\n{}", render(&findings, false));
}

#[test]
fn what_the_formatter_writes_is_read_back_the_same() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let library = Library::load(&root.join("cases"), Path::new("cases")).unwrap_or_default();
    for case in &library.cases {
        let text = print_case(case);
        let source = std::sync::Arc::new(case::Source {
            path: case.source.path.clone(),
            text: text.clone(),
        });
        let again = case::parse_case(&case.id, source)
            .unwrap_or_else(|errors| panic!("\n{}", render(&errors, false)));
        assert_eq!((&again.head, &again.body), (&case.head, &case.body), "{text}");
        assert_eq!(print_case(&again), text);
    }
    for fragment in library.fragments.values() {
        let text = print_fragment(fragment);
        let source = std::sync::Arc::new(case::Source {
            path: fragment.source.path.clone(),
            text: text.clone(),
        });
        let again = case::parse_fragment(&fragment.name, source)
            .unwrap_or_else(|errors| panic!("\n{}", render(&errors, false)));
        assert_eq!(again.body, fragment.body, "{text}");
        assert_eq!(print_fragment(&again), text);
    }
}

#[test]
fn the_example_of_the_handbook_is_a_case_in_canonical_form() {
    let handbook = include_str!("../../../docs/notation.md");
    let example = handbook.split("```\n").nth(1).expect("the first block is a case");
    let source = std::sync::Arc::new(case::Source {
        path: "docs/notation.md".into(),
        text: example.to_owned(),
    });
    let case = case::parse_case("read/me", source)
        .unwrap_or_else(|errors| panic!("\n{}", render(&errors, false)));
    assert_eq!(print_case(&case), example);
}
