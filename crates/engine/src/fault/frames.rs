//! Frames that break RFC 6455, to prove that the suite looks at them.

use wire::{Frame, LengthForm, opcode};

use super::{Faults, Name};

/// The octets of a frame, as the faults that are installed have it written.
pub(crate) fn written(faults: &Faults, mut frame: Frame) -> Vec<u8> {
    if faults.is_empty() {
        return frame.encode();
    }
    if faults.lasting(Name::MaskFrames) {
        frame = frame.masked([1, 2, 3, 4]);
    }
    if faults.lasting(Name::ReservedBits) {
        frame.rsv |= 1;
    }
    if faults.lasting(Name::LongLengths) && frame.length == LengthForm::Seven {
        frame.length = LengthForm::Sixteen;
    }
    let is_control = frame.opcode >= opcode::CLOSE;
    if faults.lasting(Name::OpenEndedControl) && is_control {
        frame.fin = false;
    }
    if is_control {
        return frame.encode();
    }
    if faults.lasting(Name::BinaryMessages) {
        frame.opcode = opcode::BINARY;
    }
    if faults.lasting(Name::OpenEnded) {
        frame.fin = false;
    }
    if faults.lasting(Name::TypedFragments) {
        return in_two(frame);
    }
    frame.encode()
}

/// A message in two frames, the second of which says again what it is.
fn in_two(mut frame: Frame) -> Vec<u8> {
    let half = frame.payload.len() / 2;
    let rest = Frame::new(frame.opcode, frame.payload.split_off(half));
    let first = Frame { fin: false, rsv: frame.rsv, ..Frame::new(frame.opcode, frame.payload) };
    [first.encode(), rest.encode()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_in_two_has_all_its_octets() {
        let octets = in_two(Frame::new(opcode::TEXT, "abc"));
        assert_eq!(octets, [1, 1, b'a', 0x81, 2, b'b', b'c']);
    }
}
