//! The decoder: octets in, frames out. It refuses only frames beyond its limit.

use crate::{
    error::FrameError,
    frame::{Frame, LengthForm, apply_mask},
};

/// A frame and its length on the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded {
    /// The frame, its payload unmasked. [`Frame::encode`] gives the received octets back.
    pub frame: Frame,
    /// Octets on the wire, header included.
    pub octets: usize,
}

/// Cuts a stream of octets into frames. Reserved bits, unknown opcodes, missing masks and broken
/// fragments pass; they are judged by [`crate::message::Assembler`].
#[derive(Clone, Debug)]
pub struct Decoder {
    max_payload: u64,
    buffer: Vec<u8>,
    consumed: usize,
}

impl Decoder {
    /// A decoder that holds frames of up to `max_payload` octets.
    #[must_use]
    pub const fn new(max_payload: u64) -> Self {
        Self { max_payload, buffer: Vec::new(), consumed: 0 }
    }

    /// Takes octets from the wire.
    pub fn push(&mut self, octets: &[u8]) {
        self.drop_consumed();
        self.buffer.extend_from_slice(octets);
    }

    fn drop_consumed(&mut self) {
        if self.consumed == self.buffer.len() {
            // An idle connection needs no buffer, least of all that of its longest message.
            self.buffer = Vec::new();
        } else {
            self.buffer.drain(..self.consumed);
        }
        self.consumed = 0;
    }

    /// The next frame, or `None` when more octets are needed.
    ///
    /// # Errors
    ///
    /// [`FrameError::TooLong`] as soon as the header declares too much, and again on every further
    /// call.
    #[expect(clippy::should_implement_trait, reason = "fallible and resumable, unlike an iterator")]
    pub fn next(&mut self) -> Result<Option<Decoded>, FrameError> {
        let octets = self.remaining();
        let Some((header, rest)) = Header::read(octets) else {
            return Ok(None);
        };
        let too_long = FrameError::TooLong { declared: header.declared, limit: self.max_payload };
        if header.declared > self.max_payload {
            return Err(too_long);
        }
        let length = usize::try_from(header.declared).map_err(|_| too_long)?;
        let (mask, rest) = if header.masked {
            let Some((key, rest)) = rest.split_first_chunk() else {
                return Ok(None);
            };
            (Some(*key), rest)
        } else {
            (None, rest)
        };
        let Some((payload, rest)) = rest.split_at_checked(length) else {
            return Ok(None);
        };
        let size = octets.len() - rest.len();
        let mut payload = payload.to_vec();
        if let Some(key) = mask {
            apply_mask(key, &mut payload);
        }
        let Header { fin, rsv, opcode, length, declared, .. } = header;
        self.consumed += size;
        if self.remaining().is_empty() {
            self.drop_consumed();
        }
        Ok(Some(Decoded {
            frame: Frame { fin, rsv, opcode, mask, length, declared, payload },
            octets: size,
        }))
    }

    /// The header of the next frame, as a frame without its payload, as far as it has come: the
    /// length is 0 and the frame unmasked until the contrary is known. The masking key is not read.
    #[must_use]
    pub fn header(&self) -> Option<Frame> {
        let octets = self.remaining();
        let header = match Header::read(octets) {
            Some((header, _)) => header,
            None => Header::read(&[*octets.first()?, 0])?.0,
        };
        let Header { fin, rsv, opcode, masked, length, declared } = header;
        let mask = masked.then_some([0; 4]);
        Some(Frame { fin, rsv, opcode, mask, length, declared, payload: Vec::new() })
    }

    /// The memory that it takes, in octets.
    #[must_use]
    pub const fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// Octets received that are no whole frame (yet), as they were on the wire.
    #[must_use]
    pub fn remaining(&self) -> &[u8] {
        &self.buffer[self.consumed..]
    }
}

/// The part of a frame before its masking key (RFC 6455 §5.2).
struct Header {
    fin: bool,
    rsv: u8,
    opcode: u8,
    masked: bool,
    length: LengthForm,
    declared: u64,
}

impl Header {
    /// The header and what follows it.
    fn read(octets: &[u8]) -> Option<(Self, &[u8])> {
        let (&[first, second], rest) = octets.split_first_chunk()?;
        let (length, declared, rest) = match second & 0x7F {
            126 => {
                let (octets, rest) = rest.split_first_chunk()?;
                (LengthForm::Sixteen, u16::from_be_bytes(*octets).into(), rest)
            }
            127 => {
                let (octets, rest) = rest.split_first_chunk()?;
                (LengthForm::SixtyFour, u64::from_be_bytes(*octets), rest)
            }
            short => (LengthForm::Seven, short.into(), rest),
        };
        let header = Self {
            fin: first & 0x80 != 0,
            rsv: first >> 4 & 0x7,
            opcode: first & 0xF,
            masked: second & 0x80 != 0,
            length,
            declared,
        };
        Some((header, rest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::opcode;

    #[test]
    fn octet_by_octet() {
        let frame = Frame::new(opcode::TEXT, "Hello").masked([1, 2, 3, 4]);
        let octets = frame.encode();
        let mut decoder = Decoder::new(100);
        for octet in &octets[..octets.len() - 1] {
            decoder.push(&[*octet]);
            assert_eq!(decoder.next(), Ok(None));
        }
        decoder.push(&octets[octets.len() - 1..]);
        assert_eq!(decoder.next(), Ok(Some(Decoded { frame, octets: 11 })));
        assert_eq!(decoder.next(), Ok(None));
        assert_eq!(decoder.remaining(), b"");
    }

    #[test]
    fn a_header_is_known_before_its_payload() {
        let mut decoder = Decoder::new(100);
        assert_eq!(decoder.header(), None);
        decoder.push(b"\x89\xfe\x01");
        assert_eq!(decoder.header().map(|header| (header.opcode, header.declared)), Some((9, 0)));
        decoder.push(b"\x00");
        let header = decoder.header().expect("a header");
        assert_eq!((header.opcode, header.declared), (opcode::PING, 256));
        assert!(header.mask.is_some() && header.payload.is_empty());
    }

    #[test]
    fn several_frames_at_once() {
        let mut decoder = Decoder::new(100);
        decoder.push(b"\x81\x02hi\x89\x00\x0b\x01!\x81");
        let opcodes: Vec<u8> = std::iter::from_fn(|| decoder.next().unwrap())
            .map(|decoded| decoded.frame.opcode)
            .collect();
        assert_eq!(opcodes, [opcode::TEXT, opcode::PING, 0xB]);
        assert_eq!(decoder.remaining(), b"\x81");
    }

    #[test]
    fn a_lie_about_the_length_allocates_nothing() {
        let mut decoder = Decoder::new(1 << 20);
        decoder.push(b"\x81\xff\x80\0\0\0\0\0\0");
        assert_eq!(decoder.next(), Ok(None));
        decoder.push(b"\0");
        let refused = Err(FrameError::TooLong { declared: 1 << 63, limit: 1 << 20 });
        assert_eq!(decoder.next(), refused);
        assert_eq!(decoder.next(), refused);
        assert_eq!(decoder.remaining().len(), 10);
    }

    #[test]
    fn the_limit_itself_is_allowed() {
        let mut decoder = Decoder::new(5);
        decoder.push(&Frame::new(opcode::TEXT, "Hello").encode());
        assert!(decoder.next().unwrap().is_some());
        decoder.push(&Frame::new(opcode::TEXT, "Hello!").encode());
        assert_eq!(decoder.next(), Err(FrameError::TooLong { declared: 6, limit: 5 }));
    }
}
