//! Request heads (RFC 9112 §3).

use super::{
    Headers,
    headers::text,
    start_line::{check_version, parse_head},
};
use crate::error::{HeadFault, HttpError};

/// The head of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestHead {
    /// The method, e.g. `GET`.
    pub method: String,
    /// The target as written, e.g. `/ws/`.
    pub target: String,
    /// The version as written, e.g. `HTTP/1.1`.
    pub version: String,
    pub headers: Headers,
}

impl RequestHead {
    /// Reads a head from the beginning of `octets`; `None` when its end has not come yet. Yields
    /// the octets used, too.
    ///
    /// # Errors
    ///
    /// A head that is not HTTP, as soon as that is certain, or one longer than [`super::MAX_HEAD`].
    pub fn parse(octets: &[u8]) -> Result<Option<(Self, usize)>, HttpError> {
        let head = parse_head(octets, request_line)?;
        Ok(head.map(|((method, target, version), headers, used)| {
            (Self { method, target, version, headers }, used)
        }))
    }

    /// The path of the target, which may be in absolute form (RFC 9112 §3.2.2), without its query.
    /// Nothing is decoded.
    #[must_use]
    pub fn path(&self) -> &str {
        let target = self.target.split(['?', '#']).next().unwrap_or_default();
        match target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None => target,
        }
    }

    /// The head on the wire: exactly these lines, then the empty one. Nothing is checked or added.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { method, target, version, headers } = self;
        let mut octets = format!("{method} {target} {version}\r\n").into_bytes();
        headers.write(&mut octets);
        octets
    }
}

/// `method SP request-target SP HTTP-version` (RFC 9112 §3).
fn request_line(line: &[u8]) -> Result<(String, String, String), HeadFault> {
    let mut parts = line.split(|&octet| octet == b' ');
    let method = parts.next().filter(|method| is_token(method)).ok_or(HeadFault::Method)?;
    let target = parts.next().filter(|target| is_target(target)).ok_or(HeadFault::Target)?;
    let version = check_version(parts.next().ok_or(HeadFault::Version)?)?;
    if parts.next().is_some() {
        return Err(HeadFault::Version);
    }
    Ok((text(method), text(target), version.to_owned()))
}

/// RFC 9110 §5.6.2.
fn is_token(octets: &[u8]) -> bool {
    !octets.is_empty()
        && octets
            .iter()
            .all(|octet| octet.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(octet))
}

/// RFC 9112 §3.2 allows less; octets beyond ASCII are common and harmless.
fn is_target(octets: &[u8]) -> bool {
    !octets.is_empty() && octets.iter().all(|octet| *octet > b' ' && *octet != 0x7F)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::MAX_HEAD;

    fn fault(octets: &[u8]) -> HeadFault {
        match RequestHead::parse(octets) {
            Err(HttpError::Malformed { fault, raw }) => {
                assert_eq!(raw, octets);
                fault
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_head_comes_back_as_it_was() {
        let octets = b"GET /ws/?x=1 HTTP/1.1\r\nhost: a\r\nX-Odd: \r\nHost: b\r\n\r\n";
        let piped = [&octets[..], b"\x81\x80"].concat();
        let (head, used) = RequestHead::parse(&piped).unwrap().unwrap();
        assert_eq!((&*head.method, &*head.target, &*head.version), ("GET", "/ws/?x=1", "HTTP/1.1"));
        assert_eq!(used, octets.len());
        assert_eq!(head.to_bytes(), octets);
        for end in 0..octets.len() {
            assert_eq!(RequestHead::parse(&octets[..end]), Ok(None));
        }
    }

    #[test]
    fn a_path_has_neither_host_nor_query() {
        for (target, path) in [
            ("/ws/?a=1", "/ws/"),
            ("http://host:8080/ws/?a=1#b", "/ws/"),
            ("http://host", "/"),
            ("http://host?a=/b", "/"),
            ("/a?next=http://host/b", "/a"),
            ("*", "*"),
        ] {
            let (head, _) = RequestHead::parse(format!("GET {target} HTTP/1.1\r\n\r\n").as_bytes())
                .unwrap()
                .unwrap();
            assert_eq!(head.path(), path, "{target}");
        }
    }

    // Recorded: http_lf_only. The empty line in front: RFC 9112 §2.2.
    #[test]
    fn bare_line_feeds_and_a_leading_empty_line_are_taken() {
        let (head, used) =
            RequestHead::parse(b"\r\nGET /ws/ HTTP/1.1\nHost: x\n\n").unwrap().unwrap();
        assert_eq!(head.headers.first("Host"), Some("x"));
        assert_eq!(used, 29);
    }

    // Recorded: Openfire answers HTTP/2 and HTTP/1.0 by status, so the head must be readable.
    #[test]
    fn other_versions_are_read() {
        for version in ["HTTP/1.0", "HTTP/2.0", "HTTP/0.9"] {
            let (head, _) =
                RequestHead::parse(format!("GET / {version}\r\n\r\n").as_bytes()).unwrap().unwrap();
            assert_eq!(head.version, version);
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        assert_eq!(fault(b"GARBAGE\r\n"), HeadFault::Target);
        assert_eq!(fault(b"GET /ws/\r\n"), HeadFault::Version);
        assert_eq!(fault(b"GET /ws/ HTTP/2\r\n"), HeadFault::Version);
        assert_eq!(fault(b"GET /a b HTTP/1.1\r\n"), HeadFault::Version);
        assert_eq!(fault(b"GET  /ws/ HTTP/1.1\r\n"), HeadFault::Target);
        assert_eq!(fault(b"G(T /ws/ HTTP/1.1\r\n"), HeadFault::Method);
        assert_eq!(fault(b"GET /\x01 HTTP/1.1\r\n"), HeadFault::Target);
        assert_eq!(fault(b"GET / HTTP/1.1\rX: y\r\n"), HeadFault::NewLine);
        assert_eq!(fault(b"\x16\x03\x01\x02\n"), HeadFault::Method);
        assert_eq!(fault(b"GET / HTTP/1.1\r\nHost x\r\n\r\n"), HeadFault::HeaderName);
    }

    #[test]
    fn the_length_is_bounded() {
        let mut octets = b"GET / HTTP/1.1\r\nX-Long: ".to_vec();
        octets.resize(MAX_HEAD - 1, b'a');
        assert_eq!(RequestHead::parse(&octets), Ok(None));
        octets.push(b'a');
        let too_long = HttpError::HeadTooLong { limit: MAX_HEAD, raw: octets.clone() };
        assert_eq!(RequestHead::parse(&octets), Err(too_long));
    }
}
