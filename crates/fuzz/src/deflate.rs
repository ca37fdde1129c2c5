//! A compressed message comes out as it went in (RFC 7692 §7.2).

use wire::{Assembler, Deflater, Frame, Inflater, Message, Side, Unit, opcode};

use crate::settings;

/// Sends `data` without its first octet as messages that end at each line feed.
pub fn run(data: &[u8]) {
    let (settings, octets) = settings(data);
    let unit = if settings & 1 == 0 { Unit::Message } else { Unit::Frame };
    // The sender may do without context although the receiver keeps it (RFC 7692 §7.1.1.1).
    let (sender, receiver) = match settings >> 1 & 3 {
        0 => (true, true),
        1 => (false, true),
        _ => (false, false),
    };
    let mut deflater = Deflater::new(sender);
    let mut assembler =
        Assembler::new(Side::Client, octets.len()).with_inflater(Inflater::new(unit, receiver));
    for message in octets.split(|octet| *octet == b'\n') {
        let repeated = message.repeat(usize::from(settings >> 3));
        for message in [message, &repeated[..repeated.len().min(octets.len())]] {
            let frame = Frame::new(opcode::BINARY, deflater.compress(message)).compressed();
            let read = assembler.feed(frame).expect("a frame that keeps the rules");
            assert_eq!(read, Some((Message::Binary(message.to_vec()), 1)));
        }
    }
}
