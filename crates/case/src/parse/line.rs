//! The lines of a body and how deep they are indented.

use std::sync::Arc;

use crate::{Code, Diagnostic, Source};

/// One line, by octets of the file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line {
    /// Offset of the line.
    pub(super) start: usize,
    /// Offset of its first character that is not a blank.
    pub(super) text: usize,
    /// Offset after its last character that is not a blank.
    pub(super) end: usize,
}

impl Line {
    pub(super) fn indent(&self) -> usize {
        self.text - self.start
    }

    pub(super) fn is_blank(&self) -> bool {
        self.text == self.end
    }
}

/// All lines from `at` on. Control characters are reported once a line, since a reviewer cannot see
/// them.
pub(super) fn lines(
    source: &Arc<Source>,
    at: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut start = at;
    for line in source.text.get(at..).unwrap_or_default().split_inclusive('\n') {
        let bare = line.strip_suffix('\n').unwrap_or(line);
        let bare = bare.strip_suffix('\r').unwrap_or(bare);
        if let Some((offset, found)) = bare.char_indices().find(|(_, c)| c.is_control()) {
            let span = start + offset..start + offset + found.len_utf8();
            diagnostics.push(if found == '\t' {
                Diagnostic::error(Code::Control, source, span, "a tab")
                    .help("indent with blanks; write `\\t` in a string")
            } else {
                Diagnostic::error(
                    Code::Control,
                    source,
                    span,
                    format!("the control character U+{:04X}", u32::from(found)),
                )
                .help(format!("write `\\u{{{:x}}}` in a string", u32::from(found)))
            });
        }
        let blank = |c: char| c == ' ' || c == '\t';
        let end = start + bare.trim_end_matches(blank).len();
        let text = end - bare.trim_matches(blank).len();
        lines.push(Line { start, text, end });
        start += line.len();
    }
    lines
}
