//! An independent strict parser agrees with ours, about what is refused and about what the rest
//! means.

use crate::near_xml;
use proptest::prelude::*;
use rxml::{Event, Parse, Parser};
use stanza::{Attribute, Element, Error, ErrorKind, Name, Node, parse};

/// The tree as rxml reads it.
fn rxml_tree(input: &str) -> Result<Element, String> {
    let mut parser = Parser::new();
    let mut bytes = input.as_bytes();
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    loop {
        let Some(event) = parser.parse(&mut bytes, true).map_err(|error| format!("{error:?}"))?
        else {
            return root.ok_or_else(|| "no root".to_owned());
        };
        match event {
            Event::XmlDeclaration(..) => {}
            Event::StartElement(_, (namespace, local), attrs) => {
                let mut element = Element::new(namespace.as_str(), local.as_str());
                for ((namespace, local), value) in attrs {
                    let name = Name::new(namespace.as_str(), local.as_str());
                    element.attrs.push(Attribute { name, value });
                }
                open.push(element);
            }
            Event::Text(_, text) => {
                let element = open.last_mut().ok_or("text outside")?;
                match element.nodes.last_mut() {
                    Some(Node::Text(before)) => before.push_str(&text),
                    _ if text.is_empty() => {}
                    _ => element.nodes.push(Node::Text(text)),
                }
            }
            Event::EndElement(_) => {
                let element = open.pop().ok_or("end outside")?;
                match open.last_mut() {
                    Some(parent) => parent.nodes.push(Node::Element(element)),
                    None => root = Some(element),
                }
            }
        }
    }
}

/// The order of attributes is lost in rxml.
fn sort_attrs(element: &mut Element) {
    element.attrs.sort_by(|a, b| a.name.cmp(&b.name));
    for node in &mut element.nodes {
        if let Node::Element(child) = node {
            sort_attrs(child);
        }
    }
}

fn agree(input: &str) -> Result<(), TestCaseError> {
    // rxml drops a carriage return at the end of a value, so it gets line ends as XML 1.0 §2.11
    // wants them read.
    let unix = input.replace("\r\n", "\n").replace('\r', "\n");
    match (parse(input), rxml_tree(&unix)) {
        (Ok(mut ours), Ok(mut theirs)) => {
            sort_attrs(&mut ours);
            sort_attrs(&mut theirs);
            prop_assert_eq!(ours, theirs);
        }
        (Ok(_), Err(error)) => {
            // rxml forgets a range of letters (XML 1.0 §2.3 production 4).
            let with_others = unix.replace(|c| matches!(c, '\u{FDF0}'..='\u{FFFD}'), "é");
            prop_assert!(rxml_tree(&with_others).is_ok(), "only rxml refuses: {}", error);
        }
        (Err(error), Ok(_)) => prop_assert!(is_right(&error, input), "only we refuse: {:?}", error),
        (Err(_), Err(_)) => {}
    }
    Ok(())
}

/// Whether a refusal is right although rxml accepts the text.
fn is_right(error: &Error, input: &str) -> bool {
    let rest = &input[error.offset..];
    match &error.kind {
        // RFC 7395 §3.3.3 is stricter than XML.
        ErrorKind::LeadingText | ErrorKind::Declaration => true,
        // XML 1.0 §2.8: nothing but white space; rxml passes over what amounts to that.
        ErrorKind::TrailingContent => rest.starts_with("<![CDATA[") || rest.starts_with("&#"),
        // XML 1.0 §3.1 holds for declarations too.
        ErrorKind::DuplicateAttribute(name) => name.starts_with("xmlns"),
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn about_documents(input in near_xml::document()) {
        agree(&input)?;
    }

    #[test]
    fn about_damaged_documents(input in near_xml::damaged()) {
        agree(&input)?;
    }

    #[test]
    fn about_pieces(input in near_xml::soup()) {
        agree(&input)?;
    }
}
