//! One element as text, for the stanzas that the service writes itself.

use stanza::escape;

/// `<name a="v">content</name>`, or `<name a="v"/>` without content. Values are escaped; `content` is XML already.
pub(super) fn tag(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    let mut out = format!("<{name}");
    for (attribute, value) in attributes {
        out.push_str(&format!(" {attribute}=\"{}\"", escape::attr(value)));
    }
    if content.is_empty() {
        out.push_str("/>");
    } else {
        out.push_str(&format!(">{content}</{name}>"));
    }
    out
}
