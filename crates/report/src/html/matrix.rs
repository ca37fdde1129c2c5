//! The matrix of cases and runs, and its filters.

use verdict::{CaseResult, Strictness, Verdict};

use super::escape::text;
use super::name::{anchor, badges};
use crate::compare::{Change, Column, Comparison};

/// A case in all runs.
pub(super) struct Row<'a> {
    /// `area/slug`.
    pub(super) id: &'a str,
    /// Its result in each run; none if it was not played.
    pub(super) cells: Vec<Option<&'a CaseResult>>,
    /// Its change from the first run to each of the others.
    pub(super) changes: Vec<Change>,
}

impl<'a> Row<'a> {
    /// One of its results: the head of a case is the same in all.
    pub(super) fn any(&self) -> Option<&'a CaseResult> {
        self.cells.iter().rev().flatten().next().copied()
    }

    pub(super) fn area(&self) -> &'a str {
        self.any().map_or("", CaseResult::area)
    }

    pub(super) fn level(&self) -> &'a str {
        self.any().map_or("", |case| case.level.as_str())
    }

    /// The change that needs a look most.
    fn change(&self) -> Option<Change> {
        self.changes.iter().min().copied()
    }
}

/// A row for each case of any run, sorted by id.
pub(super) fn rows<'a>(columns: &'a [Column], comparisons: &[Comparison<'_>]) -> Vec<Row<'a>> {
    let mut ids: Vec<&str> = columns
        .iter()
        .flat_map(|column| column.run.cases.iter().map(|case| case.id.as_str()))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids.into_iter()
        .map(|id| Row {
            id,
            cells: columns.iter().map(|column| column.run.case(id)).collect(),
            changes: comparisons
                .iter()
                .map(|comparison| {
                    let found = comparison.entries.iter().find(|entry| entry.id == id);
                    found.map_or(Change::Unplayed, |entry| entry.change)
                })
                .collect(),
        })
        .collect()
}

/// A heading for each run.
pub(super) fn columns(columns: &[Column], comparisons: &[Comparison<'_>]) -> String {
    let heads = columns.iter().map(|column| {
        let name = if columns.len() == 1 { "Verdict" } else { &column.name };
        format!("<th scope=\"col\">{}</th>", text(name))
    });
    let change = (!comparisons.is_empty()).then(|| "<th scope=\"col\">Change</th>".to_owned());
    heads.chain(change).collect()
}

/// The rows, area by area.
pub(super) fn body(rows: &[Row<'_>], columns: &[Column], strictness: Strictness) -> String {
    let mut out = String::new();
    let width =
        rows.first().map_or(3, |row| 2 + row.cells.len() + usize::from(!row.changes.is_empty()));
    if rows.is_empty() {
        return format!(
            "<tbody class=\"empty\"><tr class=\"empty\"><td colspan=\"{width}\">No case was played.</td></tr></tbody>\n"
        );
    }
    let mut number = 0;
    for area in rows.chunk_by(|a, b| a.area() == b.area()) {
        let name = area.first().map_or("", Row::area);
        out.push_str(&format!(
            "<tbody class=\"group\"><tr class=\"area\"><th scope=\"rowgroup\" colspan=\"{width}\"><button type=\"button\" aria-expanded=\"true\">{}</button></th></tr>\n",
            text(name)
        ));
        for row in area {
            out.push_str(&line(row, number, columns, strictness));
            number += 1;
        }
        out.push_str("</tbody>\n");
    }
    out
}

fn line(row: &Row<'_>, number: usize, columns: &[Column], strictness: Strictness) -> String {
    let cases = || row.cells.iter().flatten();
    let Some(any) = row.any() else { return String::new() };
    let verdicts: Vec<&str> = cases().map(|case| case.verdict.word()).collect();
    let words: Vec<String> = cases()
        .map(|case| format!("{} {}", case.message(strictness), case.note.as_deref().unwrap_or("")))
        .collect();
    let search = format!("{} {} {} {}", row.id, any.title, any.spec.join(" "), words.join(" "));
    let red = if cases().any(|case| case.is_red(strictness)) { " data-red=\"1\"" } else { "" };
    let change = row.change();
    let is_only = columns.len() == 1;
    let cells: String = columns
        .iter()
        .zip(&row.cells)
        .map(|(column, case)| cell(*case, &column.name, strictness, is_only))
        .collect();
    let change_cell = change.map_or_else(String::new, |change| {
        let shown = if change == Change::Same {
            "<span class=\"faint\">same</span>".to_owned()
        } else {
            format!("<span class=\"badge {}\">{}</span>", class(change), change.word())
        };
        format!("<td data-run=\"change\">{shown}</td>")
    });
    format!(
        "<tr class=\"case\" id=\"{}\" data-row=\"{number}\" data-area=\"{}\" data-level=\"{}\" data-verdicts=\"{}\" data-transcripts=\"{}\" data-change=\"{}\"{red} data-text=\"{}\"><th scope=\"row\"><button type=\"button\" class=\"needs-script\" aria-expanded=\"false\">{}</button><noscript>{7}</noscript><small>{}</small></th><td class=\"level\">{2}</td>{cells}{change_cell}</tr>\n",
        anchor(row.id),
        text(any.area()),
        text(any.level.as_str()),
        verdicts.join(" "),
        transcripts(row).join(" "),
        change.map_or("", class),
        text(&search.to_lowercase()),
        text(row.id),
        text(&any.title),
    )
}

fn cell(case: Option<&CaseResult>, run: &str, strictness: Strictness, single: bool) -> String {
    let name = text(run);
    let Some(case) = case else {
        return format!(
            "<td class=\"verdict\" data-run=\"{name}\"><span class=\"faint\">not played</span></td>"
        );
    };
    let close = if case.close.is_tidy() {
        String::new()
    } else {
        format!("<small>ended {}</small>", case.close)
    };
    let message = if single && case.verdict != Verdict::Pass {
        format!("<small>{}</small>", text(&case.message(strictness)))
    } else {
        String::new()
    };
    format!(
        "<td class=\"verdict\" data-run=\"{name}\">{}<span class=\"time\">{} ms</span>{message}{close}</td>",
        badges(case),
        case.millis
    )
}

/// `<option>`s for each different value, sorted.
pub(super) fn options<'a>(values: impl Iterator<Item = &'a str>) -> String {
    let mut values: Vec<&str> = values.collect();
    values.sort_unstable();
    values.dedup();
    values.into_iter().map(|value| format!("<option>{}</option>", text(value))).collect()
}

/// A checkbox for each verdict that occurs.
pub(super) fn verdict_chips(rows: &[Row<'_>]) -> String {
    let counted = |verdict: Verdict| {
        let has = |row: &&Row<'_>| row.cells.iter().flatten().any(|case| case.verdict == verdict);
        (verdict.word(), verdict.word(), rows.iter().filter(has).count())
    };
    chips("verdict", Verdict::ALL.into_iter().map(counted))
}

/// A checkbox for transcripts that are not the accepted ones, and one for those that were compared
/// with nothing; none where all are accepted.
pub(super) fn transcript_chips(rows: &[Row<'_>]) -> String {
    let counted =
        |word| (word, word, rows.iter().filter(|row| transcripts(row).contains(&word)).count());
    fieldset("Transcript", &chips("transcript", TRANSCRIPTS.into_iter().map(counted)))
}

/// How the transcripts of a case compare with the accepted ones.
const TRANSCRIPTS: [&str; 2] = ["changed", "new"];

/// Those of [`TRANSCRIPTS`] that occur in a row.
fn transcripts(row: &Row<'_>) -> Vec<&'static str> {
    let any = |is_so: fn(&CaseResult) -> bool| row.cells.iter().flatten().any(|case| is_so(case));
    let [changed, new] = TRANSCRIPTS;
    let changed = any(CaseResult::drifts).then_some(changed);
    let new = any(|case| case.is_new).then_some(new);
    changed.into_iter().chain(new).collect()
}

/// A checkbox for each change that occurs; none for a single run.
pub(super) fn change_chips(rows: &[Row<'_>]) -> String {
    let counted = |change: Change| {
        let count = rows.iter().filter(|row| row.change() == Some(change)).count();
        (class(change), change.word(), count)
    };
    fieldset("Change", &chips("change", Change::ALL.into_iter().map(counted)))
}

fn fieldset(legend: &str, chips: &str) -> String {
    if chips.is_empty() {
        return String::new();
    }
    format!("<fieldset><legend>{legend}</legend>{chips}</fieldset>")
}

fn chips<'a>(name: &str, values: impl Iterator<Item = (&'a str, &'a str, usize)>) -> String {
    values
        .filter(|(_, _, count)| *count > 0)
        .map(|(value, word, count)| {
            format!("<label class=\"chip\"><input type=\"checkbox\" name=\"{name}\" value=\"{value}\">{word} {count}</label>")
        })
        .collect()
}

fn class(change: Change) -> &'static str {
    match change {
        Change::Unplayed => "not-played",
        other => other.word(),
    }
}
