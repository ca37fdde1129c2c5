//! The live line on a terminal: number of finished cases, and the last of them.

use std::fmt;
use std::io::{self, Write};

use textual::invisible;
use verdict::{CaseResult, Head, Reporter, Run};

use crate::clip;

/// The longest line, in columns; a wrapped line could not be erased.
const WIDTH: usize = 79;

/// Return to the first column and erase the line (ECMA-48 EL).
const CLEAR: &str = "\r\x1b[2K";

/// Writes `[37/112] sasl/plain-ok` over itself, and clears it when the run ends. For terminals
/// only.
pub struct Progress {
    out: Box<dyn Write + Send>,
    selected: usize,
    done: usize,
    is_shown: bool,
}

impl Progress {
    /// A live line on `out`, which must be a terminal.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, selected: 0, done: 0, is_shown: false }
    }

    fn show(&mut self, text: &str) -> io::Result<()> {
        let line = format!("[{}/{}] {text}", self.done, self.selected);
        write!(self.out, "{CLEAR}{}", clip::one(line.trim_end(), WIDTH))?;
        self.is_shown = true;
        self.out.flush()
    }

    fn clear(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.is_shown) {
            write!(self.out, "{CLEAR}")?;
        }
        self.out.flush()
    }
}

impl Reporter for Progress {
    fn began(&mut self, head: &Head) -> io::Result<()> {
        // The line begins with the first case: reports may write their own beginning meanwhile.
        self.selected = head.selected;
        Ok(())
    }

    fn finished(&mut self, case: &CaseResult) -> io::Result<()> {
        self.done += 1;
        self.show(&invisible::escape(&case.id))
    }

    fn ended(&mut self, _run: &Run) -> io::Result<()> {
        self.clear()
    }
}

impl Drop for Progress {
    /// Erases the line also if the run ends without its last event.
    fn drop(&mut self) {
        // An error has no receiver here.
        let _ = self.clear();
    }
}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Progress")
            .field("selected", &self.selected)
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}
