//! Tokens in braces.

use regex::Regex;

use super::cursor::Cursor;
use super::{Parsed, call};
use crate::{Code, Diagnostic, Token, function, suggest};

/// The token whose opening brace, at `from`, was just taken.
pub(super) fn after_brace(cursor: &mut Cursor<'_>, from: usize) -> Parsed<Token> {
    let token = match cursor.peek() {
        Some('*') => {
            cursor.bump();
            Token::Any { capture: None }
        }
        Some('/') => return pattern(cursor, from),
        Some(first) if first.is_ascii_alphabetic() => named(cursor)?,
        _ => return Err(unknown(cursor, from)),
    };
    if !cursor.eat("}") {
        return Err(unknown(cursor, from));
    }
    Ok(token)
}

/// Characters of variables, captures, functions and kinds of placeholders.
pub(super) fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn named(cursor: &mut Cursor<'_>) -> Parsed<Token> {
    let at = cursor.pos();
    let name = cursor.eat_while(is_name);
    match cursor.peek() {
        Some('=') => {
            cursor.bump();
            if cursor.eat("*") {
                return Ok(Token::Any { capture: Some(name.to_owned()) });
            }
            let at = cursor.pos();
            let function = cursor.eat_while(is_name);
            if function.is_empty() || cursor.peek() != Some('(') {
                return Err(Box::new(
                    cursor
                        .error(Code::Token, at, format!("wanted `*` or a function after `{name}=`"))
                        .help(format!(
                            "`{{{name}=*}}` remembers any text, `{{{name}=random(8)}}` makes one"
                        )),
                ));
            }
            called(cursor, at, Some(name), function)
        }
        Some('(') => called(cursor, at, None, name),
        Some('#') => {
            cursor.bump();
            let at = cursor.pos();
            let digits = cursor.eat_while(|c| c.is_ascii_digit());
            let number = digits.parse::<u32>().ok().filter(|number| number.to_string() == digits);
            let Some(number) = number else {
                return Err(Box::new(
                    cursor
                        .error(Code::Token, at, "a placeholder must end with a number")
                        .label("as in `{iq#2}`"),
                ));
            };
            Ok(Token::Placeholder { kind: name.to_owned(), number })
        }
        _ if name == "absent" => Ok(Token::Absent),
        _ => Ok(Token::Variable(name.to_owned())),
    }
}

/// `name(…)`, standing at `at`, with the opening parenthesis next.
fn called(cursor: &mut Cursor<'_>, at: usize, capture: Option<&str>, name: &str) -> Parsed<Token> {
    let Some(signature) = function::find(name, function::FUNCTIONS) else {
        return Err(Box::new(
            cursor
                .error(Code::Function, at, format!("there is no function `{name}`"))
                .help(suggest::help(name, function::names(function::FUNCTIONS))),
        ));
    };
    let args: Vec<_> =
        call::arguments(cursor, call::CallPlace::Token)?.into_iter().map(|arg| arg.value).collect();
    let (fewest, most) = signature.arity;
    if args.len() < fewest || args.len() > most {
        return Err(Box::new(
            cursor
                .error(
                    Code::Function,
                    at,
                    format!("`{name}` does not take {}", function::count(args.len())),
                )
                .help(format!("write `{}`", signature.usage)),
        ));
    }
    Ok(Token::Call { capture: capture.map(str::to_owned), function: name.to_owned(), args })
}

/// `/regex/}`: ends at the first `/}` without a backslash before it.
fn pattern(cursor: &mut Cursor<'_>, from: usize) -> Parsed<Token> {
    cursor.bump();
    let rest = cursor.rest();
    let mut escaped = false;
    let end = rest.char_indices().find(|(at, c)| {
        let found = !escaped && rest[*at..].starts_with("/}");
        escaped = *c == '\\' && !escaped;
        found
    });
    let Some((len, _)) = end.filter(|(len, _)| !rest[..*len].contains('\n')) else {
        return Err(Box::new(
            cursor
                .error(Code::Token, from, "a regular expression without end")
                .help("end it with `/}`"),
        ));
    };
    let at = cursor.pos();
    let pattern = cursor.take(len);
    if let Err(error) = Regex::new(pattern) {
        let reason = error.to_string();
        let reason = reason.lines().last().unwrap_or_default();
        let reason = reason.strip_prefix("error: ").unwrap_or(reason);
        return Err(Box::new(
            cursor
                .error(Code::Regex, at, "a regular expression that does not compile")
                .label(reason),
        ));
    }
    cursor.eat("/}");
    Ok(Token::Regex(pattern.to_owned()))
}

fn unknown(cursor: &Cursor<'_>, from: usize) -> Box<Diagnostic> {
    let found = match cursor.peek() {
        Some(c) => format!("`{c}` cannot stand here"),
        None => "ends here".to_owned(),
    };
    Box::new(
        Diagnostic::error(Code::Token, cursor.source(), cursor.span(from).start..cursor.here().end, "not a token")
            .label(found)
            .help("a token is `{name}`, `{*}`, `{name=*}`, `{/regex/}`, `{function(…)}`, `{absent}` or `{kind#1}`")
            .help("write `{{` for a literal brace"),
    )
}
