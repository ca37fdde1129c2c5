//! Finds words in a text in which any character may be escaped: a machine that is in the middle of
//! several words at once.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::escape::{self, Escape, escape};
use crate::reading::Reading;

/// How many decoders may be applied one after the other, beside the escapes of the last text.
const DEPTH: usize = 3;

/// The words that are looked for.
#[derive(Clone, Default)]
pub(crate) struct Words {
    /// In lower case of ASCII, without repetition.
    words: Vec<Vec<u8>>,
}

/// A word of which the beginning was read.
#[derive(Clone, Copy)]
struct Thread {
    word: usize,
    /// How many of its octets were read.
    read: usize,
    /// Where it began in the raw text.
    start: usize,
}

/// A search in one reading.
struct Search<'a> {
    words: &'a [Vec<u8>],
    text: &'a Reading<'a>,
    found: &'a mut Vec<Range<usize>>,
}

impl Words {
    /// Adds a word, in upper and lower case; one with letters beyond ASCII in Latin-1 as well.
    pub(crate) fn add(&mut self, word: &str) {
        for word in [word.to_owned(), word.to_lowercase(), word.to_uppercase()] {
            let latin: Option<Vec<u8>> = word.chars().map(|c| u8::try_from(c).ok()).collect();
            for mut octets in [Some(word.into_bytes()), latin].into_iter().flatten() {
                octets.make_ascii_lowercase();
                if !self.words.contains(&octets) {
                    self.words.push(octets);
                }
            }
        }
    }

    /// The places of all words in `text`, however they are written. If it `is_cut`, its end counts
    /// that may be the beginning of one.
    pub(crate) fn find(&self, text: &[u8], is_cut: bool) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if !self.words.is_empty() {
            self.look(&Reading::of(text), DEPTH, is_cut, &mut found);
        }
        found
    }

    fn look(&self, text: &Reading<'_>, depth: usize, is_cut: bool, found: &mut Vec<Range<usize>>) {
        Search { words: &self.words, text, found }.run(is_cut && text.is_last);
        if depth > 0 {
            for decoded in text.decoded() {
                self.look(&decoded, depth - 1, is_cut, found);
            }
        }
    }
}

impl Search<'_> {
    /// The time is that of the text, times the length of all words if these repeat themselves.
    fn run(&mut self, is_cut: bool) {
        let octets = self.text.octets();
        let mut begins = [false; 256];
        for first in self.words.iter().filter_map(|word| word.first()) {
            begins[usize::from(*first)] = true;
            begins[usize::from(first.to_ascii_uppercase())] = true;
        }
        let (mut now, mut next) = (Vec::new(), Vec::new());
        // What reaches beyond the next octet, by the place where it goes on.
        let mut later: BTreeMap<usize, Vec<Thread>> = BTreeMap::new();
        for (at, octet) in octets.iter().enumerate() {
            if let Some(entry) = later.first_entry().filter(|entry| *entry.key() == at) {
                entry.remove().into_iter().for_each(|thread| add(&mut now, thread));
            }
            let is_mark = escape::is_mark(*octet);
            if now.is_empty() && !is_mark && !begins[usize::from(*octet)] {
                continue;
            }
            self.read(&now, at..at + 1, &[*octet], &mut next);
            if is_mark {
                let escape = escape(&octets[at..]);
                if let Some(escape) = &escape {
                    self.escaped(&now, at, escape, &mut later);
                }
                // The text may end in the middle of an escape.
                let left = octets.len() - at;
                if is_cut && escape.map_or(left < escape::LONGEST, |escape| escape.len == left) {
                    self.cut(&now);
                }
            }
            now.clear();
            std::mem::swap(&mut now, &mut next);
        }
        if is_cut {
            now.extend(later.into_values().flatten());
            self.cut(&now);
        }
    }

    fn escaped(
        &mut self,
        now: &[Thread],
        at: usize,
        escape: &Escape,
        later: &mut BTreeMap<usize, Vec<Thread>>,
    ) {
        let mut reached = Vec::new();
        if escape.octets().is_empty() {
            reached.extend_from_slice(now);
        } else {
            self.read(now, at..at + escape.len, escape.octets(), &mut reached);
        }
        if !reached.is_empty() {
            let there = later.entry(at + escape.len).or_default();
            reached.into_iter().for_each(|thread| add(there, thread));
        }
    }

    /// Goes on with `octets`, which stand at `at`, in every word that they fit, and begins those
    /// that they begin.
    fn read(&mut self, now: &[Thread], at: Range<usize>, octets: &[u8], next: &mut Vec<Thread>) {
        let start = self.text.place(at.start).start;
        let begun = (0..self.words.len()).map(|word| Thread { word, read: 0, start });
        for thread in now.iter().copied().chain(begun) {
            let word = &self.words[thread.word];
            let Some(rest) = word.get(thread.read..thread.read + octets.len()) else { continue };
            if !rest.eq_ignore_ascii_case(octets) {
                continue;
            }
            let read = thread.read + octets.len();
            if read == word.len() {
                self.found.push(thread.start..self.text.place(at.end - 1).end);
            } else {
                add(next, Thread { read, ..thread });
            }
        }
    }

    /// The text ends in the middle of these.
    fn cut(&mut self, threads: &[Thread]) {
        let Some(last) = self.text.octets().len().checked_sub(1) else { return };
        let end = self.text.place(last).end;
        self.found.extend(threads.iter().map(|thread| thread.start..end));
    }
}

/// Adds a thread; of two at the same place of the same word the longer one is kept.
fn add(threads: &mut Vec<Thread>, thread: Thread) {
    let is_same = |other: &&mut Thread| (other.word, other.read) == (thread.word, thread.read);
    match threads.iter_mut().find(is_same) {
        Some(other) => other.start = other.start.min(thread.start),
        None => threads.push(thread),
    }
}
