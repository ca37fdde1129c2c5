//! The line of the failed step, with carets under the place.

use std::io::{self, Write};

use textual::invisible;
use verdict::Failure;

use crate::clip;
use crate::paint::Paint;

/// The most characters of a line, and of those before the place in a line that is longer.
const LONGEST: usize = 100;
const BEFORE: usize = 20;

/// Writes the line before the place, the line itself, and carets with the message below it.
pub(crate) fn write(out: &mut dyn Write, failure: &Failure, paint: Paint) -> io::Result<()> {
    let excerpt = &failure.excerpt;
    let (number, at) = (failure.line, failure.line.saturating_sub(excerpt.first));
    let line = |at: usize| excerpt.lines.get(at).map_or("", |line| line.trim_end());
    let width = number.to_string().len().max(3);

    let gutter = |number: &str| paint.dim(&format!("  {number:>width$} |"));
    if let Some(before) = at.checked_sub(1).map(line).filter(|before| !before.trim().is_empty()) {
        let before = invisible::escape(before);
        writeln!(out, "{} {}", gutter(&(number - 1).to_string()), clip::one(&before, LONGEST))?;
    }
    let chars =
        |skip: usize, take: usize| -> String { line(at).chars().skip(skip).take(take).collect() };
    let start = failure.column.saturating_sub(1);
    let count = |text: &str| invisible::escape(text).chars().count();
    let (indent, carets) = (count(&chars(0, start)), count(&chars(start, excerpt.width)).max(1));
    // A terminal would wrap a long line, and the carets would stand below another place.
    let is_far = indent + carets > LONGEST;
    let skip = if is_far { indent.saturating_sub(BEFORE) } else { 0 };
    let shown = invisible::escape(line(at));
    let shown = clip::window(&shown, skip, LONGEST);
    writeln!(out, "{} {shown}", gutter(&number.to_string()))?;
    let indent = indent - skip + usize::from(skip > 0);
    let carets = "^".repeat(carets.min(LONGEST.saturating_sub(indent)).max(1));
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
    fn a_long_line_and_its_carets_are_cut_together() {
        let line = format!("{}here{}", "a".repeat(500), "b".repeat(500));
        let text = shown(1, &[&line], (1, 501), 4);
        let (first, second) = text.split_once('\n').expect("two lines");
        assert_eq!(first.find("here"), second.find("^^^^").map(|at| at + '…'.len_utf8() - 1));
        assert!(text.lines().all(|line| line.chars().count() < 120), "{text}");
        let whole = shown(1, &[&line], (1, 1), 1004);
        assert_eq!(whole.matches('^').count(), LONGEST);
    }

    #[test]
    fn a_place_outside_the_lines_is_shown_all_the_same() {
        assert_eq!(shown(1, &[], (1, 1), 1), "    1 | \n      | ^ not found\n");
    }
}
