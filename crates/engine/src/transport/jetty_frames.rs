//! Frames that Jetty 9.4.18 reads otherwise than RFC 6455 has it.

use wire::{Frame, LengthForm, Violation, opcode};

/// The longest frame of binary data, in octets (`WebSocketPolicy`).
const LONGEST_BINARY: u64 = 64 << 10;

/// The leniencies and oddities of Jetty.
#[derive(Debug, Default)]
pub(super) struct Oddities {
    /// A binary message has begun and not ended.
    amid_binary: bool,
}

impl Oddities {
    /// Corrects and judges the header of a frame (`Parser`): no length is too long a form.
    pub(super) fn header(header: &mut Frame) -> Result<(), Violation> {
        header.length = LengthForm::shortest(header.declared);
        if header.opcode == opcode::BINARY && header.declared > LONGEST_BINARY {
            return Err(Violation::MessageTooBig);
        }
        Ok(())
    }

    /// The same with a frame that is whole.
    pub(super) fn frame(&mut self, frame: &mut Frame) -> Result<(), Violation> {
        Self::header(frame)?;
        match frame.opcode {
            // Nothing of Openfire listens to binary data, so there is no message to which a later
            // fragment could belong (`AbstractEventDriver.onContinuationFrame`).
            opcode::CONTINUATION if self.amid_binary => Err(Violation::UnexpectedContinuation),
            opcode::BINARY => {
                self.amid_binary = !frame.fin;
                Ok(())
            }
            opcode::CLOSE => {
                cut_character(&mut frame.payload);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// A close reason may end amid a character (`CloseInfo`): that one is left out.
fn cut_character(payload: &mut Vec<u8>) {
    let reason = payload.get(2..).map(std::str::from_utf8);
    if let Some(Err(error)) = reason
        && error.error_len().is_none()
    {
        payload.truncate(2 + error.valid_up_to());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(frame: Frame) -> Result<Frame, Violation> {
        let mut frame = frame;
        Oddities::default().frame(&mut frame).map(|()| frame)
    }

    #[test]
    fn a_length_may_have_any_form() {
        let frame = Frame { length: LengthForm::SixtyFour, ..Frame::new(opcode::TEXT, "x") };
        assert_eq!(read(frame), Ok(Frame::new(opcode::TEXT, "x")));
    }

    #[test]
    fn binary_data_is_shorter_than_text() {
        let long = vec![0; 65_537];
        let frame = Frame::new(opcode::BINARY, &long[1..]);
        assert_eq!(read(frame.clone()), Ok(frame));
        let frame = Frame::new(opcode::BINARY, long.clone());
        assert_eq!(read(frame), Err(Violation::MessageTooBig));
        let frame = Frame::new(opcode::TEXT, long);
        assert_eq!(read(frame.clone()), Ok(frame));
    }

    #[test]
    fn fragments_of_binary_data_belong_to_nothing() {
        let mut oddities = Oddities::default();
        let mut first = Frame { fin: false, ..Frame::new(opcode::BINARY, "x") };
        assert_eq!(oddities.frame(&mut first), Ok(()));
        let mut ping = Frame::new(opcode::PING, "");
        assert_eq!(oddities.frame(&mut ping), Ok(()));
        let mut second = Frame::new(opcode::CONTINUATION, "x");
        assert_eq!(oddities.frame(&mut second), Err(Violation::UnexpectedContinuation));
    }

    #[test]
    fn a_reason_may_end_amid_a_character() {
        let reason = |octets: &[u8]| [&[3, 0xe8], octets].concat();
        for (given, kept) in [
            (&b"\xc3"[..], &b""[..]),
            (b"ab\xe2\x82", b"ab"),
            (b"\xff", b"\xff"),
            (b"\xc3\xa9", b"\xc3\xa9"),
        ] {
            let frame = read(Frame::new(opcode::CLOSE, reason(given)));
            assert_eq!(frame.map(|frame| frame.payload), Ok(reason(kept)));
        }
        for short in [&b""[..], b"\x03"] {
            let frame = read(Frame::new(opcode::CLOSE, short));
            assert_eq!(frame.map(|frame| frame.payload), Ok(short.to_vec()));
        }
    }
}
