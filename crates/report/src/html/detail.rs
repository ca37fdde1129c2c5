//! The details of one case in each run.

use verdict::{CaseResult, Drift, ListedDeviation, Strictness, Verdict};

use super::escape::{text, time};
use super::matrix::Row;
use super::name::{badges, link};
use super::{assertion, ladder, side};
use crate::clauses;
use crate::compare::Column;
use crate::differences::Pair;

/// The content below the row of a case.
pub(super) fn detail(row: &Row<'_>, columns: &[Column], strictness: Strictness) -> String {
    let Some(any) = row.any() else { return String::new() };
    let mut out = format!("<div class=\"body\"><p class=\"claim\">{}</p>\n", text(&any.title));
    if let Some(why) = &any.why {
        out.push_str(&format!("<p>{}</p>\n", text(why)));
    }
    out.push_str("<dl class=\"facts\">");
    let clauses: Vec<String> = any.spec.iter().map(|clause| cited(clause)).collect();
    fact(&mut out, "clauses", &clauses.join(", "));
    fact(&mut out, "level", &text(any.level.as_str()));
    fact(&mut out, "case", &format!("<code>{}</code>", text(&any.source)));
    out.push_str("</dl>\n");
    let played =
        || columns.iter().zip(&row.cells).filter_map(|(column, case)| Some((column, (*case)?)));
    let is_only = columns.len() == 1;
    for (number, (column, case)) in played().enumerate() {
        let is_open = is_only || case.is_red(strictness);
        // Of a conversation that went as in an earlier run, and of one that is not red, the changes
        // are enough.
        let has_first = row.cells.first().is_some_and(Option::is_some);
        let is_shown = number == 0 || !has_first || case.is_red(strictness);
        let mut before = played().take(number);
        let twin =
            before.find(|(_, other)| other.body == case.body).map(|(column, _)| &*column.name);
        let talk = match twin {
            Some(name) => ConversationView::As(name),
            None if is_shown => ConversationView::Whole,
            None => ConversationView::Changes,
        };
        run(&mut out, &column.name, case, talk, (is_open, is_only), strictness);
    }
    between(&mut out, columns, row);
    out.push_str("</div>\n");
    out
}

/// How much of a conversation is shown.
enum ConversationView<'a> {
    /// All of it.
    Whole,
    /// That it went as in another run.
    As(&'a str),
    /// Its changes from the first run, which follow.
    Changes,
}

fn run(
    out: &mut String,
    name: &str,
    case: &CaseResult,
    talk: ConversationView<'_>,
    (is_open, is_only): (bool, bool),
    strictness: Strictness,
) {
    let badge = badges(case);
    if is_only {
        out.push_str("<div class=\"side\">");
    } else {
        let open = if is_open { " open" } else { "" };
        let name = text(name);
        out.push_str(&format!(
            "<details class=\"side\"{open}><summary><b class=\"mono\">{name}</b> {badge}</summary>"
        ));
    }
    facts(out, case, is_only.then_some(badge), strictness);
    assertion::write(out, case);
    if let Some(drift) = &case.drift {
        drifted(out, drift);
    }
    if case.is_new {
        let target = text(&case.target);
        out.push_str(&format!(
            "<p class=\"faint\">No transcript of {target} is accepted yet, so this one was compared with none.</p>\n"
        ));
    }
    match talk {
        ConversationView::As(name) => {
            out.push_str(&format!(
                "<p class=\"faint\">The same conversation as in <b class=\"mono\">{}</b>.</p>\n",
                text(name)
            ));
        }
        ConversationView::Changes => {
            out.push_str("<p class=\"faint\">The changes of the conversation are below.</p>\n");
        }
        ConversationView::Whole if case.said.is_empty() => {}
        ConversationView::Whole => {
            let open = if case.is_red(strictness) { " open" } else { "" };
            out.push_str(&format!(
                "<details class=\"fold\"{open}><summary>Transcript as a ladder</summary>\n{}</details>\n<details class=\"fold as-text\"><summary>Transcript as text</summary>\n<pre class=\"text\"></pre></details>\n",
                ladder::ladder(&case.said)
            ));
        }
    }
    out.push_str(if is_only { "</div>\n" } else { "</details>\n" });
}

fn facts(out: &mut String, case: &CaseResult, badge: Option<String>, strictness: Strictness) {
    out.push_str("<dl class=\"facts\">");
    if let Some(badge) = badge {
        fact(out, "verdict", &badge);
    }
    match (&case.deviation, &case.note, case.verdict) {
        (Some(deviation), ..) => listed(out, deviation, case.verdict),
        // The failed step shows the same message below.
        (None, Some(note), _) if case.failure.as_ref().is_none_or(|one| one.message != *note) => {
            fact(out, case.note_label(), &text(note));
        }
        _ => {}
    }
    if let Some(owner) = &case.owner {
        fact(out, "blocked by", &link(owner));
    }
    let held = if case.has_bad_end(strictness) { ", red with --strict" } else { "" };
    fact(out, "connections", &format!("<a href=\"#legend\">ended {}</a>{held}", case.close));
    fact(out, "took", &format!("{} ms, from {}", case.millis, time(&case.began)));
    if let Some(path) = &case.transcript {
        fact(out, "transcript", &format!("<code>{}</code>", text(path)));
    }
    out.push_str("</dl>\n");
}

fn listed(out: &mut String, deviation: &ListedDeviation, verdict: Verdict) {
    let what =
        if verdict == Verdict::Expected { "deviation" } else { "listed, but did not happen" };
    fact(out, what, &text(&deviation.reason));
    if let Some(link) = deviation.evidence() {
        let is_page = link.starts_with("https://") || link.starts_with("http://");
        let link = text(&link);
        let shown = if is_page {
            format!("<a href=\"{link}\" rel=\"noreferrer\">{link}</a>")
        } else {
            format!("<code>{link}</code>")
        };
        fact(out, "evidence", &shown);
    }
    if let Some(since) = &deviation.since {
        fact(out, "since", &text(since));
    }
    if let Some(until) = &deviation.until {
        fact(out, "until", &text(until));
    }
}

fn drifted(out: &mut String, drift: &Drift) {
    if drift.new {
        out.push_str("<p class=\"notice\">There is no accepted snapshot yet.</p>\n");
    } else {
        out.push_str("<h4>The transcript changed</h4>\n");
        out.push_str(&side::side_by_side(&drift.accepted, &drift.got, "accepted", "this run"));
    }
    if let Some(pending) = &drift.pending {
        out.push_str(&format!("<p class=\"faint\">pending <code>{}</code></p>\n", text(pending)));
    }
}

/// The changes of the other runs from the first.
fn between(out: &mut String, columns: &[Column], row: &Row<'_>) {
    let (Some(first), Some(Some(before))) = (columns.first(), row.cells.first()) else { return };
    for (column, after) in columns.iter().zip(&row.cells).skip(1) {
        let Some(after) = after else { continue };
        let (Some(old), Some(new)) = (&before.body, &after.body) else { continue };
        let pair = Pair { id: row.id, before: old, after: new, volatile: &after.volatile };
        if transcript::same_body(pair.before, pair.after, pair.volatile) {
            continue;
        }
        out.push_str(&format!(
            "<details class=\"fold\"><summary>Changes of <b class=\"mono\">{}</b> from <b class=\"mono\">{}</b></summary>\n{}</details>\n",
            text(&column.name),
            text(&first.name),
            side::side_by_side(old, new, &first.name, &column.name)
        ));
    }
}

fn cited(clause: &str) -> String {
    match clauses::page(clause) {
        Some(page) => {
            format!("<a href=\"{}\" rel=\"noreferrer\">{}</a>", text(&page), text(clause))
        }
        None => text(clause),
    }
}

fn fact(out: &mut String, name: &str, html: &str) {
    out.push_str(&format!("<dt>{name}</dt><dd>{html}</dd>\n"));
}
