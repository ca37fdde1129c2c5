//! The frame codec against tungstenite's: each reads the other's frames, octet for octet.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, fail by panic")]

use std::io::Cursor;

use futures_util::{SinkExt, StreamExt};
use proptest::prelude::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        self,
        protocol::{
            Role,
            frame::{
                Frame as TheirFrame, FrameHeader,
                coding::{Data, OpCode},
            },
        },
    },
};
use wire::{Assembler, CloseFrame, Decoded, Decoder, Frame, LengthForm, Message, Side, opcode};

const LIMIT: usize = 1 << 20;

fn any_length() -> impl Strategy<Value = LengthForm> {
    prop_oneof![Just(LengthForm::Seven), Just(LengthForm::Sixteen), Just(LengthForm::SixtyFour)]
}

/// Any frame whose header says the truth about its payload, be it legal or not.
fn any_frame() -> impl Strategy<Value = Frame> {
    let payload = prop_oneof![
        8 => proptest::collection::vec(any::<u8>(), 0..200),
        1 => (any::<u8>(), 65_530..65_540usize).prop_map(|(octet, size)| vec![octet; size]),
    ];
    (any::<bool>(), 0..8u8, 0..16u8, any::<Option<[u8; 4]>>(), any_length(), payload).prop_map(
        |(fin, rsv, opcode, mask, length, payload)| {
            let honest = Frame::new(opcode, payload);
            let fits = match length {
                LengthForm::Seven => honest.declared <= 125,
                LengthForm::Sixteen => honest.declared <= 0xFFFF,
                LengthForm::SixtyFour => true,
            };
            let length = if fits { length } else { honest.length };
            Frame { fin, rsv, mask, length, ..honest }
        },
    )
}

fn is_defined(opcode: u8) -> bool {
    matches!(opcode, 0..=2 | 8..=10)
}

proptest! {
    #[test]
    fn decoding_undoes_encoding(
        frames in proptest::collection::vec(any_frame(), 1..5),
        cut in 1..4096usize,
    ) {
        let octets: Vec<u8> = frames.iter().flat_map(Frame::encode).collect();
        let mut decoder = Decoder::new(LIMIT as u64);
        let mut decoded = Vec::new();
        for piece in octets.chunks(cut) {
            decoder.push(piece);
            while let Some(Decoded { frame, octets }) = decoder.next().unwrap() {
                prop_assert_eq!(octets, frame.encode().len());
                decoded.push(frame);
            }
        }
        prop_assert_eq!(decoded, frames);
        prop_assert!(decoder.remaining().is_empty());
    }

    #[test]
    fn encoding_undoes_decoding(octets in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut decoder = Decoder::new(LIMIT as u64);
        decoder.push(&octets);
        let mut again = Vec::new();
        while let Ok(Some(decoded)) = decoder.next() {
            again.extend(decoded.frame.encode());
        }
        again.extend_from_slice(decoder.remaining());
        prop_assert_eq!(again, octets);
    }

    #[test]
    fn tungstenite_reads_our_headers(frame in any_frame()) {
        let octets = frame.encode();
        let theirs = FrameHeader::parse(&mut Cursor::new(&octets));
        if !is_defined(frame.opcode) {
            prop_assert!(theirs.is_err());
            return Ok(());
        }
        let (header, length) = theirs.unwrap().unwrap();
        prop_assert_eq!(header.is_final, frame.fin);
        let bits = [header.rsv1, header.rsv2, header.rsv3].map(u8::from);
        prop_assert_eq!(bits[0] << 2 | bits[1] << 1 | bits[2], frame.rsv);
        prop_assert_eq!(u8::from(header.opcode), frame.opcode);
        prop_assert_eq!(header.mask, frame.mask);
        prop_assert_eq!(length, frame.declared);
    }

    #[test]
    fn we_read_what_tungstenite_writes(
        frame in any_frame().prop_filter("defined", |frame| is_defined(frame.opcode)),
    ) {
        let header = FrameHeader {
            is_final: frame.fin,
            rsv1: frame.rsv & 4 != 0,
            rsv2: frame.rsv & 2 != 0,
            rsv3: frame.rsv & 1 != 0,
            opcode: OpCode::from(frame.opcode),
            mask: frame.mask,
        };
        let mut octets = Vec::new();
        TheirFrame::from_payload(header, frame.payload.clone().into()).format(&mut octets).unwrap();
        let mut decoder = Decoder::new(LIMIT as u64);
        decoder.push(&octets);
        let shortest = LengthForm::shortest(frame.declared);
        let wanted = Decoded { frame: Frame { length: shortest, ..frame }, octets: octets.len() };
        prop_assert_eq!(decoder.next(), Ok(Some(wanted)));
    }

    // The assembler must not panic on any input.
    #[test]
    fn no_frame_is_too_odd_for_the_assembler(frames in proptest::collection::vec(any_frame(), 0..20)) {
        for side in [Side::Client, Side::Server] {
            let mut assembler = Assembler::new(side, 1000);
            for frame in &frames {
                let _ = assembler.feed(frame.clone());
            }
        }
    }
}

/// Frames that a server says to a tungstenite client, and what the client makes of them.
async fn tungstenite_hears(frames: &[Frame]) -> Vec<Result<tungstenite::Message, String>> {
    let (mut ours, theirs) = duplex(1 << 20);
    for frame in frames {
        ours.write_all(&frame.encode()).await.unwrap();
    }
    ours.shutdown().await.unwrap();
    let mut client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    let mut heard = Vec::new();
    while let Some(message) = client.next().await {
        let failed = message.is_err();
        heard.push(message.map_err(|error| error.to_string()));
        if failed {
            break;
        }
    }
    heard
}

/// The same frames through our decoder and assembler.
fn we_hear(frames: &[Frame]) -> Vec<Result<Message, String>> {
    let mut assembler = Assembler::new(Side::Client, LIMIT);
    let mut heard = Vec::new();
    for frame in frames {
        match assembler.feed(frame.clone()) {
            Ok(Some((message, _))) => heard.push(Ok(message)),
            Ok(None) => {}
            Err(violation) => {
                heard.push(Err(violation.to_string()));
                break;
            }
        }
    }
    heard
}

fn same(ours: &Message, theirs: &tungstenite::Message) -> bool {
    match (ours, theirs) {
        (Message::Text(ours), tungstenite::Message::Text(theirs)) => {
            ours.as_str() == theirs.as_str()
        }
        (Message::Binary(ours), tungstenite::Message::Binary(theirs))
        | (Message::Ping(ours), tungstenite::Message::Ping(theirs))
        | (Message::Pong(ours), tungstenite::Message::Pong(theirs)) => ours[..] == theirs[..],
        (Message::Close(None), tungstenite::Message::Close(None)) => true,
        (Message::Close(Some(ours)), tungstenite::Message::Close(Some(theirs))) => {
            ours.code == u16::from(theirs.code) && ours.reason == theirs.reason.as_str()
        }
        _ => false,
    }
}

/// Frames that are mostly legal, so that conversations get somewhere.
fn likely_frame() -> impl Strategy<Value = Frame> {
    let payload = prop_oneof![
        6 => "[a-zä€]{0,6}".prop_map(String::into_bytes),
        1 => Just("ä€".as_bytes()[..3].to_vec()),
        1 => Just(vec![0xE4]),
        1 => Just(vec![b'x'; 126]),
    ];
    let opcode = prop_oneof![4 => 0..=2u8, 2 => 9..=10u8, 1 => 0..16u8];
    (opcode, prop_oneof![9 => Just(0u8), 1 => 0..8u8], any::<bool>(), payload).prop_map(
        |(opcode, rsv, fin, payload)| {
            let fin = fin || opcode >= 8 && payload.len() % 5 != 4;
            Frame { rsv, fin, ..Frame::new(opcode, payload) }
        },
    )
}

proptest! {
    // Both agree on every message up to the first violation, and on where that is. Two differences:
    // tungstenite keeps close codes to itself (so no close frames here), and it looks at the UTF-8
    // of a fragment when the fragment comes, as we do.
    #[test]
    fn conversations_are_heard_alike(frames in proptest::collection::vec(likely_frame(), 1..12)) {
        let frames: Vec<Frame> =
            frames.into_iter().filter(|frame| frame.opcode != opcode::CLOSE).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let theirs = runtime.block_on(tungstenite_hears(&frames));
        let ours = we_hear(&frames);
        for (index, ours) in ours.iter().enumerate() {
            let theirs = theirs.get(index);
            match (ours, theirs) {
                (Ok(ours), Some(Ok(theirs))) => prop_assert!(same(ours, theirs), "{ours:?} {theirs:?}"),
                (Err(_), Some(Err(_))) => {}
                other => prop_assert!(false, "{other:?}"),
            }
        }
        // Theirs ends with an error in any case: at the latest for want of a closing handshake.
        let good = ours.iter().filter(|message| message.is_ok()).count();
        prop_assert_eq!(theirs.len(), good + 1);
    }
}

#[tokio::test]
async fn close_frames_are_heard_alike() {
    for close in [None, Some(CloseFrame::new(1000, "")), Some(CloseFrame::new(4321, "schön"))] {
        let payload = close.as_ref().map(CloseFrame::payload).unwrap_or_default();
        let frames = [Frame::new(opcode::CLOSE, payload)];
        let theirs = tungstenite_hears(&frames).await;
        assert_eq!(we_hear(&frames), [Ok(Message::Close(close.clone()))]);
        assert!(same(&Message::Close(close), theirs[0].as_ref().unwrap()));
    }
}

#[tokio::test]
async fn a_tungstenite_client_is_understood() {
    let (theirs, mut ours) = duplex(1 << 20);
    let mut client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
    let first = TheirFrame::message("<open ", OpCode::Data(Data::Text), false);
    let last = TheirFrame::message("/>", OpCode::Data(Data::Continue), true);
    client.send(tungstenite::Message::text("hällo")).await.unwrap();
    client.send(tungstenite::Message::Frame(first)).await.unwrap();
    client.send(tungstenite::Message::Ping("p".into())).await.unwrap();
    client.send(tungstenite::Message::Frame(last)).await.unwrap();
    client.send(tungstenite::Message::binary(vec![7; 70_000])).await.unwrap();
    client.close(None).await.unwrap();
    drop(client);

    let mut octets = Vec::new();
    ours.read_to_end(&mut octets).await.unwrap();
    let mut decoder = Decoder::new(LIMIT as u64);
    decoder.push(&octets);
    let mut assembler = Assembler::new(Side::Server, LIMIT);
    let mut heard = Vec::new();
    while let Some(Decoded { frame, .. }) = decoder.next().unwrap() {
        heard.extend(assembler.feed(frame).unwrap());
    }
    assert_eq!(
        heard,
        [
            (Message::Text("hällo".to_owned()), 1),
            (Message::Ping(b"p".to_vec()), 1),
            (Message::Text("<open />".to_owned()), 2),
            (Message::Binary(vec![7; 70_000]), 1),
            (Message::Close(None), 1),
        ]
    );
}
