//! One element as text, for the stanzas that the service writes itself.

use stanza::Writer;

/// `<name a="v">content</name>`, or `<name a="v"/>` without content. Values are escaped; `content`
/// is XML already.
pub(super) fn tag(name: &str, attributes: &[(&str, &str)], content: &str) -> String {
    // One event becomes thousands of these: room for all of it from the start.
    let values: usize = attributes.iter().map(|(name, value)| name.len() + value.len() + 4).sum();
    let mut xml = Writer::with_capacity(2 * name.len() + values + content.len() + 5);
    xml.start(name);
    for (attribute, value) in attributes {
        xml.attr(attribute, value);
    }
    if !content.is_empty() {
        xml.raw(content);
    }
    xml.end(name);
    xml.finish()
}
