//! The bindings of prefixes to namespaces, element by element.

use crate::error::ErrorKind;
use crate::layers::Layers;
use crate::ns;

/// The longest namespace name accepted, in octets: each element and attribute keeps a copy of its
/// own, so that it says how many times its size a message may take.
const MAX_NAMESPACE: usize = 256;

/// The bindings in force, innermost last.
#[derive(Debug, Default)]
pub(crate) struct Scope<'i> {
    bindings: Layers<'i, String>,
    /// How many bindings there were outside each element.
    outside: Vec<usize>,
}

impl<'i> Scope<'i> {
    /// A scope in which only `bound` is declared.
    pub(crate) fn new(bound: &'static [(&'static str, &'static str)]) -> Self {
        let mut scope = Self::default();
        bound.iter().for_each(|(prefix, ns)| scope.bindings.insert(prefix, (*ns).to_owned()));
        scope
    }

    pub(crate) fn enter(&mut self) {
        self.outside.push(self.bindings.depth());
    }

    /// Binds `prefix` (empty: the default) in the element entered last.
    pub(crate) fn declare(&mut self, prefix: &'i str, namespace: String) -> Result<(), ErrorKind> {
        // Namespaces in XML 1.0 §3: both prefixes are bound by definition, and nothing else to
        // their names.
        match (prefix, namespace.as_str()) {
            ("xml", ns::XML) => return Ok(()),
            ("xml" | "xmlns", _) | (_, ns::XML | ns::XMLNS) => {
                return Err(ErrorKind::ReservedBinding(prefix.to_owned()));
            }
            // §5: only the default namespace can be taken back.
            (prefix, "") if !prefix.is_empty() => {
                return Err(ErrorKind::EmptyBinding(prefix.to_owned()));
            }
            _ => {}
        }
        if namespace.len() > MAX_NAMESPACE {
            return Err(ErrorKind::NamespaceTooLong(MAX_NAMESPACE));
        }
        self.bindings.insert(prefix, namespace);
        Ok(())
    }

    /// The namespace of an element name with this prefix.
    pub(crate) fn element(&self, prefix: &str) -> Result<&str, ErrorKind> {
        if prefix == "xml" {
            return Ok(ns::XML);
        }
        match self.bindings.get(prefix) {
            Some(namespace) => Ok(namespace),
            None if prefix.is_empty() => Ok(""),
            None => Err(ErrorKind::UndeclaredPrefix(prefix.to_owned())),
        }
    }

    /// The namespace of an attribute name with this prefix; the default does not apply (§6.2).
    pub(crate) fn attribute(&self, prefix: &str) -> Result<&str, ErrorKind> {
        if prefix.is_empty() { Ok("") } else { self.element(prefix) }
    }

    /// Leaves the element entered last.
    pub(crate) fn leave(&mut self) {
        let outside = self.outside.pop().unwrap_or_default();
        self.bindings.back_to(outside);
    }
}
