//! Hashes of Java, which Openfire's versions of rosters and orders of lists come from.

/// The hash of a string: over its UTF-16 code units, wrapping (`java.lang.String.hashCode`).
pub(crate) fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
}

/// The place of a key in a table of so many buckets, which are a power of two
/// (`java.util.HashMap`).
pub(crate) fn bucket(key: &str, buckets: u32) -> u32 {
    let hash = java_hash(key).cast_unsigned();
    (hash ^ (hash >> 16)) & (buckets - 1)
}

/// The size of a table of hashes (`java.util.concurrent.ConcurrentHashMap`), by which it orders its
/// keys. It grows with them, and does not shrink.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Table {
    bins: u32,
}

impl Default for Table {
    fn default() -> Self {
        Self { bins: 16 }
    }
}

impl Table {
    /// How many keys it has no room for as it is, nor for more.
    pub(crate) fn room(self) -> usize {
        usize::try_from(self.bins / 4 * 3).unwrap_or(usize::MAX)
    }

    /// The table holds so many keys.
    pub(crate) fn holds(&mut self, keys: usize) {
        while u32::try_from(keys).is_ok_and(|keys| keys >= self.bins / 4 * 3) {
            self.bins *= 2;
        }
    }

    /// The place of a key; those of one place are few.
    pub(crate) fn bin(self, key: &str) -> u32 {
        bucket(key, self.bins)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_hash_as_recorded_versions_of_empty_rosters() {
        for (name, hash) in [("agent1004", -1_702_151_960), ("g06547", -1_300_174_421), ("", 0)] {
            assert_eq!(java_hash(name), hash, "{name}");
        }
    }

    #[test]
    fn a_table_doubles_when_three_quarters_are_full() {
        let mut table = Table::default();
        let sizes = [1, 11, 12, 23, 24].map(|keys| {
            table.holds(keys);
            table.bins
        });
        assert_eq!(sizes, [16, 16, 32, 32, 64]);
        // Recorded: generated, pubsub_456.
        let bin = |node| table.bin(node);
        assert!(bin("/finesse/api/User/g13474x1/Dialogs") < bin("/finesse/api/Team/g134742/Users"));
    }
}
