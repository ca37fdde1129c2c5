//! `NAME(arg, …)`, in steps and in tokens.

use super::cursor::{Cursor, is_blank};
use super::template::{Pieces, has_token, plain, quoted};
use super::token::is_name;
use super::{Parsed, xml};
use crate::{Arg, Call, Code, Piece, Spanned, Template};

/// The place of a call. Only the arguments of a step may be XML or paths with tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallPlace {
    /// `do` and `use`.
    Step,
    Token,
}

/// The call that a step consists of, to its end.
pub(super) fn step(cursor: &mut Cursor<'_>) -> Parsed<Call> {
    cursor.skip_blanks();
    let from = cursor.pos();
    let name = cursor.eat_while(is_name);
    if name.is_empty() {
        return Err(Box::new(cursor.wanted(Code::Call, "a name and its arguments")));
    }
    let name = Spanned::new(name.to_owned(), cursor.span(from));
    let args = arguments(cursor, CallPlace::Step)?;
    cursor.skip_blanks();
    if !cursor.at_end() {
        return Err(Box::new(cursor.wanted(Code::Call, "the end of the step")));
    }
    Ok(Call { name, args })
}

/// `(arg, …)`.
pub(super) fn arguments(cursor: &mut Cursor<'_>, place: CallPlace) -> Parsed<Vec<Spanned<Arg>>> {
    if !cursor.eat("(") {
        return Err(Box::new(cursor.wanted(Code::Call, "arguments in parentheses")));
    }
    let mut args = Vec::new();
    cursor.skip_blanks();
    if cursor.eat(")") {
        return Ok(args);
    }
    loop {
        cursor.skip_blanks();
        let from = cursor.pos();
        let arg = argument(cursor, place)?;
        args.push(Spanned::new(arg, cursor.span(from)));
        cursor.skip_blanks();
        if cursor.eat(")") {
            return Ok(args);
        }
        if !cursor.eat(",") {
            return Err(Box::new(cursor.wanted(Code::Call, "`,` or `)`")));
        }
    }
}

/// Characters of words and paths that need no quotes.
pub(crate) fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '/' | '%' | '@' | ':' | '+' | '~')
}

fn argument(cursor: &mut Cursor<'_>, place: CallPlace) -> Parsed<Arg> {
    match (cursor.peek(), place) {
        (Some('"'), _) => Ok(Arg::Text(quoted(cursor)?)),
        (Some('<'), CallPlace::Step) => {
            // XML is the last argument: nothing else in a call ends with `>`.
            let len = cursor.rest().rfind('>').map_or_else(|| cursor.rest().len(), |at| at + 1);
            let from = cursor.pos();
            cursor.take(len);
            Ok(Arg::Xml(Box::new(xml::element(cursor.source(), cursor.span(from))?)))
        }
        (Some('{'), CallPlace::Token) => Err(Box::new(
            cursor
                .wanted(Code::Call, "an argument")
                .help("inside a token, write values without braces: `{accept(key)}`"),
        )),
        (Some(first), _) if is_bare(first) || first == '{' => {
            let text = match place {
                CallPlace::Step => plain(cursor, |c| !is_bare(c) && c != '{' && c != '}')?,
                CallPlace::Token => {
                    let from = cursor.pos();
                    let mut pieces = Pieces::default();
                    pieces.push_piece(Piece::Text(cursor.eat_while(is_bare).to_owned()));
                    pieces.finish(cursor.span(from))
                }
            };
            Ok(bare(text))
        }
        _ => Err(Box::new(cursor.wanted(Code::Call, "an argument"))),
    }
}

/// A word, a number, or a path with tokens in it.
fn bare(text: Template) -> Arg {
    match text.pieces.as_slice() {
        [Piece::Text(word)]
            if !has_token(&text) && word.chars().all(|c| !is_blank(c) && is_bare(c)) =>
        {
            match word.parse::<u64>() {
                Ok(number) if number.to_string() == *word => Arg::Number(number),
                _ => Arg::Word(word.clone()),
            }
        }
        _ => Arg::Text(text),
    }
}
