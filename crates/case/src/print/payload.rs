//! Payloads as lines that stand below each other at one column.

use super::token::{escaped, quoted};
use super::{WIDTH, beside, width, xml};
use crate::{FrameLength, FramePattern, HttpBody, HttpHead, Payload, StartLine, Template};

/// The payload as lines, the first of which stands at `column`.
pub(super) fn lines(payload: &Payload, column: usize) -> Vec<String> {
    match payload {
        Payload::Xml { root, fragments } => {
            let mut lines = xml::lines(root, column);
            if let (Some(fragments), Some(last)) = (fragments, lines.last_mut()) {
                last.push_str(&format!(" [fragments {fragments}]"));
            }
            lines
        }
        Payload::Http(head) => http(head, column),
        Payload::Text(text) => event("[text", Some(text), column),
        Payload::Binary(text) => event("[binary", Some(text), column),
        Payload::Bytes(text) => event("[bytes", Some(text), column),
        Payload::Ping(text) => event("[ping", filled(text), column),
        Payload::Pong(text) => event("[pong", filled(text), column),
        Payload::Frame(frame) => event_frame(frame, column),
        Payload::Close { code: None, .. } => vec!["[close]".to_owned()],
        Payload::Close { code: Some(code), reason } => {
            event(&format!("[close {code}"), reason.as_ref(), column)
        }
        Payload::Eof => vec!["[eof]".to_owned()],
        Payload::Reset => vec!["[reset]".to_owned()],
        Payload::Nothing => vec!["[nothing]".to_owned()],
    }
}

fn filled(text: &Template) -> Option<&Template> {
    (!text.pieces.is_empty()).then_some(text)
}

fn http(head: &HttpHead, column: usize) -> Vec<String> {
    let mut lines = vec![match &head.start {
        StartLine::Request { method, target, version } => format!("{method} {target} {version}"),
        StartLine::Response { version, status, reason: None } => format!("{version} {status}"),
        StartLine::Response { version, status, reason: Some(reason) } => {
            format!("{version} {status} {reason}")
        }
    }];
    for header in &head.headers {
        lines.push(format!("{}: {}", header.name, header.value));
    }
    match &head.body {
        None => {}
        Some(HttpBody::Octets(body)) => lines.extend(event("[body", Some(body), column)),
        Some(HttpBody::Xml(root)) => lines.extend(xml::lines(root, column)),
    }
    for line in &mut lines {
        // A line cannot hold what ends it; such heads are recorded as `[bytes …]`.
        if line.contains(char::is_control) {
            *line = line.replace(char::is_control, "\u{FFFD}");
        }
    }
    lines
}

fn event(opening: &str, text: Option<&Template>, column: usize) -> Vec<String> {
    let Some(text) = text else {
        return vec![format!("{opening}]")];
    };
    let first = format!("{opening} ");
    let mut lines = beside(&first, strings(text, column + width(&first)));
    if let Some(last) = lines.last_mut() {
        last.push(']');
    }
    lines
}

/// The string, cut into several when it is too long for a line: after a line break, `>` or blank if
/// there is one.
fn strings(text: &Template, column: usize) -> Vec<String> {
    let whole = quoted(text);
    // Two quotes and the closing bracket.
    let room = WIDTH.saturating_sub(column + 3).max(20);
    if width(&whole) <= room + 2 {
        return vec![whole];
    }
    let parts = escaped(text);
    let mut lines = Vec::new();
    let mut start = 0;
    while start < parts.len() {
        let mut used = 0;
        let mut end = start;
        while end < parts.len() && (end == start || used + width(&parts[end]) <= room) {
            used += width(&parts[end]);
            end += 1;
        }
        if end < parts.len() {
            let breaks = parts[start..end]
                .iter()
                .rposition(|part| matches!(part.as_str(), "\\n" | ">" | " "));
            end = breaks.map_or(end, |at| start + at + 1);
        }
        lines.push(format!("\"{}\"", parts[start..end].concat()));
        start = end;
    }
    lines
}

fn event_frame(frame: &FramePattern, column: usize) -> Vec<String> {
    let mut fields = String::from("[frame");
    if let Some(fin) = frame.fin {
        fields.push_str(&format!(" fin={}", u8::from(fin)));
    }
    if let Some(rsv) = frame.rsv {
        fields.push_str(&format!(" rsv={rsv}"));
    }
    if let Some(opcode) = frame.opcode {
        fields.push_str(&format!(" opcode={opcode}"));
    }
    if let Some(mask) = frame.mask {
        fields.push_str(if mask { " mask=yes" } else { " mask=no" });
    }
    match frame.length {
        Some(FrameLength::Seven) => fields.push_str(" length=7"),
        Some(FrameLength::Sixteen) => fields.push_str(" length=16"),
        Some(FrameLength::SixtyFour) => fields.push_str(" length=64"),
        Some(FrameLength::Lie(length)) => fields.push_str(&format!(" length={length}")),
        None => {}
    }
    let Some(payload) = &frame.payload else {
        return vec![format!("{fields}]")];
    };
    let first = format!("{fields} payload=");
    let mut lines = beside(&first, strings(payload, column + width(&first)));
    if let Some(last) = lines.last_mut() {
        last.push(']');
    }
    lines
}
