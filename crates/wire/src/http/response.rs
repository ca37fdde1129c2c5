//! Response heads (RFC 9112 §4).

use super::{
    Headers,
    headers::text,
    start_line::{check_version, parse_head},
};
use crate::error::{HeadFault, HttpError};

/// The head of a response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseHead {
    /// The version as written, e.g. `HTTP/1.1`.
    pub version: String,
    /// The status, e.g. 101.
    pub status: u16,
    /// The reason phrase, e.g. `Switching Protocols`; may be empty.
    pub reason: String,
    pub headers: Headers,
}

impl ResponseHead {
    /// An HTTP/1.1 response head.
    #[must_use]
    pub fn new(status: u16, reason: impl Into<String>, headers: Headers) -> Self {
        Self { version: "HTTP/1.1".to_owned(), status, reason: reason.into(), headers }
    }

    /// Reads a head from the beginning of `octets`; `None` when its end has not come yet. Yields
    /// the octets used, too.
    ///
    /// # Errors
    ///
    /// A head that is not HTTP, as soon as that is certain, or one longer than [`super::MAX_HEAD`].
    pub fn parse(octets: &[u8]) -> Result<Option<(Self, usize)>, HttpError> {
        // A port with TLS answers a client without TLS so: an alert, or its half of a handshake.
        if let [0x15 | 0x16, 3, ..] = octets {
            return Err(HttpError::Malformed { fault: HeadFault::Tls, raw: octets.to_vec() });
        }
        let head = parse_head(octets, status_line)?;
        Ok(head.map(|((version, status, reason), headers, used)| {
            (Self { version, status, reason, headers }, used)
        }))
    }

    /// The head on the wire: exactly these lines, then the empty one. Nothing is checked or added.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { version, status, reason, headers } = self;
        let mut octets = format!("{version} {status:03} {reason}\r\n").into_bytes();
        headers.write(&mut octets);
        octets
    }
}

/// `HTTP-version SP status-code SP [ reason-phrase ]` (RFC 9112 §4); the last space is often
/// forgotten.
fn status_line(line: &[u8]) -> Result<(String, u16, String), HeadFault> {
    let mut parts = line.splitn(3, |&octet| octet == b' ');
    let version = check_version(parts.next().unwrap_or_default())?;
    let status = match parts.next() {
        Some(digits @ [_, _, _]) if digits.iter().all(u8::is_ascii_digit) => {
            digits.iter().fold(0, |status, digit| status * 10 + u16::from(digit - b'0'))
        }
        _ => return Err(HeadFault::Status),
    };
    let reason = parts.next().unwrap_or_default();
    if reason.iter().any(|octet| octet.is_ascii_control() && *octet != b'\t') {
        return Err(HeadFault::Reason);
    }
    Ok((version.to_owned(), status, text(reason)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_comes_back_as_it_was() {
        let octets =
            b"HTTP/1.1 400 Illegal character SPACE=' '\r\nConnection: close\r\nserver: x\r\n\r\n";
        let (head, used) = ResponseHead::parse(octets).unwrap().unwrap();
        assert_eq!((head.status, &*head.reason), (400, "Illegal character SPACE=' '"));
        assert_eq!(used, octets.len());
        assert_eq!(head.to_bytes(), octets);
        for end in 0..octets.len() {
            assert_eq!(ResponseHead::parse(&octets[..end]), Ok(None));
        }
    }

    // RFC 9112 §4: any three digits.
    #[test]
    fn a_status_keeps_its_zeros() {
        let octets = b"HTTP/1.1 011 x\r\n\r\n";
        let (head, _) = ResponseHead::parse(octets).unwrap().unwrap();
        assert_eq!((head.status, head.to_bytes()), (11, octets.to_vec()));
    }

    #[test]
    fn the_reason_may_be_absent() {
        for line in ["HTTP/1.0 200 \r\n\r\n", "HTTP/1.0 200\r\n\r\n"] {
            let (head, _) = ResponseHead::parse(line.as_bytes()).unwrap().unwrap();
            assert_eq!((head.status, &*head.reason, &*head.version), (200, "", "HTTP/1.0"));
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let table: [(&[u8], HeadFault); 6] = [
            (b"\x15\x03\x03\x00\x02\x02\x46", HeadFault::Tls),
            (b"ICY 200 OK\r\n", HeadFault::Version),
            (b"HTTP/1.1 20 OK\r\n", HeadFault::Status),
            (b"HTTP/1.1  200 OK\r\n", HeadFault::Status),
            (b"HTTP/1.1\r\n", HeadFault::Status),
            (b"HTTP/1.1 200 O\x00K\r\n", HeadFault::Reason),
        ];
        for (octets, fault) in table {
            let malformed = HttpError::Malformed { fault, raw: octets.to_vec() };
            assert_eq!(ResponseHead::parse(octets), Err(malformed));
        }
    }
}
