//! A reader over a piece of text that maps each octet to its place in the file.

use std::sync::Arc;

use crate::{Code, Diagnostic, Source, Span};

/// The places of the octets of a text in the file.
#[derive(Debug, Clone, Copy)]
enum Places<'a> {
    /// In sequence, from this offset.
    From(usize),
    /// One place for each octet and one for the end: escapes were resolved.
    Each(&'a [usize]),
}

/// Reads a text from front to back.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    source: &'a Arc<Source>,
    text: &'a str,
    places: Places<'a>,
    pos: usize,
    /// The nesting depth of strings in tokens.
    pub(super) depth: u8,
}

impl<'a> Cursor<'a> {
    /// Over a stretch of the file.
    pub(super) fn over(source: &'a Arc<Source>, span: Span) -> Self {
        let text = source.text.get(span.clone()).unwrap_or_default();
        Self { source, text, places: Places::From(span.start), pos: 0, depth: 0 }
    }

    /// Over a text with `places.len() == text.len() + 1`.
    pub(super) fn over_resolved(
        source: &'a Arc<Source>,
        text: &'a str,
        places: &'a [usize],
    ) -> Self {
        Self { source, text, places: Places::Each(places), pos: 0, depth: 0 }
    }

    pub(super) fn source(&self) -> &'a Arc<Source> {
        self.source
    }

    pub(super) fn pos(&self) -> usize {
        self.pos
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.pos..]
    }

    pub(super) fn at_end(&self) -> bool {
        self.pos == self.text.len()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.pos += next.len_utf8();
        Some(next)
    }

    /// Takes `word` if it comes next.
    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.rest().starts_with(word);
        if found {
            self.pos += word.len();
        }
        found
    }

    /// Takes the characters that fit.
    pub(super) fn eat_while(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let len = rest.find(|c: char| !fits(c)).unwrap_or(rest.len());
        self.pos += len;
        &rest[..len]
    }

    /// Takes `len` octets, which must end at a character boundary.
    pub(super) fn take(&mut self, len: usize) -> &'a str {
        let taken = &self.text[self.pos..self.pos + len];
        self.pos += len;
        taken
    }

    pub(super) fn skip_blanks(&mut self) {
        self.eat_while(is_blank);
    }

    /// From `from` to here, in the file.
    pub(super) fn span(&self, from: usize) -> Span {
        self.place(from)..self.place(self.pos)
    }

    /// The next character, or the end.
    pub(super) fn here(&self) -> Span {
        let end = self.pos + self.peek().map_or(0, char::len_utf8);
        self.place(self.pos)..self.place(end)
    }

    /// An error from `from` to here.
    pub(super) fn error(&self, code: Code, from: usize, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, self.source, self.span(from), message)
    }

    /// An error at the next character: something else was `wanted`.
    pub(super) fn wanted(&self, code: Code, wanted: &str) -> Diagnostic {
        let found = match self.peek() {
            Some(found) => format!("wanted {wanted}, found `{found}`"),
            None => format!("wanted {wanted}, found the end"),
        };
        Diagnostic::error(code, self.source, self.here(), found)
    }

    fn place(&self, pos: usize) -> usize {
        match self.places {
            Places::From(start) => start + pos,
            Places::Each(places) => {
                places.get(pos).or_else(|| places.last()).copied().unwrap_or_default()
            }
        }
    }
}

/// White space between words. It includes line ends: the lines of a step are one text.
pub(super) fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\n' | '\r' | '\t')
}
