//! A failed step: its place in the case, and the received message closest to it.

use case::{Source, Span};
use serde::{Deserialize, Serialize};
use textual::Position;

/// Number of lines kept before and after the failed line.
const AROUND: usize = 3;

/// A failed step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The file of the step: the case or a fragment.
    pub file: String,
    /// Line of the step, from 1.
    pub line: usize,
    /// Column of the mismatch in characters, from 1.
    pub column: usize,
    /// One line: `not found under iq/error`, `nothing received within 5s`.
    pub message: String,
    /// First line of the step.
    pub step: String,
    /// The lines of the file around the place.
    pub excerpt: Excerpt,
    /// The last line of the transcript that was said to the peer; none before the first.
    #[serde(default)]
    pub question: Option<String>,
    /// For `one of`: the answers that are not wrong, in words.
    #[serde(default)]
    pub answers: Vec<String>,
    /// The closest received message, if any.
    pub closest: Option<Closest>,
    /// The step of a fragment that did not come, whether in the fragment or written out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basic: Option<BasicStep>,
}

/// A step of a fragment, which many cases take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicStep {
    /// Its kind, and which of that kind it is on its connection: `open`, `open 2`, `iq set bind`.
    pub name: String,
    /// Id of the case that tests it.
    pub owner: String,
}

/// Lines of a case file around a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Excerpt {
    /// Number of the first line, from 1.
    pub first: usize,
    /// The lines without line breaks.
    pub lines: Vec<String>,
    /// Number of marked characters in the line, at least 1.
    pub width: usize,
}

/// The received message closest to the wanted one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closest {
    /// Its kind: `stanza`, `HTTP response`, `close frame`.
    pub kind: String,
    /// Line number in the readable transcript, from 1.
    pub line: Option<usize>,
    /// Its first line in the transcript.
    pub text: String,
    /// The differences; empty if its kind is another.
    pub rows: Vec<Difference>,
}

/// A difference between the wanted and the received message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Path of the difference: `iq/@type`, `iq/error/bad-request`, `header Upgrade`.
    pub place: String,
    /// The wanted value; `–` for none.
    pub wanted: String,
    /// The received value; `–` for none.
    pub got: String,
    /// The kind of difference: `differs`, `missing`, `extra`.
    pub why: String,
}

impl Failure {
    /// The failure of the step with the text `step` at `span`. All lines of the step are kept.
    pub fn at(source: &Source, span: &Span, message: String, step: String) -> Self {
        let excerpt = Excerpt { first: 0, lines: Vec::new(), width: 1 };
        let file = source.path.display().to_string();
        let mut failure = Self {
            file,
            line: 1,
            column: 1,
            message,
            step,
            excerpt,
            question: None,
            answers: Vec::new(),
            closest: None,
            basic: None,
        };
        failure.point_at(source, span);
        failure
    }

    /// Moves the failure to `span`: an element, attribute, header or label in the same file. The
    /// part that is shown after it does not shrink.
    pub fn point_at(&mut self, source: &Source, span: &Span) {
        let text = &source.text;
        let start = text.floor_char_boundary(span.start);
        let end = text.floor_char_boundary(span.end).max(start);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let Position { line, column } = Position::of(text, start);
        let last = line + text[start..end].trim_end().matches('\n').count() + AROUND;
        let (mut first, mut last) = (line.saturating_sub(AROUND).max(1), last);
        if !self.excerpt.lines.is_empty() {
            first = first.min(self.excerpt.first);
            last = last.max(self.excerpt.first + self.excerpt.lines.len() - 1);
        }
        let lines = text.split('\n').map(|line| line.trim_end_matches('\r').to_owned());
        (self.line, self.column) = (line, column);
        self.excerpt = Excerpt {
            first,
            lines: lines.skip(first - 1).take(last - first + 1).collect(),
            width: text[start..end.min(line_end)].trim_end().chars().count().max(1),
        };
    }
}
