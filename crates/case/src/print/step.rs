//! Items as lines: steps, blocks, comments.

use std::time::Duration;

use super::token::{bare, quoted};
use super::{beside, payload, width, xml};
use crate::{Arg, Arrow, Branch, Call, Fact, Item, Payload, Spanned, Step, StepKind, duration};

/// Wider labels and texts get a line of their own, above the payload.
const LABEL_WIDTH: usize = 40;

/// The items as lines, indented by `indent`. Empty lines at the ends, and more than one in a row,
/// are layout.
pub(super) fn items(items: &[Item], indent: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut blank = false;
    for item in items {
        let lines = match item {
            Item::Blank => {
                blank = !out.is_empty();
                continue;
            }
            Item::Comment(text) => vec![format!("{}# {text}", " ".repeat(indent))],
            Item::Step(step) => self::step(step, indent),
        };
        if std::mem::take(&mut blank) {
            out.push(String::new());
        }
        out.extend(lines);
    }
    out
}

fn step(step: &Step, indent: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    match &step.kind {
        StepKind::Say { conn, arrow, within, payload } => {
            let first = format!("{pad}{} {arrow} {}", conn.value, limit(*within));
            beside(&first, payload::lines(payload, width(&first)))
        }
        StepKind::Fact { conn, within, fact } => {
            vec![format!("{pad}{} == {}{}", conn.value, limit(*within), self::fact(fact))]
        }
        StepKind::Reports { conn, within, report } => {
            let fields = report
                .fields
                .iter()
                .map(|(key, value)| format!(" {}={}", key.value, quoted(value)))
                .collect::<String>();
            let (conn, event) = (&conn.value, &report.event.value);
            vec![format!("{pad}{conn} reports {}{event}{fields}", limit(*within))]
        }
        StepKind::Mark(name) => vec![format!("{pad}mark {}", name.value)],
        StepKind::Time(comparison) => vec![format!("{pad}time {comparison}")],
        StepKind::Do(call) => self::call(&format!("{pad}do "), call),
        StepKind::Use(call) => self::call(&format!("{pad}use "), call),
        // An expanded case is never printed as such; print the call that its author wrote.
        StepKind::Used { call, .. } => self::call(&format!("{pad}use "), call),
        StepKind::AnyOrder(body) => block(format!("{pad}any order"), body, indent),
        StepKind::Finally(body) => block(format!("{pad}finally"), body, indent),
        StepKind::OneOf { short, branches } => one_of(short.as_ref(), branches, indent),
    }
}

fn block(first: String, body: &[Item], indent: usize) -> Vec<String> {
    let mut lines = vec![first];
    lines.extend(items(body, indent + 2));
    lines
}

fn limit(within: Option<Duration>) -> String {
    within.map_or_else(String::new, |limit| format!("within {} ", duration::print(limit)))
}

fn fact(fact: &Fact) -> String {
    match fact {
        Fact::Connect { tls: false } => "connect".to_owned(),
        Fact::Connect { tls: true } => "connect tls".to_owned(),
        Fact::ServerName => "server name".to_owned(),
        Fact::Caps => "caps".to_owned(),
        Fact::Upgraded => "upgraded".to_owned(),
        Fact::NeverUpgraded => "never upgraded".to_owned(),
        Fact::Closed => "closed".to_owned(),
        Fact::Eof => "eof".to_owned(),
        Fact::Reset => "reset".to_owned(),
        Fact::Silent(silent) => format!("silent {}", duration::print(*silent)),
        Fact::Manual => "manual".to_owned(),
        Fact::Deaf => "deaf".to_owned(),
        Fact::Mute => "mute".to_owned(),
    }
}

/// On one line, or with arguments below each other when one of them has several lines or there is
/// no room.
fn call(keyword: &str, call: &Call) -> Vec<String> {
    let first = format!("{keyword}{}(", call.name.value);
    let column = width(&first);
    let args: Vec<Vec<String>> = call
        .args
        .iter()
        .map(|arg| match &arg.value {
            Arg::Word(word) => vec![word.clone()],
            Arg::Number(number) => vec![number.to_string()],
            Arg::Text(text) => vec![bare(text).unwrap_or_else(|| quoted(text))],
            Arg::Xml(root) => xml::lines(root, column),
        })
        .collect();
    let one_line: String = args.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(", ");
    if args.iter().all(|lines| lines.len() == 1) && column + width(&one_line) < super::WIDTH {
        return vec![format!("{first}{one_line})")];
    }
    let mut lines: Vec<String> = Vec::new();
    let count = args.len();
    for (index, mut arg) in args.into_iter().enumerate() {
        if let Some(last) = arg.last_mut() {
            last.push(if index + 1 == count { ')' } else { ',' });
        }
        lines.extend(arg);
    }
    beside(&first, lines)
}

fn one_of(short: Option<&Spanned<String>>, branches: &[Branch], indent: usize) -> Vec<String> {
    let pad = " ".repeat(indent);
    let short = short.and_then(|conn| Some((conn, short_payloads(&conn.value, branches)?)));
    let Some((conn, (within, payloads))) = short else {
        let mut lines = vec![format!("{pad}one of")];
        for branch in branches {
            let (above, body) = leading(branch);
            lines.extend(branch_lead(above, indent + 2, lines.len() == 1));
            lines.push(format!("{pad}  {}", label(branch)));
            lines.extend(items(body, indent + 4));
        }
        return lines;
    };
    let mut lines = vec![format!("{pad}{} <- {}one of", conn.value, limit(within))];
    let labels: Vec<String> = branches.iter().map(label).collect();
    let widest = labels.iter().map(|label| width(label)).max().unwrap_or_default();
    for ((branch, label), payload) in branches.iter().zip(labels).zip(payloads) {
        let (above, body) = leading(branch);
        lines.extend(branch_lead(above, indent + 2, lines.len() == 1));
        if widest <= LABEL_WIDTH {
            let first = format!("{pad}  {label:widest$}  ");
            lines.extend(beside(&first, payload::lines(payload, width(&first))));
        } else {
            let first = format!("{pad}      ");
            lines.push(format!("{pad}  {label}"));
            lines.extend(beside(&first, payload::lines(payload, width(&first))));
        }
        let below = body.get(1..).unwrap_or_default();
        lines.extend(branch_lead(below, indent + 2, false));
    }
    lines
}

/// Comments and empty lines between branches, at the labels' column.
fn branch_lead(above: &[Item], indent: usize, first: bool) -> Vec<String> {
    let mut lines = items(above, indent);
    if matches!(above.first(), Some(Item::Blank)) && !first {
        lines.insert(0, String::new());
    }
    if matches!(above, [_, .., Item::Blank]) {
        lines.push(String::new());
    }
    lines
}

/// The comments and empty lines before the first step of a branch, and the rest.
fn leading(branch: &Branch) -> (&[Item], &[Item]) {
    let first = branch
        .body
        .iter()
        .position(|item| matches!(item, Item::Step(_)))
        .unwrap_or(branch.body.len());
    branch.body.split_at(first)
}

fn label(branch: &Branch) -> String {
    match &branch.text {
        Some(text) => {
            let escaped = crate::Template {
                pieces: vec![crate::Piece::Text(text.value.clone())],
                span: 0..0,
            };
            format!("{} {}", branch.label.value, quoted(&escaped))
        }
        None => branch.label.value.to_string(),
    }
}

/// The payload of each branch and the one deadline of all, if the block can be written in the short
/// form.
fn short_payloads<'a>(
    name: &str,
    branches: &'a [Branch],
) -> Option<(Option<Duration>, Vec<&'a Payload>)> {
    let mut limit = None;
    let mut payloads = Vec::new();
    for branch in branches {
        let mut steps = branch
            .body
            .iter()
            .filter_map(|item| if let Item::Step(step) = item { Some(step) } else { None });
        let (Some(only), None) = (steps.next(), steps.next()) else {
            return None;
        };
        let StepKind::Say { conn, arrow: Arrow::ToClient, within, payload } = &only.kind else {
            return None;
        };
        if conn.value != name || *limit.get_or_insert(*within) != *within {
            return None;
        }
        payloads.push(payload);
    }
    Some((limit.flatten(), payloads))
}
