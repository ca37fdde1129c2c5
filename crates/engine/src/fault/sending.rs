//! Faults in how something is sent: not at all, several times, late, behind others, or with another
//! text.

use std::time::Duration;

use super::alter::{altered, with_condition};
use super::saying::{changed, malformed, padded};
use super::{Fault, Name, Parameter};

/// How long something waits to be overtaken.
pub(crate) const WAIT: Duration = Duration::from_secs(1);

/// How something is sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sending {
    pub(crate) text: String,
    /// How many times.
    pub(crate) copies: usize,
    /// How much later.
    pub(crate) late: Option<Duration>,
    /// Whether the next of its kind is to overtake it.
    pub(crate) waits: bool,
}

/// How a text is sent as these faults leave it; none if it is withheld.
pub(crate) fn sending(due: &[Fault], text: String) -> Option<Sending> {
    let mut sending = Sending { text, copies: 1, late: None, waits: false };
    for fault in due {
        match fault.name {
            Name::Withhold => return None,
            Name::Duplicate => sending.copies += 1,
            Name::Reorder => sending.waits = true,
            Name::Delay => sending.late = sending.late.max(fault.duration(Parameter::By)),
            Name::Alter => sending.text = in_document(&sending.text, |xml| alter(fault, xml)),
            Name::Double => sending.text = sending.text.repeat(2),
            Name::Malform => sending.text = malformed(&sending.text, fault.part()),
            Name::Oversize => {
                let size = fault.number(Parameter::Size);
                sending.text = in_document(&sending.text, |element| padded(element, size));
            }
            _ => {}
        }
    }
    Some(sending)
}

/// The element with what this fault puts in one place.
fn alter(fault: &Fault, xml: &str) -> String {
    changed(xml, fault.part(), &|xml| match (
        fault.text(Parameter::At),
        fault.text(Parameter::Condition),
    ) {
        (Some(place), _) => altered(xml, place, fault.text(Parameter::To)),
        (None, Some(condition)) => with_condition(xml, condition),
        (None, None) => xml.to_owned(),
    })
}

/// Changes the element of a document, behind its declaration if it has one.
fn in_document(document: &str, change: impl Fn(&str) -> String) -> String {
    match document.split_once("?>") {
        Some((declaration, element)) if declaration.starts_with("<?xml") => {
            format!("{declaration}?>\n{}", change(element.trim()))
        }
        _ => change(document),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(faults: &[&str], text: &str) -> Option<Sending> {
        let faults: Vec<Fault> =
            faults.iter().map(|fault| fault.parse().expect("parses")).collect();
        sending(&faults, text.to_owned())
    }

    #[test]
    fn faults_add_up() {
        let sent = sent(&["delay by=2s", "duplicate", "delay by=1s", "duplicate"], "<a/>");
        let late = Some(Duration::from_secs(2));
        let wanted = Sending { text: "<a/>".to_owned(), copies: 3, late, waits: false };
        assert_eq!(sent, Some(wanted));
    }

    #[test]
    fn what_is_withheld_has_no_copies() {
        assert_eq!(sent(&["duplicate", "withhold"], "<a/>"), None);
    }

    #[test]
    fn a_big_document_keeps_its_declaration() {
        let big =
            sent(&["oversize size=500"], "<?xml version=\"1.0\"?>\n<a/>").expect("is sent").text;
        let (declaration, element) = big.split_once('\n').expect("two lines");
        assert_eq!(declaration, "<?xml version=\"1.0\"?>");
        assert!(element.len() >= 500 && stanza::parse(element).is_ok());
    }
}
