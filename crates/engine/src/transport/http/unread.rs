//! The body of a request that nobody asks for: it is passed over (RFC 9112 §9.3).

use wire::{BodyKind, BodyReader};

/// The rest of a body that is passed over.
#[derive(Debug, Default)]
pub(super) enum Unread {
    #[default]
    Nothing,
    /// So many octets.
    Length(u64),
    Chunks(Box<BodyReader>),
    /// It cannot be told where it ends.
    Endless,
}

impl Unread {
    pub(super) fn new(body: BodyKind) -> Self {
        match body {
            BodyKind::None | BodyKind::Length(0) => Self::Nothing,
            BodyKind::Length(length) => Self::Length(length),
            BodyKind::Chunked => {
                BodyReader::new(body).map_or(Self::Endless, |reader| Self::Chunks(Box::new(reader)))
            }
            BodyKind::UntilEof => Self::Endless,
        }
    }

    /// Takes what has come of it out of the octets received; whether that was all.
    pub(super) fn pass(&mut self, buffer: &mut Vec<u8>) -> bool {
        match self {
            Self::Nothing => return true,
            Self::Length(left) => {
                let used =
                    usize::try_from(*left).map_or(buffer.len(), |left| left.min(buffer.len()));
                buffer.drain(..used);
                *left -= used as u64;
                if *left == 0 {
                    *self = Self::Nothing;
                }
            }
            Self::Chunks(reader) => match reader.push(buffer) {
                Ok(used) => {
                    buffer.drain(..used);
                    if reader.is_complete() {
                        *self = Self::Nothing;
                    }
                }
                Err(_) => *self = Self::Endless,
            },
            Self::Endless => buffer.clear(),
        }
        matches!(self, Self::Nothing)
    }

    /// The memory that it takes, in octets.
    pub(super) fn held(&self) -> usize {
        match self {
            // A body grows by doubling.
            Self::Chunks(reader) => 2 * reader.body().len(),
            Self::Nothing | Self::Length(_) | Self::Endless => 0,
        }
    }
}
