//! How long a body is (RFC 9112 §6.3), and a reader for it that never holds more than its limit.

use super::{Headers, RequestHead, ResponseHead};
use crate::error::BodyError;

/// The longest body that is read, in octets.
pub const MAX_BODY: usize = 1024 * 1024;

/// The end of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    None,
    /// A length in octets.
    Length(u64),
    /// Chunks, up to the one of size 0.
    Chunked,
    /// Everything up to the end of the connection.
    UntilEof,
}

/// The body of a response to a request with this method (RFC 9112 §6.3). A `Content-Length` that is
/// no number, or contradicts itself, is ignored.
#[must_use]
pub fn response_body(head: &ResponseHead, request_method: &str) -> BodyKind {
    let bodiless = request_method == "HEAD"
        || matches!(head.status, 100..=199 | 204 | 304)
        || (request_method == "CONNECT" && matches!(head.status, 200..=299));
    if bodiless { BodyKind::None } else { declared(&head.headers).unwrap_or(BodyKind::UntilEof) }
}

/// The body of a request (RFC 9112 §6.3). Without a declared length there is none.
#[must_use]
pub fn request_body(head: &RequestHead) -> BodyKind {
    match declared(&head.headers) {
        Some(BodyKind::UntilEof) | None => BodyKind::None,
        Some(kind) => kind,
    }
}

fn declared(headers: &Headers) -> Option<BodyKind> {
    // A transfer coding overrides a length; only `chunked` in last place tells where it ends.
    if let Some(last) = headers.tokens("Transfer-Encoding").last() {
        let chunked = last.eq_ignore_ascii_case("chunked");
        return Some(if chunked { BodyKind::Chunked } else { BodyKind::UntilEof });
    }
    let mut lengths = headers.tokens("Content-Length");
    let first = lengths.next()?;
    if !first.bytes().all(|octet| octet.is_ascii_digit()) || lengths.any(|other| other != first) {
        return None;
    }
    first.parse().ok().map(BodyKind::Length)
}

/// Collects a body from pieces of the stream.
#[derive(Clone, Debug)]
pub struct BodyReader {
    state: State,
    limit: usize,
    body: Vec<u8>,
    /// A line of the chunked coding that has not ended yet.
    line: Vec<u8>,
    /// Octets of trailer lines that came.
    trailers: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Length(usize),
    UntilEof,
    ChunkSize,
    ChunkData(usize),
    ChunkEnd,
    Trailer,
    Complete,
}

/// The longest line of the chunked coding, in octets.
const MAX_LINE: usize = 4096;

/// Longest trailer section, in octets: as long as Jetty lets the head of a request be.
const MAX_TRAILERS: usize = 8192;

impl BodyReader {
    /// A reader for a body of this kind, of at most [`MAX_BODY`].
    ///
    /// # Errors
    ///
    /// A declared length beyond [`MAX_BODY`].
    pub fn new(kind: BodyKind) -> Result<Self, BodyError> {
        Self::within(kind, MAX_BODY)
    }

    /// A reader for a body of this kind, of at most `limit` octets.
    ///
    /// # Errors
    ///
    /// A declared length beyond `limit`.
    pub fn within(kind: BodyKind, limit: usize) -> Result<Self, BodyError> {
        let state = match kind {
            BodyKind::None | BodyKind::Length(0) => State::Complete,
            BodyKind::Length(length) => match usize::try_from(length) {
                Ok(length) if length <= limit => State::Length(length),
                _ => return Err(BodyError::TooLong { limit }),
            },
            BodyKind::Chunked => State::ChunkSize,
            BodyKind::UntilEof => State::UntilEof,
        };
        Ok(Self { state, limit, body: Vec::new(), line: Vec::new(), trailers: 0 })
    }

    /// Takes octets from the stream and yields how many of them belong to the body; the following
    /// ones are not touched.
    ///
    /// # Errors
    ///
    /// A body beyond the limit, or a broken chunk.
    pub fn push(&mut self, octets: &[u8]) -> Result<usize, BodyError> {
        let mut rest = octets;
        while !rest.is_empty() && self.state != State::Complete {
            rest = self.step(rest)?;
        }
        Ok(octets.len() - rest.len())
    }

    /// Tells the reader that the connection has ended.
    ///
    /// # Errors
    ///
    /// The body was not complete.
    pub fn end(&mut self) -> Result<(), BodyError> {
        match self.state {
            State::UntilEof | State::Complete => {
                self.state = State::Complete;
                Ok(())
            }
            _ => Err(BodyError::Truncated { received: self.body.len() }),
        }
    }

    /// Whether the body has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    /// The content so far, without chunk headers.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Takes out the content that has come so far; the limit counts from here again. For bodies
    /// that are passed on, and not kept.
    pub fn take_body(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.body)
    }

    /// The content, once it is complete.
    #[must_use]
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    fn step<'a>(&mut self, octets: &'a [u8]) -> Result<&'a [u8], BodyError> {
        match self.state {
            State::Complete => Ok(octets),
            State::UntilEof => {
                self.keep(octets)?;
                Ok(&[])
            }
            State::Length(left) => {
                let (own, rest) = octets.split_at(left.min(octets.len()));
                self.keep(own)?;
                self.state = match left - own.len() {
                    0 => State::Complete,
                    left => State::Length(left),
                };
                Ok(rest)
            }
            State::ChunkData(left) => {
                let (own, rest) = octets.split_at(left.min(octets.len()));
                self.keep(own)?;
                self.state = match left - own.len() {
                    0 => State::ChunkEnd,
                    left => State::ChunkData(left),
                };
                Ok(rest)
            }
            State::ChunkSize | State::ChunkEnd | State::Trailer => {
                let (rest, line) = self.read_line(octets)?;
                if let Some(line) = line {
                    self.state = self.after_line(&line)?;
                }
                Ok(rest)
            }
        }
    }

    /// RFC 9112 §7.1.
    fn after_line(&mut self, line: &[u8]) -> Result<State, BodyError> {
        match self.state {
            State::ChunkEnd if line.is_empty() => Ok(State::ChunkSize),
            State::ChunkEnd => Err(BodyError::Chunk),
            State::ChunkSize => match chunk_size(line, self.limit)? {
                0 => Ok(State::Trailer),
                size => Ok(State::ChunkData(size)),
            },
            State::Trailer if line.is_empty() => Ok(State::Complete),
            State::Trailer => {
                self.trailers += line.len();
                if self.trailers > MAX_TRAILERS {
                    Err(BodyError::Chunk)
                } else {
                    Ok(State::Trailer)
                }
            }
            state => Ok(state),
        }
    }

    fn keep(&mut self, octets: &[u8]) -> Result<(), BodyError> {
        if self.body.len() + octets.len() > self.limit {
            return Err(BodyError::TooLong { limit: self.limit });
        }
        self.body.extend_from_slice(octets);
        Ok(())
    }

    /// The octets after the line, and the line, once its end has come.
    fn read_line<'a>(
        &mut self,
        octets: &'a [u8],
    ) -> Result<(&'a [u8], Option<Vec<u8>>), BodyError> {
        let end = octets.iter().position(|&octet| octet == b'\n');
        let own = end.unwrap_or(octets.len());
        if self.line.len() + own > MAX_LINE {
            return Err(BodyError::Chunk);
        }
        self.line.extend_from_slice(&octets[..own]);
        let Some(end) = end else {
            return Ok((&[], None));
        };
        let mut line = std::mem::take(&mut self.line);
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok((&octets[end + 1..], Some(line)))
    }
}

/// The size in hexadecimal; an extension after a semicolon is ignored (RFC 9112
/// §7.1.1).
fn chunk_size(line: &[u8], limit: usize) -> Result<usize, BodyError> {
    let size = line.split(|&octet| octet == b';').next().unwrap_or_default().trim_ascii();
    if size.is_empty() || !size.iter().all(u8::is_ascii_hexdigit) {
        return Err(BodyError::Chunk);
    }
    let size = std::str::from_utf8(size).map_err(|_| BodyError::Chunk)?;
    match usize::from_str_radix(size, 16) {
        Ok(size) if size <= limit => Ok(size),
        _ => Err(BodyError::TooLong { limit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(method: &str, status: u16, lines: &[(&str, &str)]) -> BodyKind {
        let headers =
            lines.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        response_body(&ResponseHead::new(status, "", Headers(headers)), method)
    }

    /// Reads `octets` in all cuts: content, octets used, completeness.
    fn read(kind: BodyKind, octets: &[u8]) -> Result<(Vec<u8>, usize, bool), BodyError> {
        let mut whole = BodyReader::new(kind)?;
        let used = whole.push(octets);
        let mut piecemeal = BodyReader::new(kind)?;
        let singly = octets.iter().try_fold(0, |used, octet| Ok(used + piecemeal.push(&[*octet])?));
        assert_eq!(used, singly);
        assert_eq!(whole.body(), piecemeal.body());
        Ok((whole.body().to_vec(), used?, whole.is_complete()))
    }

    #[test]
    fn kinds_follow_the_rfc() {
        let length = ("Content-Length", "5");
        assert_eq!(kind("GET", 200, &[length]), BodyKind::Length(5));
        assert_eq!(kind("HEAD", 200, &[length]), BodyKind::None);
        assert_eq!(kind("GET", 101, &[length]), BodyKind::None);
        assert_eq!(kind("GET", 304, &[length]), BodyKind::None);
        assert_eq!(kind("GET", 405, &[]), BodyKind::UntilEof);
        assert_eq!(
            kind("GET", 200, &[length, ("transfer-encoding", "gzip, Chunked")]),
            BodyKind::Chunked
        );
        assert_eq!(kind("GET", 200, &[("Transfer-Encoding", "gzip")]), BodyKind::UntilEof);
        assert_eq!(kind("GET", 200, &[length, length]), BodyKind::Length(5));
        assert_eq!(kind("GET", 200, &[length, ("Content-Length", "6")]), BodyKind::UntilEof);
        assert_eq!(kind("GET", 200, &[("Content-Length", "+5")]), BodyKind::UntilEof);
    }

    #[test]
    fn requests_have_no_body_unless_declared() {
        let head = |lines| RequestHead::parse(lines).unwrap().unwrap().0;
        assert_eq!(request_body(&head(b"POST / HTTP/1.1\r\n\r\n")), BodyKind::None);
        assert_eq!(
            request_body(&head(b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n")),
            BodyKind::Length(3)
        );
    }

    #[test]
    fn lengths_leave_the_rest_alone() {
        assert_eq!(read(BodyKind::Length(3), b"abcdef"), Ok((b"abc".to_vec(), 3, true)));
        assert_eq!(read(BodyKind::Length(3), b"ab"), Ok((b"ab".to_vec(), 2, false)));
        assert_eq!(read(BodyKind::None, b"ab"), Ok((vec![], 0, true)));
    }

    #[test]
    fn chunks_are_joined() {
        let octets = b"4;x=y\r\nRust\r\n1\n!\n0\r\nTrailer: z\r\n\r\nnext";
        assert_eq!(
            read(BodyKind::Chunked, octets),
            Ok((b"Rust!".to_vec(), octets.len() - 4, true))
        );
    }

    #[test]
    fn broken_and_endless_bodies_are_refused() {
        assert_eq!(read(BodyKind::Chunked, b"x\r\n"), Err(BodyError::Chunk));
        assert_eq!(read(BodyKind::Chunked, b"\r\n"), Err(BodyError::Chunk));
        assert_eq!(read(BodyKind::Chunked, b"1\r\nab\r\n"), Err(BodyError::Chunk));
        assert_eq!(read(BodyKind::Chunked, &[b'0'; MAX_LINE + 1]), Err(BodyError::Chunk));
        let trailers = |count: usize| ["0\r\n", &"a: b\r\n".repeat(count), "\r\n"].concat();
        assert!(read(BodyKind::Chunked, trailers(MAX_TRAILERS / 4).as_bytes()).is_ok());
        let endless = trailers(MAX_TRAILERS / 4 + 1);
        assert_eq!(read(BodyKind::Chunked, endless.as_bytes()), Err(BodyError::Chunk));
        let too_long = BodyError::TooLong { limit: MAX_BODY };
        assert_eq!(read(BodyKind::Chunked, b"ffffffffffffffffffff\r\n"), Err(too_long));
        assert_eq!(read(BodyKind::Length(u64::MAX), b""), Err(too_long));
        let mut reader = BodyReader::new(BodyKind::UntilEof).unwrap();
        assert_eq!(reader.push(&vec![0; MAX_BODY]), Ok(MAX_BODY));
        assert_eq!(reader.push(b"x"), Err(too_long));
    }

    #[test]
    fn the_end_of_the_connection_ends_only_what_has_no_other_end() {
        let mut reader = BodyReader::new(BodyKind::UntilEof).unwrap();
        reader.push(b"abc").unwrap();
        assert!(!reader.is_complete());
        assert_eq!(reader.end(), Ok(()));
        assert!(reader.is_complete());
        let mut reader = BodyReader::new(BodyKind::Length(4)).unwrap();
        reader.push(b"abc").unwrap();
        assert_eq!(reader.end(), Err(BodyError::Truncated { received: 3 }));
    }
}
