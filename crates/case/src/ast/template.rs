//! Text with tokens in it.

use crate::{Arg, Span, Spanned};

/// Text with tokens in it.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// The pieces in order; neighbouring texts are joined.
    pub pieces: Vec<Piece>,
    pub span: Span,
}

impl PartialEq for Template {
    fn eq(&self, other: &Self) -> bool {
        self.pieces == other.pieces
    }
}

impl Eq for Template {}

/// A piece of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// Literal octets that are not text (`\xHH` in a bracket string).
    Bytes(Vec<u8>),
    /// `{…}`.
    Token(Spanned<Token>),
}

/// A token in braces. On a line that our side speaks, it makes a value; on a line of the other
/// side, it checks a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// `{name}`, `{agent.user}`, `{conn.agent.jid}`: the value of a variable.
    Variable(String),
    /// `{*}`, `{x=*}`: shortest non-empty text, remembered under the name. Only where the other
    /// side speaks.
    Any {
        /// The name of the capture.
        capture: Option<String>,
    },
    /// `{/regex/}`: only where the other side speaks.
    Regex(String),
    /// `{absent}`: no such attribute or header. Only where the other side speaks.
    Absent,
    /// `{key=base64(16)}`, `{plain(user, password)}`, `{basic(user, password)}`,
    /// `{accept(key)}`, `{jid(…)}`, `{repeat("x", 9)}`, `{pad(126)}`.
    Call {
        /// The name of the capture.
        capture: Option<String>,
        /// Name of the function.
        function: String,
        args: Vec<Arg>,
    },
    /// `{iq#2}`: anything; equal numbers of one kind mean equal values. Only in transcripts and
    /// where the other side speaks.
    Placeholder {
        /// The kind of value, e.g. `iq`.
        kind: String,
        /// The number after `#`.
        number: u32,
    },
}

impl<T: Into<String>> From<T> for Template {
    fn from(text: T) -> Self {
        let text = text.into();
        let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] };
        Self { pieces, span: 0..0 }
    }
}
