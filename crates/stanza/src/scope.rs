//! The bindings of prefixes to namespaces, element by element.

use std::collections::HashMap;

use crate::error::ErrorKind;
use crate::ns;

/// The longest namespace name accepted, in octets: each element and attribute keeps a copy of its
/// own, so that it says how many times its size a message may take.
const MAX_NAMESPACE: usize = 256;

/// The bindings in force, innermost last.
#[derive(Debug, Default)]
pub(crate) struct Scope<'i> {
    bindings: HashMap<&'i str, Vec<String>>,
    levels: Vec<Vec<&'i str>>,
}

impl<'i> Scope<'i> {
    /// A scope in which only `bound` is declared.
    pub(crate) fn new(bound: &'static [(&'static str, &'static str)]) -> Self {
        let bindings = bound.iter().map(|(prefix, ns)| (*prefix, vec![(*ns).to_owned()])).collect();
        Self { bindings, levels: Vec::new() }
    }

    pub(crate) fn enter(&mut self) {
        self.levels.push(Vec::new());
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
        self.bindings.entry(prefix).or_default().push(namespace);
        if let Some(level) = self.levels.last_mut() {
            level.push(prefix);
        }
        Ok(())
    }

    /// The namespace of an element name with this prefix.
    pub(crate) fn element(&self, prefix: &str) -> Result<&str, ErrorKind> {
        if prefix == "xml" {
            return Ok(ns::XML);
        }
        match self.bindings.get(prefix).and_then(|stack| stack.last()) {
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
        for prefix in self.levels.pop().into_iter().flatten() {
            if let Some(stack) = self.bindings.get_mut(prefix) {
                stack.pop();
            }
        }
    }
}
