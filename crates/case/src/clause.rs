//! Citations, and the list of sections they are checked against.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::sync::OnceLock;

use crate::{Clause, Error, suggest};

/// Sections of the documents that cases may cite: document, section, title.
const SECTIONS: &str = include_str!("sections.tsv");

/// The list of sections that cases may cite.
#[derive(Debug, Clone, Copy)]
pub struct Clauses;

impl Clauses {
    /// Whether the cited section exists. `vendor` and `robustness` always do.
    pub fn known(clause: &Clause) -> bool {
        match clause {
            Clause::Section { document, section, .. } => title(document, section).is_some(),
            Clause::Vendor | Clause::Robustness => true,
        }
    }

    /// Title of the cited section.
    pub fn title(clause: &Clause) -> Option<&'static str> {
        match clause {
            Clause::Section { document, section, .. } => title(document, section),
            Clause::Vendor | Clause::Robustness => None,
        }
    }

    /// The help line for an unknown clause: the nearest section or document.
    pub fn help(clause: &Clause) -> String {
        let Clause::Section { document, section, .. } = clause else {
            return String::new();
        };
        let Some(sections) = documents().get(document.as_str()) else {
            let names: Vec<String> = documents().keys().map(|id| display_document(id)).collect();
            return suggest::help(&display_document(document), names.iter().map(String::as_str));
        };
        let mut parent = section.as_str();
        while let Some((shorter, _)) = parent.rsplit_once('.') {
            parent = shorter;
            let Some(title) = sections.get(parent) else {
                continue;
            };
            let prefix = format!("{parent}.");
            let below: Vec<&str> = sections
                .keys()
                .filter(|id| id.strip_prefix(&prefix).is_some_and(|rest| !rest.contains('.')))
                .copied()
                .collect();
            let below = match (below.first(), below.last()) {
                (Some(first), Some(last)) if first != last => format!("has §{first} to §{last}"),
                (Some(only), _) => format!("has §{only} alone"),
                _ => "has no subsections".to_owned(),
            };
            return format!("§{parent} ({title}) {below}");
        }
        suggest::help(section, sections.keys().copied().filter(|id| !id.contains('.')))
    }
}

impl fmt::Display for Clause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vendor => f.write_str("vendor"),
            Self::Robustness => f.write_str("robustness"),
            Self::Section { document, section, item } => {
                write!(f, "{} §{section}", display_document(document))?;
                match item {
                    Some(item) => write!(f, " item {item}"),
                    None => Ok(()),
                }
            }
        }
    }
}

impl FromStr for Clause {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "vendor" => return Ok(Self::Vendor),
            "robustness" => return Ok(Self::Robustness),
            _ => {}
        }
        read_section(text).ok_or_else(|| Error::Clause(text.to_owned()))
    }
}

fn read_section(text: &str) -> Option<Clause> {
    let (document, rest) = text.split_once(" §")?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let document = if let Some(number) = document.strip_prefix("RFC ") {
        (digits(number) && !number.starts_with('0')).then(|| format!("rfc{number}"))?
    } else {
        let number = document.strip_prefix("XEP-")?;
        (digits(number) && number.len() == 4).then(|| format!("xep-{number}"))?
    };
    let (section, item) = match rest.split_once(" item ") {
        Some((section, item)) => {
            (section, Some(item.parse::<u32>().ok().filter(|number| number.to_string() == item)?))
        }
        None => (rest, None),
    };
    // An appendix has a letter where a section has its first number.
    let mut parts = section.split('.');
    let first = parts.next()?;
    let letter = first.len() == 1 && first.bytes().all(|octet| octet.is_ascii_uppercase());
    ((letter || digits(first)) && parts.all(digits)).then(|| Clause::Section {
        document,
        section: section.to_owned(),
        item,
    })
}

fn display_document(id: &str) -> String {
    match (id.strip_prefix("rfc"), id.strip_prefix("xep-")) {
        (Some(number), _) => format!("RFC {number}"),
        (_, Some(number)) => format!("XEP-{number}"),
        _ => id.to_owned(),
    }
}

fn title(document: &str, section: &str) -> Option<&'static str> {
    documents().get(document)?.get(section).copied()
}

fn documents() -> &'static BTreeMap<&'static str, BTreeMap<&'static str, &'static str>> {
    static DOCUMENTS: OnceLock<BTreeMap<&str, BTreeMap<&str, &str>>> = OnceLock::new();
    DOCUMENTS.get_or_init(|| {
        let mut documents: BTreeMap<&str, BTreeMap<&str, &str>> = BTreeMap::new();
        for line in SECTIONS.lines().skip(1) {
            let mut columns = line.split('\t');
            if let (Some(document), Some(section), Some(title)) =
                (columns.next(), columns.next(), columns.next())
            {
                documents.entry(document).or_default().insert(section, title);
            }
        }
        documents
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_written_as_they_are_read() {
        for text in [
            "RFC 6455 §4.2.1 item 3",
            "RFC 6120 §4.9.3.13",
            "RFC 7395 §A",
            "XEP-0060 §6.1.1",
            "vendor",
            "robustness",
        ] {
            let clause: Clause = text.parse().unwrap();
            assert_eq!(clause.to_string(), text);
            assert!(Clauses::known(&clause), "{text}");
        }
    }

    #[test]
    fn other_spellings_are_refused() {
        for text in [
            "",
            "RFC6455 §4",
            "RFC 6455",
            "RFC 6455 4.2",
            "RFC 6455 §",
            "RFC 6455 §4.",
            "XEP-60 §1",
            "rfc 6455 §4",
        ] {
            assert!(text.parse::<Clause>().is_err(), "{text}");
        }
    }

    #[test]
    fn unknown_sections_get_a_repair() {
        let clause: Clause = "RFC 6455 §4.2.9".parse().unwrap();
        assert!(!Clauses::known(&clause));
        assert!(Clauses::help(&clause).starts_with("§4.2 ("), "{}", Clauses::help(&clause));
        let clause: Clause = "RFC 6544 §4".parse().unwrap();
        assert_eq!(Clauses::help(&clause), "did you mean `RFC 6455`?");
    }
}
