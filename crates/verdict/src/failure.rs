//! A step that did not hold: where it stands, what was wanted, and what came nearest to it.

use case::{Source, Span};
use serde::{Deserialize, Serialize};
use textual::Position;

/// How many lines of a case file are kept before and after the one that is meant.
const AROUND: usize = 3;

/// A step that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The file the step stands in: the case, or a fragment.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// One line: `not found under iq/error`, `nothing received within 5s`.
    pub message: String,
    /// Text of the step, its first line.
    pub step: String,
    /// The lines around the place.
    pub excerpt: Excerpt,
    /// The closest thing received, if anything was.
    pub closest: Option<Closest>,
}

/// Lines of a case file around a place in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first: usize,
    /// The lines.
    pub lines: Vec<String>,
    /// How many characters of the line are meant; 1 at least.
    pub width: usize,
}

/// The received message that came nearest to what was wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closest {
    /// What it was: `stanza`, `HTTP response`, `close frame`.
    pub kind: String,
    /// Line number in the readable transcript, from 1.
    pub line: Option<usize>,
    /// Its first line as it stands in the transcript.
    pub text: String,
    /// Where it differs; empty when it is of another kind altogether.
    pub rows: Vec<Difference>,
}

/// One difference between wanted and received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Path: `iq/@type`, `iq/error/bad-request`, `header Upgrade`.
    pub place: String,
    /// What was wanted; `–` for nothing.
    pub wanted: String,
    /// What came; `–` for nothing.
    pub got: String,
    /// `differs`, `missing`, `extra`.
    pub why: String,
}

impl Failure {
    /// The failure of the step whose text is `step` at a place in a file.
    pub fn at(source: &Source, span: &Span, message: String, step: String) -> Self {
        let excerpt = Excerpt { first: 1, lines: Vec::new(), width: 1 };
        let file = source.path.display().to_string();
        let mut failure = Self { file, line: 1, column: 1, message, step, excerpt, closest: None };
        failure.point_at(source, span);
        failure
    }

    /// Lets it mean exactly what stands at `span` of its file: the element, attribute, header or label.
    pub fn point_at(&mut self, source: &Source, span: &Span) {
        let text = &source.text;
        let start = text.floor_char_boundary(span.start);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = text.floor_char_boundary(span.end).clamp(start, line_end);
        let Position { line, column } = Position::of(text, start);
        let first = line.saturating_sub(AROUND).max(1);
        let lines = text.split('\n').map(|line| line.trim_end_matches('\r').to_owned());
        (self.line, self.column) = (line, column);
        self.excerpt = Excerpt {
            first,
            lines: lines.skip(first - 1).take(line - first + 1 + AROUND).collect(),
            width: text[start..end].trim_end().chars().count().max(1),
        };
    }
}
