//! Names for values: known ones by their variable (N2), made-up ones by kind and number (N3), long
//! ones by hash (N23).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Bound::{Included, Unbounded};

use case::{Piece, Spanned, Template, Token};
use ring::digest;
use stanza::{Element, ns};

use crate::event::{Event, EventKind, Side};
use crate::known::{KnownValue, ValueContext};
use crate::recording::RecordingHead;

/// Text beyond this many octets is shown by length and hash (rule N23).
pub(super) const LONG: usize = 4096;

/// A made-up value below this many octets is recognised only where it stands alone: `1` is part of
/// too much.
const SHORTEST: usize = 3;

/// Adds the ids in a message that are not among those that our side has `chosen`.
fn hear(element: &Element, chosen: &HashSet<String>, heard: &mut HashSet<String>) {
    heard.extend(element.attr("id").filter(|id| !chosen.contains(*id)).map(str::to_owned));
    element.children().for_each(|child| hear(child, chosen, heard));
}

/// The names given so far.
pub(super) struct Names {
    known: Vec<KnownValue>,
    /// Made-up values: value → (kind, number). In order, so that those that a text begins with are
    /// found without a look at the others.
    made_up: BTreeMap<String, (String, u32)>,
    /// The number of values of each kind.
    counts: HashMap<String, u32>,
    /// Ids and resources that our side chose.
    chosen: HashSet<String>,
    /// Payloads of pings that the side under test made up, in their order (rule N30).
    pings: Vec<Vec<u8>>,
    /// The language of the stream (rule N17).
    pub(super) lang: Option<String>,
}

impl Names {
    /// Adds the names that do not depend on the order of events.
    pub(super) fn new(about: &RecordingHead, events: &[&Event]) -> Self {
        let mut known = about.known.clone();
        // The longest first, `pubsub.x` before `x`. Of equal values the one with a context comes
        // first: a host may be the domain too.
        known.sort_by_key(|known| {
            (std::cmp::Reverse(known.value.len()), known.place == ValueContext::Anywhere)
        });
        known.retain(|known| !known.value.is_empty());
        let mut names = Self {
            known,
            made_up: BTreeMap::new(),
            counts: HashMap::new(),
            chosen: HashSet::new(),
            pings: Vec::new(),
            lang: None,
        };
        for event in events.iter().filter(|event| Some(event.who) == about.tested) {
            if let EventKind::Ping { payload } = &event.said
                && !payload.0.is_empty()
                && !names.pings.contains(&payload.0)
            {
                names.pings.push(payload.0.clone());
            }
        }
        // Ids of notifications and items that the server named before our side did.
        let mut heard = HashSet::new();
        for event in events {
            let EventKind::Text { text, .. } = &event.said else { continue };
            let Ok(element) = stanza::parse(text) else { continue };
            match event.who {
                Side::Client => names.choose(&element, &heard),
                _ if about.tested == Some(event.who) && element.is(ns::CLIENT, "message") => {
                    hear(&element, &names.chosen, &mut heard);
                }
                _ => {}
            }
        }
        for generated in &about.generated {
            names.chosen.remove(&generated.value);
            // A capture inside a fragment is called after its use: `bound-1.key`.
            let kind = generated.name.rsplit('.').next().unwrap_or_default();
            names.number(kind, &generated.value);
        }
        names
    }

    /// Keeps the values that our side chose (rule N4), and not those that it `heard`.
    fn choose(&mut self, element: &Element, heard: &HashSet<String>) {
        if let Some(id) = element.attr("id").filter(|id| !heard.contains(*id)) {
            self.chosen.insert(id.to_owned());
        }
        if element.is(ns::BIND, "resource") {
            self.chosen.insert(element.text());
        }
        for child in element.children() {
            self.choose(child, heard);
        }
    }

    /// Gives a made-up value its number, unless our side chose it, or it is too long to be shown
    /// anywhere.
    pub(super) fn number(&mut self, kind: &str, value: &str) {
        if value.is_empty()
            || value.len() > LONG
            || self.chosen.contains(value)
            || self.made_up.contains_key(value)
        {
            return;
        }
        let count = self.counts.entry(kind.to_owned()).or_insert(0);
        *count += 1;
        self.made_up.insert(value.to_owned(), (kind.to_owned(), *count));
    }

    /// The number of a made-up value, if it has one.
    pub(super) fn made_up(&self, value: &str) -> Option<(&str, u32)> {
        self.made_up.get(value).map(|(kind, number)| (kind.as_str(), *number))
    }

    /// Gives a value the same number under another kind, so that a relation between two values
    /// shows.
    pub(super) fn relate(&mut self, kind: &str, value: &str, number: u32) {
        self.made_up.insert(value.to_owned(), (kind.to_owned(), number));
    }

    /// Text with its known and made-up parts replaced by tokens.
    pub(super) fn text(&self, text: &str) -> Template {
        if text.len() > LONG {
            return self.long(text.as_bytes());
        }
        Template { pieces: self.pieces(text), span: 0..0 }
    }

    /// The same for text of any length.
    pub(super) fn pieces(&self, text: &str) -> Vec<Piece> {
        let mut pieces = Vec::new();
        let mut literal = String::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            if let Some((len, token)) = self.token_at(text, at) {
                if !literal.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut literal)));
                }
                pieces.push(Piece::Token(Spanned::new(token, 0..0)));
                at += len;
            } else {
                literal.push(c);
                at += c.len_utf8();
            }
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal));
        }
        pieces
    }

    /// The payload of a ping or pong.
    pub(super) fn ping(&self, payload: &[u8]) -> Template {
        let Some(at) = self.pings.iter().position(|known| known == payload) else {
            return self.octets(payload);
        };
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        let token = Token::Placeholder { kind: "ping".to_owned(), number };
        Template { pieces: vec![Piece::Token(Spanned::new(token, 0..0))], span: 0..0 }
    }

    /// Octets: as text where they are text.
    pub(super) fn octets(&self, octets: &[u8]) -> Template {
        if octets.len() > LONG {
            return self.long(octets);
        }
        let mut pieces = Vec::new();
        for chunk in octets.utf8_chunks() {
            pieces.extend(self.text(chunk.valid()).pieces);
            match pieces.last_mut() {
                _ if chunk.invalid().is_empty() => {}
                Some(Piece::Bytes(octets)) => octets.extend_from_slice(chunk.invalid()),
                _ => pieces.push(Piece::Bytes(chunk.invalid().to_vec())),
            }
        }
        Template { pieces, span: 0..0 }
    }

    /// The name of a long value: its length, the first half of its SHA-256, and a number (rule
    /// N23).
    pub(super) fn long(&self, octets: &[u8]) -> Template {
        let hash: String = digest::digest(&digest::SHA256, octets).as_ref()[..4]
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        let token = Token::Placeholder { kind: format!("long-{}-{hash}", octets.len()), number: 1 };
        Template { pieces: vec![Piece::Token(Spanned::new(token, 0..0))], span: 0..0 }
    }

    /// The token for the value that begins at `at`, and the length of the value.
    fn token_at(&self, text: &str, at: usize) -> Option<(usize, Token)> {
        if text[..at].ends_with(char::is_alphanumeric) {
            return None;
        }
        let known = self.known.iter().find(|known| {
            text[at..].starts_with(&known.value) && fits(&known.place, text, at, known.value.len())
        });
        match (known, self.made_up_at(text, at)) {
            (Some(known), Some((value, _))) if known.value.len() >= value.len() => {
                Some(variable(known))
            }
            (_, Some((value, (kind, number)))) => {
                Some((value.len(), Token::Placeholder { kind: kind.clone(), number: *number }))
            }
            (Some(known), None) => Some(variable(known)),
            (None, None) => None,
        }
    }

    /// The longest made-up value that stands at `at` as a word of its own.
    fn made_up_at(&self, text: &str, at: usize) -> Option<(&String, &(String, u32))> {
        let mut rest = &text[at..];
        // In the order of texts a value that `rest` begins with is not after it. Another one before
        // it says how much they have in common, beyond which there is no such value.
        loop {
            let found = self.made_up.range::<str, _>((Unbounded, Included(rest))).next_back()?;
            let value = found.0.as_str();
            let common = common(value, rest);
            if common < value.len() {
                rest = &rest[..common];
                continue;
            }
            let is_long = value.len() >= SHORTEST || value == text;
            if is_long && ends_word(text, at + value.len()) {
                return Some(found);
            }
            let (last, _) = value.char_indices().next_back()?;
            rest = &rest[..last];
        }
    }
}

/// How much two texts have in common at the beginning, in octets.
fn common(one: &str, other: &str) -> usize {
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b);
    same.map(|(c, _)| c.len_utf8()).sum()
}

fn variable(known: &KnownValue) -> (usize, Token) {
    (known.value.len(), Token::Variable(known.name.clone()))
}

/// Whether a known value that begins a word ends one too, and stands where it is to be recognised.
fn fits(place: &ValueContext, text: &str, at: usize, len: usize) -> bool {
    ends_word(text, at + len)
        && match place {
            ValueContext::Anywhere => true,
            ValueContext::Before(after) => text[at + len..].starts_with(after.as_str()),
            ValueContext::After(before) => text[..at].ends_with(before.as_str()),
        }
}

/// Whether no letter or digit follows.
fn ends_word(text: &str, at: usize) -> bool {
    !text[at..].starts_with(char::is_alphanumeric)
}
