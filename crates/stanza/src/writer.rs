//! The writer: XML text, piece by piece.

use textual::invisible::is_invisible;

use crate::escape::{self, escape};
use crate::reference::is_char;

/// Writes XML text. Values and text are escaped; names and raw pieces are not looked at.
///
/// ```
/// let mut xml = stanza::Writer::default();
/// xml.start("a");
/// xml.attr("b", "<");
/// xml.start("c");
/// xml.end("c");
/// xml.text("&");
/// xml.end("a");
/// assert_eq!(xml.finish(), r#"<a b="&lt;"><c/>&amp;</a>"#);
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    /// The last start tag still lacks its `>`.
    is_in_tag: bool,
    /// Invisible characters become references.
    is_visible: bool,
}

impl Writer {
    /// A writer with room for so many octets.
    pub fn with_capacity(octets: usize) -> Self {
        Self { out: String::with_capacity(octets), ..Self::default() }
    }

    /// A writer for texts that people read: invisible characters become references.
    pub(crate) fn visible() -> Self {
        Self { is_visible: true, ..Self::default() }
    }

    pub fn start(&mut self, name: &str) {
        self.content();
        self.out.push('<');
        self.out.push_str(name);
        self.is_in_tag = true;
    }

    /// Writes an attribute, or a declaration, of the element that has just begun.
    pub fn attr(&mut self, name: &str, value: &str) {
        self.attr_after(" ", name, value);
    }

    /// [`Writer::attr`] with other white space in front of it.
    pub(crate) fn attr_after(&mut self, space: &str, name: &str, value: &str) {
        let value = if self.is_visible {
            escape(value, |c| c == '"' || is_invisible(c) || !is_char(c))
        } else {
            escape::attr(value)
        };
        for piece in [space, name, "=\"", &value, "\""] {
            self.out.push_str(piece);
        }
    }

    /// Writes an attribute whose value is escaped already.
    pub fn raw_attr(&mut self, name: &str, value: &str) {
        for piece in [" ", name, "=\"", value, "\""] {
            self.out.push_str(piece);
        }
    }

    /// Ends the start tag: an element with content, even if that is empty, gets an end tag.
    pub fn content(&mut self) {
        if std::mem::take(&mut self.is_in_tag) {
            self.out.push('>');
        }
    }

    pub fn text(&mut self, text: &str) {
        self.content();
        self.out.push_str(&if self.is_visible {
            escape(text, |c| is_invisible(c) || !is_char(c))
        } else {
            escape::text(text)
        });
    }

    /// Writes a piece of XML as it is.
    pub fn raw(&mut self, xml: &str) {
        self.content();
        self.out.push_str(xml);
    }

    /// Ends an element: `/>` if nothing came after its start tag.
    pub fn end(&mut self, name: &str) {
        if std::mem::take(&mut self.is_in_tag) {
            self.out.push_str("/>");
        } else {
            for piece in ["</", name, ">"] {
                self.out.push_str(piece);
            }
        }
    }

    pub fn finish(self) -> String {
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::Writer;

    #[test]
    fn content_that_is_empty_gets_an_end_tag() {
        let mut xml = Writer::default();
        for (name, text) in [("a", None), ("b", Some("")), ("c", Some("\u{200b}"))] {
            xml.start(name);
            if let Some(text) = text {
                xml.text(text);
            }
            xml.end(name);
        }
        assert_eq!(xml.finish(), "<a/><b></b><c>\u{200b}</c>");
    }
}
