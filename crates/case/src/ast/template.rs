//! Text with tokens in it.

use crate::{Arg, Span, Spanned};

/// Text with tokens in it.
#[derive(Debug, Clone, Default)]
pub struct Template {
    /// The pieces in order; neighbouring texts are joined.
    pub pieces: Vec<Piece>,
    /// Where it stands.
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
    /// Literal text, unescaped.
    Text(String),
    /// Literal octets that are not text (`\xHH` in a bracket string).
    Bytes(Vec<u8>),
    /// `{…}`.
    Token(Spanned<Token>),
}

/// What stands between braces. On a line that our side speaks it makes a value, on one that the other side speaks it
/// checks one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// `{name}`, `{agent.user}`, `{conn.agent.jid}`: the value of a variable.
    Variable(String),
    /// `{*}`, `{x=*}`: shortest non-empty text, remembered under the name. Only where the other side speaks.
    Any {
        /// What to call it.
        capture: Option<String>,
    },
    /// `{/regex/}`: only where the other side speaks.
    Regex(String),
    /// `{absent}`: no such attribute or header. Only where the other side speaks.
    Absent,
    /// `{key=base64(16)}`, `{plain(user, password)}`, `{accept(key)}`, `{jid(…)}`, `{repeat("x", 9)}`, `{pad(126)}`.
    Call {
        /// What to call the value.
        capture: Option<String>,
        /// Name of the function.
        function: String,
        /// Its arguments.
        args: Vec<Arg>,
    },
    /// `{iq#2}`: anything; equal numbers of one kind mean equal values. Only in transcripts and where the other side
    /// speaks.
    Placeholder {
        /// What it stands for.
        kind: String,
        /// Which of them.
        number: u32,
    },
}

impl<T: Into<String>> From<T> for Template {
    /// Literal text.
    fn from(text: T) -> Self {
        let text = text.into();
        let pieces = if text.is_empty() { Vec::new() } else { vec![Piece::Text(text)] };
        Self { pieces, span: 0..0 }
    }
}
