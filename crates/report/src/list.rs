//! Lists and counts of cases.

use std::io::{self, Write};

use textual::invisible;

/// Number of names shown without `--verbose`.
const FEW: usize = 8;

/// Writes `ids`, all of them or the first few.
pub(crate) fn ids(out: &mut dyn Write, ids: &[&str], all: bool) -> io::Result<()> {
    let shown = shown(ids.len(), all);
    for id in ids.iter().take(shown) {
        writeln!(out, "      {}", invisible::escape(id))?;
    }
    if shown < ids.len() {
        writeln!(out, "      and {} more", ids.len() - shown)?;
    }
    Ok(())
}

/// `1 case`, `41 cases`.
pub(crate) fn cases_of(count: usize) -> String {
    if count == 1 { "1 case".to_owned() } else { format!("{count} cases") }
}

/// How many of `count` names are shown.
pub(crate) fn shown(count: usize, all: bool) -> usize {
    if all || count <= FEW { count } else { FEW - 1 }
}
