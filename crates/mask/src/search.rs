//! Finds words in a text in which any character may be escaped: a machine that is in the middle of
//! several words at once.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::escape::{self, Escape, escape};
use crate::reading::Reading;

/// How many times escapes are replaced: those of a text, then those of the result.
const ESCAPED: usize = 6;

/// How many codings in digits may be on top of each other.
const CODED: usize = 2;

/// The words that are looked for.
#[derive(Clone, Default)]
pub(crate) struct Words(Vec<Word>);

/// The characters of a word.
type Word = Vec<Letter>;

/// The octets that may stand for a character: UTF-8 in upper and lower case, and Latin-1.
type Letter = Vec<Vec<u8>>;

/// A word of which the beginning was read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Thread {
    word: usize,
    /// How many characters were read.
    letter: usize,
    /// Which octets stand for the next one, once some of them were read.
    form: usize,
    /// How many of these were read.
    read: usize,
    /// Where the word began in the raw text.
    start: usize,
}

/// A search in one reading.
struct Search<'a> {
    words: &'a [Word],
    text: &'a Reading<'a>,
    /// Whether a word may begin with an octet.
    begins: [bool; 256],
    found: &'a mut Vec<Range<usize>>,
}

impl Words {
    /// Adds a word.
    pub(crate) fn add(&mut self, word: &str) {
        let word: Word = word.chars().map(letter).collect();
        if !self.0.contains(&word) {
            self.0.push(word);
        }
    }

    /// The places of all words in `text`, however they are written. If it `is_cut`, its end counts
    /// that may be the beginning of one.
    pub(crate) fn find(&self, text: &[u8], is_cut: bool) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if !self.0.is_empty() {
            self.look(&Reading::of(text), (ESCAPED, CODED), is_cut, &mut found);
        }
        found
    }

    /// Looks at a text and at all that decoders make of it, so many of each kind one after the
    /// other.
    fn look(
        &self,
        text: &Reading<'_>,
        (escaped, coded): (usize, usize),
        is_cut: bool,
        found: &mut Vec<Range<usize>>,
    ) {
        let mut begins = [false; 256];
        for form in self.0.iter().filter_map(|word| word.first()).flatten() {
            begins[usize::from(form[0])] = true;
        }
        Search { words: &self.0, text, begins, found }.run(is_cut && text.is_last);
        if let Some(text) = text.unescaped().filter(|_| escaped > 0) {
            self.look(&text, (escaped - 1, coded), is_cut, found);
        }
        if coded > 0 {
            for text in text.decoded() {
                self.look(&text, (escaped, coded - 1), is_cut, found);
            }
        }
    }
}

fn letter(c: char) -> Letter {
    let forms = [c.to_string(), c.to_lowercase().to_string(), c.to_uppercase().to_string()];
    let mut forms: Letter = forms.into_iter().map(String::into_bytes).collect();
    let both = c.to_lowercase().chain(c.to_uppercase()).filter(|c| !c.is_ascii());
    forms.extend(both.filter_map(|c| u8::try_from(c).ok()).map(|octet| vec![octet]));
    forms.sort_unstable();
    forms.dedup();
    forms
}

impl Search<'_> {
    /// The time is that of the text, times the length of all words if these repeat themselves.
    fn run(&mut self, is_cut: bool) {
        let octets = self.text.octets();
        let (mut now, mut next) = (Vec::new(), Vec::new());
        // Matches that reach beyond the next octet, by the place where they go on.
        let mut later: BTreeMap<usize, Vec<Thread>> = BTreeMap::new();
        for (at, octet) in octets.iter().enumerate() {
            if let Some(entry) = later.first_entry().filter(|entry| *entry.key() == at) {
                entry.remove().into_iter().for_each(|thread| add(&mut now, thread));
            }
            let is_mark = escape::is_mark(*octet);
            if now.is_empty() && !is_mark && !self.begins[usize::from(*octet)] {
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
        let begins = octets.first().is_some_and(|octet| self.begins[usize::from(*octet)]);
        let start = self.text.place(at.start).start;
        let begun = (0..self.words.len()).filter(|_| begins).map(|word| Thread {
            word,
            letter: 0,
            form: 0,
            read: 0,
            start,
        });
        for thread in now.iter().copied().chain(begun) {
            self.read_on(thread, octets, at.end, next);
        }
    }

    /// All ways to read `octets`, which end before `end`, in one word.
    fn read_on(&mut self, thread: Thread, octets: &[u8], end: usize, next: &mut Vec<Thread>) {
        let words = self.words;
        let word = &words[thread.word];
        let Some((octet, octets)) = octets.split_first() else {
            if thread.letter == word.len() {
                self.found.push(thread.start..self.text.place(end - 1).end);
            } else {
                add(next, thread);
            }
            return;
        };
        let Some(letter) = word.get(thread.letter) else { return };
        let forms = if thread.read == 0 { 0..letter.len() } else { thread.form..thread.form + 1 };
        for form in forms {
            if letter[form].get(thread.read) != Some(octet) {
                continue;
            }
            let read = thread.read + 1;
            let thread = if read == letter[form].len() {
                Thread { letter: thread.letter + 1, form: 0, read: 0, ..thread }
            } else {
                Thread { form, read, ..thread }
            };
            self.read_on(thread, octets, end, next);
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
    let is_same = |other: &&mut Thread| Thread { start: thread.start, ..**other } == thread;
    match threads.iter_mut().find(is_same) {
        Some(other) => other.start = other.start.min(thread.start),
        None => threads.push(thread),
    }
}
