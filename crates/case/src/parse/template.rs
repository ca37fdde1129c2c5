//! Text with tokens, plain or in a string with escapes.

use super::cursor::Cursor;
use super::{Parsed, token};
use crate::{Code, Piece, Spanned, Template, Token};

/// The deepest nesting of strings in tokens. It bounds recursion.
const MAX_DEPTH: u8 = 4;

/// Collects pieces and joins neighbours of a kind.
#[derive(Debug, Default)]
pub(super) struct Pieces(Vec<Piece>);

impl Pieces {
    pub(super) fn push(&mut self, c: char) {
        if let Some(Piece::Text(text)) = self.0.last_mut() {
            text.push(c);
        } else {
            self.0.push(Piece::Text(c.to_string()));
        }
    }

    pub(super) fn push_octet(&mut self, octet: u8) {
        if let Some(Piece::Bytes(octets)) = self.0.last_mut() {
            octets.push(octet);
        } else {
            self.0.push(Piece::Bytes(vec![octet]));
        }
    }

    pub(super) fn push_piece(&mut self, piece: Piece) {
        match (self.0.last_mut(), piece) {
            (Some(Piece::Text(text)), Piece::Text(more)) => text.push_str(&more),
            (Some(Piece::Bytes(octets)), Piece::Bytes(more)) => octets.extend(more),
            (_, piece) => self.0.push(piece),
        }
    }

    pub(super) fn finish(self, span: crate::Span) -> Template {
        Template { pieces: self.0, span }
    }
}

/// Text to the first character that `ends` it, or to the end. Escapes are those of the text around,
/// already resolved.
pub(super) fn plain(cursor: &mut Cursor<'_>, ends: impl Fn(char) -> bool) -> Parsed<Template> {
    let from = cursor.pos();
    let mut pieces = Pieces::default();
    while let Some(next) = cursor.peek() {
        if ends(next) {
            break;
        }
        if !braces(cursor, &mut pieces)? {
            cursor.bump();
            pieces.push(next);
        }
    }
    Ok(pieces.finish(cursor.span(from)))
}

/// A string in quotes.
pub(super) fn quoted(cursor: &mut Cursor<'_>) -> Parsed<Template> {
    let from = cursor.pos();
    if !cursor.eat("\"") {
        return Err(Box::new(cursor.wanted(Code::String, "a string in double quotes")));
    }
    let mut pieces = Pieces::default();
    loop {
        if braces(cursor, &mut pieces)? {
            continue;
        }
        let at = cursor.pos();
        match cursor.bump() {
            Some('"') => return Ok(pieces.finish(cursor.span(from))),
            Some('\\') => escape(cursor, at, &mut pieces)?,
            Some('\n') | None => {
                return Err(Box::new(
                    cursor.error(Code::String, from, "a string without end").help(
                        "end the string with `\"` on the same line; several strings in a row are joined",
                    ),
                ));
            }
            Some(other) => pieces.push(other),
        }
    }
}

/// Takes a token, or a doubled brace, which is a literal one.
fn braces(cursor: &mut Cursor<'_>, pieces: &mut Pieces) -> Parsed<bool> {
    let from = cursor.pos();
    if cursor.eat("{{") {
        pieces.push('{');
    } else if cursor.eat("}}") {
        pieces.push('}');
    } else if cursor.eat("{") {
        if cursor.depth == MAX_DEPTH {
            return Err(Box::new(cursor.error(Code::Token, from, "tokens nested too deeply")));
        }
        cursor.depth += 1;
        let token = token::after_brace(cursor, from)?;
        cursor.depth -= 1;
        pieces.push_piece(Piece::Token(Spanned::new(token, cursor.span(from))));
    } else if cursor.eat("}") {
        return Err(Box::new(
            cursor
                .error(Code::Token, from, "a closing brace without a token")
                .help("write `}}` for a literal brace"),
        ));
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// The escape after the backslash at `from`.
fn escape(cursor: &mut Cursor<'_>, from: usize, pieces: &mut Pieces) -> Parsed<()> {
    match cursor.bump() {
        Some('n') => pieces.push('\n'),
        Some('r') => pieces.push('\r'),
        Some('t') => pieces.push('\t'),
        Some(same @ ('"' | '\\')) => pieces.push(same),
        Some('x') => {
            let digits: String =
                cursor.rest().chars().take(2).filter(char::is_ascii_hexdigit).collect();
            match u8::from_str_radix(&digits, 16) {
                Ok(octet) if digits.len() == 2 => {
                    cursor.take(2);
                    pieces.push_octet(octet);
                }
                _ => return Err(wrong_escape(cursor, from)),
            }
        }
        Some('u') if cursor.eat("{") => {
            let digits = cursor.eat_while(|c| c.is_ascii_hexdigit());
            let found = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
            match found {
                Some(found) if digits.len() <= 6 && cursor.eat("}") => pieces.push(found),
                _ => return Err(wrong_escape(cursor, from)),
            }
        }
        _ => return Err(wrong_escape(cursor, from)),
    }
    Ok(())
}

fn wrong_escape(cursor: &Cursor<'_>, from: usize) -> Box<crate::Diagnostic> {
    Box::new(
        cursor
            .error(Code::String, from, "an unknown escape")
            .help("known: `\\n`, `\\r`, `\\t`, `\\\"`, `\\\\`, `\\u{…}` for a character, `\\xHH` for an octet"),
    )
}

/// Whether any piece is a token.
pub(crate) fn has_token(template: &Template) -> bool {
    template.pieces.iter().any(|piece| matches!(piece, Piece::Token(_)))
}

/// The token, when it is the whole text.
pub(crate) fn only_token(template: &Template) -> Option<&Token> {
    match template.pieces.as_slice() {
        [Piece::Token(token)] => Some(&token.value),
        _ => None,
    }
}
