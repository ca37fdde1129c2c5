//! A small XML document, printed with line breaks as Finesse prints it.

use std::fmt;

use stanza::Writer;

/// An element: text, or elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    name: &'static str,
    attrs: Vec<(&'static str, String)>,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    Elements(Vec<Tree>),
}

impl Tree {
    /// An element with text.
    pub fn leaf(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, attrs: Vec::new(), content: Content::Text(text.into()) }
    }

    /// An element with a number, or anything else that prints.
    pub fn number(name: &'static str, number: impl fmt::Display) -> Self {
        Self::leaf(name, number.to_string())
    }

    /// An element with elements.
    pub fn branch(name: &'static str, elements: impl IntoIterator<Item = Self>) -> Self {
        let content = Content::Elements(elements.into_iter().collect());
        Self { name, attrs: Vec::new(), content }
    }

    /// Adds an attribute.
    #[must_use]
    pub fn attr(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attrs.push((name, value.into()));
        self
    }

    fn write(&self, depth: usize, xml: &mut Writer) {
        let line = |depth: usize| format!("\n{:1$}", "", 2 * depth);
        xml.start(self.name);
        for (name, value) in &self.attrs {
            xml.attr(name, value);
        }
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
