//! Templates and tokens as text.

use std::fmt;

use textual::invisible;

use super::xml;
use crate::parse::{has_token, is_bare};
use crate::{Arg, Piece, Template, Token};

/// Between braces, with them.
impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Variable(name) => write!(f, "{{{name}}}"),
            Self::Any { capture: None } => f.write_str("{*}"),
            Self::Any { capture: Some(name) } => write!(f, "{{{name}=*}}"),
            Self::Regex(pattern) => write!(f, "{{/{pattern}/}}"),
            Self::Absent => f.write_str("{absent}"),
            Self::Placeholder { kind, number } => write!(f, "{{{kind}#{number}}}"),
            Self::Call { capture, function, args } => {
                f.write_str("{")?;
                if let Some(name) = capture {
                    write!(f, "{name}=")?;
                }
                write!(f, "{function}(")?;
                for (index, arg) in args.iter().enumerate() {
                    if index > 0 {
                        f.write_str(", ")?;
                    }
                    match arg {
                        Arg::Word(word) => f.write_str(word)?,
                        Arg::Number(number) => write!(f, "{number}")?,
                        Arg::Text(text) => f.write_str(&quoted(text))?,
                        Arg::Xml(root) => f.write_str(&xml::lines(root, 0).join(""))?,
                    }
                }
                f.write_str(")}")
            }
        }
    }
}

/// As in a header line: without quotes and escapes, braces doubled.
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => f.write_str(&text.replace('{', "{{").replace('}', "}}"))?,
                Piece::Bytes(octets) => f.write_str(&String::from_utf8_lossy(octets))?,
                Piece::Token(token) => write!(f, "{}", token.value)?,
            }
        }
        Ok(())
    }
}

/// As a string in quotes.
pub(super) fn quoted(template: &Template) -> String {
    format!("\"{}\"", escaped(template).concat())
}

/// The inside of a string, cut into parts that cannot be broken: characters, escapes, tokens.
pub(super) fn escaped(template: &Template) -> Vec<String> {
    let mut parts = Vec::new();
    for piece in &template.pieces {
        match piece {
            Piece::Text(text) => parts.extend(text.chars().map(escape)),
            Piece::Bytes(octets) => {
                parts.extend(octets.iter().map(|octet| format!("\\x{octet:02X}")))
            }
            Piece::Token(token) => parts.push(token.value.to_string()),
        }
    }
    parts
}

/// An argument of a step, if it can stand without quotes there.
pub(super) fn bare(template: &Template) -> Option<String> {
    let literal_is_bare = |piece: &Piece| match piece {
        Piece::Text(text) => text.chars().all(is_bare),
        Piece::Bytes(_) => false,
        Piece::Token(_) => true,
    };
    (has_token(template) && template.pieces.iter().all(literal_is_bare))
        .then(|| template.to_string())
}

fn escape(c: char) -> String {
    match c {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '{' => "{{".to_owned(),
        '}' => "}}".to_owned(),
        c => invisible::escape(c.encode_utf8(&mut [0; 4])).into_owned(),
    }
}
