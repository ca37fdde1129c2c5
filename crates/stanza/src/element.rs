//! The tree of a stanza: elements, attributes and text in document order.

use crate::name::Name;

/// An element. Namespace declarations are part of the names, not attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: Name,
    /// Its attributes in document order.
    pub attrs: Vec<Attribute>,
    /// Its content in document order; white space between elements is kept, neighbouring texts are
    /// one.
    pub nodes: Vec<Node>,
    /// How its tag was written, where [`Rules::spelling`](crate::Rules) keeps that.
    pub spelling: Option<Box<Spelling>>,
}

/// The spelling of a start tag: prefixes and declarations, which have no meaning of their own
/// (Namespaces in XML 1.0 §6).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spelling {
    /// The prefix of the element's name, empty for none.
    pub prefix: String,
    /// Prefixes declared in this tag with their namespaces, in document order; an empty one is the
    /// default.
    pub declared: Vec<(String, String)>,
}

/// An attribute with its value after references were resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The name; an attribute without a prefix is in no namespace.
    pub name: Name,
    /// Its normalised value (XML 1.0 §3.3.3).
    pub value: String,
}

/// A piece of an element's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    Element(Element),
    /// Character data, references resolved; never empty in a parsed tree.
    Text(String),
    /// The content of a CDATA section, where [`Rules::cdata`](crate::Rules) keeps it apart from
    /// other text.
    Cdata(String),
    /// The content of a comment, where [`Rules::comments`](crate::Rules) keeps it. It is no text.
    Comment(String),
}

impl Element {
    /// An empty element `local` in the namespace `ns`.
    pub fn new(ns: impl Into<String>, local: impl Into<String>) -> Self {
        Self { name: Name::new(ns, local), attrs: Vec::new(), nodes: Vec::new(), spelling: None }
    }

    /// Adds an attribute in no namespace.
    #[must_use]
    pub fn with_attr(self, local: impl Into<String>, value: impl Into<String>) -> Self {
        self.with_attr_ns("", local, value)
    }

    /// Adds an attribute in the namespace `ns`, e.g. `xml:lang`.
    #[must_use]
    pub fn with_attr_ns(
        mut self,
        ns: impl Into<String>,
        local: impl Into<String>,
        value: impl Into<String>,
    ) -> Self {
        self.attrs.push(Attribute { name: Name::new(ns, local), value: value.into() });
        self
    }

    /// Adds a child at the end.
    #[must_use]
    pub fn with_child(mut self, child: Self) -> Self {
        self.nodes.push(Node::Element(child));
        self
    }

    /// Adds text at the end.
    #[must_use]
    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.nodes.push(Node::Text(text.into()));
        self
    }

    /// Whether this is the element `local` of the namespace `ns`.
    pub fn is(&self, ns: &str, local: &str) -> bool {
        self.name.ns == ns && self.name.local == local
    }

    /// The value of an attribute in no namespace.
    pub fn attr(&self, local: &str) -> Option<&str> {
        self.attr_ns("", local)
    }

    /// The value of an attribute in the namespace `ns`.
    pub fn attr_ns(&self, ns: &str, local: &str) -> Option<&str> {
        let found =
            self.attrs.iter().find(|attr| attr.name.ns == ns && attr.name.local == local)?;
        Some(&found.value)
    }

    /// The first child element of this name.
    pub fn child(&self, ns: &str, local: &str) -> Option<&Self> {
        self.children().find(|child| child.is(ns, local))
    }

    /// The child elements, without the text between them.
    pub fn children(&self) -> impl Iterator<Item = &Self> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Element(child) => Some(child),
            Node::Text(_) | Node::Cdata(_) | Node::Comment(_) => None,
        })
    }

    /// The element's own text, that of its children left out.
    pub fn text(&self) -> String {
        self.nodes
            .iter()
            .filter_map(|node| match node {
                Node::Text(text) | Node::Cdata(text) => Some(text.as_str()),
                Node::Element(_) | Node::Comment(_) => None,
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_was_built() {
        let iq = Element::new("jabber:client", "iq")
            .with_attr("id", "1")
            .with_attr_ns(crate::ns::XML, "lang", "en")
            .with_text("a")
            .with_child(Element::new("urn:xmpp:ping", "ping").with_text("not mine"))
            .with_text("b");
        assert!(iq.is("jabber:client", "iq"));
        assert!(!iq.is("", "iq"));
        assert_eq!(iq.attr("id"), Some("1"));
        assert_eq!(iq.attr("lang"), None);
        assert_eq!(iq.attr_ns(crate::ns::XML, "lang"), Some("en"));
        assert_eq!(iq.text(), "ab");
        assert!(iq.child("urn:xmpp:ping", "ping").is_some());
        assert!(iq.child("jabber:client", "ping").is_none());
        assert_eq!(iq.children().count(), 1);
    }
}
