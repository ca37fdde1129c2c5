//! Regular expressions, compiled once in each thread: a step tries the same one on every message.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use regex::bytes::Regex;

/// How many are kept. Those that contain a value of the conversation are of no use to the next.
const KEPT: usize = 256;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Rc<Regex>>> = RefCell::default();
}

/// A pattern as a regular expression; none if it is not one.
pub(crate) fn compiled(pattern: &str) -> Option<Rc<Regex>> {
    COMPILED.with_borrow_mut(|kept| {
        if let Some(regex) = kept.get(pattern) {
            return Some(Rc::clone(regex));
        }
        let regex = Rc::new(Regex::new(pattern).ok()?);
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(pattern.to_owned(), Rc::clone(&regex));
        Some(regex)
    })
}
