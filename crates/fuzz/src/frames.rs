//! Frames and the messages they make up (RFC 6455 §5), compressed ones too (RFC 7692).

use wire::{Assembler, Decoder, Inflater, Message, Side, Unit, Violation};

use crate::settings;

/// The longest payload and the longest message that are read.
const MAX: usize = 1 << 16;

/// Reads `data` without its first octet as what comes over a connection that has been upgraded.
pub fn run(data: &[u8]) {
    let (settings, octets) = settings(data);
    let whole = frames(octets, octets.len(), settings);
    assert_eq!(whole, frames(octets, 1 + usize::from(settings >> 4), settings));
}

/// The messages in `octets` that come in pieces, up to the first violation.
fn frames(octets: &[u8], pieces: usize, settings: u8) -> Vec<Result<(Message, u32), Violation>> {
    let side = if settings & 1 == 0 { Side::Server } else { Side::Client };
    let mut assembler = match settings >> 1 & 3 {
        0 => Assembler::new(side, MAX),
        1 => Assembler::new(side, MAX).with_inflater(Inflater::new(Unit::Frame, true)),
        more => Assembler::new(side, MAX).with_inflater(Inflater::new(Unit::Message, more == 2)),
    };
    let mut decoder = Decoder::new(MAX as u64);
    let mut messages = Vec::new();
    let mut at = 0;
    for piece in octets.chunks(pieces.max(1)) {
        decoder.push(piece);
        loop {
            let decoded = match decoder.next() {
                Ok(Some(decoded)) => decoded,
                Ok(None) => break,
                Err(_) => return messages,
            };
            assert_eq!(decoded.frame.encode(), &octets[at..at + decoded.octets]);
            at += decoded.octets;
            match assembler.feed(decoded.frame) {
                Ok(None) => {}
                Ok(Some((message, fragments))) => {
                    assert!(fragments > 0 && length(&message) <= MAX);
                    messages.push(Ok((message, fragments)));
                }
                Err(violation) => {
                    assert!(matches!(violation.close_code(), 1002 | 1007 | 1009));
                    messages.push(Err(violation));
                    return messages;
                }
            }
        }
    }
    messages
}

fn length(message: &Message) -> usize {
    match message {
        Message::Text(text) => text.len(),
        Message::Binary(octets) | Message::Ping(octets) | Message::Pong(octets) => octets.len(),
        Message::Close(close) => close.as_ref().map_or(0, |close| close.reason.len()),
    }
}
