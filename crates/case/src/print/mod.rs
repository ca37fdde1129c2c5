//! The formatter: one canonical form for a tree. Comments and single empty lines are kept.

mod head;
mod payload;
mod step;
mod token;
mod xml;

use crate::{Case, Fragment, Item};

/// Columns that a line should not exceed.
const WIDTH: usize = 100;

/// Writes a case as the formatter wants it.
pub fn print_case(case: &Case) -> String {
    let mut out = head::case(&case.head);
    out.push_str(&print_body(&case.body));
    out
}

/// Writes a fragment as the formatter wants it.
pub fn print_fragment(fragment: &Fragment) -> String {
    let mut out = head::fragment(fragment);
    out.push_str(&print_body(&fragment.body));
    out
}

/// Writes steps alone: the body of a case, or that of a snapshot.
pub fn print_body(items: &[Item]) -> String {
    let mut out = String::new();
    for line in step::items(items, 0) {
        // Only payloads can end a line with blanks (`reason: ` in a header), and lose them here.
        out.push_str(line.trim_end_matches(' '));
        out.push('\n');
    }
    out
}

/// The width of a text in columns.
fn width(text: &str) -> usize {
    text.chars().count()
}

/// `first` followed by the first of `lines`, and the others below it at the same column.
fn beside(first: &str, mut lines: Vec<String>) -> Vec<String> {
    let column = width(first);
    let mut all = lines.iter_mut();
    if let Some(line) = all.next() {
        line.insert_str(0, first);
    }
    for line in all {
        line.insert_str(0, &" ".repeat(column));
    }
    lines
}
