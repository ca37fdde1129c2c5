//! Maps in the order of Java's hash tables, in which Openfire goes through the sessions of an
//! account and the contacts of a roster.

use std::collections::BTreeMap;

use crate::java::bucket;

/// The buckets of a new table.
const BUCKETS: u32 = 16;

/// A map with text as keys, read in the order of `java.util.HashMap`: by bucket, and within a
/// bucket by age. (A bucket with more than eight keys would be a tree; no account has so many
/// resources.)
#[derive(Debug, Clone)]
pub(super) struct JavaMap<V> {
    entries: BTreeMap<String, (u64, V)>,
    /// The age of the next key.
    next: u64,
    /// A power of two. It never shrinks.
    buckets: u32,
}

impl<V> Default for JavaMap<V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), next: 0, buckets: BUCKETS }
    }
}

impl<V> JavaMap<V> {
    /// Sets the value of a key; a key that is there keeps its place.
    pub(super) fn insert(&mut self, key: String, value: V) {
        if let Some((_, known)) = self.entries.get_mut(&key) {
            *known = value;
            return;
        }
        self.entries.insert(key, (self.next, value));
        self.next += 1;
        // Java's table is doubled when it is more than three quarters full.
        if self.entries.len() > (self.buckets / 4 * 3) as usize {
            self.buckets *= 2;
        }
    }

    pub(super) fn remove(&mut self, key: &str) -> Option<V> {
        self.entries.remove(key).map(|(_, value)| value)
    }

    pub(super) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Keys and values in Java's order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &V)> {
        let mut entries: Vec<_> = self.entries.iter().collect();
        entries.sort_by_key(|(key, (age, _))| (bucket(key, self.buckets), *age));
        entries.into_iter().map(|(key, (_, value))| (key.as_str(), value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(map: &JavaMap<()>) -> String {
        map.iter().map(|(key, ())| key).collect::<Vec<_>>().join(" ")
    }

    /// Java prints `new HashMap<>(Map.of(…)).keySet()` so.
    #[test]
    fn keys_come_by_bucket_then_by_age() {
        let mut map = JavaMap::default();
        for key in ["two", "one", "Aa", "BB", "c"] {
            map.insert(key.to_owned(), ());
        }
        // Hashes: two 115276, one 110182, Aa and BB 2112, c 99.
        assert_eq!(keys(&map), "Aa BB c one two");
        map.remove("Aa");
        map.insert("Aa".to_owned(), ());
        assert_eq!(keys(&map), "BB Aa c one two");
    }

    #[test]
    fn the_table_grows() {
        let mut map = JavaMap::default();
        // The hashes of single characters are their numbers: p is in bucket 0 of 16, and in 16 of
        // 32.
        for key in ["p", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"] {
            map.insert(key.to_owned(), ());
        }
        assert!(keys(&map).starts_with("p a b"));
        map.insert("l".to_owned(), ());
        assert!(keys(&map).ends_with("l p"));
    }
}
