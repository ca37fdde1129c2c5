//! The frames of one side of a WebSocket as messages.

use wire::{Assembler, Decoder, Headers, Inflater};

use super::{Side, TapEvent, TapEventKind};

/// The largest frame and message that is recorded, in octets. Larger ones pass, and are counted.
const MOST: usize = 16 * 1024 * 1024;

/// One side of a WebSocket.
#[derive(Debug)]
pub(crate) struct Frames {
    decoder: Decoder,
    /// None after a frame that breaks RFC 6455.
    assembler: Option<Assembler>,
    /// Octets of the message under way.
    octets: usize,
    /// A frame was too large to be held: where the next begins is not known.
    is_lost: bool,
}

impl Frames {
    /// The frames of a side, after this answer to the upgrade.
    pub(super) fn new(from: Side, answer: &Headers) -> Self {
        // The assembler is the receiver's.
        let end = match from {
            Side::Client => wire::Side::Server,
            Side::Server => wire::Side::Client,
        };
        let assembler = Assembler::new(end, MOST);
        let assembler = match Inflater::agreed(answer) {
            Some(inflater) => assembler.with_inflater(inflater),
            None => assembler,
        };
        Self {
            decoder: Decoder::new(MOST as u64),
            assembler: Some(assembler),
            octets: 0,
            is_lost: false,
        }
    }

    /// Takes octets, which have been passed on.
    pub(super) fn take(&mut self, from: Side, octets: &[u8], heard: &mut Vec<TapEvent>) {
        let mut hear = |octets, what| heard.push(TapEvent { from, octets, what });
        if self.is_lost {
            return hear(octets.len(), TapEventKind::Octets);
        }
        self.decoder.push(octets);
        loop {
            let decoded = match self.decoder.next() {
                Ok(Some(decoded)) => decoded,
                Ok(None) => return,
                Err(_) => {
                    self.is_lost = true;
                    hear(self.decoder.remaining().len(), TapEventKind::Octets);
                    self.decoder = Decoder::new(0);
                    return;
                }
            };
            let frame = &decoded.frame;
            let broken = TapEventKind::Frame {
                fin: frame.fin,
                rsv: frame.rsv,
                opcode: frame.opcode,
                is_masked: frame.mask.is_some(),
                length: frame.payload.len(),
            };
            let is_control = wire::opcode::is_control(frame.opcode);
            match self.assembler.as_mut().map(|assembler| assembler.feed(decoded.frame)) {
                Some(Ok(Some((message, fragments)))) => {
                    let before = if is_control { 0 } else { std::mem::take(&mut self.octets) };
                    hear(before + decoded.octets, TapEventKind::Message { message, fragments });
                }
                Some(Ok(None)) => self.octets += decoded.octets,
                Some(Err(_)) => {
                    self.assembler = None;
                    hear(std::mem::take(&mut self.octets) + decoded.octets, broken);
                }
                None => hear(decoded.octets, broken),
            }
        }
    }

    /// Octets of a frame or message that is not whole.
    pub(super) fn left(&self) -> usize {
        self.octets + self.decoder.remaining().len()
    }
}
