//! Differences between bodies, line by line.

use transcript::{Change, changes, unified};

#[test]
fn equal_bodies_have_no_difference() {
    assert_eq!(changes("a\nb\n", "a\nb\n", 3), []);
    assert_eq!(unified("", ""), "");
}

#[test]
fn changed_lines_stand_with_lines_around_them_and_gaps_between() {
    let accepted: String = (1..=20).map(|number| format!("{number}\n")).collect();
    let got = accepted.replace("2\n3\n", "2\nx\n").replace("\n19\n", "\n19\ny\n");
    assert_eq!(
        changes(&accepted, &got, 1),
        [
            Change::Same("2".to_owned()),
            Change::Removed("3".to_owned()),
            Change::Added("x".to_owned()),
            Change::Same("4".to_owned()),
            Change::Gap,
            Change::Same("19".to_owned()),
            Change::Added("y".to_owned()),
            Change::Same("20".to_owned()),
        ]
    );
}

#[test]
fn the_unified_form_marks_each_line() {
    assert_eq!(unified("a\nb", "a\nc"), "  a\n- b\n+ c\n");
}
