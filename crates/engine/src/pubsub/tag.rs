//! One element as text, for the stanzas that the service writes itself.

use stanza::escape;

/// `<name a="v">content</name>`, or `<name a="v"/>` without content. Values are escaped; `content` is XML already.
pub(super) fn tag(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    // One event becomes thousands of these: no formatting, and room for all of it from the start.
    let values: usize = attributes.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut out = String::with_capacity(2 * name.len() + values + content.len() + 5);
    out.push('<');
    out.push_str(name);
    for (attribute, value) in attributes {
        for piece in [" ", attribute, "=\"", &escape::attr(value), "\""] {
            out.push_str(piece);
        }
    }
    if content.is_empty() {
        out.push_str("/>");
    } else {
        for piece in [">", content, "</", name, ">"] {
            out.push_str(piece);
        }
    }
    out
}
