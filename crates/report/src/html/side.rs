//! Two transcripts side by side: common lines aligned, differences marked.

use similar::{ChangeTag, DiffOp, InlineChange, TextDiff};

use super::escape::{line, marked, text};

/// Lines of context around a change.
const CONTEXT: usize = 2;

/// The two transcripts as an HTML table.
pub(super) fn side_by_side(before: &str, after: &str, old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = format!(
        "<table class=\"diff\"><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>\n",
        text(old),
        text(new)
    );
    let mut next = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let start = group.first().map_or(next, |op| op.old_range().start);
        gap(&mut out, start.saturating_sub(next));
        for op in &group {
            match op {
                DiffOp::Equal { old_index, len, .. } => {
                    for step in 0..*len {
                        let content = diff.old_slice(old_index + step).unwrap_or_default();
                        alike(&mut out, content);
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
    out.push_str(&format!("<tr class=\"gap\"><td colspan=\"2\">{what} alike</td></tr>\n"));
}

/// A common line, once, over both halves.
fn alike(out: &mut String, content: &str) {
    let shown = line(without_end(content));
    out.push_str(&format!("<tr><td colspan=\"2\">{shown}</td></tr>\n"));
}

fn unlike(out: &mut String, changes: &[InlineChange<'_, str>]) {
    let of = |tag: ChangeTag| changes.iter().filter(move |change| change.tag() == tag);
    let (mut old, mut new) = (of(ChangeTag::Delete), of(ChangeTag::Insert));
    loop {
        let (left, right) = (old.next(), new.next());
        if left.is_none() && right.is_none() {
            return;
        }
        out.push_str("<tr>");
        half(out, left, "old", "del");
        half(out, right, "new-line", "ins");
        out.push_str("</tr>\n");
    }
}

fn half(out: &mut String, side: Option<&InlineChange<'_, str>>, class: &str, tag: &str) {
    match side {
        Some(change) => {
            out.push_str(&format!("<td class=\"{class}\">{}</td>", cell(change, tag)));
        }
        None => out.push_str("<td class=\"void\"></td>"),
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
