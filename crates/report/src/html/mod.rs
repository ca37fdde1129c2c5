//! The report as one HTML file without other files or network access, light and dark, for any
//! width.
//!
//! All HTML is written here and escaped by one function (`escape::text`); the script only shows,
//! hides and filters. The details of cases are lines inside `<script type="application/json">`
//! (`pool.rs`), and enter the page when a case is opened. So a thousand transcripts do not slow a
//! page that shows three.

mod assertion;
mod card;
mod detail;
mod escape;
mod ladder;
mod legend;
mod matrix;
mod name;
mod page;
mod pool;
mod red;
mod side;

use std::io::{self, Write};

use verdict::{Reporter, Run, Strictness};

use crate::compare::Column;

/// Writes the file when the run ends.
pub(crate) struct Html {
    out: Box<dyn Write + Send>,
}

impl Html {
    /// A report on `out`.
    pub(crate) fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out }
    }
}

impl Reporter for Html {
    fn ended(&mut self, run: &Run) -> io::Result<()> {
        let column = Column { name: run.target().to_owned(), run: run.clone() };
        write_html(&mut self.out, &[column], run.strictness())
    }
}

/// Writes the matrix of cases and runs. The other runs are compared with the first.
///
/// # Errors
///
/// Those of `out`.
pub fn write_html(
    out: &mut dyn Write,
    columns: &[Column],
    strictness: Strictness,
) -> io::Result<()> {
    out.write_all(page::page(columns, strictness).as_bytes())?;
    out.flush()
}
