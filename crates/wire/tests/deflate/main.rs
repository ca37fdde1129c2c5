//! Compressed messages against the examples of RFC 7692, against zlib, and against themselves.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, fail by panic")]

use proptest::prelude::*;
use wire::{Assembler, Deflater, Frame, Headers, Inflater, Message, Side, Unit, Violation, opcode};

const LIMIT: usize = 1 << 20;

fn client(unit: Unit, takeover: bool) -> Assembler {
    Assembler::new(Side::Client, LIMIT).with_inflater(Inflater::new(unit, takeover))
}

fn compressed(payload: &[u8]) -> Frame {
    Frame::new(opcode::TEXT, payload).compressed()
}

fn part(fin: bool, opcode: u8, payload: &[u8]) -> Frame {
    Frame { fin, ..Frame::new(opcode, payload) }
}

fn text(text: &str, fragments: u32) -> Result<Option<(Message, u32)>, Violation> {
    Ok(Some((Message::Text(text.to_owned()), fragments)))
}

// RFC 7692 §7.2.3.1 to §7.2.3.6.
#[test]
fn examples_of_the_rfc() {
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let again = [0xf2, 0x00, 0x11, 0x00, 0x00];
    assert_eq!(compressed(&hello).encode(), [&[0xc1, 0x07][..], &hello].concat());
    let mut assembler = client(Unit::Message, true);
    assert_eq!(assembler.feed(compressed(&hello)), text("Hello", 1));
    // An uncompressed message between the two does not matter.
    assert_eq!(assembler.feed(Frame::new(opcode::TEXT, "between")), text("between", 1));
    assert_eq!(assembler.feed(compressed(&again)), text("Hello", 1));

    let first = part(false, opcode::TEXT, &hello[..3]).compressed();
    assert_eq!(first.encode(), [0x41, 0x03, 0xf2, 0x48, 0xcd]);
    assert_eq!(assembler.feed(first), Ok(None));
    assert_eq!(assembler.feed(part(true, opcode::CONTINUATION, &hello[3..])), text("Hello", 2));

    let stored = [0x00, 0x05, 0x00, 0xfa, 0xff, 0x48, 0x65, 0x6c, 0x6c, 0x6f, 0x00];
    let last_block = [0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00];
    let two_blocks = [0xf2, 0x48, 0x05, 0x00, 0x00, 0x00, 0xff, 0xff, 0xca, 0xc9, 0xc9, 0x07, 0x00];
    for payload in [&stored[..], &last_block, &two_blocks] {
        assert_eq!(assembler.feed(compressed(payload)), text("Hello", 1), "{payload:x?}");
    }
    assert_eq!(assembler.feed(compressed(&[0x00])), text("", 1));
}

#[test]
fn what_we_write_is_what_the_rfc_shows() {
    let hello = [0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00];
    let mut keeps = Deflater::new(true);
    assert_eq!(keeps.compress(b"Hello"), hello);
    assert_eq!(keeps.compress(b"Hello"), [0xf2, 0x00, 0x11, 0x00, 0x00]);
    let mut forgets = Deflater::new(false);
    assert_eq!(forgets.compress(b"Hello"), hello);
    assert_eq!(forgets.compress(b"Hello"), hello);
    assert_eq!(forgets.compress(b""), [0x00]);
}

#[test]
fn payloads_of_zlib_are_read() {
    for conversation in include_str!("zlib.txt").split("\n= ").skip(1) {
        let mut lines = conversation.lines();
        let takeover = lines.next().unwrap().ends_with("takeover");
        let mut assembler = client(Unit::Message, takeover);
        let mut recorded = 0;
        for line in lines {
            let (octets, rest) = line.split_once(' ').unwrap();
            let (payload, said) = rest.split_once(' ').unwrap();
            let payload = hex(payload);
            assert_eq!(payload.len(), octets.parse::<usize>().unwrap());
            assert_eq!(assembler.feed(compressed(&payload)), text(said, 1));
            recorded += 1;
        }
        assert!(recorded > 3);
    }
}

#[test]
fn we_write_as_much_as_was_recorded() {
    let mut other = Vec::new();
    for conversation in include_str!("zlib.txt").split("\n= ").skip(1) {
        let mut lines = conversation.lines();
        let mut deflater = Deflater::new(lines.next().unwrap().ends_with("takeover"));
        for line in lines {
            let (recorded, rest) = line.split_once(' ').unwrap();
            let octets = deflater.compress(rest.split_once(' ').unwrap().1.as_bytes()).len();
            if octets != recorded.parse().unwrap() {
                other.push(format!("{octets} for {recorded}"));
            }
        }
    }
    // Two answers to an iq: another implementation of zlib finds other matches.
    assert_eq!(other, ["91 for 92", "15 for 14"]);
}

fn hex(digits: &str) -> Vec<u8> {
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

#[test]
fn who_resets_does_not_read_who_keeps() {
    let (mut server, mut client) = (Deflater::new(true), client(Unit::Message, false));
    let said = "<iq type='result' id='1' to='agent1001@uccx.example.com/desktop'/>";
    assert_eq!(client.feed(compressed(&server.compress(said.as_bytes()))), text(said, 1));
    let second = compressed(&server.compress(said.as_bytes()));
    assert_eq!(client.feed(second), Err(Violation::NotDeflated));
    assert_eq!(Violation::NotDeflated.close_code(), 1007);
}

#[test]
fn a_bomb_is_too_big_before_it_is_held() {
    let bomb = Deflater::new(true).compress(&vec![b'x'; 64 * LIMIT]);
    assert!(bomb.len() < LIMIT / 8, "{}", bomb.len());
    let too_big = Err(Violation::MessageTooBig);
    assert_eq!(client(Unit::Message, true).feed(compressed(&bomb)), too_big);
    assert_eq!(client(Unit::Frame, true).feed(compressed(&bomb)), too_big);
    // In fragments, too, each of which would pass.
    let half = Deflater::new(false).compress(&vec![b'x'; LIMIT / 2 + 1]);
    let mut frames = client(Unit::Frame, true);
    assert_eq!(frames.feed(part(false, opcode::TEXT, &half).compressed()), Ok(None));
    assert_eq!(frames.feed(part(true, opcode::CONTINUATION, &half).compressed()), too_big);
    let just = Deflater::new(true).compress(&vec![b'x'; LIMIT]);
    assert_eq!(client(Unit::Message, true).feed(compressed(&just)), text(&"x".repeat(LIMIT), 1));
}

// RFC 7692 §6.1.
#[test]
fn only_the_first_frame_of_a_message_is_marked() {
    let mut assembler = client(Unit::Message, true);
    let ping = Frame::new(opcode::PING, "x").compressed();
    assert_eq!(assembler.feed(ping), Err(Violation::ReservedBits(4)));
    assert_eq!(assembler.feed(part(false, opcode::TEXT, b"x")), Ok(None));
    let rest = part(true, opcode::CONTINUATION, b"x").compressed();
    assert_eq!(assembler.feed(rest), Err(Violation::ReservedBits(4)));
    let other_bits = Frame { rsv: 0b110, ..Frame::new(opcode::TEXT, "x") };
    assert_eq!(client(Unit::Message, true).feed(other_bits), Err(Violation::ReservedBits(0b110)));
    let plain = Assembler::new(Side::Client, LIMIT).feed(compressed(b"x"));
    assert_eq!(plain, Err(Violation::ReservedBits(4)));
}

#[test]
fn text_is_checked_after_it_was_inflated() {
    let payload = Deflater::new(true).compress(b"\xff");
    assert_eq!(client(Unit::Message, true).feed(compressed(&payload)), Err(Violation::InvalidUtf8));
    let mut assembler = client(Unit::Message, true);
    // A block of type 3 does not exist (RFC 1951 §3.2.3).
    assert_eq!(assembler.feed(compressed(&[0x07])), Err(Violation::NotDeflated));
}

#[test]
fn frames_are_compressed_one_by_one_in_the_older_extension() {
    let (mut server, mut client) = (Deflater::new(true), client(Unit::Frame, true));
    let first = part(false, opcode::TEXT, &server.compress(b"<a>")).compressed();
    assert_eq!(client.feed(first), Ok(None));
    assert_eq!(client.feed(part(false, opcode::CONTINUATION, b"plain")), Ok(None));
    let last = part(true, opcode::CONTINUATION, &server.compress(b"</a>")).compressed();
    assert_eq!(client.feed(last), text("<a>plain</a>", 3));
}

#[test]
fn an_answer_says_how_to_read_on() {
    let agreed = |value: &str| {
        let line = ("sec-websocket-extensions".to_owned(), value.to_owned());
        Inflater::agreed(&Headers(vec![line])).map(|inflater| format!("{inflater:?}"))
    };
    assert_eq!(
        agreed("permessage-deflate").unwrap(),
        "Inflater { unit: Message, takeover: true, .. }"
    );
    assert_eq!(
        agreed("permessage-deflate; client_no_context_takeover;server_no_context_takeover")
            .unwrap(),
        "Inflater { unit: Message, takeover: false, .. }"
    );
    assert_eq!(
        agreed("identity, x-webkit-deflate-frame").unwrap(),
        "Inflater { unit: Frame, takeover: true, .. }"
    );
    assert_eq!(agreed("identity"), None);
    assert!(Inflater::agreed(&Headers::default()).is_none());
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => proptest::collection::vec(prop_oneof![Just(b'a'), Just(b'b'), any::<u8>()], 0..400),
        1 => (any::<u8>(), 0..100_000_usize).prop_map(|(octet, size)| vec![octet; size]),
        1 => proptest::collection::vec(any::<u8>(), 30_000..40_000),
    ]
}

proptest! {
    // A reader who keeps the context reads everybody; one who does not, only who does not either.
    #[test]
    fn inflating_undoes_deflating(
        messages in proptest::collection::vec(message(), 1..6),
        keeps: bool,
        reads_on: bool,
        by_frame: bool,
        cut in 1..70_000_usize,
    ) {
        let mut deflater = Deflater::new(keeps);
        let unit = if by_frame { Unit::Frame } else { Unit::Message };
        let mut assembler = client(unit, keeps || reads_on);
        for message in messages {
            let payload = deflater.compress(&message);
            prop_assert!(!payload.ends_with(&[0, 0, 0xff, 0xff]));
            let (head, tail) = payload.split_at(cut.min(payload.len()));
            let heard = if by_frame || tail.is_empty() {
                assembler.feed(Frame::new(opcode::BINARY, payload).compressed())
            } else {
                let first = part(false, opcode::BINARY, head).compressed();
                prop_assert_eq!(assembler.feed(first), Ok(None));
                assembler.feed(part(true, opcode::CONTINUATION, tail))
            };
            prop_assert_eq!(heard.unwrap().unwrap().0, Message::Binary(message));
        }
    }

    #[test]
    fn any_octets_are_read_or_refused(
        payloads in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 1..6),
        takeover: bool,
        by_frame: bool,
    ) {
        let unit = if by_frame { Unit::Frame } else { Unit::Message };
        let mut assembler = client(unit, takeover);
        for payload in payloads {
            let _ = assembler.feed(Frame::new(opcode::BINARY, payload).compressed());
        }
    }
}
