//! HTTP messages in a snapshot (rules N5, N6, N12, N31, N33).

use std::borrow::Cow;

use case::{HeaderPattern, HttpBody, HttpHead, Piece, StartLine, Template};
use mask::Masked;

use super::names::Names;
use super::xml;
use crate::event::Octets;

/// Headers whose values belong to the handshake (RFC 6455 §4, RFC 9110 for the refusals), or to
/// requests of the REST API of Finesse.
const KEPT: [&str; 16] = [
    "allow",
    "connection",
    "content-range",
    "host",
    "location",
    "origin",
    "range",
    "requestid",
    "retry-after",
    "sec-websocket-accept",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "upgrade",
    "www-authenticate",
];

/// The header of credentials (RFC 9110 §11.6.2). Without words for them its value is not shown.
const AUTHORIZATION: &str = "authorization";

/// A body longer than this is an error page; its length and hash say enough.
const PAGE: usize = 200;

/// A message as a pattern.
pub(super) fn message(
    head: &str,
    login: Option<&Masked>,
    body: Option<&Octets>,
    names: &mut Names,
) -> HttpHead {
    let mut lines = head.lines();
    let start = start_line(lines.next().unwrap_or_default(), names);
    let mut kept: Vec<(String, &str)> = Vec::new();
    let mut is_xml = false;
    let mut others: Vec<String> = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let name = name.trim().to_ascii_lowercase();
        is_xml |= name == "content-type" && value.contains("xml");
        if KEPT.contains(&name.as_str()) || (name == AUTHORIZATION && login.is_some()) {
            kept.push((name, value.trim()));
        } else {
            others.push(name);
        }
    }
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    others.sort();
    let mut headers = Vec::new();
    for (name, value) in kept {
        learn(&name, value, names);
        let value = match login.filter(|_| name == AUTHORIZATION) {
            Some(login) => credentials(login, names),
            None => names.text(&visible(value)),
        };
        headers.push(HeaderPattern { name, span: 0..0, value });
    }
    if !others.is_empty() {
        let name = "{other headers}".to_owned();
        headers.push(HeaderPattern { name, span: 0..0, value: Template::from(others.join(", ")) });
    }
    let body = body.filter(|body| !body.0.is_empty()).map(|body| {
        if let Some(root) = is_xml.then(|| xml::document(&body.0, names)).flatten() {
            return HttpBody::Xml(root);
        }
        let page = without_frames(&body.0);
        let is_short = page.len() <= PAGE;
        HttpBody::Octets(if is_short { names.octets(&page) } else { names.long(&page) })
    });
    HttpHead { start, headers, body }
}

/// A page without the frames of Java stack traces (rule N33).
fn without_frames(page: &[u8]) -> Vec<u8> {
    page.split_inclusive(|octet| *octet == b'\n')
        .filter(|line| !is_frame(line))
        .flatten()
        .copied()
        .collect()
}

/// Whether a line is a frame, as `Throwable.printStackTrace` of Java writes it, or stands for
/// several: `... 12 more`.
fn is_frame(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    let is_call = line.starts_with(b"\tat ") && line.ends_with(b")");
    is_call || (line.starts_with(b"\t... ") && line.ends_with(b" more"))
}

/// Credentials in words (rule N12), behind the name of their scheme.
fn credentials(login: &Masked, names: &Names) -> Template {
    let mut words = xml::in_words(login, names);
    words.pieces.insert(0, Piece::Text("Basic ".to_owned()));
    words
}

/// Whether an origin is a port of this machine (RFC 6454 §6.2).
fn is_served_here(origin: &str) -> bool {
    let authority = origin.split_once("://").map(|(_, authority)| authority);
    let host = authority.and_then(|authority| authority.rsplit_once(':')).map(|(host, _)| host);
    host.is_some_and(|host| matches!(host, "127.0.0.1" | "[::1]" | "localhost"))
}

fn start_line(line: &str, names: &Names) -> StartLine {
    let mut words = line.splitn(3, ' ');
    let mut word = || words.next().unwrap_or_default();
    let (first, second, third) = (word(), word(), word());
    if first.starts_with("HTTP/") {
        // N6: the reason phrase is not significant (RFC 9110 §15).
        StartLine::Response { version: first.into(), status: second.into(), reason: None }
    } else {
        StartLine::Request {
            method: first.into(),
            target: names.text(&visible(second)),
            version: third.into(),
        }
    }
}

/// A line has no tabs or invisible characters (rule N9): they are shown as the escapes of a string.
fn visible(value: &str) -> Cow<'_, str> {
    let is_seen = |c: char| c == ' ' || c.is_ascii_graphic() || c.is_alphanumeric();
    if value.chars().all(is_seen) {
        return Cow::Borrowed(value);
    }
    let shown = |c: char| if is_seen(c) { c.to_string() } else { c.escape_unicode().to_string() };
    Cow::Owned(value.chars().map(shown).collect())
}

/// Names the key of a handshake, and the accept value that follows from it (RFC 6455 §4.2.2 item
/// 5). Also names the origin of a page that a test serves, whose port differs in each run.
fn learn(name: &str, value: &str, names: &mut Names) {
    if name == "origin" && is_served_here(value) {
        names.number("origin", value);
    }
    if name == "sec-websocket-key" {
        names.number("key", value);
        if let Some((_, number)) = names.made_up(value) {
            names.relate("accept", &wire::accept_value(value), number);
        }
    }
}
