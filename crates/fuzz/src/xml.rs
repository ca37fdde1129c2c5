//! XML, strictly and as Openfire lets it pass.

use rxml::{Event, Parse, Parser};
use stanza::{
    ChildSpans, Element, ErrorKind, Jid, Rules, Spans, parse, parse_prefix, parse_spanned,
    parse_with, pretty, print,
};

/// Reads `data`, if it is text, as a message and as an address.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    strict(text);
    lenient(text);
    if let Ok(jid) = Jid::parse(text) {
        assert_eq!(Jid::parse(&jid.to_string()), Ok(jid));
    }
}

fn strict(text: &str) {
    match parse_spanned(text) {
        Ok((element, spans)) => {
            within(text, &element, &spans);
            let pretty_once = pretty(&element);
            let again = parse(&pretty_once).expect("what was printed");
            assert_eq!(pretty(&again), pretty_once);
            assert!(parse_with(text, &Rules::OPENFIRE).is_ok());
            assert_eq!(parse(&print(&element)), Ok(element));
        }
        Err(error) => {
            assert!(text.is_char_boundary(error.offset));
            // RFC 7395 §3.3.3 and RFC 6120 §11 are stricter than XML, and our limits are our own.
            let ours = matches!(
                error.kind,
                ErrorKind::LeadingText
                    | ErrorKind::Declaration
                    | ErrorKind::TrailingContent
                    | ErrorKind::DuplicateAttribute(_)
                    | ErrorKind::TooDeep(_)
                    | ErrorKind::TooManyParts(_)
                    | ErrorKind::NamespaceTooLong(_)
            );
            assert!(ours || !is_well_formed(text), "only we refuse: {error:?}");
        }
    }
}

fn lenient(text: &str) {
    match parse_prefix(text, &Rules::OPENFIRE) {
        Ok((element, end)) => {
            let again = parse_prefix(&text[..end], &Rules::OPENFIRE);
            assert_eq!(again.map(|(element, _)| element), Ok(element.clone()));
            let _ = (print(&element), pretty(&element), element.text());
        }
        Err(error) => assert!(text.is_char_boundary(error.offset)),
    }
    if let Err(error) = parse_with(text, &Rules::OPENFIRE) {
        assert!(text.is_char_boundary(error.offset));
    }
}

/// Every span holds what it says it holds.
fn within(text: &str, element: &Element, spans: &Spans) {
    let name = &text[spans.name.clone()];
    assert_eq!(name.rsplit(':').next(), Some(element.name.local.as_str()));
    assert!(text[spans.whole.clone()].ends_with('>'));
    assert_eq!(spans.attrs.len(), element.attrs.len());
    for (attr, name) in element.attrs.iter().zip(&spans.attr_names) {
        assert_eq!(text[name.clone()].rsplit(':').next(), Some(attr.name.local.as_str()));
    }
    assert_eq!(spans.children.len(), element.nodes.len());
    let children = spans.children.iter().filter_map(|child| match child {
        ChildSpans::Element(spans) => Some(spans),
        ChildSpans::Text(_) => None,
    });
    for (child, spans) in element.children().zip(children) {
        within(text, child, spans);
    }
}

/// The verdict of rxml.
fn is_well_formed(text: &str) -> bool {
    // rxml drops a carriage return at the end of a value, so it gets line ends as XML 1.0 §2.11
    // wants them read.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut parser = Parser::new();
    let mut octets = text.as_bytes();
    let mut ended = false;
    loop {
        match parser.parse(&mut octets, true) {
            Ok(Some(event)) => ended |= matches!(event, Event::EndElement(_)),
            Ok(None) => return ended,
            Err(_) => return false,
        }
    }
}
