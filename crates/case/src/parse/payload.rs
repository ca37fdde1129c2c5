//! Payloads after an arrow or a label.

use std::sync::Arc;

use super::cursor::Cursor;
use super::{Parsed, event, http, xml};
use crate::{Code, Diagnostic, Payload, Source, Span};

/// The payload that stands at `span`.
pub(super) fn payload(source: &Arc<Source>, span: Span) -> Parsed<Payload> {
    let text = source.text.get(span.clone()).unwrap_or_default();
    let mut cursor = Cursor::over(source, span.clone());
    if text.starts_with('<') {
        return element(source, span, text);
    }
    if text.starts_with('[') {
        return event::event(&mut cursor);
    }
    let first = text.lines().next().unwrap_or_default().trim_end();
    if http::begins(first) {
        return Ok(Payload::Http(http::head(&mut cursor)?));
    }
    let unknown = Diagnostic::error(
        Code::Payload,
        source,
        span.start..span.start + first.len(),
        "not a payload",
    );
    Err(Box::new(
        unknown
            .help("a payload is XML (`<iq …>`), an HTTP head (`GET … HTTP/1.1`, `HTTP/1.1 101`) or an event in brackets (`[text \"…\"]`)"),
    ))
}

/// An element, and `[fragments N]` after it.
fn element(source: &Arc<Source>, span: Span, text: &str) -> Parsed<Payload> {
    let end = text.rfind('>').map_or(text.len(), |at| at + 1);
    let after = text[end..].trim_start();
    if !after.starts_with('[') {
        let root = xml::element(source, span)?;
        return Ok(Payload::Xml { root, fragments: None });
    }
    let root = xml::element(source, span.start..span.start + end)?;
    let mut cursor = Cursor::over(source, span.end - after.len()..span.end);
    Ok(Payload::Xml { root, fragments: Some(event::fragments(&mut cursor)?) })
}
