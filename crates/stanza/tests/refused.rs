//! Refused messages, each with the error and its offset.

use stanza::{Error, ErrorKind, MAX_DEPTH, MAX_PARTS, Rules, parse, parse_with, pretty, print};

fn refusal(input: &str) -> Error {
    match parse(input) {
        Err(error) => error,
        Ok(element) => panic!("{input:?} was read as {element:?}"),
    }
}

#[track_caller]
fn refused(input: &str, offset: usize, message: &str) {
    let error = refusal(input);
    assert_eq!((error.offset, error.to_string().as_str()), (offset, message), "{input:?}");
}

#[test]
fn restricted_constructs() {
    for (input, offset, message) in [
        ("<!--c--><a/>", 0, "comment"),
        ("<a><!--c--></a>", 3, "comment"),
        ("<a/><!--c-->", 4, "comment"),
        ("<?pi?><a/>", 0, "processing instruction"),
        ("<a><?php x?></a>", 3, "processing instruction"),
        ("<a/><?pi?>", 4, "processing instruction"),
        ("<!DOCTYPE a><a/>", 0, "document type declaration"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", 0, "document type declaration"),
        ("<a>&nbsp;</a>", 3, "undeclared entity `nbsp`"),
        ("<a x='1&b;'/>", 7, "undeclared entity `b`"),
    ] {
        refused(input, offset, message);
        assert!(refusal(input).kind.is_restricted(), "{input:?}");
    }
}

#[test]
fn anything_but_one_element() {
    for (input, offset, message) in [
        ("", 0, "no element"),
        ("hello", 0, "text before the element"),
        (" ", 0, "text before the element"),
        (" <a/>", 0, "text before the element"),
        ("\n<a/>", 0, "text before the element"),
        ("x<a/>", 0, "text before the element"),
        ("&lt;<a/>", 0, "text before the element"),
        ("<![CDATA[x]]><a/>", 0, "text before the element"),
        ("\u{FEFF}<a/>", 0, "text before the element"),
        ("<?xml version='1.0'?><a/>", 0, "XML declaration"),
        ("<?xml version='1.1'?><a/>", 0, "XML declaration"),
        ("<a/><b/>", 4, "content after the element"),
        ("<a></a><a></a>", 7, "content after the element"),
        ("<a/> x", 5, "content after the element"),
        ("<a/>&lt;", 4, "content after the element"),
        ("<a/><![CDATA[]]>", 4, "content after the element"),
        ("<a/></a>", 4, "content after the element"),
        ("<a/><?xml version='1.0'?>", 4, "content after the element"),
        ("</stream:stream>", 0, "end tag `stream:stream` without a start tag"),
    ] {
        refused(input, offset, message);
        assert!(!refusal(input).kind.is_restricted(), "{input:?}");
    }
}

#[test]
fn broken_markup() {
    for (input, offset, message) in [
        ("<a>", 3, "element `a` is not closed"),
        ("<a><b></b>", 10, "element `a` is not closed"),
        ("<iq type='get'><ping/>", 22, "element `iq` is not closed"),
        ("<a></b>", 3, "end tag `b` where `a` should be closed"),
        ("<a></A>", 3, "end tag `A` where `a` should be closed"),
        ("<a></a x='1'>", 3, "end tag `a x='1'` where `a` should be closed"),
        ("<a></ a>", 3, "end tag ` a` where `a` should be closed"),
        ("<", 0, "unclosed tag"),
        ("<a", 0, "unclosed tag"),
        ("<a></a", 3, "unclosed tag"),
        ("<a x='1", 0, "unclosed attribute value"),
        ("<a x=\"1'/>", 0, "unclosed attribute value"),
        ("<a><!--c", 3, "unclosed comment"),
        ("<a><![CDATA[x", 3, "unclosed CDATA section"),
        ("<a><?x", 3, "unclosed processing instruction"),
        ("<!DOCTYPE", 0, "unclosed document type declaration"),
        ("<a><!x></a>", 3, "malformed markup"),
        ("<a><!--a--b--></a>", 8, "malformed comment"),
        ("<>", 1, "tag without a name"),
        ("<a/ >", 1, "invalid name `a/`"),
        ("< a/>", 1, "tag without a name"),
    ] {
        refused(input, offset, message);
    }
}

#[test]
fn broken_names_and_attributes() {
    for (input, offset, message) in [
        ("<1a/>", 1, "invalid name `1a`"),
        ("<a$b/>", 1, "invalid name `a$b`"),
        ("<a:b:c xmlns:a='u'/>", 1, "invalid name `a:b:c`"),
        ("<:a/>", 1, "invalid name `:a`"),
        ("<a 1='x'/>", 3, "invalid name `1`"),
        ("<a xmlns:='u'/>", 3, "invalid name `xmlns:`"),
        ("<a x='1'y='2'/>", 8, "no white space before attribute"),
        ("<a x/>", 3, "attribute `x` has no value"),
        ("<a x y='1'/>", 3, "attribute `x` has no value"),
        ("<a x=/>", 3, "attribute `x` has no value"),
        ("<a x=1/>", 5, "attribute value is not quoted"),
        ("<a x='<'/>", 6, "`<` in an attribute value"),
        ("<a x='1' x='1'/>", 9, "duplicate attribute `x`"),
        ("<a xmlns:p='u' xmlns:q='u' p:x='1' q:x='2'/>", 35, "duplicate attribute `q:x`"),
        ("<a xmlns='u' xmlns='v'/>", 13, "duplicate attribute `xmlns`"),
        ("<a xmlns:p='u' xmlns:p='u'/>", 15, "duplicate attribute `xmlns:p`"),
    ] {
        refused(input, offset, message);
    }
}

#[test]
fn broken_namespaces() {
    for (input, offset, message) in [
        ("<x:a/>", 1, "undeclared prefix `x`"),
        ("<a x:b='1'/>", 3, "undeclared prefix `x`"),
        ("<a><b xmlns:x='u'/><x:c/></a>", 20, "undeclared prefix `x`"),
        ("<xmlns:a/>", 1, "undeclared prefix `xmlns`"),
        ("<a xmlns:x=''/>", 3, "prefix `x` bound to no namespace"),
        ("<a xmlns:xml='u'/>", 3, "reserved prefix or namespace in the declaration of `xml`"),
        ("<a xmlns:xmlns='u'/>", 3, "reserved prefix or namespace in the declaration of `xmlns`"),
        (
            "<a xmlns:x='http://www.w3.org/XML/1998/namespace'/>",
            3,
            "reserved prefix or namespace in the declaration of `x`",
        ),
        (
            "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
            3,
            "reserved prefix or namespace in the declaration of ``",
        ),
    ] {
        refused(input, offset, message);
    }
    let long = "u".repeat(257);
    refused(&format!("<a xmlns='{long}'/>"), 3, "namespace name longer than 256 octets");
}

#[test]
fn broken_text() {
    for (input, offset, message) in [
        ("<a>\u{1}</a>", 3, "character U+0001 is not allowed"),
        ("<a>é\u{FFFE}</a>", 5, "character U+FFFE is not allowed"),
        ("<a><![CDATA[\0]]></a>", 12, "character U+0000 is not allowed"),
        ("<a x='\u{B}'/>", 6, "character U+000B is not allowed"),
        ("<a>&#1;</a>", 3, "invalid character reference `&#1;`"),
        ("<a>&#xD800;</a>", 3, "invalid character reference `&#xD800;`"),
        ("<a>&#X41;</a>", 3, "invalid character reference `&#X41;`"),
        ("<a>&#;</a>", 3, "invalid character reference `&#;`"),
        ("<a x='&#0;'/>", 6, "invalid character reference `&#0;`"),
        ("<a>a & b</a>", 5, "`&` that begins no reference"),
        ("<a>& b;</a>", 3, "`&` that begins no reference"),
        ("<a>&</a>", 3, "`&` that begins no reference"),
        ("<a>&&amp;</a>", 3, "`&` that begins no reference"),
        ("<a x='&'/>", 6, "`&` that begins no reference"),
        ("<a>x]]></a>", 4, "`]]>` in text"),
    ] {
        refused(input, offset, message);
    }
}

#[test]
fn parts_are_limited() {
    let elements = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
    assert!(parse(&elements(MAX_PARTS - 1)).is_ok());
    assert_eq!(refusal(&elements(MAX_PARTS)).kind, ErrorKind::TooManyParts(MAX_PARTS));
    let declarations: String = (0..MAX_PARTS).map(|it| format!(" xmlns:n{it}='u'")).collect();
    let error = refusal(&format!("<a{declarations}/>"));
    assert_eq!(error, Error { offset: 0, kind: ErrorKind::TooManyParts(MAX_PARTS) });
    assert!(parse_with(&elements(MAX_PARTS), &Rules::OPENFIRE).is_ok());
}

#[test]
fn depth_is_limited() {
    let nested = |depth: usize| "<a>".repeat(depth) + &"</a>".repeat(depth);
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    let error = refusal(&nested(MAX_DEPTH + 1));
    assert_eq!(error, Error { offset: 3 * MAX_DEPTH, kind: ErrorKind::TooDeep(MAX_DEPTH) });
    assert_eq!(refusal(&"<a>".repeat(100_000)).offset, 3 * MAX_DEPTH);
    let (deepest, _) = parse_with(&nested(1024), &Rules::OPENFIRE).unwrap();
    assert!(pretty(&deepest).len() > print(&deepest).len());
    assert!(parse_with(&nested(1025), &Rules::OPENFIRE).is_err());
}
