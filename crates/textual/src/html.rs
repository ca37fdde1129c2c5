//! Text as HTML.

use crate::invisible::{is_invisible, push_escaped};

/// Appends a character of a text, for content and quoted attributes. Markup is escaped, and an
/// invisible character appears in the form of the notation, `\u{200b}`.
pub fn push(out: &mut String, c: char) {
    match c {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        c if is_invisible(c) => push_escaped(out, c),
        c => out.push(c),
    }
}

/// Appends an invisible character, marked as one by its class.
pub fn push_marked(out: &mut String, c: char) {
    out.push_str("<span class=\"inv\">");
    push(out, c);
    out.push_str("</span>");
}
