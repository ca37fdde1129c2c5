//! Peers that are not logged in.

use std::time::Duration;

use wire::{Deflater, Frame, opcode};

use crate::Row;
use crate::attack::{Attack, OPEN};

pub(crate) const ROWS: &[Row] = &[
    ("half-open connections", half_open, "no memory: too many connections are not logged in"),
    ("silent peers after 101", silent, "closed"),
    ("heads without an end", endless_heads, "no memory: the connection takes"),
    ("messages without an end", unfinished_messages, "no memory: the connection takes"),
    ("compression on each connection", compressors, "no memory: the connection takes"),
    ("garbage after 101", garbage, "[octets:"),
    ("a fragment for each octet", small_fragments, "[octets:"),
    ("bombs", bombs, "[octets: message too big]"),
    ("pings", pings, "[ping"),
    ("heads one after the other", floods_of_heads, "GET /"),
    ("a close at each point", closes, "<close"),
    ("requests behind one without an answer", requests_behind, "no memory: the connection takes"),
];

/// Requests of BOSH that would all be dealt with at once, when the first is answered.
fn requests_behind(attack: &mut Attack) {
    let request = |rest: &str, content: &str| {
        let body =
            format!("<body xmlns='http://jabber.org/protocol/httpbind' {rest}>{content}</body>");
        format!(
            "POST /http-bind/ HTTP/1.1\r\nHost: d\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let id = attack.connect();
    let first = request("to='d' rid='1' hold='1' wait='60' ver='1.6'", "");
    attack.send(id, first.as_bytes());
    let said = attack.transcript();
    let sid = said.split(" sid=\"").nth(1).and_then(|rest| rest.split('"').next());
    let sid = sid.expect("a session").to_owned();
    let declared: String = (0..40_000).map(|i| format!(" xmlns:p{i}='u'")).collect();
    for rid in 2..80 {
        let rest = format!("sid='{sid}' rid='{rid}'");
        let content = if rid == 2 { String::new() } else { format!("<x{declared}/>") };
        for chunk in request(&rest, &content).as_bytes().chunks(16 << 10) {
            attack.send(id, chunk);
        }
    }
}

fn half_open(attack: &mut Attack) {
    for _ in 0..20_000 {
        attack.connect();
    }
}

fn silent(attack: &mut Attack) {
    for _ in 0..4000 {
        attack.upgrade(false);
    }
    attack.wait(Duration::from_secs(3600));
}

fn endless_heads(attack: &mut Attack) {
    let head = format!("GET /ws/ HTTP/1.1\r\nX-Long: {}", "x".repeat(30_000));
    for _ in 0..3000 {
        let id = attack.connect();
        attack.send(id, head.as_bytes());
    }
}

/// A message of which one fragment has come, and of the next all but the last octet.
fn unfinished_messages(attack: &mut Attack) {
    let begun = Frame { fin: false, ..Frame::new(opcode::TEXT, "<a>".repeat(150_000)) };
    let rest = Frame::new(opcode::CONTINUATION, "x".repeat(500_000)).masked([0; 4]).encode();
    for _ in 0..300 {
        let id = attack.upgrade(false);
        attack.say(id, OPEN);
        attack.frame(id, begun.clone());
        attack.send(id, &rest[..rest.len() - 1]);
    }
}

fn compressors(attack: &mut Attack) {
    for _ in 0..500 {
        attack.upgrade(true);
    }
}

fn garbage(attack: &mut Attack) {
    let mut state = 1_u32;
    for _ in 0..500 {
        let id = attack.upgrade(false);
        let octets: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .take(2000)
        .collect();
        attack.send(id, &octets);
    }
}

fn small_fragments(attack: &mut Attack) {
    let id = attack.upgrade(false);
    attack.say(id, OPEN);
    attack.frame(id, Frame { fin: false, ..Frame::new(opcode::TEXT, "<") });
    let one = Frame { fin: false, ..Frame::new(opcode::CONTINUATION, "a") };
    let many = one.masked([0; 4]).encode().repeat(1 << 20);
    attack.send(id, &many);
}

fn bombs(attack: &mut Attack) {
    for content in [" ".repeat((1 << 20) + 1), "<a/>".repeat(1 << 18)] {
        let bomb = Deflater::new(false).compress(content.as_bytes());
        for _ in 0..10 {
            let id = attack.upgrade(true);
            attack.frame(
                id,
                Frame::new(opcode::TEXT, Deflater::new(true).compress(b"<a/>")).compressed(),
            );
            attack.frame(id, Frame::new(opcode::TEXT, bomb.clone()).compressed());
        }
    }
}

fn pings(attack: &mut Attack) {
    let id = attack.upgrade(false);
    let ping = Frame::new(opcode::PING, [b'p'; 125]).masked([0; 4]).encode();
    attack.send(id, &ping.repeat(50_000));
}

fn floods_of_heads(attack: &mut Attack) {
    let id = attack.connect();
    attack.send(id, "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(5000).as_bytes());
}

/// The `<close/>` of the stream, the close of WebSocket and the end of TCP, at each point of a
/// login.
fn closes(attack: &mut Attack) {
    for point in 0..=5 {
        for how in 0..3 {
            let id = attack.upgrade(false);
            for message in &attack.login()[..point] {
                attack.say(id, message);
            }
            match how {
                0 => attack.say(id, "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"),
                1 => attack.frame(id, Frame::new(opcode::CLOSE, [0x03, 0xE8])),
                _ => attack.end(id),
            }
            attack.say(id, OPEN);
        }
    }
    attack.wait(Duration::from_secs(3600));
    assert_eq!(attack.connections(), 0, "each has ended");
}
