//! Octets pass unchanged, however they are cut, and are understood all the same.

use proptest::prelude::*;
use wire::Frame;

use super::*;

fn tap() -> Tap {
    Tap::new(Rewrite::new(false, true, "h:8445".to_owned()))
}

/// Feeds pieces of both sides; yields the octets for client and server, and what was heard.
fn run(pieces: &[(Side, &[u8])], size: usize) -> (Vec<u8>, Vec<u8>, Vec<String>) {
    let mut tap = tap();
    let (mut for_client, mut for_server, mut heard) = (Vec::new(), Vec::new(), Vec::new());
    let mut take = |taken: TapOutput| {
        for_client.extend(taken.for_client);
        for_server.extend(taken.for_server);
        heard.extend(taken.heard.into_iter().map(|heard| in_words(&heard)));
    };
    for (side, octets) in pieces {
        octets.chunks(size).for_each(|chunk| take(tap.take(*side, chunk)));
    }
    take(tap.end(Side::Client));
    take(tap.end(Side::Server));
    (for_client, for_server, heard)
}

fn in_words(heard: &TapEvent) -> String {
    let text = |content: &Content| {
        let cut = if content.is_cut { " (cut)" } else { "" };
        format!("{:?}{cut}", String::from_utf8_lossy(&content.octets))
    };
    match &heard.what {
        TapEventKind::Request(head, body) => {
            format!("{} {} {}", head.method, head.target, text(body))
        }
        TapEventKind::Response(head, body) => format!("{} {}", head.status, text(body)),
        TapEventKind::Message { message, fragments } => {
            format!("{:?} {message:?} {fragments}", heard.from)
        }
        TapEventKind::Frame { opcode, length, .. } => {
            format!("{:?} frame {opcode} {length}", heard.from)
        }
        TapEventKind::Octets => format!("{:?} octets", heard.from),
    }
}

const ASKS: &[u8] =
    b"GET /ws/ HTTP/1.1\r\nHost: h:8445\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
const SWITCHES: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

fn frame(opcode: u8, text: &str, is_masked: bool) -> Vec<u8> {
    let frame = Frame::new(opcode, text);
    if is_masked { frame.masked([1, 2, 3, 4]) } else { frame }.encode()
}

#[test]
fn requests_bodies_and_a_websocket_pass_in_all_cuts() {
    let post = b"POST /http-bind/ HTTP/1.1\r\nHost: h:8445\r\nContent-Length: 7\r\n\r\n<body/>";
    let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\n<bo\r\n4\r\ndy/>\r\n0\r\nT: x\r\n\r\n";
    let early = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";
    let client = [frame(1, "<open/>", true), frame(9, "x", true), frame(8, "", true)].concat();
    let first = Frame { fin: false, ..Frame::new(1, "<op") }.encode();
    let server = [first, frame(0, "en/>", false)].concat();
    let pieces: [(Side, &[u8]); 7] = [
        (Side::Client, post),
        (Side::Server, early),
        (Side::Server, chunked),
        (Side::Client, ASKS),
        (Side::Server, SWITCHES),
        (Side::Server, &server),
        (Side::Client, &client),
    ];
    let wanted = [
        r#"POST /http-bind/ "<body/>""#,
        r#"103 """#,
        r#"200 "<body/>""#,
        r#"GET /ws/ """#,
        r#"101 """#,
        r#"Server Text("<open/>") 2"#,
        r#"Client Text("<open/>") 1"#,
        "Client Ping([120]) 1",
        "Client Close(None) 1",
    ];
    for size in [1, 2, 3, 7, 64, 100_000] {
        let (for_client, for_server, heard) = run(&pieces, size);
        assert_eq!(for_server, [&post[..], ASKS, &client].concat());
        assert_eq!(for_client, [&early[..], chunked, SWITCHES, &server].concat());
        assert_eq!(heard, wanted, "{size}");
    }
}

#[test]
fn octets_ahead_of_an_upgrade_wait_for_its_answer() {
    let hello = frame(1, "<open/>", true);
    let next = b"GET /x HTTP/1.1\r\nHost: h:8445\r\n\r\n";
    let refused = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    for (ahead, answer, last) in [
        (&hello[..], SWITCHES, r#"Client Text("<open/>") 1"#),
        (&next[..], &refused[..], r#"GET /x """#),
    ] {
        let mut tap = tap();
        tap.take(Side::Client, ASKS);
        assert_eq!(tap.take(Side::Client, ahead).for_server, b"");
        let taken = tap.take(Side::Server, answer);
        assert_eq!((taken.for_server.as_slice(), taken.for_client.as_slice()), (ahead, answer));
        assert_eq!(in_words(taken.heard.last().unwrap()), last);
    }
}

#[test]
fn what_is_not_understood_passes_and_is_counted() {
    let bad = frame(1, "in clear", false);
    let pieces: [(Side, &[u8]); 4] = [
        (Side::Client, ASKS),
        (Side::Server, SWITCHES),
        (Side::Client, &bad),
        (Side::Client, &bad),
    ];
    let (_, for_server, heard) = run(&pieces, 5);
    assert_eq!(for_server, [ASKS, &bad, &bad].concat());
    assert_eq!(heard[2..], ["Client frame 1 8", "Client frame 1 8"]);
    let huge = [&[0x82, 0xFF][..], &(1u64 << 40).to_be_bytes(), &[0; 100]].concat();
    let pieces = [(Side::Client, ASKS), (Side::Server, SWITCHES), (Side::Client, &huge)];
    assert_eq!(run(&pieces, 1000).1, [ASKS, &huge].concat());
    let tls = b"\x16\x03\x01\x02\0\x01\0\x01\xfc";
    let (for_client, for_server, heard) = run(&[(Side::Client, tls), (Side::Server, b"x")], 100);
    assert_eq!((for_client, for_server), (b"x".to_vec(), tls.to_vec()));
    assert_eq!(heard, ["Client octets", "Server octets"]);
}

#[test]
fn a_body_up_to_the_end_of_the_connection_is_whole() {
    let head = b"GET / HTTP/1.1\r\nHost: h:8445\r\n\r\n";
    let pieces: [(Side, &[u8]); 2] =
        [(Side::Client, head), (Side::Server, b"HTTP/1.1 200 OK\r\n\r\nabc")];
    assert_eq!(run(&pieces, 9).2[1], r#"200 "abc""#);
    let pieces: [(Side, &[u8]); 2] =
        [(Side::Client, head), (Side::Server, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")];
    assert_eq!(run(&pieces, 9).2[1], r#"200 "abc" (cut)"#);
}

proptest! {
    #[test]
    fn no_octets_panic_or_are_lost(
        pieces in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 0..60)), 0..20),
        begins in 0..3_usize,
    ) {
        let before: &[(Side, &[u8])] = &[(Side::Client, ASKS), (Side::Server, SWITCHES)];
        let sides = pieces.iter().map(|(is_client, octets)| {
            (if *is_client { Side::Client } else { Side::Server }, octets.as_slice())
        });
        let all: Vec<(Side, &[u8])> = before[..begins].iter().copied().chain(sides).collect();
        let (for_client, for_server, _) = run(&all, 1000);
        let said = |side| -> Vec<u8> {
            all.iter().filter(|one| one.0 == side).flat_map(|one| one.1.iter().copied()).collect()
        };
        prop_assert_eq!(for_server, said(Side::Client));
        prop_assert_eq!(for_client, said(Side::Server));
    }
}
