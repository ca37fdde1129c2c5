//! Whether one pattern fits all that another fits; `false` when in doubt.

use regex::Regex;

use crate::{
    AttrPattern, ChildPattern, Control, ElementPattern, HeaderPattern, HttpBody, HttpHead, Payload,
    Piece, StartLine, Template, Token,
};

/// Whether `wide` fits every message that `narrow` fits.
pub(super) fn payload(wide: &Payload, narrow: &Payload) -> bool {
    match (wide, narrow) {
        (
            Payload::Xml { root: wide, fragments: a },
            Payload::Xml { root: narrow, fragments: b },
        ) => (a.is_none() || a == b) && element(wide, narrow),
        (Payload::Http(wide), Payload::Http(narrow)) => http(wide, narrow),
        (Payload::Text(wide), Payload::Text(narrow)) => template(wide, narrow),
        (Payload::Close { code: wide, reason: None }, Payload::Close { code: narrow, .. }) => {
            match (wide, narrow) {
                (Some(wide), Some(narrow)) => template(wide, narrow),
                (wide, narrow) => wide == narrow,
            }
        }
        (wide, narrow) => wide == narrow,
    }
}

fn element(wide: &ElementPattern, narrow: &ElementPattern) -> bool {
    if wide == narrow {
        return true;
    }
    wide.name == narrow.name
        && wide.control == Control::default()
        && !narrow.control.absent
        && !narrow.control.optional
        && wide.attrs.iter().all(|attr| narrow.attrs.iter().any(|other| attribute(attr, other)))
        && wide
            .children
            .iter()
            .all(|child| narrow.children.iter().any(|other| self::child(child, other)))
}

fn attribute(wide: &AttrPattern, narrow: &AttrPattern) -> bool {
    wide.name == narrow.name && template(&wide.value, &narrow.value)
}

fn child(wide: &ChildPattern, narrow: &ChildPattern) -> bool {
    match (wide, narrow) {
        (ChildPattern::Element(wide), ChildPattern::Element(narrow)) => element(wide, narrow),
        (ChildPattern::Text(wide), ChildPattern::Text(narrow)) => template(wide, narrow),
        _ => false,
    }
}

fn http(wide: &HttpHead, narrow: &HttpHead) -> bool {
    let starts = match (&wide.start, &narrow.start) {
        (
            StartLine::Response { version: a, status: wide, reason: None },
            StartLine::Response { version: b, status: narrow, .. },
        ) => template(a, b) && template(wide, narrow),
        (wide, narrow) => wide == narrow,
    };
    let header = |wide: &HeaderPattern, narrow: &HeaderPattern| {
        wide.name.eq_ignore_ascii_case(&narrow.name) && template(&wide.value, &narrow.value)
    };
    starts
        && wide.headers.iter().all(|line| narrow.headers.iter().any(|other| header(line, other)))
        && match (&wide.body, &narrow.body) {
            (None, _) => true,
            (Some(HttpBody::Xml(wide)), Some(HttpBody::Xml(narrow))) => element(wide, narrow),
            (wide, narrow) => wide == narrow,
        }
}

fn template(wide: &Template, narrow: &Template) -> bool {
    if wide == narrow {
        return true;
    }
    match (wide.pieces.as_slice(), narrow.pieces.as_slice()) {
        ([Piece::Token(wide)], [narrow]) => match (&wide.value, narrow) {
            (Token::Any { .. }, Piece::Text(_)) => true,
            (Token::Any { .. }, Piece::Token(narrow)) => {
                !matches!(narrow.value, Token::Absent | Token::Regex(_))
            }
            (Token::Regex(pattern), Piece::Text(text)) => {
                Regex::new(pattern).is_ok_and(|regex| regex.is_match(text))
            }
            _ => false,
        },
        ([Piece::Token(wide)], [_, ..]) => matches!(wide.value, Token::Any { .. }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{Item, Payload, Source, StepKind, parse_body};

    fn said(text: &str) -> Payload {
        let source = Arc::new(Source { path: "x".into(), text: format!("a <- {text}") });
        let items = parse_body(source).unwrap();
        let [Item::Step(step)] = items.as_slice() else { panic!("one step") };
        let StepKind::Say { payload, .. } = &step.kind else { panic!("something said") };
        payload.clone()
    }

    #[test]
    fn what_says_less_covers_what_says_more() {
        for (wide, narrow) in [
            ("<a/>", "<a/>"),
            ("<a/>", "<a b='1'><c/></a>"),
            ("<a b='{*}'/>", "<a b='1'/>"),
            ("<a><c/></a>", "<a><d/><c e='1'/></a>"),
            ("HTTP/1.1 {/^4/}", "HTTP/1.1 400"),
            ("HTTP/1.1 400", "HTTP/1.1 400 Bad Request"),
            ("HTTP/1.1 400", "HTTP/1.1 400\n   <a/>"),
            ("HTTP/1.1 400\n   <a/>", "HTTP/1.1 400\n   <a><b/></a>"),
            ("[close {*}]", "[close 1000]"),
            ("[close 1000]", "[close 1000 \"bye\"]"),
        ] {
            assert!(super::payload(&said(wide), &said(narrow)), "{wide} / {narrow}");
        }
    }

    #[test]
    fn what_says_something_else_does_not() {
        for (wide, narrow) in [
            ("<a b='1'/>", "<a/>"),
            ("<a/>", "<b/>"),
            ("<a/>", "<a xmlns='x'/>"),
            ("<a b='{*}'/>", "<a b='{absent}'/>"),
            ("<a><b t:absent='yes'/></a>", "<a><b/></a>"),
            ("<a t:closed='yes'/>", "<a b='1'/>"),
            ("HTTP/1.1 400", "HTTP/1.1 {/^4/}"),
            ("HTTP/1.1 400\n   <a><b/></a>", "HTTP/1.1 400\n   <a/>"),
            ("[close 1000]", "[close {*}]"),
            ("[close]", "[close 1000]"),
        ] {
            assert!(!super::payload(&said(wide), &said(narrow)), "{wide} / {narrow}");
        }
    }
}
