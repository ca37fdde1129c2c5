//! A small XML document without attributes, printed with line breaks as Finesse prints it.

use std::fmt;

use stanza::Writer;

/// An element: text, or elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tree {
    name: &'static str,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    Elements(Vec<Tree>),
}

impl Tree {
    pub(super) fn leaf(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, content: Content::Text(text.into()) }
    }

    pub(super) fn number(name: &'static str, number: impl fmt::Display) -> Self {
        Self::leaf(name, number.to_string())
    }

    pub(super) fn branch(name: &'static str, elements: impl IntoIterator<Item = Self>) -> Self {
        Self { name, content: Content::Elements(elements.into_iter().collect()) }
    }

    fn write(&self, depth: usize, xml: &mut Writer) {
        let line = |depth: usize| format!("\n{:1$}", "", 2 * depth);
        xml.start(self.name);
        match &self.content {
            Content::Text(text) => xml.text(text),
            Content::Elements(elements) if elements.is_empty() => xml.content(),
            Content::Elements(elements) => {
                for element in elements {
                    xml.raw(&line(depth + 1));
                    element.write(depth + 1, xml);
                }
                xml.raw(&line(depth));
            }
        }
        xml.end(self.name);
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut xml = Writer::default();
        self.write(0, &mut xml);
        f.write_str(&xml.finish())
    }
}
