//! Invisible characters, made visible.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with every invisible character as the notation's escape: `\n`, `\r`, `\t`, `\u{200b}`.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_invisible(c) { push_escaped(&mut shown, c) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Like [`escape`], and blanks at either end are shown too.
pub fn value(text: &str) -> Cow<'_, str> {
    let inner = text.trim_matches(' ');
    if inner.len() == text.len() {
        return escape(text);
    }
    let leading =
        if inner.is_empty() { 0 } else { text.len() - text.trim_start_matches(' ').len() };
    let trailing = text.len() - inner.len() - leading;
    Cow::Owned(format!(
        "{}{}{}",
        "\\u{20}".repeat(leading),
        escape(inner),
        "\\u{20}".repeat(trailing)
    ))
}

/// Like [`escape`], and line feeds stay.
pub fn lines(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.split('\n').map(escape).collect();
    lines.join("\n")
}

/// Like [`escape`], and blanks at the end are shown too; those in front are indentation.
pub fn line(text: &str) -> Cow<'_, str> {
    let inner = text.trim_end_matches(' ');
    if inner.len() == text.len() {
        return escape(text);
    }
    Cow::Owned(format!("{}{}", escape(inner), "\\u{20}".repeat(text.len() - inner.len())))
}

/// Ranges of code points that a reader cannot see, or cannot tell from a blank. Unicode 16.0: the
/// general categories Cc, Cf, Zl, Zp and Zs (UnicodeData.txt) but for U+0020, the property
/// `Default_Ignorable_Code_Point` (DerivedCoreProperties.txt), and U+2800, the Braille pattern
/// without dots.
const INVISIBLE: [(char, char); 30] = [
    ('\0', '\u{1f}'),
    ('\u{7f}', '\u{a0}'),
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{600}', '\u{605}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{6dd}', '\u{6dd}'),
    ('\u{70f}', '\u{70f}'),
    ('\u{890}', '\u{891}'),
    ('\u{8e2}', '\u{8e2}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3000}', '\u{3000}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{110bd}', '\u{110bd}'),
    ('\u{110cd}', '\u{110cd}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// Whether a reader cannot see a character, or cannot tell it from a blank.
pub fn is_invisible(c: char) -> bool {
    // Nearly every text is plain ASCII.
    if matches!(c, ' '..='~') {
        return false;
    }
    let after = INVISIBLE.partition_point(|(first, _)| *first <= c);
    after.checked_sub(1).is_some_and(|at| c <= INVISIBLE[at].1)
}

/// Writes `c` as the notation's escape.
pub fn push_escaped(shown: &mut String, c: char) {
    match c {
        '\n' => shown.push_str("\\n"),
        '\r' => shown.push_str("\\r"),
        '\t' => shown.push_str("\\t"),
        _ => write!(shown, "\\u{{{:x}}}", u32::from(c)).expect("a string takes everything"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_that_of_unicode() {
        let properties =
            r"^[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Zs}\p{Default_Ignorable_Code_Point}\u{2800}]$";
        let unicode = regex::Regex::new(properties).unwrap();
        for c in ('\0'..=char::MAX).filter(|c| *c != ' ') {
            let listed = is_invisible(c);
            assert_eq!(
                listed,
                unicode.is_match(c.encode_utf8(&mut [0; 4])),
                "U+{:04X}",
                u32::from(c)
            );
        }
    }

    #[test]
    fn visible_text_is_left_alone() {
        assert!(matches!(escape("agent – ‘ürgent’ \\u{20}"), Cow::Borrowed(_)));
    }

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(
            escape("a\u{200b}b\u{a0}c\r\n\t\u{1b}[2J\u{202e}"),
            "a\\u{200b}b\\u{a0}c\\r\\n\\t\\u{1b}[2J\\u{202e}"
        );
    }

    #[test]
    fn no_line_steers_the_terminal() {
        assert_eq!(lines("a\n\u{1b}[2J\t\u{fc}"), "a\n\\u{1b}[2J\\t\u{fc}");
    }

    #[test]
    fn blanks_at_the_ends_of_a_value_are_shown() {
        assert_eq!(value(" a b  "), "\\u{20}a b\\u{20}\\u{20}");
        assert_eq!(value("  "), "\\u{20}\\u{20}");
        assert_eq!(value(""), "");
    }

    #[test]
    fn indentation_of_a_line_is_left_alone() {
        assert_eq!(line("   <x/> "), "   <x/>\\u{20}");
    }
}
