//! Frames in, messages out: the rules of RFC 6455 §5.1 to §5.6, §7.4 and §8.1.

use crate::{
    close::CloseFrame,
    deflate::{Inflater, Unit},
    frame::{Frame, LengthForm, RSV1, opcode},
    violation::Violation,
};

/// A message that an endpoint receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    Text(String),
    Binary(Vec<u8>),
    /// A ping and its payload.
    Ping(Vec<u8>),
    /// A pong and its payload.
    Pong(Vec<u8>),
    /// The closing handshake, with code and reason if given.
    Close(Option<CloseFrame>),
}

/// The end of the connection that receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// We are the client: frames must come unmasked.
    Client,
    /// We are the server: frames must come masked.
    Server,
}

/// Joins fragments to messages and checks every frame on the way.
///
/// A receiver that tolerates a violation (as some servers do) corrects the frame before it feeds
/// it.
#[derive(Debug)]
pub struct Assembler {
    side: Side,
    max_message: usize,
    inflater: Option<Inflater>,
    partial: Option<Partial>,
    closed: bool,
}

/// A message that is not complete yet.
#[derive(Clone, Debug)]
struct Partial {
    opcode: u8,
    /// Its payload comes compressed.
    compressed: bool,
    payload: Vec<u8>,
    fragments: u32,
    /// Length of the text that is known to be UTF-8.
    valid: usize,
}

impl Assembler {
    /// An assembler for this end of a connection, for messages of up to `max_message` octets.
    #[must_use]
    pub const fn new(side: Side, max_message: usize) -> Self {
        Self { side, max_message, inflater: None, partial: None, closed: false }
    }

    /// Takes compressed messages, too, once that has been agreed on. `max_message` then counts
    /// octets after they were inflated.
    #[must_use]
    pub fn with_inflater(self, inflater: Inflater) -> Self {
        Self { inflater: Some(inflater), ..self }
    }

    /// Takes the next frame. Yields a message and the number of its fragments once it is whole;
    /// control frames pass between fragments.
    ///
    /// # Errors
    ///
    /// The first rule that the frame breaks. The connection is over then; feeding on has no defined
    /// meaning.
    pub fn feed(&mut self, frame: Frame) -> Result<Option<(Message, u32)>, Violation> {
        self.check_header(&frame)?;
        match frame.opcode {
            opcode::PING => Ok(Some((Message::Ping(frame.payload), 1))),
            opcode::PONG => Ok(Some((Message::Pong(frame.payload), 1))),
            opcode::CLOSE => {
                let close = CloseFrame::parse(&frame.payload)?;
                self.closed = true;
                Ok(Some((Message::Close(close), 1)))
            }
            _ => self.feed_data(frame),
        }
    }

    /// Checks a frame of which only the header is known, as a receiver may before the payload has
    /// come.
    ///
    /// # Errors
    ///
    /// The first rule that the header breaks.
    pub fn check(&self, header: &Frame) -> Result<(), Violation> {
        self.check_header(header)?;
        match (header.opcode, &self.partial) {
            // RFC 6455 §5.5.1.
            (opcode::CLOSE, _) if header.declared == 1 => Err(Violation::CloseTooShort),
            (opcode::CLOSE..=opcode::PONG, _) => Ok(()),
            _ if self.closed => Err(Violation::DataAfterClose),
            // RFC 6455 §5.4.
            (opcode::CONTINUATION, None) => Err(Violation::UnexpectedContinuation),
            (opcode::TEXT | opcode::BINARY, Some(_)) => Err(Violation::ExpectedContinuation),
            _ => Ok(()),
        }
    }

    /// Whether a fragmented message has begun and not ended.
    #[must_use]
    pub const fn is_amid_message(&self) -> bool {
        self.partial.is_some()
    }

    fn check_header(&self, frame: &Frame) -> Result<(), Violation> {
        // RFC 6455 §5.2: a reserved bit without an extension is 0.
        if frame.rsv & !self.meaningful_bits(frame.opcode) != 0 {
            return Err(Violation::ReservedBits(frame.rsv));
        }
        // RFC 6455 §5.2: 3 to 7 and 11 to 15 are reserved.
        if !matches!(frame.opcode, opcode::CONTINUATION..=opcode::BINARY | opcode::CLOSE..=opcode::PONG)
        {
            return Err(Violation::ReservedOpcode(frame.opcode));
        }
        // RFC 6455 §5.1.
        match (self.side, frame.mask) {
            (Side::Server, None) => return Err(Violation::Unmasked),
            (Side::Client, Some(_)) => return Err(Violation::Masked),
            _ => {}
        }
        // RFC 6455 §5.5.
        if opcode::is_control(frame.opcode) {
            if frame.declared > 125 {
                return Err(Violation::ControlTooLong);
            }
            if !frame.fin {
                return Err(Violation::ControlFragmented);
            }
        }
        // RFC 6455 §5.2.
        if frame.length != LengthForm::shortest(frame.declared) {
            return Err(Violation::LengthNotMinimal);
        }
        Ok(())
    }

    /// The reserved bits that a frame may have. RFC 7692 §6.1: neither control frames nor later
    /// fragments are marked as compressed.
    fn meaningful_bits(&self, opcode: u8) -> u8 {
        match (self.inflater.as_ref().map(Inflater::unit), opcode) {
            (Some(_), opcode::TEXT | opcode::BINARY) => RSV1,
            (Some(Unit::Frame), opcode::CONTINUATION) => RSV1,
            _ => 0,
        }
    }

    /// The memory that an unfinished message takes, in octets.
    #[must_use]
    pub fn held(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| partial.payload.capacity())
    }

    fn feed_data(&mut self, frame: Frame) -> Result<Option<(Message, u32)>, Violation> {
        // RFC 6455 §5.5.1.
        if self.closed {
            return Err(Violation::DataAfterClose);
        }
        // RFC 6455 §5.4.
        let mut partial = match (self.partial.take(), frame.opcode) {
            (None, opcode::CONTINUATION) => return Err(Violation::UnexpectedContinuation),
            (Some(partial), opcode::CONTINUATION) => partial,
            (Some(_), _) => return Err(Violation::ExpectedContinuation),
            (None, opcode) => {
                let compressed = frame.rsv & RSV1 != 0;
                Partial { opcode, compressed, payload: Vec::new(), fragments: 0, valid: 0 }
            }
        };
        let room = self.max_message.saturating_sub(partial.payload.len());
        let payload = match &mut self.inflater {
            Some(inflater) => match inflater.unit() {
                Unit::Message if partial.compressed => {
                    inflater.inflate(&frame.payload, frame.fin, room)?
                }
                Unit::Frame if frame.rsv & RSV1 != 0 => {
                    inflater.inflate(&frame.payload, true, room)?
                }
                Unit::Message | Unit::Frame => frame.payload,
            },
            None => frame.payload,
        };
        if payload.len() > room {
            return Err(Violation::MessageTooBig);
        }
        partial.payload.extend_from_slice(&payload);
        partial.fragments = partial.fragments.saturating_add(1);
        if partial.opcode == opcode::TEXT {
            partial.check_utf8(frame.fin)?;
        }
        if frame.fin {
            return Ok(Some(partial.finish()?));
        }
        self.partial = Some(partial);
        Ok(None)
    }
}

impl Partial {
    /// A character may be cut between fragments (RFC 6455 §5.6), but not at the end. Octets that
    /// can no longer become UTF-8 is refused at once.
    fn check_utf8(&mut self, last: bool) -> Result<(), Violation> {
        match std::str::from_utf8(&self.payload[self.valid..]) {
            Ok(_) => self.valid = self.payload.len(),
            Err(error) if error.error_len().is_none() && !last => self.valid += error.valid_up_to(),
            Err(_) => return Err(Violation::InvalidUtf8),
        }
        Ok(())
    }

    fn finish(self) -> Result<(Message, u32), Violation> {
        let message = if self.opcode == opcode::TEXT {
            Message::Text(String::from_utf8(self.payload).map_err(|_| Violation::InvalidUtf8)?)
        } else {
            Message::Binary(self.payload)
        };
        Ok((message, self.fragments))
    }
}
