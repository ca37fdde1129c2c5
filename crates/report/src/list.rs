//! Cases by number and by name.

use std::io::{self, Write};

use runner::outcome::CaseReport;

use crate::invisible;

/// How many names of a list are shown when not all are asked for.
const FEW: usize = 8;

/// Writes the ids of `cases`, all of them or the first few.
pub(crate) fn names<'a>(
    out: &mut dyn Write,
    cases: impl ExactSizeIterator<Item = &'a CaseReport>,
    all: bool,
) -> io::Result<()> {
    let count = cases.len();
    let shown = if all || count <= FEW { count } else { FEW - 1 };
    for case in cases.take(shown) {
        writeln!(out, "      {}", invisible::escape(&case.id))?;
    }
    if shown < count {
        writeln!(out, "      and {} more", count - shown)?;
    }
    Ok(())
}

/// `1 case`, `41 cases`.
pub(crate) fn cases_of(count: usize) -> String {
    if count == 1 { "1 case".to_owned() } else { format!("{count} cases") }
}
