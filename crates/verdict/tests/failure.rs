//! The lines of the case file that a failure keeps.

use std::path::PathBuf;

use case::Source;
use verdict::Failure;

/// A file of twenty lines, `line 1` to `line 20`.
fn source() -> Source {
    let text = (1..=20).map(|number| format!("line {number}\n")).collect();
    Source { path: PathBuf::from("cases/a/b.case"), text }
}

fn lines(failure: &Failure) -> (usize, usize) {
    let excerpt = &failure.excerpt;
    (excerpt.first, excerpt.first + excerpt.lines.len() - 1)
}

#[test]
fn a_failure_keeps_all_lines_of_its_step() {
    let source = source();
    let place = |text: &str| source.text.find(text).expect("it is there");
    let step = place("line 5")..place("line 16");
    let mut failure = Failure::at(&source, &step, String::new(), String::new());
    assert_eq!((failure.line, lines(&failure)), (5, (2, 18)));
    // The place within the step moves, the step stays.
    let at = place("line 7");
    failure.point_at(&source, &(at..at + 4));
    assert_eq!((failure.line, failure.excerpt.width, lines(&failure)), (7, 4, (2, 18)));
    assert_eq!(failure.excerpt.lines[5], "line 7");
}

#[test]
fn a_failure_at_the_edge_of_the_file_keeps_what_there_is() {
    let source = source();
    let failure = Failure::at(&source, &(0..3), String::new(), String::new());
    assert_eq!((failure.line, lines(&failure)), (1, (1, 4)));
    let end = source.text.len();
    let failure = Failure::at(&source, &(end..end + 9), String::new(), String::new());
    assert_eq!((failure.line, failure.excerpt.width), (21, 1));
}
