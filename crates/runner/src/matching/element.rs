//! Compares elements by expanded names.

use case::{AttrPattern, ChildPattern, ElementPattern, Piece, Span, Template, TextRule, Token};
use stanza::{Element, Name};

use super::{Mismatch, shown};
use crate::bindings::Bindings;
use crate::template;
use verdict::Difference;

/// Compares an element with a pattern.
pub(super) fn compare(
    wanted: &ElementPattern,
    came: &Element,
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    if wanted.name.local == came.name.local && wanted.name.ns != came.name.ns {
        let place = format!("{}/@xmlns", came.name.local);
        let or_none = |ns: &str| if ns.is_empty() { "–".to_owned() } else { ns.to_owned() };
        let row = difference(&place, &or_none(&wanted.name.ns), &or_none(&came.name.ns), "differs");
        return Err(Mismatch {
            message: format!("{place} differs"),
            rows: vec![row],
            span: Some(wanted.span.clone()),
        });
    }
    if wanted.name != came.name {
        let row = difference("root element", &full(&wanted.name), &full(&came.name), "differs");
        return Err(Mismatch {
            message: format!("wanted <{}>, got <{}>", full(&wanted.name), full(&came.name)),
            rows: vec![row],
            span: Some(wanted.span.clone()),
        });
    }
    let mut found = Differences::default();
    walk(wanted, came, &came.name.local, bindings, &mut found);
    match found.first {
        None => Ok(()),
        Some((message, span)) => Err(Mismatch { rows: found.rows, span: Some(span), message }),
    }
}

/// The differences found so far, and the first of them for the headline.
#[derive(Default)]
struct Differences {
    rows: Vec<Difference>,
    first: Option<(String, Span)>,
}

impl Differences {
    fn add(&mut self, row: Difference, message: String, span: &Span) {
        self.rows.push(row);
        self.first.get_or_insert_with(|| (message, span.clone()));
    }
}

fn walk(
    wanted: &ElementPattern,
    came: &Element,
    path: &str,
    bindings: &mut Bindings,
    found: &mut Differences,
) {
    for attr in &wanted.attrs {
        attribute(attr, came, path, bindings, found);
    }
    if wanted.control.text == TextRule::Xml {
        return escaped(wanted, came, path, bindings, found);
    }
    let mut used = vec![false; came.children().count()];
    for child in &wanted.children {
        if let ChildPattern::Element(child) = child {
            element_child(child, came, path, &mut used, bindings, found);
        }
    }
    text(wanted, came, path, bindings, found);
    if wanted.control.closed {
        closed(wanted, came, path, &used, found);
    }
}

/// `t:text="xml"`: compares the one child that is written with what the text holds.
fn escaped(
    wanted: &ElementPattern,
    came: &Element,
    path: &str,
    bindings: &mut Bindings,
    found: &mut Differences,
) {
    let text = came.text();
    let place = format!("{path}/text()");
    let has_children = came.children().next().is_some();
    match stanza::parse(text.trim()) {
        Ok(inner) if !has_children => {
            let holder = Element::new("", "").with_child(inner);
            let mut used = [false];
            for child in &wanted.children {
                if let ChildPattern::Element(child) = child {
                    element_child(child, &holder, &place, &mut used, bindings, found);
                }
            }
        }
        _ => {
            let row = difference(
                &place,
                "escaped XML",
                if has_children { "elements" } else { &text },
                "differs",
            );
            found.add(row, format!("text of {path} is not XML, escaped once"), &wanted.span);
        }
    }
}

fn attribute(
    wanted: &AttrPattern,
    came: &Element,
    path: &str,
    bindings: &mut Bindings,
    found: &mut Differences,
) {
    let place = format!("{path}/@{}", wanted.name.local);
    let value =
        came.attrs.iter().find(|attr| attr.name == wanted.name).map(|attr| attr.value.as_str());
    let is_absent = is_absent(&wanted.value);
    match value {
        Some(value) if is_absent => {
            found.add(
                difference(&place, "–", value, "extra"),
                format!("{place} must not be there"),
                &wanted.span,
            );
        }
        None if is_absent => {}
        None => {
            let wanted_value = shown(&wanted.value, bindings);
            found.add(
                difference(&place, &wanted_value, "–", "missing"),
                format!("{place} is missing"),
                &wanted.span,
            );
        }
        Some(value) => {
            if !template::fits(&wanted.value, value.as_bytes(), bindings) {
                let wanted_value = shown(&wanted.value, bindings);
                let row = difference(&place, &wanted_value, value, "differs");
                found.add(row, format!("{place} differs"), &wanted.span);
            }
        }
    }
}

/// Looks for the first unused child that fits; failing that, says how the nearest one differs.
fn element_child(
    wanted: &ElementPattern,
    came: &Element,
    path: &str,
    used: &mut [bool],
    bindings: &mut Bindings,
    found: &mut Differences,
) {
    let place = format!("{path}/{}", wanted.name.local);
    let mut nearest: Option<Differences> = None;
    for (i, child) in came.children().enumerate() {
        if used[i] || child.name != wanted.name {
            continue;
        }
        let mut trial = bindings.clone();
        let mut inner = Differences::default();
        walk(wanted, child, &place, &mut trial, &mut inner);
        if inner.rows.is_empty() {
            if wanted.control.absent {
                let row = difference(&place, "–", &full(&child.name), "extra");
                found.add(row, format!("{place} must not be there"), &wanted.span);
            } else {
                *bindings = trial;
                used[i] = true;
            }
            return;
        }
        if nearest.as_ref().is_none_or(|best| inner.rows.len() < best.rows.len()) {
            nearest = Some(inner);
        }
    }
    if wanted.control.absent || (wanted.control.optional && nearest.is_none()) {
        return;
    }
    match nearest {
        Some(inner) => {
            found.rows.extend(inner.rows);
            if let Some(first) = inner.first {
                found.first.get_or_insert(first);
            }
        }
        None => {
            let row = difference(&place, "present", "–", "missing");
            found.add(row, format!("not found under {path}"), &wanted.span);
        }
    }
}

fn text(
    wanted: &ElementPattern,
    came: &Element,
    path: &str,
    bindings: &mut Bindings,
    found: &mut Differences,
) {
    if wanted.control.text == TextRule::Any {
        return;
    }
    let pieces: Vec<&Template> = wanted
        .children
        .iter()
        .filter_map(|child| match child {
            ChildPattern::Text(text) => Some(text),
            ChildPattern::Element(_) => None,
        })
        .collect();
    let Some(first) = pieces.first() else { return };
    let whole = Template {
        pieces: pieces.iter().flat_map(|text| text.pieces.iter().cloned()).collect(),
        span: first.span.clone(),
    };
    let value = came.text();
    if !template::fits(&whole, value.as_bytes(), bindings) {
        let place = format!("{path}/text()");
        let span = if first.span.is_empty() { &wanted.span } else { &first.span };
        let why = if value.is_empty() { "missing" } else { "differs" };
        let row = difference(
            &place,
            &shown(&whole, bindings),
            if value.is_empty() { "–" } else { &value },
            why,
        );
        found.add(row, format!("text of {path} differs"), span);
    }
}

/// `t:closed`: nothing but what is named.
fn closed(
    wanted: &ElementPattern,
    came: &Element,
    path: &str,
    used: &[bool],
    found: &mut Differences,
) {
    for attr in
        came.attrs.iter().filter(|attr| !wanted.attrs.iter().any(|named| named.name == attr.name))
    {
        let place = format!("{path}/@{}", attr.name.local);
        let row = difference(&place, "–", &attr.value, "extra");
        found.add(row, format!("{place} is not allowed here"), &wanted.span);
    }
    for (child, _) in came.children().zip(used).filter(|(_, used)| !**used) {
        let place = format!("{path}/{}", child.name.local);
        let row = difference(&place, "–", &full(&child.name), "extra");
        found.add(row, format!("{place} is not allowed here"), &wanted.span);
    }
    let text = came.text();
    let names_text = wanted.children.iter().any(|child| matches!(child, ChildPattern::Text(_)));
    if !names_text && wanted.control.text == TextRule::AsWritten && !text.trim().is_empty() {
        let place = format!("{path}/text()");
        found.add(
            difference(&place, "–", &text, "extra"),
            format!("{place} is not allowed here"),
            &wanted.span,
        );
    }
}

/// Whether the value is `{absent}`.
pub(super) fn is_absent(template: &Template) -> bool {
    matches!(template.pieces.as_slice(), [Piece::Token(token)] if token.value == Token::Absent)
}

fn full(name: &Name) -> String {
    if name.ns.is_empty() { name.local.clone() } else { format!("{} {{{}}}", name.local, name.ns) }
}

fn difference(place: &str, wanted: &str, got: &str, why: &str) -> Difference {
    Difference {
        place: place.to_owned(),
        wanted: wanted.to_owned(),
        got: got.to_owned(),
        why: why.to_owned(),
    }
}
