//! A small XML document without attributes, printed with line breaks as Finesse prints it.

use std::fmt;

use stanza::escape;

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

    fn write(&self, depth: usize, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, indent) = (self.name, "  ".repeat(depth));
        match &self.content {
            Content::Text(text) => write!(f, "{indent}<{name}>{}</{name}>", escape::text(text)),
            Content::Elements(elements) if elements.is_empty() => {
                write!(f, "{indent}<{name}></{name}>")
            }
            Content::Elements(elements) => {
                writeln!(f, "{indent}<{name}>")?;
                for element in elements {
                    element.write(depth + 1, f)?;
                    writeln!(f)?;
                }
                write!(f, "{indent}</{name}>")
            }
        }
    }
}

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(0, f)
    }
}
