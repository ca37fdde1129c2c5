//! Escaping of text and attribute values.

use std::borrow::Cow;
use std::fmt::Write;

use crate::reference::is_char;

/// Escapes character data. A carriage return, which a reader would turn into a line feed (XML 1.0
/// §2.11), and characters that XML does not allow become character references.
pub fn text(raw: &str) -> Cow<'_, str> {
    escape(raw, |c| c == '\r' || !is_char(c))
}

/// Escapes an attribute value for double quotes. White space other than blanks becomes character
/// references, as a reader would turn it into blanks (XML 1.0 §3.3.3).
pub fn attr(raw: &str) -> Cow<'_, str> {
    escape(raw, |c| matches!(c, '"' | '\t' | '\n' | '\r') || !is_char(c))
}

/// Escapes character data as writers do that leave all white space as it is.
pub fn text_with_space(raw: &str) -> Cow<'_, str> {
    escape(raw, is_control)
}

/// Escapes an attribute value for double quotes in the same way.
pub fn attr_with_space(raw: &str) -> Cow<'_, str> {
    escape(raw, |c| c == '"' || is_control(c))
}

fn is_control(c: char) -> bool {
    c < ' ' && !matches!(c, '\t' | '\n' | '\r')
}

/// Escapes markup by name, and the characters that are `special`: of printable ASCII, at most the
/// quote.
pub(crate) fn escape(raw: &str, special: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_special = |c| matches!(c, '&' | '<' | '>') || special(c);
    // Most texts are plain ASCII, which is seen without a look at single characters.
    let plain = |octet: &u8| matches!(octet, b' '..=b'~') && !b"\"&<>".contains(octet);
    if raw.as_bytes().iter().all(plain) || !raw.contains(is_special) {
        return Cow::Borrowed(raw);
    }
    let mut out = String::with_capacity(raw.len() + raw.len() / 4 + 16);
    let mut rest = raw;
    // Plain octets are copied in runs: XML inside XML is long, and most of it is plain.
    while let Some(at) = rest.bytes().position(|octet| !plain(&octet)) {
        let (run, tail) = rest.split_at(at);
        out.push_str(run);
        let Some(c) = tail.chars().next() else { break };
        rest = &tail[c.len_utf8()..];
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' if special(c) => out.push_str("&quot;"),
            c if special(c) => {
                // Writing to a string cannot fail.
                let _ = write!(out, "&#{};", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_plain_text_alone() {
        assert!(matches!(text("it's \"fine\"\n"), Cow::Borrowed(_)));
        assert!(matches!(attr("it's fine"), Cow::Borrowed(_)));
    }

    #[test]
    fn escapes_what_a_reader_would_change() {
        assert_eq!(text("<a>&\r\n\u{1}"), "&lt;a&gt;&amp;&#13;\n&#1;");
        assert_eq!(text_with_space("a\r\t\u{1}<"), "a\r\t&#1;&lt;");
        assert_eq!(attr_with_space("a\n\"\u{1}"), "a\n&quot;&#1;");
        assert_eq!(text("\"ü\"<b"), "\"ü\"&lt;b");
        assert_eq!(attr("<a b='\"'>&\t\n\r"), "&lt;a b='&quot;'&gt;&amp;&#9;&#10;&#13;");
    }
}
