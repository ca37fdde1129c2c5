//! Two transcripts side by side: common lines aligned, differences marked.

use similar::{ChangeTag, DiffOp, InlineChange, TextDiff};

use super::escape::{line, marked, text};

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The two transcripts as an HTML table.
pub(super) fn side_by_side(before: &str, after: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = format!(
        "<table class=\"diff\"><colgroup><col class=\"no\"><col><col class=\"no\"><col></colgroup><thead><tr><th colspan=\"2\" scope=\"col\">{}</th><th colspan=\"2\" scope=\"col\">{}</th></tr></thead><tbody>\n",
        text(old),
        text(new)
    );
    let mut next = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let start = group.first().map_or(next, |op| op.old_range().start);
        gap(&mut out, start.saturating_sub(next));
        for op in &group {
            match op {
                DiffOp::Equal { old_index, new_index, len } => {
                    for step in 0..*len {
                        let content = diff.old_slice(old_index + step).unwrap_or_default();
                        alike(&mut out, new_index + step, content);
                    }
                }
                _ => {
                    let changes: Vec<InlineChange<'_, str>> =
                        diff.iter_inline_changes(op).collect();
                    unlike(&mut out, &changes);
                }
            }
            next = op.old_range().end;
        }
    }
    gap(&mut out, diff.old_len().saturating_sub(next));
    out.push_str("</tbody></table>\n");
    out
}

fn gap(out: &mut String, lines: usize) {
    let what = match lines {
        0 => return,
        1 => "one line".to_owned(),
        lines => format!("{lines} lines"),
    };
    out.push_str(&format!("<tr class=\"gap\"><td colspan=\"4\">{what} alike</td></tr>\n"));
}

fn alike(out: &mut String, new: usize, content: &str) {
    // Once, over both halves.
    out.push_str(&format!(
        "<tr class=\"alike\"><td class=\"no\">{}</td><td colspan=\"3\">{}</td></tr>\n",
        new + 1,
        line(without_end(content))
    ));
}

fn unlike(out: &mut String, changes: &[InlineChange<'_, str>]) {
    let of = |tag: ChangeTag| changes.iter().filter(move |change| change.tag() == tag);
    let (mut old, mut new) = (of(ChangeTag::Delete), of(ChangeTag::Insert));
    loop {
        let (left, right) = (old.next(), new.next());
        if left.is_none() && right.is_none() {
            return;
        }
        let left = left.map(|change| (change.old_index(), cell(change, "del")));
        let right = right.map(|change| (change.new_index(), cell(change, "ins")));
        out.push_str("<tr>");
        half(out, left, "old");
        half(out, right, "new-line");
        out.push_str("</tr>\n");
    }
}

fn half(out: &mut String, side: Option<(Option<usize>, String)>, class: &str) {
    match side {
        Some((number, content)) => {
            let number = number.map_or_else(String::new, |number| (number + 1).to_string());
            out.push_str(&format!(
                "<td class=\"no\">{number}</td><td class=\"{class}\">{content}</td>"
            ));
        }
        None => out.push_str("<td class=\"no void-no\"></td><td class=\"void\"></td>"),
    }
}

/// A line with the changed parts marked.
fn cell(change: &InlineChange<'_, str>, tag: &str) -> String {
    let parts: Vec<_> = change.iter_strings_lossy().collect();
    let mut out = String::new();
    for (index, (is_changed, part)) in parts.iter().enumerate() {
        let part = without_end(part);
        let is_last = parts[index + 1..].iter().all(|(_, rest)| without_end(rest).is_empty());
        let shown = if is_last { line(part) } else { marked(part) };
        if *is_changed && !shown.is_empty() {
            out.push_str(&format!("<{tag}>{shown}</{tag}>"));
        } else {
            out.push_str(&shown);
        }
    }
    out
}

fn without_end(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}
