//! The unified diff of two transcripts.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anstyle::{AnsiColor, Style};
use similar::{ChangeTag, TextDiff, TextDiffConfig};
use textual::invisible;

use crate::paint::Paint;

/// Lines of context around a change.
const CONTEXT: usize = 2;

/// How long the shortest difference of two transcripts is looked for; after that a longer one will
/// do. Two that have nothing in common would take as long as their lengths multiplied.
const PATIENCE: Duration = Duration::from_millis(500);

/// Compares with that patience.
pub(crate) fn differ() -> TextDiffConfig {
    let mut differ = TextDiff::configure();
    differ.timeout(PATIENCE);
    differ
}

/// When the search for differences within lines ends.
pub(crate) fn until() -> Option<Instant> {
    Instant::now().checked_add(PATIENCE)
}

/// The unified diff from `accepted` to `got`, with two lines of context; empty if they are equal.
/// Invisible characters are escaped. With `colour`, the changed part of a line is underlined.
pub fn unified(accepted: &str, got: &str, colour: bool) -> String {
    let paint = Paint::new(colour);
    let diff = differ().diff_lines(accepted, got);
    let until = until();
    let mut out = String::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        if out.is_empty() {
            out.push_str(&paint.style(style(ChangeTag::Delete), "--- accepted"));
            out.push('\n');
            out.push_str(&paint.style(style(ChangeTag::Insert), "+++ this run"));
            out.push('\n');
        }
        let header = hunk.header().to_string();
        out.push_str(&paint.style(AnsiColor::Cyan.on_default(), header.trim_end()));
        out.push('\n');
        if paint.is_on() {
            for change in
                hunk.ops().iter().flat_map(|op| diff.iter_inline_changes_deadline(op, until))
            {
                let parts: Vec<_> = change.iter_strings_lossy().collect();
                push_marked(&mut out, change.tag(), &parts, paint);
            }
        } else {
            for change in hunk.iter_changes() {
                writeln!(
                    out,
                    "{}{}",
                    change.tag(),
                    invisible::line(without_line_end(change.value()))
                )
                .expect("a string takes everything");
            }
        }
    }
    out
}

fn push_marked<T: AsRef<str>>(out: &mut String, tag: ChangeTag, parts: &[(bool, T)], paint: Paint) {
    let style = style(tag);
    out.push_str(&paint.style(style, &tag.to_string()));
    for (index, (marked, part)) in parts.iter().enumerate() {
        let part = without_line_end(part.as_ref());
        let is_last =
            parts[index + 1..].iter().all(|(_, rest)| without_line_end(rest.as_ref()).is_empty());
        let part = if is_last { invisible::line(part) } else { invisible::escape(part) };
        out.push_str(&paint.style(if *marked { style.underline() } else { style }, &part));
    }
    out.push('\n');
}

fn without_line_end(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}

fn style(tag: ChangeTag) -> Style {
    match tag {
        ChangeTag::Equal => Style::new(),
        ChangeTag::Delete => AnsiColor::Red.on_default(),
        ChangeTag::Insert => AnsiColor::Green.on_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("a\n", "a\n", false), "");
    }

    #[test]
    fn texts_that_have_nothing_in_common_are_compared_in_time() {
        let lines = |name: &str| (0..20_000).map(|it| format!("{name} {it}\n")).collect::<String>();
        let began = Instant::now();
        let diff = unified(&lines("a"), &lines("b"), true);
        assert!(diff.lines().count() > 40_000);
        // By far longer than it takes, by far shorter than the square of the lines.
        assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    }

    #[test]
    fn context_and_invisible_characters_are_shown() {
        let diff =
            unified("1\n2\n3\nagent\n4\n5\n6\n", "1\n2\n3\nagent\u{200b} \n4\n5\n6\n", false);
        assert_eq!(
            diff,
            "--- accepted\n+++ this run\n@@ -2,5 +2,5 @@\n 2\n 3\n-agent\n+agent\\u{200b}\\u{20}\n 4\n 5\n"
        );
    }

    #[test]
    fn colours_change_nothing_but_the_colours() {
        let (old, new) =
            ("a\n<iq type=\"result\" id=\"1\"/>\nb\n", "a\n<iq type=\"error\" id=\"1\"/>\nb ");
        let mut plain = String::new();
        let coloured = unified(old, new, true);
        let mut rest = coloured.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').expect("an escape ends").1;
        }
        plain.push_str(rest);
        assert_eq!(plain, unified(old, new, false));
        assert!(coloured.contains("\u{1b}[4m"), "nothing is underlined: {coloured:?}");
    }
}
