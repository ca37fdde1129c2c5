//! Hashes of Java, which Openfire's versions of rosters and orders of receivers come from.

/// The hash of a string: over its UTF-16 code units, wrapping (`java.lang.String.hashCode`).
pub(super) fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
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
}
