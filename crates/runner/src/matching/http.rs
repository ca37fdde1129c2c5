//! Compares HTTP responses.

use case::{HeaderPattern, HttpHead, StartLine, Template};
use wire::ResponseHead;

use super::element::is_absent;
use super::{Mismatch, shown};
use crate::bindings::Bindings;
use crate::outcome::Difference;
use crate::template;

/// Compares a response with a pattern. Header names are compared without case; one of several lines of a name is
/// enough (RFC 9110 §5.3).
pub(super) fn compare(
    wanted: &HttpHead,
    came: &ResponseHead,
    body: &[u8],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let StartLine::Response { version, status, reason } = &wanted.start else {
        return Err(Mismatch::other_kind());
    };
    let mut rows = Vec::new();
    let mut spans = Vec::new();
    let mut check = |place: &str, template: &Template, got: &[u8], bindings: &mut Bindings| {
        if !template::fits(template, got, bindings) {
            let got = String::from_utf8_lossy(got);
            rows.push(row(place, shown(template, bindings), &got, "differs"));
            spans.push(template.span.clone());
        }
    };
    check("status", status, came.status.to_string().as_bytes(), bindings);
    check("version", version, came.version.as_bytes(), bindings);
    if let Some(reason) = reason {
        check("reason", reason, came.reason.as_bytes(), bindings);
    }
    if let Some(template) = &wanted.body {
        check("body", template, body, bindings);
    }
    for header in wanted.headers.iter().filter(|header| !header.name.starts_with('{')) {
        if let Some(row) = check_header(header, came, bindings) {
            rows.push(row);
            spans.push(header.span.clone());
        }
    }
    let Some(first) = rows.first() else { return Ok(()) };
    let message = match first.why.as_str() {
        "missing" => format!("{} is missing", first.place),
        "extra" => format!("{} must not be there", first.place),
        _ => format!("{}: wanted {}, got {}", first.place, first.wanted, first.got),
    };
    let span = spans.into_iter().next().filter(|span| !span.is_empty());
    Err(Mismatch { message, span, rows })
}

fn check_header(
    header: &HeaderPattern,
    came: &ResponseHead,
    bindings: &mut Bindings,
) -> Option<Difference> {
    let place = format!("header {}", header.name);
    let values: Vec<&str> = came.headers.all(&header.name).collect();
    if is_absent(&header.value) {
        return values.first().map(|value| row(&place, "–".to_owned(), value, "extra"));
    }
    if values.iter().any(|value| template::fits(&header.value, value.as_bytes(), bindings)) {
        return None;
    }
    let wanted = shown(&header.value, bindings);
    Some(match values.first() {
        None => row(&place, wanted, "–", "missing"),
        Some(value) => row(&place, wanted, value, "differs"),
    })
}

fn row(place: &str, wanted: String, got: &str, why: &str) -> Difference {
    Difference { place: place.to_owned(), wanted, got: got.to_owned(), why: why.to_owned() }
}
