//! Finds words in a text in which any character may be escaped: a machine that is in the middle of
//! several words at once.

use std::collections::BTreeMap;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

use crate::SHORTEST;
use crate::escape::{self, Escape, escapes};
use crate::reading::Reading;

/// How many times escapes are replaced: those of a text, then those of the result.
const ESCAPED: usize = 6;

/// How many codings in digits may be on top of each other.
const CODED: usize = 2;

/// The words that are looked for.
#[derive(Clone)]
pub(crate) struct Words {
    words: Vec<Word>,
    /// Whether a word may begin with an octet.
    begins: [bool; 256],
}

/// The characters of a word.
type Word = Vec<Letter>;

/// The octets that may stand for a character: UTF-8 in upper and lower case and in all normal
/// forms, and what becomes of a character in other sets.
type Letter = Vec<Vec<u8>>;

/// The characters of the octets from 0x80 to 0x9F in windows-1252 (WHATWG Encoding §9.2).
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

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
    begins: &'a [bool; 256],
    found: &'a mut Vec<Range<usize>>,
}

impl Default for Words {
    fn default() -> Self {
        Self { words: Vec::new(), begins: [false; 256] }
    }
}

impl Words {
    /// Adds a word, also as it is when each letter has its accents.
    pub(crate) fn add(&mut self, word: &str) {
        for word in [word.to_owned(), word.nfc().collect()] {
            let word: Word = word.chars().map(letter).collect();
            for form in word.first().into_iter().flatten() {
                self.begins[usize::from(form[0])] = true;
            }
            if !self.words.contains(&word) {
                self.words.push(word);
            }
        }
    }

    /// The places of all words in `text`, however they are written. If it `is_cut`, its end counts
    /// that may be the beginning of one.
    pub(crate) fn find(&self, text: &[u8], is_cut: bool) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if !self.words.is_empty() {
            self.look(&Reading::of(text), (ESCAPED, CODED), is_cut, &mut found);
        }
        found
    }

    /// How many octets a reading has at least that holds something to be found: no decoder makes
    /// more octets than it reads, and each character of a word takes one or more.
    fn shortest(&self, is_cut: bool) -> usize {
        let shortest = self.words.iter().map(Vec::len).min().unwrap_or_default();
        if is_cut { SHORTEST } else { shortest.max(SHORTEST) }
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
        Search { words: &self.words, text, begins: &self.begins, found }
            .run(is_cut && text.is_last);
        if let Some(text) = text.unescaped().filter(|_| escaped > 0) {
            self.look(&text, (escaped - 1, coded), is_cut, found);
        }
        if coded > 0 {
            for text in text.decoded(self.shortest(is_cut)) {
                self.look(&text, (escaped, coded - 1), is_cut, found);
            }
        }
    }
}

fn letter(c: char) -> Letter {
    let cases = [c.to_string(), c.to_lowercase().to_string(), c.to_uppercase().to_string()];
    let mut texts = cases.to_vec();
    for text in cases.iter().filter(|text| !text.is_ascii()) {
        texts.extend([text.nfc().collect(), text.nfd().collect(), text.nfkc().collect()]);
        texts.push(text.nfkd().collect());
    }
    let mut forms = Letter::new();
    for text in texts {
        if !text.is_ascii() {
            forms.extend(astray(&text));
        }
        forms.push(text.into_bytes());
    }
    forms.sort_unstable();
    forms.dedup();
    forms
}

/// Text that is not ASCII in sets of characters other than UTF-8, as programs write it that take it
/// for another set, and as those write it that have no such character.
fn astray(text: &str) -> Letter {
    let latin = |c: char| u8::try_from(c).ok();
    let in_windows = |c: char| (0x80..=0xFF).find(|octet| windows(*octet) == c);
    let mut forms: Letter = text.chars().map(latin).collect::<Option<_>>().into_iter().collect();
    forms.extend(text.chars().map(in_windows).collect::<Option<_>>());
    // In UTF-16 zeros are passed over everywhere.
    for octets in [u16::to_be_bytes, u16::to_le_bytes] {
        forms.push(text.encode_utf16().flat_map(octets).filter(|octet| *octet != 0).collect());
    }
    // UTF-8 that is read as one octet a character, and written as UTF-8 again.
    forms.push(text.bytes().map(char::from).collect::<String>().into_bytes());
    forms.push(text.bytes().map(windows).collect::<String>().into_bytes());
    // One mark for the character, or one for each octet.
    for mark in ["?", "\u{fffd}"] {
        forms.push(mark.into());
        forms.push(mark.repeat(text.len()).into());
    }
    forms
}

/// The character of an octet in windows-1252.
fn windows(octet: u8) -> char {
    let control = octet.checked_sub(0x80).and_then(|at| WINDOWS.chars().nth(usize::from(at)));
    control.unwrap_or_else(|| char::from(octet))
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
                let left = &octets[at..];
                let mut longest = None;
                for escape in escapes(left) {
                    longest = longest.max(Some(escape.len));
                    self.escaped(&now, at, &escape, &mut later);
                }
                // The text may end in the middle of an escape.
                let may_go_on = || escape::may_be_cut(left);
                if is_cut && longest.map_or_else(may_go_on, |len| len == left.len()) {
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
