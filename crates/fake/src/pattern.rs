//! Patterns for messages of a client: an XML element, matched openly, or a request of the REST API.
//!
//! - Names include their namespace. An element without a declaration in the pattern is in
//!   `jabber:client`.
//! - Attributes in the pattern must be present and equal; others are allowed.
//! - Children in the pattern must be present, each one apart, in any order; others are allowed.
//!   Text in the pattern must be equal.
//! - `*` in a value or text fits any text, also none.

mod request;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use engine::{Exchange, Kind, Said, Speaker};
use request::RequestPattern;
use stanza::{Element, Name, Node, Rules, ns};
use textual::is_like;

use crate::error::Error;

/// A pattern for a message, e.g. `<iq type='set'><bind
/// xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>`.
///
/// ```
/// let pattern: finesse_fake::Pattern = "<presence><priority>*</priority></presence>".parse()?;
/// assert!(pattern.fits("<presence xmlns='jabber:client' id='a'><priority>1</priority><show>dnd</show></presence>"));
/// assert!(!pattern.fits("<presence xmlns='jabber:client'/>"));
/// # Ok::<(), finesse_fake::Error>(())
/// ```
///
/// A pattern that begins with a method is for requests of the REST API, or with `->` and a status
/// for their answers: `METHOD PATH [BODY] [-> STATUS [BODY]]`. A path without a query fits any
/// query. Bodies are XML elements, matched openly, in no namespace unless they declare one.
///
/// ```
/// # fn main() -> Result<(), finesse_fake::Error> {
/// for pattern in [
///     "PUT /finesse/api/User/1001 <User><state>READY</state></User>",
///     "* /finesse/api/Dialog/* -> 202",
///     "GET /finesse/api/Users -> 4* <ApiErrors><ApiError><ErrorType>Un*</ErrorType></ApiError></ApiErrors>",
/// ] {
///     pattern.parse::<finesse_fake::Pattern>()?;
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    wanted: Wanted,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Wanted {
    Element(Element),
    Request(RequestPattern),
}

/// An entry of the record that a pattern may fit.
#[derive(Debug)]
pub(crate) enum Candidate {
    /// The element that a message is, or begins with.
    Element(Element),
    Exchange(Arc<Exchange>),
}

/// The sort of entries that a pattern may fit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum CandidateSort {
    Element(Name),
    Request,
    Answer,
}

/// A difference between a message and a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// The path, e.g. `iq/bind/resource` or `iq type`.
    pub(crate) place: String,
    pub(crate) wanted: String,
    pub(crate) got: String,
}

impl FromStr for Pattern {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let beginning = || text.chars().take(200).collect();
        let wanted = if text.starts_with('<') {
            let mut element = stanza::parse(text)
                .map_err(|source| Error::Pattern { text: beginning(), source })?;
            qualify(&mut element);
            Wanted::Element(element)
        } else {
            let request = RequestPattern::parse(text)
                .map_err(|why| Error::RequestPattern { text: beginning(), why })?;
            Wanted::Request(request)
        };
        Ok(Self { text: text.to_owned(), wanted })
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Pattern {
    /// Whether a message of a WebSocket fits; `false` for text that is not one element.
    pub fn fits(&self, message: &str) -> bool {
        // Most messages are of another kind, which is seen without reading them.
        matches!(&self.wanted, Wanted::Element(wanted) if message.contains(&wanted.name.local))
            && read(message).is_some_and(|message| self.fits_heard(&Candidate::Element(message)))
    }

    /// Whether an entry of the record fits.
    pub(crate) fn fits_said(&self, said: &Said) -> bool {
        match &said.exchange {
            Some(exchange) => self.fits_heard(&Candidate::Exchange(Arc::clone(exchange))),
            None => self.fits(&said.text),
        }
    }

    /// Whether an entry that has been read fits.
    pub(crate) fn fits_heard(&self, heard: &Candidate) -> bool {
        self.differences(heard).is_empty()
    }

    /// The sort of what fits.
    pub(crate) fn sort(&self) -> CandidateSort {
        match &self.wanted {
            Wanted::Element(element) => CandidateSort::Element(element.name.clone()),
            Wanted::Request(request) if request.is_for_answers() => CandidateSort::Answer,
            Wanted::Request(_) => CandidateSort::Request,
        }
    }

    /// The differences between an entry and the pattern.
    pub(crate) fn differences(&self, heard: &Candidate) -> Vec<Difference> {
        let mut differences = Vec::new();
        match (&self.wanted, heard) {
            (Wanted::Element(wanted), Candidate::Element(got)) => {
                compare(wanted, got, &got.name.local, &mut differences);
            }
            (Wanted::Request(wanted), Candidate::Exchange(got)) if heard.sort() == self.sort() => {
                differences = wanted.differences(got);
            }
            // Entries of another sort are in no report.
            _ => differences.push(Difference {
                place: ELEMENT.to_owned(),
                wanted: String::new(),
                got: String::new(),
            }),
        }
        differences
    }

    /// Whether a message begins as the pattern does: the same kind of element.
    pub(crate) fn is_akin(&self, differences: &[Difference]) -> bool {
        !differences.iter().any(|difference| difference.place == ELEMENT)
    }
}

impl Candidate {
    /// The entry, if a pattern may fit it.
    pub(crate) fn of(said: &Said) -> Option<Self> {
        match (&said.exchange, said.speaker, said.kind) {
            (Some(exchange), ..) => Some(Self::Exchange(Arc::clone(exchange))),
            (None, Speaker::Client, Kind::Text) => read(&said.text).map(Self::Element),
            _ => None,
        }
    }

    pub(crate) fn sort(&self) -> CandidateSort {
        match self {
            Self::Element(element) => CandidateSort::Element(element.name.clone()),
            Self::Exchange(exchange) if exchange.answer.is_some() => CandidateSort::Answer,
            Self::Exchange(_) => CandidateSort::Request,
        }
    }
}

/// The place of a difference that leaves nothing else to compare.
const ELEMENT: &str = "element";

/// The element that a message is, or begins with.
fn read(message: &str) -> Option<Element> {
    stanza::parse_prefix(message, &Rules::OPENFIRE).ok().map(|(element, _)| element)
}

/// Moves elements without a namespace to the content namespace of the stream (RFC 6120 §4.8.1).
fn qualify(element: &mut Element) {
    if element.name.ns.is_empty() {
        element.name.ns = ns::CLIENT.to_owned();
    }
    for node in &mut element.nodes {
        if let Node::Element(child) = node {
            qualify(child);
        }
    }
}

fn compare(wanted: &Element, got: &Element, path: &str, differences: &mut Vec<Difference>) {
    let mut differ = |place: String, wanted: &str, got: Option<&str>| {
        differences.push(Difference {
            place,
            wanted: shown(wanted),
            got: got.map_or_else(|| "(absent)".to_owned(), shown),
        });
    };
    if wanted.name != got.name {
        differ(ELEMENT.to_owned(), &wanted.name.to_string(), Some(&got.name.to_string()));
        return;
    }
    for attribute in &wanted.attrs {
        let value = got.attr_ns(&attribute.name.ns, &attribute.name.local);
        if !value.is_some_and(|value| is_like(&attribute.value, value)) {
            differ(format!("{path} {}", attribute.name.local), &attribute.value, value);
        }
    }
    let (wanted_text, got_text) = (wanted.text(), got.text());
    let wanted_text = wanted_text.trim();
    if !wanted_text.is_empty() && !is_like(wanted_text, got_text.trim()) {
        differ(path.to_owned(), wanted_text, Some(got_text.trim()));
    }
    let mut free: Vec<&Element> = got.children().collect();
    for child in wanted.children() {
        let path = format!("{path}/{}", child.name.local);
        let mut closest: Option<(usize, Vec<Difference>)> = None;
        for (position, candidate) in free.iter().enumerate() {
            if candidate.name != child.name {
                continue;
            }
            let mut here = Vec::new();
            compare(child, candidate, &path, &mut here);
            if closest.as_ref().is_none_or(|(_, best)| here.len() < best.len()) {
                closest = Some((position, here));
            }
        }
        match closest {
            Some((position, here)) => {
                free.remove(position);
                differences.extend(here);
            }
            None => differences.push(Difference {
                place: path,
                wanted: format!("<{}>", child.name.local),
                got: "(absent)".to_owned(),
            }),
        }
    }
}

/// A value for a report: cut, and with invisible characters escaped.
fn shown(value: &str) -> String {
    let odd = value.is_empty()
        || value.starts_with(char::is_whitespace)
        || value.ends_with(char::is_whitespace)
        || value.chars().any(|c| c.is_control() || (c.is_whitespace() && c != ' '));
    let cut: String = value.chars().take(60).collect();
    let more = if cut.len() < value.len() { "…" } else { "" };
    if odd { format!("{cut:?}{more}") } else { format!("{cut}{more}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places(pattern: &str, message: &str) -> Vec<String> {
        let pattern: Pattern = pattern.parse().expect("the test's pattern");
        let message = read(message).expect("the test's message");
        let differences = pattern.differences(&Candidate::Element(message));
        differences
            .into_iter()
            .map(|Difference { place, wanted, got }| format!("{place}: {wanted} != {got}"))
            .collect()
    }

    #[test]
    fn what_is_not_written_is_not_looked_at() {
        let iq = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:b'><resource>desk top</resource><x/></bind></iq>";
        for pattern in [
            "<iq/>",
            "<iq type='set'/>",
            "<iq><bind xmlns='urn:b'/></iq>",
            "<iq><bind xmlns='urn:b'><x/><resource> desk top </resource></bind></iq>",
            "<p:iq xmlns:p='jabber:client' id='*'/>",
            "<iq><bind xmlns='urn:b'><resource>d*t*p</resource></bind></iq>",
        ] {
            assert_eq!(places(pattern, iq), [""; 0], "{pattern}");
        }
        assert_eq!(
            places("<message/>", iq),
            ["element: {jabber:client}message != {jabber:client}iq"]
        );
        assert_eq!(
            places("<iq to='a' type='get'/>", iq),
            ["iq to: a != (absent)", "iq type: get != set"]
        );
        assert_eq!(
            places("<iq><bind xmlns='urn:b'><resource>desktop</resource></bind><y/></iq>", iq),
            ["iq/bind/resource: desktop != desk top", "iq/y: <y> != (absent)"]
        );
        assert_eq!(
            places("<iq><bind xmlns='urn:b'><x/><x/></bind></iq>", iq),
            ["iq/bind/x: <x> != (absent)"]
        );
    }

    #[test]
    fn what_cannot_be_seen_is_shown() {
        let presence = "<presence xmlns='jabber:client'><status>a&#9;</status></presence>";
        assert_eq!(
            places("<presence id=' '><status>a*b</status></presence>", presence),
            ["presence id: \" \" != (absent)", "presence/status: a*b != a"]
        );
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, value, like) in [
            ("*", "", true),
            ("a*", "a", true),
            ("*a", "ba", true),
            ("a*a", "a", false),
            ("a*b*c", "a-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("abc", "abcd", false),
            ("**", "x", true),
        ] {
            assert_eq!(is_like(pattern, value), like, "{pattern} {value}");
        }
    }

    #[test]
    fn a_pattern_must_be_an_element() {
        assert!(matches!("<iq".parse::<Pattern>(), Err(Error::Pattern { .. })));
        assert!(!"<iq/>".parse::<Pattern>().expect("parses").fits("no element"));
    }

    proptest! {
        #[test]
        fn every_value_is_like_itself_and_like_a_star(value in "[a-c*]{0,8}", from in 0..9_usize, to in 0..9_usize) {
            prop_assert!(is_like("*", &value));
            let plain = value.replace('*', "x");
            prop_assert!(is_like(&plain, &plain));
            let (from, to) = (from.min(plain.len()), to.min(plain.len()));
            if from <= to {
                let pattern = format!("{}*{}", &plain[..from], &plain[to..]);
                prop_assert!(is_like(&pattern, &plain));
            }
        }
    }
}
