//! Payloads in brackets: `[text "…"]`, `[frame …]`, `[close 1000]`.

use super::Parsed;
use super::cursor::{Cursor, is_blank};
use super::template::{Pieces, plain, quoted};
use crate::{Code, FrameLength, FramePattern, Payload, Template, suggest};

pub(super) const EVENTS: &[&str] =
    &["text", "binary", "frame", "bytes", "ping", "pong", "close", "eof", "reset", "nothing"];

const FIELDS: &[&str] = &["fin", "rsv", "opcode", "mask", "length", "payload"];

/// The event that the text consists of.
pub(super) fn event(cursor: &mut Cursor<'_>) -> Parsed<Payload> {
    let (name, from) = opened(cursor)?;
    let payload = match name {
        "text" => Payload::Text(strings(cursor, name)?),
        "binary" => Payload::Binary(strings(cursor, name)?),
        "bytes" => Payload::Bytes(strings(cursor, name)?),
        "ping" => Payload::Ping(strings_or_none(cursor)?),
        "pong" => Payload::Pong(strings_or_none(cursor)?),
        "eof" => Payload::Eof,
        "reset" => Payload::Reset,
        "nothing" => Payload::Nothing,
        "frame" => Payload::Frame(frame(cursor)?),
        "close" => {
            let code = match cursor.peek() {
                Some(']' | '"') | None => None,
                Some(_) => Some(plain(cursor, |c| is_blank(c) || c == ']' || c == '"')?),
            };
            cursor.skip_blanks();
            let reason =
                if cursor.peek() == Some('"') { Some(strings(cursor, name)?) } else { None };
            if code.is_none() && reason.is_some() {
                return Err(Box::new(
                    cursor
                        .error(Code::Event, from, "a reason without a code")
                        .help("write the code before the reason: `[close 1000 \"reason\"]`"),
                ));
            }
            Payload::Close { code, reason }
        }
        "body" | "fragments" => {
            return Err(Box::new(
                cursor
                    .error(Code::Event, from, format!("`[{name} …]` is not a payload by itself"))
                    .help("write `[body \"…\"]` below an HTTP head, `[fragments N]` below an XML payload"),
            ));
        }
        _ => {
            return Err(Box::new(
                cursor
                    .error(Code::Event, from, format!("there is no event `{name}`"))
                    .help(suggest::help(name, EVENTS.iter().copied())),
            ));
        }
    };
    closed(cursor)?;
    Ok(payload)
}

/// `[body "…"]`.
pub(super) fn body(cursor: &mut Cursor<'_>) -> Parsed<Template> {
    let (name, from) = opened(cursor)?;
    if name != "body" {
        return Err(Box::new(
            cursor
                .error(Code::Http, from, "wanted `[body \"…\"]` after an HTTP head")
                .label("not this"),
        ));
    }
    let body = strings(cursor, name)?;
    closed(cursor)?;
    Ok(body)
}

/// `[fragments N]`.
pub(super) fn fragments(cursor: &mut Cursor<'_>) -> Parsed<u32> {
    let start = cursor.pos();
    let (name, _) = opened(cursor)?;
    let digits = cursor.eat_while(|c| c.is_ascii_digit());
    let number =
        digits.parse::<u32>().ok().filter(|number| *number > 1 && number.to_string() == digits);
    let (Some(number), "fragments") = (number, name) else {
        return Err(Box::new(
            cursor
                .error(Code::Event, start, "wanted `[fragments N]` after an XML payload")
                .help("N is the number of frames, at least 2"),
        ));
    };
    closed(cursor)?;
    Ok(number)
}

/// The name after the opening bracket, and where it stands.
fn opened<'a>(cursor: &mut Cursor<'a>) -> Parsed<(&'a str, usize)> {
    if !cursor.eat("[") {
        return Err(Box::new(cursor.wanted(Code::Event, "`[`")));
    }
    let from = cursor.pos();
    let name = cursor.eat_while(|c| c.is_ascii_alphanumeric() || c == '-');
    cursor.skip_blanks();
    Ok((name, from))
}

fn closed(cursor: &mut Cursor<'_>) -> Parsed<()> {
    cursor.skip_blanks();
    if !cursor.eat("]") {
        return Err(Box::new(cursor.wanted(Code::Event, "`]`")));
    }
    cursor.skip_blanks();
    if !cursor.at_end() {
        return Err(Box::new(cursor.wanted(Code::Event, "the end of the payload")));
    }
    Ok(())
}

/// One string or several in a row, joined.
fn strings(cursor: &mut Cursor<'_>, event: &str) -> Parsed<Template> {
    if cursor.peek() != Some('"') {
        return Err(Box::new(cursor.wanted(Code::Event, &format!("a string after `{event}`"))));
    }
    strings_or_none(cursor)
}

fn strings_or_none(cursor: &mut Cursor<'_>) -> Parsed<Template> {
    let from = cursor.pos();
    let mut pieces = Pieces::default();
    let mut span = cursor.span(from);
    while cursor.peek() == Some('"') {
        for piece in quoted(cursor)?.pieces {
            pieces.push_piece(piece);
        }
        span = cursor.span(from);
        cursor.skip_blanks();
    }
    Ok(pieces.finish(span))
}

fn frame(cursor: &mut Cursor<'_>) -> Parsed<FramePattern> {
    let mut frame = FramePattern::default();
    let mut seen: Vec<&str> = Vec::new();
    while !matches!(cursor.peek(), Some(']') | None) {
        let from = cursor.pos();
        let field = cursor.eat_while(|c| c.is_ascii_alphanumeric());
        if !FIELDS.contains(&field) {
            return Err(Box::new(
                cursor
                    .error(Code::Event, from, format!("a frame has no field `{field}`"))
                    .help(suggest::help(field, FIELDS.iter().copied())),
            ));
        }
        if seen.contains(&field) {
            return Err(Box::new(cursor.error(
                Code::Event,
                from,
                format!("`{field}` is given twice"),
            )));
        }
        seen.push(field);
        if !cursor.eat("=") {
            return Err(Box::new(cursor.wanted(Code::Event, &format!("`=` after `{field}`"))));
        }
        if field == "payload" {
            frame.payload = Some(strings(cursor, "payload=")?);
            continue;
        }
        let value = cursor.eat_while(|c| c.is_ascii_alphanumeric());
        let (known, wanted) = match field {
            "fin" => (bit(value).map(|fin| frame.fin = Some(fin)), "0 or 1"),
            "rsv" => (number(value, 7).map(|rsv| frame.rsv = Some(rsv)), "0 to 7, where RSV1 is 4"),
            "opcode" => (number(value, 15).map(|opcode| frame.opcode = Some(opcode)), "0 to 15"),
            "mask" => (yes(value).map(|mask| frame.mask = Some(mask)), "yes or no"),
            _ => (
                length(value).map(|length| frame.length = Some(length)),
                "7, 16 or 64 (bits of a true length), or any other number (a false length)",
            ),
        };
        if known.is_none() {
            return Err(Box::new(
                cursor
                    .error(Code::Event, from, format!("`{value}` is not a value of `{field}`"))
                    .help(format!("`{field}` is {wanted}")),
            ));
        }
        cursor.skip_blanks();
    }
    Ok(frame)
}

fn bit(value: &str) -> Option<bool> {
    match value {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

fn yes(value: &str) -> Option<bool> {
    match value {
        "no" => Some(false),
        "yes" => Some(true),
        _ => None,
    }
}

fn number(value: &str, most: u8) -> Option<u8> {
    value.parse().ok().filter(|number| *number <= most)
}

fn length(value: &str) -> Option<FrameLength> {
    match value {
        "7" => Some(FrameLength::Seven),
        "16" => Some(FrameLength::Sixteen),
        "64" => Some(FrameLength::SixtyFour),
        _ => value.parse().ok().map(FrameLength::Lie),
    }
}
