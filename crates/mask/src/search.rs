//! Finds words in a text in which any character may be escaped: a machine that is in the middle of
//! several words at once. Words that begin alike share the way up to where they differ, and a long
//! word is several short ones, so that the time does not grow with their number or length.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

use crate::SHORTEST;
use crate::escape::{self, Escape, escapes};
use crate::reading::Reading;

/// How many times escapes are replaced: those of a text, then those of the result.
const ESCAPED: usize = 6;

/// How many codings in digits may be on top of each other.
const CODED: usize = 2;

/// A longer word is searched for in pieces of so many characters.
const PIECE: usize = 48;

/// The most octets of words that are looked for, about 60 MB of them.
const MOST: usize = 400_000;

/// How many beginnings of words are followed at one place of a text. Ordinary text needs a
/// few; of the others, all that was read is taken for a word.
const THREADS: usize = 256;

/// The words that are looked for, as a tree of octets.
#[derive(Clone)]
pub(crate) struct Words {
    nodes: Vec<Node>,
    /// The characters of words by number: letters of either case are one.
    letters: HashMap<Letter, u32>,
    /// Where a node goes on with a letter that is read whole.
    next: HashMap<(u32, u32), u32>,
    /// Where it goes on with an octet that is not the last of its letter.
    within: HashMap<(u32, u8), u32>,
    /// Whether a word may begin with an octet.
    begins: [bool; 256],
    /// The characters of the shortest word.
    shortest: usize,
    is_full: bool,
}

/// The beginning of some words.
#[derive(Clone, Default)]
struct Node {
    /// Where an octet leads to, in the order of the octets. Some lead to several nodes.
    edges: Vec<(u8, u32)>,
    is_word: bool,
}

/// The octets that may stand for a character: UTF-8 in upper and lower case and in all normal
/// forms, and what becomes of a character in other sets.
type Letter = Vec<Vec<u8>>;

/// The characters of the octets from 0x80 to 0x9F in windows-1252 (WHATWG Encoding §9.2).
const WINDOWS: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8d}Ž\u{8f}\u{90}‘’“”•–—˜™š›œ\u{9d}žŸ";

/// A word of which the beginning was read; in their order, of those at one node the longest comes
/// first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Thread {
    node: u32,
    /// Where the word began in the raw text.
    start: usize,
}

/// A search in one reading.
struct Search<'a> {
    words: &'a Words,
    text: &'a Reading<'a>,
    begins: &'a [bool; 256],
    found: &'a mut Vec<Range<usize>>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            nodes: vec![Node::default()],
            letters: HashMap::new(),
            next: HashMap::new(),
            within: HashMap::new(),
            begins: [false; 256],
            shortest: usize::MAX,
            is_full: false,
        }
    }
}

impl Words {
    /// Adds a word, also as it is when each letter has its accents.
    pub(crate) fn add(&mut self, word: &str) {
        for word in [word.to_owned(), word.nfc().collect()] {
            let word: Vec<char> = word.chars().collect();
            for piece in word.chunks(PIECE).filter(|piece| piece.len() == PIECE) {
                self.add_piece(piece);
            }
            self.add_piece(&word[word.len().saturating_sub(PIECE)..]);
        }
    }

    /// Whether there are more words than can be searched for.
    pub(crate) fn is_full(&self) -> bool {
        self.is_full
    }

    fn add_piece(&mut self, piece: &[char]) {
        self.shortest = self.shortest.min(piece.len());
        let mut node = 0;
        for c in piece {
            if self.nodes.len() > MOST {
                self.is_full = true;
                return;
            }
            let letter = letter(*c);
            let count = u32::try_from(self.letters.len()).unwrap_or(u32::MAX);
            let number = *self.letters.entry(letter.clone()).or_insert(count);
            node = match self.next.get(&(node, number)) {
                Some(next) => *next,
                None => {
                    let next = self.node();
                    for form in &letter {
                        self.add_form(node, form, next);
                    }
                    self.next.insert((node, number), next);
                    next
                }
            };
        }
        self.nodes[node as usize].is_word = true;
    }

    /// The octets of `form` lead from one node to another.
    fn add_form(&mut self, from: u32, form: &[u8], to: u32) {
        let Some((last, octets)) = form.split_last() else { return };
        let mut at = from;
        for octet in octets {
            at = match self.within.get(&(at, *octet)) {
                Some(next) => *next,
                None => {
                    let next = self.node();
                    self.within.insert((at, *octet), next);
                    self.edge(at, *octet, next);
                    next
                }
            };
        }
        self.edge(at, *last, to);
    }

    fn node(&mut self) -> u32 {
        self.nodes.push(Node::default());
        u32::try_from(self.nodes.len() - 1).expect("there are fewer than 2^32 nodes")
    }

    fn edge(&mut self, from: u32, octet: u8, to: u32) {
        self.begins[usize::from(octet)] |= from == 0;
        let edges = &mut self.nodes[from as usize].edges;
        if let Err(place) = edges.binary_search(&(octet, to)) {
            edges.insert(place, (octet, to));
        }
    }

    /// The nodes that an octet leads to.
    fn after(&self, node: u32, octet: u8) -> impl Iterator<Item = u32> {
        let edges = &self.nodes[node as usize].edges;
        let first = edges.partition_point(|(other, _)| *other < octet);
        edges[first..].iter().take_while(move |(other, _)| *other == octet).map(|(_, to)| *to)
    }

    /// The places of all words in `text`, however they are written. If it `is_cut`, its end counts
    /// that may be the beginning of one.
    pub(crate) fn find(&self, text: &[u8], is_cut: bool) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        if self.nodes.len() > 1 {
            self.look(&Reading::of(text), (ESCAPED, CODED), is_cut, &mut found);
        }
        found
    }

    /// How many octets a reading has at least that holds something to be found: no decoder makes
    /// more octets than it reads, and each character of a word takes one or more.
    fn shortest(&self, is_cut: bool) -> usize {
        if is_cut { SHORTEST } else { self.shortest.max(SHORTEST) }
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
        Search { words: self, text, begins: &self.begins, found }.run(is_cut && text.is_last);
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
    /// The time is that of the text, times the length of a piece where words repeat themselves.
    fn run(&mut self, is_cut: bool) {
        let octets = self.text.octets();
        let (mut now, mut next) = (Vec::new(), Vec::new());
        // Matches that reach beyond the next octet, by the place where they go on.
        let mut later: BTreeMap<usize, Vec<Thread>> = BTreeMap::new();
        for (at, octet) in octets.iter().enumerate() {
            if let Some(entry) = later.first_entry().filter(|entry| *entry.key() == at) {
                now.append(&mut entry.remove());
            }
            let is_mark = escape::is_mark(*octet);
            if now.is_empty() && !is_mark && !self.begins[usize::from(*octet)] {
                continue;
            }
            self.settle(&mut now, at);
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

    /// Leaves one thread at each node, the longest, and no more than are followed before `at`.
    fn settle(&mut self, threads: &mut Vec<Thread>, at: usize) {
        if threads.len() > 1 {
            threads.sort_unstable();
            threads.dedup_by_key(|thread| thread.node);
        }
        if threads.len() > THREADS {
            let end = self.text.place(at.saturating_sub(1)).end;
            self.found.extend(threads.drain(THREADS..).map(|thread| thread.start..end));
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
            later.entry(at + escape.len).or_default().append(&mut reached);
        }
    }

    /// Goes on with `octets`, which stand at `at`, in every word that they fit, and begins those
    /// that they begin.
    fn read(&mut self, now: &[Thread], at: Range<usize>, octets: &[u8], next: &mut Vec<Thread>) {
        for thread in now {
            self.read_on(*thread, octets, at.end, next);
        }
        if octets.first().is_some_and(|octet| self.begins[usize::from(*octet)]) {
            let start = self.text.place(at.start).start;
            self.read_on(Thread { node: 0, start }, octets, at.end, next);
        }
    }

    /// All ways to read `octets`, which end before `end`, from one node on.
    fn read_on(&mut self, thread: Thread, octets: &[u8], end: usize, next: &mut Vec<Thread>) {
        let words = self.words;
        let Some((octet, octets)) = octets.split_first() else {
            let node = &words.nodes[thread.node as usize];
            if node.is_word {
                self.found.push(thread.start..self.text.place(end - 1).end);
            }
            if !node.edges.is_empty() {
                next.push(thread);
            }
            return;
        };
        for node in words.after(thread.node, *octet) {
            self.read_on(Thread { node, ..thread }, octets, end, next);
        }
    }

    /// The text ends in the middle of these.
    fn cut(&mut self, threads: &[Thread]) {
        let Some(last) = self.text.octets().len().checked_sub(1) else { return };
        let end = self.text.place(last).end;
        self.found.extend(threads.iter().map(|thread| thread.start..end));
    }
}
