//! The line of the failed step, with carets under the place.

use std::io::{self, Write};

use textual::invisible;
use verdict::Failure;

use crate::paint::Paint;

/// Writes the line before the place, the line itself, and carets with the message below it.
pub(crate) fn write(out: &mut dyn Write, failure: &Failure, paint: Paint) -> io::Result<()> {
    let excerpt = &failure.excerpt;
    let (number, at) = (failure.line, failure.line.saturating_sub(excerpt.first));
    let line = |at: usize| excerpt.lines.get(at).map_or("", |line| line.trim_end());
    let width = number.to_string().len().max(3);

    let gutter = |number: &str| paint.dim(&format!("  {number:>width$} |"));
    if let Some(before) = at.checked_sub(1).map(line).filter(|before| !before.trim().is_empty()) {
        writeln!(out, "{} {}", gutter(&(number - 1).to_string()), invisible::escape(before))?;
    }
    writeln!(out, "{} {}", gutter(&number.to_string()), invisible::escape(line(at)))?;
    let chars =
        |skip: usize, take: usize| -> String { line(at).chars().skip(skip).take(take).collect() };
    let start = failure.column.saturating_sub(1);
    let indent = invisible::escape(&chars(0, start)).chars().count();
    let carets = "^".repeat(invisible::escape(&chars(start, excerpt.width)).chars().count().max(1));
    let message = format!("{carets} {}", invisible::escape(&failure.message));
    writeln!(out, "{} {:indent$}{}", gutter(""), "", paint.wrong(&message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use verdict::Excerpt;

    fn shown(first: usize, lines: &[&str], at: (usize, usize), width: usize) -> String {
        let failure = Failure {
            file: String::new(),
            line: at.0,
            column: at.1,
            message: "not found".to_owned(),
            step: String::new(),
            excerpt: Excerpt {
                first,
                lines: lines.iter().map(ToString::to_string).collect(),
                width,
            },
            question: None,
            answers: Vec::new(),
            basic: None,
            closest: None,
        };
        let mut out = Vec::new();
        write(&mut out, &failure, Paint::new(false)).expect("memory takes everything");
        String::from_utf8(out).expect("text in, text out")
    }

    #[test]
    fn carets_stand_under_the_place() {
        assert_eq!(
            shown(1, &["a", "bc def", "g"], (2, 4), 3),
            "    1 | a\n    2 | bc def\n      |    ^^^ not found\n"
        );
    }

    #[test]
    fn a_blank_line_before_is_left_out() {
        assert_eq!(shown(8, &["", "x"], (9, 1), 1), "    9 | x\n      | ^ not found\n");
    }

    #[test]
    fn what_is_escaped_moves_the_carets() {
        assert_eq!(
            shown(1, &["\u{200b}ab"], (1, 2), 2),
            "    1 | \\u{200b}ab\n      |         ^^ not found\n"
        );
    }

    #[test]
    fn a_place_outside_the_lines_is_shown_all_the_same() {
        assert_eq!(shown(1, &[], (1, 1), 1), "    1 | \n      | ^ not found\n");
    }
}
