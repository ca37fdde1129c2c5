//! Reports of a client in a snapshot (rules N2, N3, N23, N26).

use case::{Piece, Report, Spanned, Template, Token};

use super::names::{LONG, Names};
use super::xml;

/// A report with its fields in alphabetical order. A value that is not text is shown as JSON.
pub(super) fn report(line: &str, names: &Names) -> Report {
    let fields: serde_json::Map<String, serde_json::Value> =
        serde_json::from_str(line).unwrap_or_default();
    let text = |value: &serde_json::Value| match value.as_str() {
        Some(text) => text.to_owned(),
        None => value.to_string(),
    };
    let word = |text: &str| -> String {
        text.chars()
            .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '-' })
            .collect()
    };
    let event = fields.get("event").map(text).unwrap_or_default();
    let mut shown: Vec<(Spanned<String>, Template)> = fields
        .iter()
        .filter(|(key, _)| *key != "event" && !key.is_empty())
        .map(|(key, value)| (Spanned::new(word(key), 0..0), told(&text(value), names)))
        .collect();
    shown.sort_by(|(a, _), (b, _)| a.value.cmp(&b.value));
    let event = if event.is_empty() { "nothing".to_owned() } else { word(&event) };
    Report { event: Spanned::new(event, 0..0), fields: shown }
}

/// The text of a field, without times of day (rule N26). The length of XML is that of its longest
/// text, so an event that is shown whole on the wire is shown whole here too.
fn told(text: &str, names: &Names) -> Template {
    let is_short =
        text.len() <= LONG || xml::read(text.trim()).is_some_and(|it| !xml::has_long(&it));
    if !is_short {
        return names.text(text);
    }
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        let is_begin = !text[..at].ends_with(char::is_alphanumeric);
        match xml::time(&text[at..]).filter(|_| is_begin) {
            Some(length) => {
                pieces.extend(names.pieces(&text[from..at]));
                pieces.push(Piece::Token(Spanned::new(Token::Any { capture: None }, 0..0)));
                at += length;
                from = at;
            }
            None => at += c.len_utf8(),
        }
    }
    pieces.extend(names.pieces(&text[from..]));
    Template { pieces, span: 0..0 }
}
