//! The whole page: the template and its values.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use verdict::Strictness;

use super::escape::text;
use super::name::link;
use super::pool::Pool;
use super::{card, detail, legend, matrix, red, side};
use crate::compare::{Column, Comparison};
use crate::differences::{SharedChange, drifted};
use crate::list::cases_of;

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The HTML file.
pub(super) fn page(columns: &[Column], strictness: Strictness) -> String {
    let comparisons: Vec<Comparison<'_>> = match columns {
        [first, others @ ..] => others
            .iter()
            .map(|column| Comparison::new(&first.run, &column.run, strictness))
            .collect(),
        [] => Vec::new(),
    };
    let rows = matrix::rows(columns, &comparisons);
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let (title, heading, runs_heading) = match names.as_slice() {
        [name] => (
            format!("Conformance of {name}"),
            format!("Conformance of <span class=\"mono\">{}</span>", text(name)),
            "The run",
        ),
        names => {
            let title = format!("Conformance: {}", names.join(", "));
            (title, format!("Conformance of {} runs", names.len()), "The runs")
        }
    };
    let mut pool = Pool::default();
    let details: String = rows
        .iter()
        .enumerate()
        .map(|(number, row)| {
            let lines = pool.add(&detail::detail(row, columns, strictness));
            format!(
                "<script type=\"application/json\" id=\"detail-{number}\">\"{lines}\"</script>\n"
            )
        })
        .collect();
    // With one run, the page shows the changed transcripts first. With several, it shows the matrix
    // first.
    let differences = differences(columns, &comparisons);
    fill(
        PAGE,
        &[
            ("script-hash", &script_hash()),
            ("title", &text(&title)),
            ("style", STYLE.trim_end()),
            ("heading", &heading),
            ("red", &red::section(columns, strictness)),
            ("runs-heading", runs_heading),
            ("runs", &columns.iter().map(card::card).collect::<String>()),
            ("before", if columns.len() == 1 { &differences } else { "" }),
            ("after", if columns.len() == 1 { "" } else { &differences }),
            ("areas", &matrix::options(rows.iter().map(matrix::Row::area))),
            ("levels", &matrix::options(rows.iter().map(matrix::Row::level))),
            ("verdicts", &matrix::verdict_chips(&rows)),
            ("transcripts", &matrix::transcript_chips(&rows)),
            ("changes", &matrix::change_chips(&rows)),
            ("matrix-class", if columns.len() == 1 { "single" } else { "several" }),
            ("columns", &matrix::columns(columns, &comparisons)),
            ("matrix", &matrix::body(&rows, columns, strictness)),
            ("legend", &legend::legend()),
            ("footer", &footer()),
            ("lines", &pool.script()),
            ("details", &details),
            ("script", SCRIPT),
        ],
    )
}

/// Fills the placeholders of a template in one pass: a placeholder inside a value stays text.
fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut parts = template.split("{{");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (name, rest) = part.split_once("}}").unwrap_or((part, ""));
        if let Some((_, value)) = values.iter().find(|(known, _)| *known == name) {
            out.push_str(value);
        }
        out.push_str(rest);
    }
    out
}

/// Hash of the only script that may run (Content Security Policy Level 3 §6.7.3).
fn script_hash() -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, SCRIPT.as_bytes());
    format!("sha256-{}", STANDARD.encode(digest))
}

/// Changed transcripts, identical changes once: from the snapshots for one run, between the runs
/// for several.
fn differences(columns: &[Column], comparisons: &[Comparison<'_>]) -> String {
    let mut out = String::new();
    if let [column] = columns {
        let found = drifted(&column.run);
        section(&mut out, "Changed transcripts, each change once", &found, "accepted", "this run");
    } else if let Some(first) = columns.first() {
        for (column, comparison) in columns.iter().skip(1).zip(comparisons) {
            let heading =
                format!("Changes of {} from {}, each change once", column.name, first.name);
            section(&mut out, &heading, &comparison.differences(), &first.name, &column.name);
        }
    }
    out
}

fn section(out: &mut String, heading: &str, found: &[SharedChange<'_>], old: &str, new: &str) {
    if found.is_empty() {
        return;
    }
    out.push_str(&format!("<section>\n<h2>{}</h2>\n", text(heading)));
    for difference in found {
        let names: Vec<String> = difference.cases.iter().map(|id| link(id)).collect();
        out.push_str(&format!(
            "<details class=\"difference\"><summary>{} in {}</summary>\n<p class=\"names\">{}</p>\n{}</details>\n",
            difference.size(),
            cases_of(difference.cases.len()),
            names.join(", "),
            side::side_by_side(difference.before, &difference.after, old, new),
        ));
    }
    out.push_str("</section>\n");
}

fn footer() -> String {
    "Claims and clauses come from the case files. Transcripts are shown as recorded, with \
     passwords masked. Invisible characters are written as <span class=\"inv\">\\u{…}</span>."
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_place_in_a_value_is_text() {
        assert_eq!(fill("<{{a}}{{b}}>", &[("a", "{{b}}"), ("b", "B")]), "<{{b}}B>");
    }

    #[test]
    fn every_place_of_the_template_is_filled() {
        let page = page(&[], Strictness::default());
        assert!(!page.contains("{{"), "{page}");
    }
}
