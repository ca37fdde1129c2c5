//! The explanation of a message that does not fit.

use super::matching::{message, received, text};
use super::{bindings, payload};
use crate::matching;
use crate::play::{Incoming, Received};

/// The headline, what it points at, and a line for each difference.
fn told(notation: &str, came: &Received) -> String {
    let Err(mismatch) = matching::fits(&payload(notation), came, &mut bindings()) else {
        panic!("{notation} fits");
    };
    let line = format!("agent <- {notation}");
    let place = mismatch.span.map_or("the step", |span| &line[span]);
    let mut told = format!("{} [{place}]", mismatch.message);
    for row in mismatch.rows {
        let (wanted, got) = (row.wanted, row.got);
        told.push_str(&format!("\n{}: {wanted} | {got} | {}", row.place, row.why));
    }
    told
}

fn golden(table: &[(&str, &str, &str)]) {
    for (notation, came, wanted) in table {
        assert_eq!(told(notation, &text(came)), *wanted, "{notation}");
    }
}

#[test]
fn elements() {
    golden(&[
        (
            "<a xmlns=\"urn:a\"/>",
            "<b/>",
            "wanted <a {urn:a}>, got <b> [a]\nroot element: a {urn:a} | b | differs",
        ),
        ("<a b=\"1\"/>", "<a/>", "a/@b is missing [b=\"1\"]\na/@b: 1 | – | missing"),
        (
            "<a b=\"{/^1/}\"/>",
            "<a b='2'/>",
            "a/@b differs [b=\"{/^1/}\"]\na/@b: {/^1/} | 2 | differs",
        ),
        (
            "<a b=\"{domain}\"/>",
            "<a b='2'/>",
            "a/@b differs [b=\"{domain}\"]\na/@b: x.test | 2 | differs",
        ),
        (
            "<a b=\"{absent}\"/>",
            "<a b='2'/>",
            "a/@b must not be there [b=\"{absent}\"]\na/@b: – | 2 | extra",
        ),
        ("<a><b/></a>", "<a><c/></a>", "not found under a [b]\na/b: present | – | missing"),
        ("<a>x</a>", "<a>y</a>", "text of a differs [x]\na/text(): x | y | differs"),
        ("<a>x</a>", "<a/>", "text of a differs [x]\na/text(): x | – | missing"),
        (
            "<a><b t:absent=\"yes\"/></a>",
            "<a><b xmlns='' c='1'/></a>",
            "a/b must not be there [b]\na/b: – | b | extra",
        ),
        (
            "<a t:closed=\"yes\"/>",
            "<a b='1'>x<c xmlns='urn:c'/></a>",
            "a/@b is not allowed here [a]\na/@b: – | 1 | extra\na/c: – | c {urn:c} | extra\na/text(): – | x | extra",
        ),
        (
            "<a t:text=\"xml\"><b/></a>",
            "<a>b</a>",
            "text of a is not XML, escaped once [a]\na/text(): escaped XML | b | differs",
        ),
    ]);
}

#[test]
fn of_several_children_the_nearest_is_shown() {
    golden(&[(
        "<a><b c=\"1\" d=\"2\"/><e f=\"3\"/></a>",
        "<a><b c='0' d='0'/><b c='1' d='0'/><e/></a>",
        "a/b/@d differs [d=\"2\"]\na/b/@d: 2 | 0 | differs\na/e/@f: 3 | – | missing",
    )]);
}

#[test]
fn http() {
    let octets = b"HTTP/1.1 200 OK\r\nUpgrade: h2\r\nVia: a\r\n\r\n";
    let (head, _) = wire::ResponseHead::parse(octets).unwrap().unwrap();
    let came = received(Incoming::Response { head, body: b"page".to_vec() });
    let wanted = "HTTP/1.1 101\n         Upgrade: websocket\n         Date: {*}\n         Via: {absent}\n         [body \"x\"]";
    assert_eq!(
        told(wanted, &came),
        "status: wanted 101, got 200 [101]\nstatus: 101 | 200 | differs\nbody: x | page | differs\n\
         header Upgrade: websocket | h2 | differs\nheader Date: {*} | – | missing\nheader Via: – | a | extra"
    );
    assert_eq!(
        told("HTTP/1.1 200\n         Date: x", &came),
        "header Date is missing [Date: x]\nheader Date: x | – | missing"
    );
    assert_eq!(
        told("HTTP/1.1 200\n         via: {absent}", &came),
        "header via must not be there [via: {absent}]\nheader via: – | a | extra"
    );
}

#[test]
fn the_stream_header_of_tcp() {
    let header = text("<?xml version='1.0'?><stream:stream to='a' version='1.0'>");
    let open = "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\"/>";
    assert_eq!(
        told(open, &header),
        "the stream was opened with <stream:stream>, as over TCP; over a WebSocket it is <open/> (RFC 7395 §3.3) \
         [the step]"
    );
    assert_eq!(told("<a/>", &header), "something else was received [the step]");
}

#[test]
fn what_is_below_elements() {
    let frame = |opcode, payload: &[u8]| wire::Frame::new(opcode, payload);
    let close = wire::CloseFrame::new(1001, "bye");
    let payload = close.payload();
    let close = message(wire::Message::Close(Some(close)), frame(8, &payload));
    for (notation, wanted) in [
        ("[close 1000]", "close code differs [1000]\nclose code: 1000 | 1001 | differs"),
        ("[close]", "close code differs [the step]\nclose code: – | 1001 | differs"),
        ("[close 1001 \"x\"]", "close reason differs [\"x\"]\nclose reason: x | bye | differs"),
        ("[eof]", "something else was received [the step]"),
        ("<a/>", "something else was received [the step]"),
    ] {
        assert_eq!(told(notation, &close), wanted);
    }
    assert_eq!(
        told("[frame fin=0 opcode=2 payload=\"a\"]", &text("b")),
        "fin differs [the step]\nfin: 0 | 1 | differs\nopcode: 2 | 1 | differs\npayload: a | b | differs"
    );
    assert_eq!(told("[text \"a\"]", &text("b")), "text differs [\"a\"]\ntext: a | b | differs");
    assert_eq!(
        told("<a/> [fragments 2]", &text("<a/>")),
        "fragments differs [the step]\nfragments: 2 | 1 | differs"
    );
}
