//! A small XML document, printed with line breaks as Finesse prints it.

use std::fmt;

use stanza::Writer;

/// An element: text, or elements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    name: &'static str,
    attrs: Vec<(&'static str, String)>,
    content: Content,
    /// Whether its elements are a list, and not the fields of an object.
    is_list: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    Text(String),
    Elements(Vec<Tree>),
}

impl Tree {
    /// An element with text.
    pub fn leaf(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, attrs: Vec::new(), content: Content::Text(text.into()), is_list: false }
    }

    /// An element with a number, or anything else that prints.
    pub fn number(name: &'static str, number: impl fmt::Display) -> Self {
        Self::leaf(name, number.to_string())
    }

    /// An element with elements.
    pub fn branch(name: &'static str, elements: impl IntoIterator<Item = Self>) -> Self {
        let content = Content::Elements(elements.into_iter().collect());
        Self { name, attrs: Vec::new(), content, is_list: false }
    }

    /// An element with a list of elements, which [`Tree::limited`] may cut.
    pub fn list(name: &'static str, elements: impl IntoIterator<Item = Self>) -> Self {
        Self { is_list: true, ..Self::branch(name, elements) }
    }

    /// The same with one more element.
    #[must_use]
    pub fn with(mut self, element: Self) -> Self {
        if let Content::Elements(elements) = &mut self.content {
            elements.push(element);
        }
        self
    }

    /// The same with at most so many elements in each list.
    #[must_use]
    pub fn limited(mut self, most: usize) -> Self {
        if let Content::Elements(elements) = &mut self.content {
            if self.is_list {
                elements.truncate(most);
            }
            let cut = std::mem::take(elements).into_iter().map(|element| element.limited(most));
            *elements = cut.collect();
        }
        self
    }

    /// The name of the element.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its text; nothing if it has elements.
    pub fn text(&self) -> &str {
        match &self.content {
            Content::Text(text) => text,
            Content::Elements(_) => "",
        }
    }

    /// Its elements.
    pub fn elements(&self) -> &[Self] {
        match &self.content {
            Content::Text(_) => &[],
            Content::Elements(elements) => elements,
        }
    }

    /// Whether an element in it, or itself, has this text.
    pub fn holds(&self, text: &str) -> bool {
        match &self.content {
            Content::Text(own) => own == text,
            Content::Elements(elements) => elements.iter().any(|element| element.holds(text)),
        }
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
