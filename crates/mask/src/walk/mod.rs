//! One walk over a text finds the places of its secrets, and learns what stands there: as it is
//! written, and decoded.
//!
//! The walk reads no grammar to its end. A text that is broken or cut is walked as far as it goes,
//! and a value without an end ends with the text.

mod head;
mod json;
mod login;
mod text;
mod url;
mod xml;

use std::ops::Range;

use crate::{BLOT, Credential, Kind};

/// How many texts may be inside each other: JSON in a string of JSON, XML in the text of XML.
const DEPTH: usize = 6;

/// A place of a secret, and what stands there instead.
#[derive(Debug)]
pub(crate) struct Mark {
    pub(crate) range: Range<usize>,
    pub(crate) with: String,
}

/// The way through one text.
pub(crate) struct Walk {
    pub(crate) marks: Vec<Mark>,
    pub(crate) learnt: Vec<Credential>,
    /// Whether the content of `auth` and `response` is a login.
    has_logins: bool,
    depth: usize,
}

/// How sure it is that a value is a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certainty {
    /// Its name says so.
    Yes,
    /// Its name may mean other things, or it is a number: a short one is not searched for.
    Perhaps,
}

impl Walk {
    /// A walk; `has_logins` if the content of `auth` and `response` is to be masked.
    pub(crate) fn new(has_logins: bool) -> Self {
        Self { marks: Vec::new(), learnt: Vec::new(), has_logins, depth: 0 }
    }

    /// A whole text, which is one of the kinds that are known.
    pub(crate) fn body(&mut self, text: &str) {
        let start = text.trim_start_matches('\u{feff}').trim_start();
        if start.starts_with(['{', '[']) {
            self.json(text);
        } else if start.starts_with('<') {
            self.xml(text);
        } else if start.starts_with("--") && start.contains("form-data") {
            self.multipart(text);
        } else if start.contains('=') && !start.trim_end().contains(char::is_whitespace) {
            self.pairs(text, 0, true);
        } else {
            self.lines(text);
            if text.contains('<') {
                self.xml(text);
            }
        }
    }

    /// `text` with its marks.
    pub(crate) fn masked(mut self, text: &str) -> String {
        self.marks.sort_by_key(|mark| mark.range.start);
        let mut out = String::with_capacity(text.len());
        let mut shown = 0;
        for Mark { range, with } in self.marks {
            if range.start >= shown {
                out.push_str(&text[shown..range.start]);
                out.push_str(&with);
            }
            shown = shown.max(range.end);
        }
        out + &text[shown..]
    }

    /// A value inside a text: may be a text of its own, or a URL.
    fn value(&mut self, range: Range<usize>, decoded: &str, encode: impl Fn(&str) -> String) {
        let start = decoded.trim_start();
        let is_text = start.starts_with(['{', '[', '<']);
        // Most values have no colon, and a search for one octet is the cheapest.
        let is_url = start.starts_with('/') || (decoded.contains(':') && decoded.contains("://"));
        if self.depth == DEPTH || !(is_text || is_url) {
            return;
        }
        let mut inner = Self { depth: self.depth + 1, ..Self::new(self.has_logins) };
        if is_text {
            inner.body(decoded);
        } else if decoded.contains(['?', ';', '@', '#']) {
            inner.url(decoded, 0);
        }
        self.learnt.append(&mut inner.learnt);
        if !inner.marks.is_empty() {
            self.marks.push(Mark { range, with: encode(&inner.masked(decoded)) });
        }
    }

    /// A secret at this place, as it is written there and decoded.
    fn secret(&mut self, range: Range<usize>, raw: &str, decoded: &str, sure: Certainty) {
        self.secret_as(range, raw, decoded, sure, BLOT);
    }

    fn secret_as(
        &mut self,
        range: Range<usize>,
        raw: &str,
        decoded: &str,
        sure: Certainty,
        with: &str,
    ) {
        if decoded.trim().is_empty() || raw.trim() == BLOT {
            return;
        }
        self.marks.push(Mark { range, with: with.to_owned() });
        if !self.credentials(decoded) {
            for value in [decoded, raw] {
                self.learn(Kind::Token, value, None, sure);
            }
        }
    }

    fn learn(&mut self, kind: Kind, value: &str, user: Option<&str>, sure: Certainty) {
        let value = value.trim();
        let shortest = match sure {
            Certainty::Yes => 4,
            Certainty::Perhaps if value.bytes().all(|octet| octet.is_ascii_digit()) => 6,
            Certainty::Perhaps => 8,
        };
        // Fewer characters cannot be told from ordinary text.
        let is_word = matches!(value, "true" | "false" | "null" | "none");
        if value.len() >= shortest && !is_word && value != BLOT {
            let user = user.map(str::to_owned);
            self.learnt.push(Credential { kind, value: value.to_owned(), user });
        }
    }
}
