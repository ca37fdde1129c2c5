//! HTTP messages: a start line, header lines, and a body: an element, or octets in brackets.

use super::cursor::Cursor;
use super::template::{has_token, plain};
use super::{Parsed, event, xml};
use crate::{Code, HeaderPattern, HttpBody, HttpHead, Piece, StartLine, Template};

/// The name that lists headers with varying values in a transcript.
pub(crate) const OTHER_HEADERS: &str = "{other headers}";

/// Whether the first line of a payload is that of an HTTP message.
pub(super) fn begins(line: &str) -> bool {
    line.starts_with("HTTP/")
        || line.split(' ').next_back().is_some_and(|word| word.starts_with("HTTP/"))
}

/// The head that the text consists of.
pub(super) fn head(cursor: &mut Cursor<'_>) -> Parsed<HttpHead> {
    let line = start_line(cursor)?;
    let mut headers = Vec::new();
    loop {
        cursor.skip_blanks();
        match cursor.peek() {
            None => return Ok(HttpHead { start: line, headers, body: None }),
            Some('[') => {
                let body = Some(HttpBody::Octets(event::body(cursor)?));
                return Ok(HttpHead { start: line, headers, body });
            }
            Some('<') => {
                let start = cursor.here().start;
                let rest = cursor.take(cursor.rest().len());
                let root = xml::element(cursor.source(), start..start + rest.len())?;
                return Ok(HttpHead { start: line, headers, body: Some(HttpBody::Xml(root)) });
            }
            Some(_) => headers.push(header(cursor)?),
        }
    }
}

fn start_line(cursor: &mut Cursor<'_>) -> Parsed<StartLine> {
    let from = cursor.pos();
    let is_response = cursor.rest().starts_with("HTTP/");
    let first = word(cursor)?;
    let second = word(cursor)?;
    if is_response {
        let reason = line(cursor)?;
        let three_digits =
            |text: &str| text.len() == 3 && text.bytes().all(|octet| octet.is_ascii_digit());
        if !matches!(second.pieces.as_slice(), [Piece::Text(status)] if three_digits(status))
            && !has_token(&second)
        {
            return Err(Box::new(cursor.error(
                Code::Http,
                from,
                "not a status line: wanted `HTTP/1.1` and a status of three digits",
            )));
        }
        return Ok(StartLine::Response {
            version: first,
            status: second,
            reason: (!reason.pieces.is_empty()).then_some(reason),
        });
    }
    let version = line(cursor)?;
    if [&first, &second, &version].iter().any(|word| word.pieces.is_empty()) {
        return Err(Box::new(
            cursor
                .error(
                    Code::Http,
                    from,
                    "not a request line: wanted a method, a target and `HTTP/1.1`",
                )
                .help("to send something else, write `[bytes \"…\"]`"),
        ));
    }
    Ok(StartLine::Request { method: first, target: second, version })
}

/// To the next blank, which is taken.
fn word(cursor: &mut Cursor<'_>) -> Parsed<Template> {
    let word = plain(cursor, |c| c == ' ' || c == '\n' || c == '\r')?;
    cursor.eat(" ");
    Ok(word)
}

/// To the end of the line, without blanks there.
fn line(cursor: &mut Cursor<'_>) -> Parsed<Template> {
    let from = cursor.pos();
    let mut line = plain(cursor, |c| c == '\n')?;
    if let Some(Piece::Text(last)) = line.pieces.last_mut() {
        let kept = last.trim_end_matches([' ', '\r']).len();
        line.span = cursor.span(from).start..cursor.span(from).end - (last.len() - kept);
        last.truncate(kept);
        if kept == 0 {
            line.pieces.pop();
        }
    }
    Ok(line)
}

fn header(cursor: &mut Cursor<'_>) -> Parsed<HeaderPattern> {
    let from = cursor.pos();
    let name = if cursor.eat(OTHER_HEADERS) {
        OTHER_HEADERS
    } else {
        // RFC 9110 §5.6.2: a field name is a token.
        cursor.eat_while(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c))
    };
    if name.is_empty() || !cursor.eat(":") {
        return Err(Box::new(
            cursor
                .wanted(Code::Http, "a header line, `Name: value`")
                .help("to send something else, write `[bytes \"…\"]`"),
        ));
    }
    cursor.eat(" ");
    let value = line(cursor)?;
    Ok(HeaderPattern {
        name: name.to_owned(),
        span: cursor.span(from).start..value.span.end,
        value,
    })
}
