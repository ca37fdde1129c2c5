//! Compressed messages: permessage-deflate (RFC 7692 §7.2) and `deflate-frame`, which it replaced.

use std::fmt;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use crate::{extension::Extension, http::Headers, violation::Violation};

/// The name of the extension (RFC 7692 §7).
pub const PERMESSAGE_DEFLATE: &str = "permessage-deflate";

/// The names of the earlier drafts, which compressed frame by frame; the second is WebKit's.
pub const DEFLATE_FRAME: [&str; 2] = ["deflate-frame", "x-webkit-deflate-frame"];

/// The server compresses each message without the context of earlier ones (RFC 7692 §7.1.1.1).
pub const SERVER_NO_CONTEXT_TAKEOVER: &str = "server_no_context_takeover";

/// The client compresses each message without the context of earlier ones (RFC 7692 §7.1.1.2).
pub const CLIENT_NO_CONTEXT_TAKEOVER: &str = "client_no_context_takeover";

/// The end of an empty block without compression, which is left out on the wire (RFC 7692 §7.2.1).
const TAIL: [u8; 4] = [0x00, 0x00, 0xFF, 0xFF];

/// Octets that are inflated at once.
const CHUNK: usize = 16 * 1024;

/// The unit that is compressed as one piece and marked with RSV1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A message; RSV1 stands on its first frame alone (RFC 7692 §6).
    Message,
    /// A frame, as in [`DEFLATE_FRAME`].
    Frame,
}

/// Octets as gzip (RFC 1952), for a response that may be compressed (RFC 9110 §8.4.1.3).
///
/// ```
/// let octets = wire::deflate::gzip(b"<body/>");
/// assert!(octets.starts_with(&[0x1F, 0x8B, 8]));
/// ```
#[must_use]
pub fn gzip(octets: &[u8]) -> Vec<u8> {
    use std::io::Write as _;

    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), Compression::default());
    // Writing to a vector cannot fail.
    let _ = encoder.write_all(octets);
    encoder.finish().unwrap_or_default()
}

/// The content of a body in one of the codings `gzip` and `deflate` (RFC 9110 §8.4.1), up to
/// `limit` octets. Of a body that breaks off, the part that can be read. None for other codings.
///
/// ```
/// let gzip = wire::deflate::gzip(b"<body/>");
/// assert_eq!(wire::deflate::decoded("gzip", &gzip, 5).as_deref(), Some(&b"<body"[..]));
/// assert_eq!(wire::deflate::decoded("br", &gzip, 5), None);
/// ```
#[must_use]
pub fn decoded(coding: &str, octets: &[u8], limit: usize) -> Option<Vec<u8>> {
    use std::io::Read;

    let mut reader: Box<dyn Read> = match coding.trim().to_ascii_lowercase().as_str() {
        "gzip" | "x-gzip" => Box::new(flate2::read::GzDecoder::new(octets)),
        "deflate" => Box::new(flate2::read::ZlibDecoder::new(octets)),
        _ => return None,
    };
    let (mut content, mut chunk) = (Vec::new(), [0; CHUNK]);
    while content.len() < limit {
        match reader.read(&mut chunk) {
            Ok(0) | Err(_) => break,
            Ok(count) => content.extend_from_slice(chunk.get(..count).unwrap_or_default()),
        }
    }
    content.truncate(limit);
    Some(content)
}

/// The sending half: compresses messages.
pub struct Deflater {
    stream: Compress,
    takeover: bool,
}

impl Deflater {
    /// A compressor. With `takeover` a message may refer to those before it (RFC 7692 §7.1.1).
    #[must_use]
    pub fn new(takeover: bool) -> Self {
        // Of the levels of zlib-rs the last comes nearest to level 6 of zlib, which was recorded:
        // the octets of a login are as many, give or take one in two of its messages.
        Self { stream: Compress::new(Compression::best(), false), takeover }
    }

    /// The payload of the frame that carries `message`; its RSV1 must be set (RFC 7692 §7.2.1).
    #[must_use]
    pub fn compress(&mut self, message: &[u8]) -> Vec<u8> {
        let mut payload = Vec::new();
        let before = self.stream.total_in();
        loop {
            payload.reserve(CHUNK);
            let taken = usize::try_from(self.stream.total_in() - before).unwrap_or(message.len());
            let rest = message.get(taken..).unwrap_or_default();
            self.stream
                .compress_vec(rest, &mut payload, FlushCompress::Sync)
                .expect("a stream that is never finished takes input");
            if payload.len() < payload.capacity() {
                break;
            }
        }
        if payload.ends_with(&TAIL) {
            payload.truncate(payload.len() - TAIL.len());
        }
        if payload.is_empty() {
            // RFC 7692 §7.2.3.6: the first octet of an empty block.
            payload.push(0x00);
        }
        if !self.takeover {
            self.stream.reset();
        }
        payload
    }
}

/// The receiving half, for an [`crate::Assembler`].
pub struct Inflater {
    stream: Decompress,
    unit: Unit,
    takeover: bool,
}

impl Inflater {
    /// A decompressor. With `takeover` the context of earlier messages is kept, as it must be
    /// unless the peer has promised to do without (RFC 7692 §7.2.2).
    #[must_use]
    pub fn new(unit: Unit, takeover: bool) -> Self {
        Self { stream: Decompress::new(false), unit, takeover }
    }

    /// The decompressor that a client needs after this answer to its upgrade, if compression was
    /// accepted in it. A server that promises to send without context must keep the promise.
    #[must_use]
    pub fn agreed(answer: &Headers) -> Option<Self> {
        Extension::list(answer).into_iter().find_map(|extension| {
            let name = extension.name.as_str();
            if name == PERMESSAGE_DEFLATE {
                Some(Self::new(Unit::Message, !extension.has(SERVER_NO_CONTEXT_TAKEOVER)))
            } else if DEFLATE_FRAME.contains(&name) {
                Some(Self::new(Unit::Frame, true))
            } else {
                None
            }
        })
    }

    /// The unit that is compressed as one piece.
    #[must_use]
    pub const fn unit(&self) -> Unit {
        self.unit
    }

    /// Inflates the payload of a frame, the last one of its unit or not.
    ///
    /// # Errors
    ///
    /// [`Violation::MessageTooBig`] as soon as there are more than `limit` octets, before they are
    /// kept; [`Violation::NotDeflated`].
    pub(crate) fn inflate(
        &mut self,
        payload: &[u8],
        last: bool,
        limit: usize,
    ) -> Result<Vec<u8>, Violation> {
        let mut inflated = Vec::new();
        self.run(payload, limit, &mut inflated)?;
        if last {
            self.run(&TAIL, limit, &mut inflated)?;
            if !self.takeover {
                self.stream.reset(false);
            }
        }
        Ok(inflated)
    }

    fn run(
        &mut self,
        mut input: &[u8],
        limit: usize,
        inflated: &mut Vec<u8>,
    ) -> Result<(), Violation> {
        let mut chunk = [0; CHUNK];
        loop {
            let (taken, made) = (self.stream.total_in(), self.stream.total_out());
            let status = self
                .stream
                .decompress(input, &mut chunk, FlushDecompress::Sync)
                .map_err(|_| Violation::NotDeflated)?;
            let octets = |after: u64, before: u64| usize::try_from(after - before);
            let taken =
                octets(self.stream.total_in(), taken).map_err(|_| Violation::NotDeflated)?;
            let made =
                octets(self.stream.total_out(), made).map_err(|_| Violation::MessageTooBig)?;
            if made > limit.saturating_sub(inflated.len()) {
                return Err(Violation::MessageTooBig);
            }
            inflated.extend_from_slice(chunk.get(..made).unwrap_or_default());
            input = input.get(taken..).unwrap_or_default();
            if status == Status::StreamEnd {
                // RFC 7692 §7.2.3.4: a block may say that it is the last, and others still follow.
                self.stream.reset(false);
            } else if taken == 0 && made == 0 && !input.is_empty() {
                return Err(Violation::NotDeflated);
            }
            if input.is_empty() && made < CHUNK {
                return Ok(());
            }
        }
    }
}

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater").field("takeover", &self.takeover).finish_non_exhaustive()
    }
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fields = f.debug_struct("Inflater");
        fields.field("unit", &self.unit).field("takeover", &self.takeover).finish_non_exhaustive()
    }
}
