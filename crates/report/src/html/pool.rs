//! The details of all cases as lines, each of which is in the page once.
//!
//! Most conversations begin with the same login, and forty cases can share a change. A detail is
//! therefore a list of line numbers, `0-7 12 9-11`, and the script joins the lines again.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::escape;

/// The lines of the details so far.
#[derive(Default)]
pub(super) struct Pool {
    numbers: HashMap<String, usize>,
    lines: Vec<String>,
}

impl Pool {
    /// Adds the lines of `html`, and returns their numbers; a run of numbers is a range.
    pub(super) fn add(&mut self, html: &str) -> String {
        let mut ranges: Vec<(usize, usize)> = Vec::new();
        for line in html.split('\n') {
            let number = self.number(line);
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == number => *last = number,
                _ => ranges.push((number, number)),
            }
        }
        let mut out = String::new();
        for (first, last) in ranges {
            let blank = if out.is_empty() { "" } else { " " };
            let written = if first == last {
                write!(out, "{blank}{first}")
            } else {
                write!(out, "{blank}{first}-{last}")
            };
            written.expect("a string takes everything");
        }
        out
    }

    fn number(&mut self, line: &str) -> usize {
        if let Some(number) = self.numbers.get(line) {
            return *number;
        }
        let number = self.lines.len();
        self.numbers.insert(line.to_owned(), number);
        self.lines.push(line.to_owned());
        number
    }

    /// The lines as one JSON string inside `<script>`.
    pub(super) fn script(&self) -> String {
        escape::script(&self.lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_kept_once_and_neighbours_are_a_range() {
        let mut pool = Pool::default();
        assert_eq!(pool.add("open\nlogin\nbind\nfirst"), "0-3");
        assert_eq!(pool.add("open\nlogin\nbind\nsecond\nopen"), "0-2 4 0");
        assert_eq!(pool.script(), "\"open\\nlogin\\nbind\\nfirst\\nsecond\"");
    }
}
