//! One frame of RFC 6455 §5.2 as on the wire: any bit can be set, and any length can be
//! false.

/// The opcodes of RFC 6455 §5.2.
pub mod opcode {
    /// Continues a fragmented message.
    pub const CONTINUATION: u8 = 0x0;
    /// Text in UTF-8.
    pub const TEXT: u8 = 0x1;
    pub const BINARY: u8 = 0x2;
    /// Begins or ends the closing handshake.
    pub const CLOSE: u8 = 0x8;
    /// Asks for a pong.
    pub const PING: u8 = 0x9;
    /// Answers a ping, or is a heartbeat of its own.
    pub const PONG: u8 = 0xA;

    /// Whether the opcode is that of a control frame: its most significant bit is set (RFC 6455
    /// §5.5).
    #[must_use]
    pub const fn is_control(opcode: u8) -> bool {
        opcode & 0x8 != 0
    }
}

/// The first of the three reserved bits: the frame, or the message that it begins, is compressed
/// (RFC 7692 §6).
pub const RSV1: u8 = 0b100;

/// How the payload length is written (RFC 6455 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LengthForm {
    /// In the seven bits of the second octet.
    Seven,
    /// 126, then 16 bits.
    Sixteen,
    /// 127, then 64 bits.
    SixtyFour,
}

impl LengthForm {
    /// The shortest form that can hold a length, the only one allowed (RFC 6455 §5.2).
    #[must_use]
    pub const fn shortest(length: u64) -> Self {
        match length {
            0..=125 => Self::Seven,
            126..=0xFFFF => Self::Sixteen,
            _ => Self::SixtyFour,
        }
    }
}

/// A frame. The decoder keeps all bits of the wire; [`Frame::encode`] writes exactly these
/// fields, false lengths included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whether this is the last frame of its message.
    pub fin: bool,
    /// The three reserved bits, 0 to 7; RSV1 is 4.
    pub rsv: u8,
    /// The opcode, 0 to 15.
    pub opcode: u8,
    /// The masking key, if the payload is masked on the wire.
    pub mask: Option<[u8; 4]>,
    /// How the length is written.
    pub length: LengthForm,
    /// The length that the header declares, in octets.
    pub declared: u64,
    /// The payload in clear.
    pub payload: Vec<u8>,
}

impl Frame {
    /// An honest, final, unmasked frame.
    #[must_use]
    pub fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        let payload = payload.into();
        let declared = payload.len() as u64;
        Self {
            fin: true,
            rsv: 0,
            opcode,
            mask: None,
            length: LengthForm::shortest(declared),
            declared,
            payload,
        }
    }

    /// The same frame, marked as compressed (RFC 7692 §6).
    #[must_use]
    pub fn compressed(self) -> Self {
        Self { rsv: self.rsv | RSV1, ..self }
    }

    /// The same frame, masked with this key.
    #[must_use]
    pub fn masked(self, key: [u8; 4]) -> Self {
        Self { mask: Some(key), ..self }
    }

    /// The octets on the wire. Of `rsv`, `opcode` and `declared` the low bits that fit their fields
    /// are written, and the payload as it is, however long it was declared to be.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut octets = Vec::with_capacity(14 + self.payload.len());
        octets.push(u8::from(self.fin) << 7 | (self.rsv & 0x7) << 4 | self.opcode & 0xF);
        let masked = u8::from(self.mask.is_some()) << 7;
        match self.length {
            LengthForm::Seven => octets.push(masked | self.declared.to_be_bytes()[7] & 0x7F),
            LengthForm::Sixteen => {
                octets.push(masked | 126);
                octets.extend_from_slice(&self.declared.to_be_bytes()[6..]);
            }
            LengthForm::SixtyFour => {
                octets.push(masked | 127);
                octets.extend_from_slice(&self.declared.to_be_bytes());
            }
        }
        let payload_at = octets.len() + self.mask.map_or(0, |key| key.len());
        if let Some(key) = self.mask {
            octets.extend_from_slice(&key);
        }
        octets.extend_from_slice(&self.payload);
        if let Some(key) = self.mask {
            apply_mask(key, &mut octets[payload_at..]);
        }
        octets
    }
}

/// Masks or unmasks, which is the same (RFC 6455 §5.3).
pub(crate) fn apply_mask(key: [u8; 4], payload: &mut [u8]) {
    for (octet, key) in payload.iter_mut().zip(key.iter().cycle()) {
        *octet ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 6455 §5.7.
    #[test]
    fn examples_of_the_rfc() {
        assert_eq!(Frame::new(opcode::TEXT, "Hello").encode(), b"\x81\x05Hello");
        let masked = Frame::new(opcode::TEXT, "Hello").masked([0x37, 0xfa, 0x21, 0x3d]);
        assert_eq!(masked.encode(), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
        let first = Frame { fin: false, ..Frame::new(opcode::TEXT, "Hel") };
        assert_eq!(first.encode(), b"\x01\x03Hel");
        assert_eq!(Frame::new(opcode::CONTINUATION, "lo").encode(), b"\x80\x02lo");
        assert_eq!(Frame::new(opcode::BINARY, [0; 256]).encode()[..4], [0x82, 0x7E, 0x01, 0x00]);
        assert_eq!(
            Frame::new(opcode::BINARY, [0; 65536]).encode()[..10],
            [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0]
        );
    }

    #[test]
    fn lies_are_written_as_told() {
        let huge = Frame {
            length: LengthForm::SixtyFour,
            declared: 1 << 63,
            ..Frame::new(opcode::TEXT, "x")
        };
        assert_eq!(huge.encode(), b"\x81\x7f\x80\0\0\0\0\0\0\0x");
        let long_form = Frame { length: LengthForm::Sixteen, ..Frame::new(opcode::TEXT, "hi") };
        assert_eq!(long_form.encode(), b"\x81\x7e\0\x02hi");
        let odd = Frame { fin: false, rsv: 0b101, opcode: 0xB, ..Frame::new(0, "") };
        assert_eq!(odd.encode(), [0b0101_1011, 0]);
    }
}
