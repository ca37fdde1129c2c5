//! `mark NAME` and `time A..B >= 1.5 * C..D`.

use std::sync::Arc;

use super::Parsed;
use super::cursor::Cursor;
use crate::{Code, Comparison, Relation, Source, Span, Spanned, StepKind, Stretch, Times};

const COMPARISON: &str = "as in `time back..third >= 1.5 * lost..back`";

/// The text after the word `mark`.
pub(super) fn mark(source: &Arc<Source>, at: Span) -> Parsed<StepKind> {
    let mut cursor = Cursor::over(source, at);
    let help = "as in `mark lost`; the name begins with a lower-case letter";
    cursor.skip_blanks();
    let name = name(&mut cursor, help)?;
    end(&cursor, help)?;
    Ok(StepKind::Mark(name))
}

/// The text after the word `time`.
pub(super) fn time(source: &Arc<Source>, at: Span) -> Parsed<StepKind> {
    let mut cursor = Cursor::over(source, at);
    cursor.skip_blanks();
    let what = stretch(&mut cursor)?;
    cursor.skip_blanks();
    let relation = if cursor.eat(">=") {
        Relation::AtLeast
    } else if cursor.eat("<=") {
        Relation::AtMost
    } else {
        return Err(wanted(&cursor, "`>=` or `<=`", COMPARISON));
    };
    cursor.skip_blanks();
    let times = times(&mut cursor)?;
    let than = stretch(&mut cursor)?;
    end(&cursor, COMPARISON)?;
    Ok(StepKind::Time(Comparison { what, relation, times, than }))
}

fn times(cursor: &mut Cursor<'_>) -> Parsed<Times> {
    if !cursor.peek().is_some_and(|c| c.is_ascii_digit()) {
        return Ok(Times::ONE);
    }
    let from = cursor.pos();
    let number = cursor.eat_while(|c| c.is_ascii_digit() || c == '.');
    let times = Times::parse(number).ok_or_else(|| {
        Box::new(
            cursor
                .error(Code::Moment, from, format!("`{number}` is not a factor"))
                .help("write a number above zero with at most two decimals, as in `1.5`"),
        )
    })?;
    cursor.skip_blanks();
    if !cursor.eat("*") {
        return Err(wanted(cursor, "`*`", COMPARISON));
    }
    cursor.skip_blanks();
    Ok(times)
}

fn stretch(cursor: &mut Cursor<'_>) -> Parsed<Stretch> {
    let from = name(cursor, COMPARISON)?;
    if !cursor.eat("..") {
        return Err(wanted(cursor, "`..` and a later moment", COMPARISON));
    }
    Ok(Stretch { from, to: name(cursor, COMPARISON)? })
}

fn name(cursor: &mut Cursor<'_>, help: &str) -> Parsed<Spanned<String>> {
    if !cursor.peek().is_some_and(|c| c.is_ascii_lowercase()) {
        return Err(wanted(cursor, "the name of a moment", help));
    }
    let from = cursor.pos();
    let name = cursor.eat_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    Ok(Spanned::new(name.to_owned(), cursor.span(from)))
}

fn end(cursor: &Cursor<'_>, help: &str) -> Parsed<()> {
    if cursor.at_end() { Ok(()) } else { Err(wanted(cursor, "the end of the line", help)) }
}

fn wanted(cursor: &Cursor<'_>, what: &str, help: &str) -> Box<crate::Diagnostic> {
    Box::new(cursor.wanted(Code::Moment, what).help(help))
}
