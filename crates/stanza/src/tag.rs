//! The inside of a start tag: name and attributes with their places.

use std::ops::Range;

use crate::error::{Error, ErrorKind};

/// A start tag cut into pieces; ranges count from the start of the input.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: Range<usize>,
    pub(crate) attrs: Vec<RawAttribute>,
}

/// An attribute as written.
#[derive(Debug)]
pub(crate) struct RawAttribute {
    pub(crate) name: Range<usize>,
    /// The value without its quotes.
    pub(crate) value: Range<usize>,
}

/// Cuts up what stands between `<` and `>` or `/>` (XML 1.0 §3.1 productions 40, 41 and 44).
pub(crate) fn cut(input: &str, inside: Range<usize>) -> Result<Tag, Error> {
    let raw = &input[..inside.end];
    let name = inside.start..find(raw, inside.start, is_space);
    if name.is_empty() {
        return Err(ErrorKind::MissingName.at(name.start));
    }
    let mut attrs = Vec::new();
    let mut at = name.end;
    loop {
        let start = skip_space(raw, at);
        if start == raw.len() {
            return Ok(Tag { name, attrs });
        }
        if start == at {
            return Err(ErrorKind::MissingSpace.at(start));
        }
        let end = find(raw, start, |c| c == '=' || is_space(c));
        let equals = skip_space(raw, end);
        if !raw[equals..].starts_with('=') {
            return Err(ErrorKind::MissingValue(raw[start..end].to_owned()).at(start));
        }
        let open = skip_space(raw, equals + 1);
        let Some(quote) = raw[open..].chars().next() else {
            return Err(ErrorKind::MissingValue(raw[start..end].to_owned()).at(start));
        };
        if quote != '"' && quote != '\'' {
            return Err(ErrorKind::UnquotedValue.at(open));
        }
        let close = find(raw, open + 1, |c| c == quote);
        if close == raw.len() {
            return Err(ErrorKind::Unclosed("attribute value").at(open));
        }
        attrs.push(RawAttribute { name: start..end, value: open + 1..close });
        at = close + 1;
    }
}

// XML 1.0 §2.3 production 3.
pub(crate) fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn skip_space(raw: &str, from: usize) -> usize {
    find(raw, from, |c| !is_space(c))
}

fn find(raw: &str, from: usize, wanted: impl Fn(char) -> bool) -> usize {
    raw[from..].find(wanted).map_or(raw.len(), |at| from + at)
}
