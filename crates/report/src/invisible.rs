//! Characters that a reader cannot see, made visible.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` with every invisible character as the notation's escape: `\n`, `\r`, `\t`, `\u{200b}`.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
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
pub(crate) fn value(text: &str) -> Cow<'_, str> {
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

/// Like [`escape`], and blanks at the end are shown too; those in front are indentation.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    let inner = text.trim_end_matches(' ');
    if inner.len() == text.len() {
        return escape(text);
    }
    Cow::Owned(format!("{}{}", escape(inner), "\\u{20}".repeat(text.len() - inner.len())))
}

/// Controls, blanks other than U+0020, joiners, marks of direction and variation, tags: general categories Cc, Cf, Zl,
/// Zp and Zs, and the letters that are drawn as nothing.
pub(crate) fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{a0}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{1680}'
            | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2000}'..='\u{200f}'
            | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// Writes `c` as the notation's escape.
pub(crate) fn push_escaped(shown: &mut String, c: char) {
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
