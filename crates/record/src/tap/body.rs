//! A body of HTTP that passes by: where it ends, and its beginning.

use wire::http::{BodyKind, BodyReader};

/// The longest beginning of a body that is kept, in octets.
const KEPT: usize = 256 * 1024;

/// The beginning of a body, without the marks of its chunks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) octets: Vec<u8>,
    /// The body goes on, or broke off.
    pub(crate) is_cut: bool,
}

/// A body under way.
#[derive(Debug)]
pub(crate) struct Body {
    reader: Option<BodyReader>,
    is_until_eof: bool,
    content: Content,
    /// Octets on the connection, those of the head included.
    octets: usize,
}

impl Body {
    /// A body of this kind, behind a head of this many octets.
    pub(crate) fn new(kind: BodyKind, head: usize) -> Self {
        Self {
            reader: BodyReader::within(kind, usize::MAX).ok(),
            is_until_eof: kind == BodyKind::UntilEof,
            content: Content::default(),
            octets: head,
        }
    }

    /// Takes octets; yields how many of them are of this body.
    pub(crate) fn take(&mut self, octets: &[u8]) -> usize {
        let Some(reader) = &mut self.reader else { return octets.len() };
        let used = match reader.push(octets) {
            Ok(used) => used,
            Err(_) => {
                self.reader = None;
                self.content.is_cut = true;
                octets.len()
            }
        };
        self.octets += used;
        if let Some(reader) = &mut self.reader {
            let part = reader.take_body();
            let room = KEPT - self.content.octets.len();
            self.content.is_cut |= part.len() > room;
            self.content.octets.extend_from_slice(&part[..part.len().min(room)]);
        }
        used
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.reader.as_ref().is_some_and(BodyReader::is_complete)
    }

    /// Its chunks are none, so that nobody knows where it ends.
    pub(crate) fn is_broken(&self) -> bool {
        self.reader.is_none()
    }

    pub(crate) fn octets(&self) -> usize {
        self.octets
    }

    /// The part of it that was kept.
    pub(crate) fn content(mut self) -> Content {
        self.content.is_cut |= !self.is_complete() && !self.is_until_eof;
        self.content
    }
}
