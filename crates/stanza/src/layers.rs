//! A map in layers, for what is in force inside an element and not behind it.

use std::collections::HashMap;

/// A map in which an entry covers an earlier one of its key until it is taken back. However many
/// entries there are, each step takes the same time.
///
/// ```
/// let mut prefixes = stanza::Layers::default();
/// prefixes.insert("p", "urn:outer");
/// let outside = prefixes.depth();
/// prefixes.insert("p", "urn:inner");
/// assert_eq!(prefixes.get("p"), Some(&"urn:inner"));
/// prefixes.back_to(outside);
/// assert_eq!(prefixes.get("p"), Some(&"urn:outer"));
/// ```
#[derive(Debug)]
pub struct Layers<'k, V> {
    /// The values of each key, innermost last.
    values: HashMap<&'k str, Vec<V>>,
    /// The keys in the order of their entries.
    keys: Vec<&'k str>,
}

impl<V> Default for Layers<'_, V> {
    fn default() -> Self {
        Self { values: HashMap::new(), keys: Vec::new() }
    }
}

impl<'k, V> Layers<'k, V> {
    /// Adds an entry, which covers others of its key.
    pub fn insert(&mut self, key: &'k str, value: V) {
        self.values.entry(key).or_default().push(value);
        self.keys.push(key);
    }

    /// The value in force.
    pub fn get(&self, key: &str) -> Option<&V> {
        self.values.get(key)?.last()
    }

    /// How many entries there are, to come [back](Self::back_to) to.
    pub fn depth(&self) -> usize {
        self.keys.len()
    }

    /// Takes back all entries but the first `depth`.
    pub fn back_to(&mut self, depth: usize) {
        while self.keys.len() > depth {
            let Some(key) = self.keys.pop() else { break };
            if let Some(values) = self.values.get_mut(key) {
                values.pop();
            }
        }
    }
}
