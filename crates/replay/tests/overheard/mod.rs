//! Any octets pass a recorder unchanged, its recording can be read, and the replay comes to rest.

use std::time::Duration;

use engine::Peer;
use proptest::collection::vec;
use proptest::prelude::*;
use replay::Replay;
use wire::{Frame, opcode};

use super::client::auth;
use super::{BIND, OPEN, PRESENCE, following};

const ASKS: &str = "GET /ws/ HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: xmpp\r\n\r\n";
const SWITCHES: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const HEADS: [&str; 6] = [
    "GET /finesse/api/SystemInfo HTTP/1.1\r\n\r\n",
    "POST /http-bind/ HTTP/1.1\r\nContent-Length: 7\r\n\r\n<body/>",
    "PUT /finesse/api/User/1 HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 202 Accepted\r\nContent-Length: 99999999999999999999\r\n\r\n",
];

/// A piece of octets, and whether it is the client's.
type Piece = (bool, Vec<u8>);

fn message() -> impl Strategy<Value = String> {
    let known = [OPEN, BIND, PRESENCE, "<iq type='result' id='ID'/>", "<close/>", "<", "", "<a>"];
    let known = known.map(str::to_owned).into_iter().chain([auth("1001", "secret-of-tap")]);
    prop::sample::select(known.collect::<Vec<_>>())
}

fn frame() -> impl Strategy<Value = Piece> {
    let code = prop::sample::select(&[opcode::TEXT, opcode::CLOSE, opcode::PING, 2, 0, 7][..]);
    (any::<bool>(), any::<bool>(), code, message()).prop_map(|(is_client, fin, code, text)| {
        let frame = Frame { fin, ..Frame::new(code, text) };
        let frame = if is_client { frame.masked([1, 2, 3, 4]) } else { frame };
        (is_client, frame.encode())
    })
}

/// Mostly what belongs there, else anything.
fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let head = (any::<bool>(), prop::sample::select(&HEADS[..]));
    let head = head.prop_map(|(is_client, text)| (is_client, text.into()));
    let noise = (any::<bool>(), vec(any::<u8>(), 0..40));
    let piece = prop_oneof![6 => frame(), 2 => head, 1 => noise];
    (any::<bool>(), vec(piece, 0..16)).prop_map(|(is_upgraded, rest)| {
        let upgrade = [(true, ASKS.into()), (false, SWITCHES.into())];
        let upgrade = upgrade.into_iter().filter(|_| is_upgraded);
        upgrade.chain(rest).collect()
    })
}

/// All octets of one side.
fn of(pieces: &[Piece], is_client: bool) -> Vec<u8> {
    let own = pieces.iter().filter(|(from, _)| *from == is_client);
    own.flat_map(|(_, octets)| octets.iter().copied()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn octets_pass_and_their_recording_is_had_again(pieces in pieces()) {
        let borrowed = pieces.iter().map(|(is_client, octets)| (*is_client, octets.as_slice()));
        let heard = record::overhear("server.example:8445", borrowed);
        prop_assert_eq!(heard.for_server, of(&pieces, true));
        prop_assert_eq!(heard.for_client, of(&pieces, false));
        prop_assert!(!heard.recording.contains("secret-of-tap"));
        let read = explain::from_octets("overheard.jsonl", heard.recording.as_bytes());
        let Ok(replay) = read.map_err(|_| ()).and_then(|read| Replay::new(&read).map_err(|_| ()))
        else {
            return Ok(());
        };
        let mut engine = following(replay);
        let mut now = Duration::ZERO;
        let client = engine.accept(now, Peer::default());
        for (_, octets) in pieces.iter().filter(|(is_client, _)| *is_client) {
            now += Duration::from_secs(1);
            engine.receive(now, client, octets);
            engine.fire(now);
            while engine.poll_output().is_some() {}
        }
        engine.ended(now, client);
        engine.fire(now + Duration::from_secs(3600));
    }
}
