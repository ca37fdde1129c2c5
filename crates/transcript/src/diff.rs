//! The difference between two bodies, line by line.

use similar::{ChangeTag, TextDiff};

/// A line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// In both.
    Same(String),
    /// Only in the accepted one.
    Removed(String),
    /// Only in the new one.
    Added(String),
    /// Lines left out.
    Gap,
}

/// The changed lines with `context` lines around them.
pub fn changes(accepted: &str, got: &str, context: usize) -> Vec<Change> {
    let diff = TextDiff::from_lines(accepted, got);
    let mut out = Vec::new();
    for (i, group) in diff.grouped_ops(context).iter().enumerate() {
        if i > 0 {
            out.push(Change::Gap);
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let line = change.value().trim_end_matches('\n').to_owned();
            out.push(match change.tag() {
                ChangeTag::Equal => Change::Same(line),
                ChangeTag::Delete => Change::Removed(line),
                ChangeTag::Insert => Change::Added(line),
            });
        }
    }
    out
}

/// The difference in unified form, without a head.
pub fn unified(accepted: &str, got: &str) -> String {
    changes(accepted, got, 3)
        .into_iter()
        .map(|change| match change {
            Change::Same(line) => format!("  {line}\n"),
            Change::Removed(line) => format!("- {line}\n"),
            Change::Added(line) => format!("+ {line}\n"),
            Change::Gap => "  …\n".to_owned(),
        })
        .collect()
}
