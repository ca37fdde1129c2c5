//! How many conversations of each area have been equal: a number that may only rise.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The floor of each area.
pub(crate) struct Floor(BTreeMap<String, usize>);

const HEAD: &str = "\
# How many conversations of each area are equal, at least. The test fails below it.
# BLESS=1 cargo test -p engine --test generated
# writes it anew, and lowers nothing. Of two lines of one area the greater counts.
";

impl Floor {
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string(path()).unwrap_or_default();
        let mut floor = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some((area, count)) = line.split_once(' ')
                && let Ok(count) = count.trim().parse::<usize>()
            {
                let known = floor.entry(area.to_owned()).or_default();
                *known = count.max(*known);
            }
        }
        Self(floor)
    }

    pub(crate) fn of(&self, area: &str) -> usize {
        self.0.get(area).copied().unwrap_or(0)
    }

    /// Raises the floor of an area; a lower number is ignored.
    pub(crate) fn raise(&mut self, area: &str, equal: usize) {
        let known = self.0.entry(area.to_owned()).or_default();
        *known = equal.max(*known);
    }

    pub(crate) fn write(&self) -> std::io::Result<()> {
        let lines = self.0.iter().map(|(area, count)| format!("{area} {count}\n"));
        std::fs::write(path(), format!("{HEAD}{}", lines.collect::<String>()))
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/generated/floor.txt")
}
