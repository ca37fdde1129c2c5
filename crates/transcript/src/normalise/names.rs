//! Names for values: known ones by their variable (N2), made-up ones by kind and number (N3), long ones by hash (N23).

use std::collections::{HashMap, HashSet};

use case::{Piece, Spanned, Template, Token};
use ring::digest;
use serde::{Deserialize, Serialize};
use stanza::{Element, ns};

use crate::event::{Event, Said, Who};
use crate::recording::About;

/// Text beyond this many octets is shown by length and hash (rule N23).
pub(super) const LONG: usize = 4096;

/// A made-up value below this many octets is recognised only where it stands alone: `1` is part of too much.
const SHORTEST: usize = 3;

/// A value of the target that is shown by the name of its variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The variable: `domain`, `agent.user`.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Where it is recognised.
    pub place: Place,
}

/// Where a known value is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// Wherever it stands as a word of its own.
    Anywhere,
    /// Directly before this text.
    Before(String),
    /// Directly after this text.
    After(String),
}

/// A value that our side made up: `{key=base64(16)}`, `{sub=random(8)}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    /// What the case calls it.
    pub name: String,
    /// The value.
    pub value: String,
}

/// The names given so far.
pub(super) struct Names {
    known: Vec<Known>,
    /// Made-up values: value → (kind, number).
    made_up: HashMap<String, (String, u32)>,
    /// How many of each kind there are.
    counts: HashMap<String, u32>,
    /// Ids and resources that our side chose.
    chosen: HashSet<String>,
    /// The language of the stream (rule N17).
    pub(super) lang: Option<String>,
}

impl Names {
    /// Learns the names that do not depend on order.
    pub(super) fn new(about: &About, events: &[&Event]) -> Self {
        let mut known = about.known.clone();
        // The longest first, `pubsub.x` before `x`; of equal ones that with a place, as a host may be the domain as well.
        known.sort_by_key(|known| {
            (std::cmp::Reverse(known.value.len()), known.place == Place::Anywhere)
        });
        known.retain(|known| !known.value.is_empty());
        let mut names = Self {
            known,
            made_up: HashMap::new(),
            counts: HashMap::new(),
            chosen: HashSet::new(),
            lang: None,
        };
        for event in events.iter().filter(|event| event.who == Who::Client) {
            if let Said::Text { text, .. } = &event.said
                && let Ok(element) = stanza::parse(text)
            {
                names.choose(&element);
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

    /// Remembers what our side chose itself (rule N4).
    fn choose(&mut self, element: &Element) {
        if let Some(id) = element.attr("id") {
            self.chosen.insert(id.to_owned());
        }
        if element.is(ns::BIND, "resource") {
            self.chosen.insert(element.text());
        }
        for child in element.children() {
            self.choose(child);
        }
    }

    /// Gives a made-up value its number, unless our side chose it.
    pub(super) fn number(&mut self, kind: &str, value: &str) {
        if value.is_empty() || self.chosen.contains(value) || self.made_up.contains_key(value) {
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

    /// Gives a value the same number under another kind, so that a relation between two values shows.
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

    /// The same, however long the text is.
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

    /// The name of something too long to read: its length, the first half of its SHA-256, and a number (rule N23).
    pub(super) fn long(&self, octets: &[u8]) -> Template {
        let hash: String = digest::digest(&digest::SHA256, octets).as_ref()[..4]
            .iter()
            .map(|octet| format!("{octet:02x}"))
            .collect();
        let token = Token::Placeholder { kind: format!("long-{}-{hash}", octets.len()), number: 1 };
        Template { pieces: vec![Piece::Token(Spanned::new(token, 0..0))], span: 0..0 }
    }

    /// The token that stands for what begins at `at`, and its length.
    fn token_at(&self, text: &str, at: usize) -> Option<(usize, Token)> {
        let known = self.known.iter().find(|known| {
            text[at..].starts_with(&known.value) && fits(&known.place, text, at, known.value.len())
        });
        let made_up = self
            .made_up
            .iter()
            .filter(|(value, _)| {
                let is_long = value.len() >= SHORTEST || *value == text;
                is_long && text[at..].starts_with(value.as_str()) && is_word(text, at, value.len())
            })
            .max_by_key(|(value, _)| value.len());
        match (known, made_up) {
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
}

fn variable(known: &Known) -> (usize, Token) {
    (known.value.len(), Token::Variable(known.name.clone()))
}

fn fits(place: &Place, text: &str, at: usize, len: usize) -> bool {
    is_word(text, at, len)
        && match place {
            Place::Anywhere => true,
            Place::Before(after) => text[at + len..].starts_with(after.as_str()),
            Place::After(before) => text[..at].ends_with(before.as_str()),
        }
}

/// Whether the text does not go on with letters or digits on either side.
fn is_word(text: &str, at: usize, len: usize) -> bool {
    let before = text[..at].chars().next_back();
    let after = text[at + len..].chars().next();
    !before.is_some_and(char::is_alphanumeric) && !after.is_some_and(char::is_alphanumeric)
}
