//! A message against the demand of a step: only what is written is demanded.

use wire::{CloseFrame, Frame, Headers, Message, ResponseHead, opcode};

use super::{bindings, payload};
use crate::matching;
use crate::play::{Incoming, Received};

pub(super) fn received(incoming: Incoming) -> Received {
    Received::new(incoming, transcript::Side::Server, tokio::time::Instant::now())
}

pub(super) fn message(message: Message, frame: Frame) -> Received {
    let element = match &message {
        Message::Text(text) => stanza::parse(text).ok(),
        _ => None,
    };
    received(Incoming::Message { message, fragments: 1, frame: Some(frame), element })
}

pub(super) fn text(text: &str) -> Received {
    message(Message::Text(text.to_owned()), Frame::new(opcode::TEXT, text.as_bytes()))
}

fn fits(notation: &str, received: &Received) -> bool {
    matching::fits(&payload(notation), received, &mut bindings()).is_ok()
}

/// `wanted` takes each of `good` and none of `bad`, all of them text messages.
fn takes(wanted: &str, good: &[&str], bad: &[&str]) {
    for came in good {
        assert!(fits(wanted, &text(came)), "{wanted} should take {came}");
    }
    for came in bad {
        assert!(!fits(wanted, &text(came)), "{wanted} should not take {came}");
    }
}

#[test]
fn names_are_compared_expanded_and_the_rest_is_open() {
    takes(
        "<a xmlns=\"urn:a\"><b/></a>",
        &["<a xmlns='urn:a'><b/></a>", "<p:a xmlns:p='urn:a' x='1'>text<c/><p:b y='2'/></p:a>"],
        &["<a><b/></a>", "<a xmlns='urn:a'/>", "<a xmlns='urn:a'><b xmlns='urn:b'/></a>", "no XML"],
    );
}

#[test]
fn attributes_are_demanded_forbidden_or_left_open() {
    takes("<a b=\"1\"/>", &["<a b='1'/>", "<a c='2' b='1'/>"], &["<a/>", "<a b='2'/>"]);
    takes("<a b=\"{absent}\"/>", &["<a/>", "<a xmlns:p='urn:p' p:b='1'/>"], &["<a b=''/>"]);
    takes("<a b=\"\"/>", &["<a b=''/>"], &["<a/>", "<a b=' '/>"]);
    takes("<a xml:lang=\"en\"/>", &["<a xml:lang='en'/>"], &["<a lang='en'/>"]);
}

#[test]
fn equal_children_are_each_found_once_in_any_order() {
    takes(
        "<a><b>1</b><b>2</b></a>",
        &["<a><b>2</b><x/><b>1</b></a>"],
        &["<a><b>1</b></a>", "<a><b>1</b><b>1</b></a>"],
    );
}

#[test]
fn text_is_compared_as_a_whole_when_it_is_written() {
    takes("<a>x</a>", &["<a>x</a>", "<a><![CDATA[x]]></a>"], &["<a> x</a>", "<a/>", "<a>xy</a>"]);
    takes("<a/>", &["<a>x</a>"], &[]);
    takes("<a>{*}</a>", &["<a>x</a>"], &["<a/>"]);
}

#[test]
fn t_closed_allows_nothing_else() {
    takes(
        "<a t:closed=\"yes\" b=\"1\"><c/></a>",
        &["<a b='1'><c/></a>", "<a b='1'>\n <c x='1'>deep</c>\n</a>"],
        &[
            "<a b='1' d='2'><c/></a>",
            "<a b='1'><c/><d/></a>",
            "<a b='1'>x<c/></a>",
            "<a b='1'><c/><c/></a>",
        ],
    );
}

#[test]
fn t_absent_forbids_a_child_that_fits() {
    takes(
        "<a><b t:absent=\"yes\" c=\"1\"/></a>",
        &["<a/>", "<a><b/></a>", "<a><b c='2'/></a>"],
        &["<a><b c='1'/></a>", "<a><b/><b c='1' d='2'/></a>"],
    );
}

#[test]
fn t_optional_may_lack_and_is_compared_when_it_is_there() {
    takes(
        "<a t:closed=\"yes\"><b t:optional=\"yes\" c=\"1\"/></a>",
        &["<a/>", "<a><b c='1'/></a>"],
        &["<a><b c='2'/></a>", "<a><c/></a>"],
    );
}

#[test]
fn t_text_says_what_is_made_of_text() {
    takes("<a t:closed=\"yes\" t:text=\"any\"/>", &["<a/>", "<a>x</a>"], &["<a><b/></a>"]);
    takes(
        "<a t:text=\"xml\"><b xmlns=\"urn:b\">1</b></a>",
        &[
            "<a>&lt;b xmlns='urn:b'&gt;1&lt;/b&gt;</a>",
            "<a> &lt;b xmlns='urn:b' c='2'&gt;1&lt;/b&gt;\n</a>",
        ],
        &[
            "<a/>",
            "<a>1</a>",
            "<a><b xmlns='urn:b'>1</b></a>",
            "<a>&lt;b xmlns='urn:b'&gt;2&lt;/b&gt;</a>",
        ],
    );
}

#[test]
fn captures_hold_across_a_message_and_only_when_all_of_it_fits() {
    takes(
        "<a b=\"{x=*}\"><c d=\"{x}\"/></a>",
        &["<a b='1'><c d='1'/></a>"],
        &["<a b='1'><c d='2'/></a>"],
    );
    let mut bindings = bindings();
    let wanted = payload("<a b=\"{x=*}\"><c/></a>");
    assert!(matching::fits(&wanted, &text("<a b='1'/>"), &mut bindings).is_err());
    assert_eq!(bindings.value("x"), None);
    assert!(matching::fits(&wanted, &text("<a b='1'><c/></a>"), &mut bindings).is_ok());
    assert_eq!(bindings.value("x"), Some("1"));
}

#[test]
fn a_child_that_does_not_fit_leaves_no_capture_behind() {
    takes(
        "<a><b c=\"{x=*}\" d=\"1\"/><e f=\"{x}\"/></a>",
        &["<a><b c='one' d='0'/><b c='two' d='1'/><e f='two'/></a>"],
        &["<a><b c='one' d='0'/><b c='two' d='1'/><e f='one'/></a>"],
    );
}

#[test]
fn fragments_are_counted_when_they_are_named() {
    let mut came = text("<a/>");
    if let Incoming::Message { fragments, .. } = &mut came.incoming {
        *fragments = 3;
    }
    assert!(fits("<a/>", &came));
    assert!(fits("<a/> [fragments 3]", &came));
    assert!(!fits("<a/> [fragments 2]", &came));
}

#[test]
fn an_element_in_a_body_is_compared_as_a_message_is() {
    let came = |body: &str| {
        let head = ResponseHead::new(200, "OK", Headers(Vec::new()));
        received(Incoming::Response { head, body: body.as_bytes().to_vec() })
    };
    let document = came(
        "<?xml version='1.0' standalone='yes'?>\n<User>\n  <id>1001</id>\n  <state>READY</state>\n</User>\n",
    );
    let below = |lines: &str| format!("HTTP/1.1 200\n         {lines}");
    for good in ["<User/>", "<User><state>READY</state><id>{*}</id></User>"] {
        assert!(fits(&below(good), &document), "{good}");
    }
    for bad in ["<Users/>", "<User xmlns=\"urn:x\"/>", "<User><state>WORK</state></User>"] {
        assert!(!fits(&below(bad), &document), "{bad}");
    }
    assert!(!fits(&below("<User t:closed=\"yes\"/>"), &document));
    for other in ["", "<User>", "no XML"] {
        assert!(!fits(&below("<User/>"), &came(other)), "{other:?}");
    }
    assert!(fits(&below("[body \"\"]"), &came("")) && !fits(&below("[body \"\"]"), &document));
    let mut values = bindings();
    let wanted = payload(&below("<User><id>{id=*}</id></User>"));
    assert!(matching::fits(&wanted, &document, &mut values).is_ok());
    assert_eq!(values.value("id"), Some("1001"), "a value in a body is remembered");
}

#[test]
fn http_responses_are_compared_by_status_and_the_headers_named() {
    let response = |status, lines: &[(&str, &str)], body: &[u8]| {
        let headers = lines.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let head = ResponseHead::new(status, "Any Reason", Headers(headers));
        received(Incoming::Response { head, body: body.to_vec() })
    };
    let came = response(426, &[("UPGRADE", "websocket"), ("Via", "a"), ("via", "b")], b"\xffpage");
    let below = |lines: &str| format!("HTTP/1.1 426\n         {lines}");
    for good in ["HTTP/1.1 426", "HTTP/1.1 {/^4/}", "HTTP/1.1 426 Any Reason"] {
        assert!(fits(good, &came), "{good}");
    }
    for bad in ["HTTP/1.1 400", "HTTP/1.0 426", "HTTP/1.1 426 Upgrade Required"] {
        assert!(!fits(bad, &came), "{bad}");
    }
    for good in ["Upgrade: {/(?i)^WebSocket$/}", "via: b", "Date: {absent}", "[body \"\\xffpage\"]"]
    {
        assert!(fits(&below(good), &came), "{good}");
    }
    for bad in ["Upgrade: WebSocket", "via: {absent}", "date: {*}", "[body \"page\"]"] {
        assert!(!fits(&below(bad), &came), "{bad}");
    }
    assert!(fits(&below("{other headers}: date, server"), &came), "transcripts name noise");
    assert!(!fits("<a/>", &came) && !fits("GET / HTTP/1.1", &came));
}

#[test]
fn closes_are_compared_by_code_and_by_a_reason_that_is_named() {
    let close = |close: Option<CloseFrame>| {
        let payload = close.as_ref().map(CloseFrame::payload).unwrap_or_default();
        message(Message::Close(close), Frame::new(opcode::CLOSE, payload))
    };
    let (full, empty) = (close(Some(CloseFrame::new(1001, "bye"))), close(None));
    for good in
        ["[close 1001]", "[close 1001 \"bye\"]", "[close {*} \"{/^b/}\"]", "[frame opcode=8]"]
    {
        assert!(fits(good, &full), "{good}");
    }
    for bad in ["[close]", "[close 1000]", "[close 1001 \"x\"]", "[close 1001 \"\"]", "[eof]"] {
        assert!(!fits(bad, &full), "{bad}");
    }
    assert!(fits("[close]", &empty));
    assert!(!fits("[close 1005]", &empty) && !fits("[close {*}]", &empty));
}

#[test]
fn frames_are_compared_by_what_is_named() {
    let mut frame = Frame::new(opcode::BINARY, b"ab".to_vec());
    frame.rsv = 4;
    let violation = wire::Violation::ReservedBits(4);
    let bad = received(Incoming::BadFrame { frame, violation });
    for good in
        ["[frame]", "[frame rsv=4]", "[frame fin=1 opcode=2 mask=no length=7 payload=\"ab\"]"]
    {
        assert!(fits(good, &bad), "{good}");
    }
    for wrong in [
        "[frame fin=0]",
        "[frame mask=yes]",
        "[frame length=16]",
        "[frame length=3]",
        "[frame payload=\"\"]",
    ] {
        assert!(!fits(wrong, &bad), "{wrong}");
    }
    assert!(fits("[frame opcode=1 payload=\"<a/>\"]", &text("<a/>")), "a whole message is a frame");
}

#[test]
fn other_events_are_compared_by_kind() {
    let ping = message(Message::Ping(b"p".to_vec()), Frame::new(opcode::PING, b"p".to_vec()));
    let pong = message(Message::Pong(Vec::new()), Frame::new(opcode::PONG, Vec::new()));
    let binary = message(Message::Binary(vec![0xff]), Frame::new(opcode::BINARY, vec![0xff]));
    let garbage = received(Incoming::Garbage { octets: b"\x16\x03".to_vec() });
    let came = [
        ("[ping \"p\"]", ping),
        ("[pong]", pong),
        ("[binary \"\\xff\"]", binary),
        ("[bytes \"\\x16{*}\"]", garbage),
        ("[text \"half <a\"]", text("half <a")),
        ("[eof]", received(Incoming::Eof)),
        ("[reset]", received(Incoming::Reset)),
    ];
    for (own, came) in &came {
        for notation in NOTATIONS {
            assert_eq!(fits(notation, came), notation == *own, "{notation} {own}");
        }
    }
}

const NOTATIONS: [&str; 7] = [
    "[ping \"p\"]",
    "[pong]",
    "[binary \"\\xff\"]",
    "[bytes \"\\x16{*}\"]",
    "[text \"half <a\"]",
    "[eof]",
    "[reset]",
];
