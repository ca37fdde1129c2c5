//! Compares HTTP requests and responses.

use case::{ElementPattern, HeaderPattern, HttpBody, HttpHead, StartLine, Template};
use stanza::Rules;
use wire::{Headers, RequestHead, ResponseHead};

use super::element::{self, is_absent};
use super::{Mismatch, shown};
use crate::bindings::Bindings;
use crate::template;
use verdict::Difference;

/// Headers of a request that are lists of words without case (RFC 9110 §7.6.1, §7.8; RFC 6455
/// §4.1).
const LISTS: [&str; 2] = ["connection", "upgrade"];

/// Compares a response with a pattern. Header names are compared without case; one of several lines
/// of a name is enough (RFC 9110 §5.3).
pub(super) fn response(
    wanted: &HttpHead,
    came: &ResponseHead,
    body: &[u8],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let StartLine::Response { version, status, reason } = &wanted.start else {
        return Err(Mismatch::other_kind());
    };
    let mut found = Differences::default();
    found.check("status", status, came.status.to_string().as_bytes(), bindings);
    found.check("version", version, came.version.as_bytes(), bindings);
    if let Some(reason) = reason {
        found.check("reason", reason, came.reason.as_bytes(), bindings);
    }
    found.rest(wanted, &came.headers, body, bindings);
    found.result()
}

/// Compares a request with a pattern. A client says more in some headers than a case does: of
/// lists, the words that are wanted must be there.
pub(super) fn request(
    wanted: &HttpHead,
    came: &RequestHead,
    body: &[u8],
    bindings: &mut Bindings,
) -> Result<(), Mismatch> {
    let StartLine::Request { method, target, version } = &wanted.start else {
        return Err(Mismatch::other_kind());
    };
    let mut found = Differences { lists: true, ..Differences::default() };
    found.check("method", method, came.method.as_bytes(), bindings);
    found.check("target", target, came.target.as_bytes(), bindings);
    found.check("version", version, came.version.as_bytes(), bindings);
    found.rest(wanted, &came.headers, body, bindings);
    found.result()
}

/// The differences found so far, and where the pattern has them.
#[derive(Default)]
struct Differences {
    rows: Vec<Difference>,
    spans: Vec<case::Span>,
    /// Headers that are lists are compared word by word.
    lists: bool,
}

impl Differences {
    fn check(&mut self, place: &str, template: &Template, got: &[u8], bindings: &mut Bindings) {
        if !template::fits(template, got, bindings) {
            let got = String::from_utf8_lossy(got);
            self.rows.push(row(place, shown(template, bindings), &got, "differs"));
            self.spans.push(template.span.clone());
        }
    }

    fn rest(&mut self, wanted: &HttpHead, came: &Headers, body: &[u8], bindings: &mut Bindings) {
        match &wanted.body {
            None => {}
            Some(HttpBody::Octets(template)) => self.check("body", template, body, bindings),
            Some(HttpBody::Xml(root)) => self.document(root, body, bindings),
        }
        for header in wanted.headers.iter().filter(|header| !header.name.starts_with('{')) {
            let name = header.name.to_ascii_lowercase();
            let is_list = self.lists && LISTS.contains(&name.as_str());
            if is_list && came.has_token(&name, &shown(&header.value, bindings)) {
                continue;
            }
            if let Some(row) = check_header(header, came, bindings) {
                self.rows.push(row);
                self.spans.push(header.span.clone());
            }
        }
    }

    /// The body is to be one element; it may have a declaration.
    fn document(&mut self, root: &ElementPattern, body: &[u8], bindings: &mut Bindings) {
        let text = String::from_utf8_lossy(body);
        let came = match stanza::parse_with(&text, &Rules::DOCUMENT) {
            Ok((came, _)) => came,
            Err(error) => {
                let why = if body.is_empty() { "missing" } else { "differs" };
                let got = if body.is_empty() { "–".to_owned() } else { error.to_string() };
                self.rows.push(row("body", format!("<{}>", root.name.local), &got, why));
                self.spans.push(root.span.clone());
                return;
            }
        };
        if let Err(mismatch) = element::compare(root, &came, bindings) {
            let span = mismatch.span.unwrap_or_else(|| root.span.clone());
            self.spans.extend(mismatch.rows.iter().map(|_| span.clone()));
            self.rows.extend(mismatch.rows);
        }
    }

    fn result(self) -> Result<(), Mismatch> {
        let Some(first) = self.rows.first() else { return Ok(()) };
        let message = match first.why.as_str() {
            "missing" => format!("{} is missing", first.place),
            "extra" => format!("{} must not be there", first.place),
            _ => format!("{}: wanted {}, got {}", first.place, first.wanted, first.got),
        };
        let span = self.spans.into_iter().next().filter(|span| !span.is_empty());
        Err(Mismatch { message, span, rows: self.rows })
    }
}

fn check_header(
    header: &HeaderPattern,
    came: &Headers,
    bindings: &mut Bindings,
) -> Option<Difference> {
    let place = format!("header {}", header.name);
    let values: Vec<&str> = came.all(&header.name).collect();
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
