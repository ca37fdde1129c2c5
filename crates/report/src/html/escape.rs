//! Escapes text for HTML. All text from outside this crate passes through here.

use textual::html::{push, push_marked};
use textual::invisible::is_invisible;

/// Escapes `text` for content and quoted attributes. Markup is escaped, and invisible characters
/// appear in the form of the notation, `\u{200b}`. Text cannot leave its place or change the
/// reading direction.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push(&mut out, c);
    }
    out
}

/// Escapes `text` for content, keeps line breaks, and marks escaped invisible characters.
pub(super) fn marked(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\n' => out.push('\n'),
            c if is_invisible(c) => push_marked(&mut out, c),
            // Nothing ends here but an element: quotes stay, and the page is smaller.
            '"' | '\'' => out.push(c),
            c => push(&mut out, c),
        }
    }
    out
}

/// A time, which the script turns into that of the reader.
pub(super) fn time(instant: &str) -> String {
    let shown = instant.replacen('T', " ", 1).replace('Z', " UTC");
    format!("<time datetime=\"{}\">{}</time>", text(instant), text(&shown))
}

/// A line of a transcript: like [`marked`], with blanks at its end made visible.
pub(super) fn line(text: &str) -> String {
    let inner = text.trim_end_matches(' ');
    let blanks = text.len() - inner.len();
    let mut out = marked(inner);
    if blanks > 0 {
        out.push_str(&format!("<span class=\"inv\">{}</span>", "\\u{20}".repeat(blanks)));
    }
    out
}

/// A string as JSON inside `<script>`; it cannot end the element.
pub(super) fn script(text: &str) -> String {
    let json = serde_json::to_string(text).unwrap_or_default();
    // HTML §4.12.1.3: only `</script` and `<!--` mean something to the parser there.
    json.replace("</", "<\\/").replace("<!", "\\u003c!")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup() {
        assert_eq!(
            text("</script><b a='\"'>&amp;"),
            "&lt;/script&gt;&lt;b a=&#39;&quot;&#39;&gt;&amp;amp;"
        );
    }

    #[test]
    fn what_cannot_be_seen_is_shown_and_set_off() {
        assert_eq!(text("a\u{202e}b\n\u{0}"), "a\\u{202e}b\\n\\u{0}");
        assert_eq!(
            marked("a\u{200b}\n\\u{200b}"),
            "a<span class=\"inv\">\\u{200b}</span>\n\\u{200b}"
        );
        assert_eq!(line(" a "), " a<span class=\"inv\">\\u{20}</span>");
    }

    #[test]
    fn a_string_does_not_end_its_script() {
        for hostile in ["</script>", "<!--<script>", "</ScRiPt >\u{2028}"] {
            let json = script(hostile);
            assert!(!json.contains("</") && !json.contains("<!"), "{json}");
            assert_eq!(serde_json::from_str::<String>(&json).expect("it is JSON"), hostile);
        }
    }
}
