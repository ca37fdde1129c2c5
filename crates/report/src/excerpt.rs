//! The line of a case file that was not met, with a caret under the very place.

use std::io::{self, Write};
use std::ops::Range;

use crate::invisible;
use crate::paint::Paint;

/// A place as people count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
}

/// Where `offset` stands in `text`. An offset beyond the end is the end.
pub(crate) fn place(text: &str, offset: usize) -> Place {
    let before = &text[..text.floor_char_boundary(offset)];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    Place {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
    }
}

/// Writes the line before `span`, its first line, and carets with `message` below it.
pub(crate) fn write(
    out: &mut dyn Write,
    text: &str,
    span: &Range<usize>,
    message: &str,
    paint: Paint,
) -> io::Result<()> {
    let start = text.floor_char_boundary(span.start);
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = text.floor_char_boundary(span.end).clamp(start, line_end);
    let number = place(text, start).line;
    let width = number.to_string().len().max(3);

    let gutter = |number: &str| paint.dim(&format!("  {number:>width$} |"));
    if let Some(before) =
        text[..line_start].lines().next_back().filter(|before| !before.trim().is_empty())
    {
        writeln!(out, "{} {}", gutter(&(number - 1).to_string()), invisible::escape(before))?;
    }
    writeln!(
        out,
        "{} {}",
        gutter(&number.to_string()),
        invisible::escape(text[line_start..line_end].trim_end())
    )?;
    let indent = invisible::escape(&text[line_start..start]).chars().count();
    let carets = "^".repeat(invisible::escape(text[start..end].trim_end()).chars().count().max(1));
    let message = format!("{carets} {}", invisible::escape(message));
    writeln!(out, "{} {:indent$}{}", gutter(""), "", paint.wrong(&message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, span: Range<usize>) -> String {
        let mut out = Vec::new();
        write(&mut out, text, &span, "not found", Paint::new(false))
            .expect("memory takes everything");
        String::from_utf8(out).expect("text in, text out")
    }

    #[test]
    fn carets_stand_under_the_span() {
        assert_eq!(
            shown("a\nbc def\ng", 5..8),
            "    1 | a\n    2 | bc def\n      |    ^^^ not found\n"
        );
    }

    #[test]
    fn a_span_of_several_lines_is_marked_on_its_first() {
        assert_eq!(
            shown("a <- <x>\n  <y/>\n</x>", 0..20),
            "    1 | a <- <x>\n      | ^^^^^^^^ not found\n"
        );
    }

    #[test]
    fn what_is_escaped_moves_the_carets() {
        assert_eq!(
            shown("\u{200b}ab", 3..5),
            "    1 | \\u{200b}ab\n      |         ^^ not found\n"
        );
    }

    #[test]
    fn spans_outside_the_text_are_the_end_of_it() {
        assert_eq!(shown("ab\n", 90..99), "    1 | ab\n    2 | \n      | ^ not found\n");
        assert_eq!(shown("", 0..0), "    1 | \n      | ^ not found\n");
        assert_eq!(place("aé\n", 2), Place { line: 1, column: 2 });
    }
}
