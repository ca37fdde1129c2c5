//! The failed step: lines of the case file, and the closest message.

use textual::invisible;
use verdict::{CaseResult, Closest, Failure};

use super::escape::{line, marked, text};

/// Writes the place in the case file and the closest message, if a step of the case failed.
pub(super) fn write(out: &mut String, case: &CaseResult) {
    let Some(failure) = &case.failure else { return };
    out.push_str(&format!(
        "<h4>The failed step <code>{}:{}:{}</code></h4>\n",
        text(&failure.file),
        failure.line,
        failure.column
    ));
    excerpt(out, failure);
    exchange(out, failure);
    if let Some(closest) = &failure.closest {
        nearest(out, closest);
    }
}

fn excerpt(out: &mut String, failure: &Failure) {
    out.push_str("<div class=\"excerpt\">");
    for (number, content) in (failure.excerpt.first..).zip(&failure.excerpt.lines) {
        let number_cell = format!("<span class=\"no\">{number}</span>");
        if number != failure.line {
            out.push_str(&format!("<code>{number_cell}{}</code>", line(content)));
            continue;
        }
        let chars = |skip: usize, take: usize| -> String {
            content.chars().skip(skip).take(take).collect()
        };
        let start = failure.column.saturating_sub(1);
        let end = start.saturating_add(failure.excerpt.width);
        out.push_str(&format!(
            "<code class=\"here\">{number_cell}{}<mark>{}</mark>{}</code><code class=\"here why\">{}</code>",
            marked(&chars(0, start)),
            marked(&chars(start, failure.excerpt.width)),
            line(&chars(end, usize::MAX)),
            text(&failure.message)
        ));
    }
    out.push_str("</div>\n");
}

/// The question, and the right answers.
fn exchange(out: &mut String, failure: &Failure) {
    if failure.question.is_none() && failure.answers.is_empty() {
        return;
    }
    out.push_str("<dl class=\"facts\">");
    if let Some(question) = &failure.question {
        let question = text(question);
        out.push_str(&format!("<dt>last said</dt><dd><code>{question}</code></dd>"));
    }
    for (number, answer) in failure.answers.iter().enumerate() {
        let label = if number == 0 { "wanted" } else { "or" };
        out.push_str(&format!("<dt>{label}</dt><dd>{}</dd>", text(answer)));
    }
    out.push_str("</dl>\n");
}

fn nearest(out: &mut String, closest: &Closest) {
    let at = closest.line.map_or_else(String::new, |line| format!(" (transcript line {line})"));
    out.push_str(&format!("<h4>Closest {} received{at}</h4>\n", text(&closest.kind)));
    if closest.rows.is_empty() {
        out.push_str(&format!("<pre class=\"text\">{}</pre>\n", marked(&closest.text)));
        return;
    }
    out.push_str("<table class=\"plain\"><thead><tr><th scope=\"col\">where</th><th scope=\"col\">wanted</th><th scope=\"col\">got</th><th scope=\"col\"></th></tr></thead><tbody>");
    for row in &closest.rows {
        out.push_str(&format!(
            "<tr><td><code>{}</code></td><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>",
            text(&row.place),
            text(&invisible::value(&row.wanted)),
            text(&invisible::value(&row.got)),
            text(&row.why)
        ));
    }
    out.push_str("</tbody></table>\n");
}
