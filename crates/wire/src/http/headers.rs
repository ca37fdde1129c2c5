//! Header lines in the order and spelling in which they came.

use crate::error::HeadFault;

/// The most header lines that are read.
pub const MAX_HEADERS: usize = 128;

/// Header lines as (name, value), in order, duplicates and spelling kept. White space around values
/// is not part of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The value of the first line with this name, whatever the case of its letters (RFC 9110
    /// §5.1).
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// The values of all lines with this name, in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(own, _)| own.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The members of a comma-separated list, over all lines with this name, without empty ones
    /// (RFC 9110 §5.6.1).
    pub fn tokens(&self, name: &str) -> impl Iterator<Item = &str> {
        self.all(name)
            .flat_map(|value| value.split(','))
            .map(str::trim)
            .filter(|token| !token.is_empty())
    }

    /// Whether a comma-separated list has this member, whatever the case of its letters.
    #[must_use]
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.tokens(name).any(|own| own.eq_ignore_ascii_case(token))
    }

    /// Reads header lines up to and with the empty line; `None` when that has not come yet. Yields
    /// the octets used, too. Lines may end in a bare LF (RFC 9112 §2.2; recorded: Openfire takes
    /// it).
    pub(crate) fn parse(octets: &[u8]) -> Result<Option<(Self, usize)>, HeadFault> {
        let mut lines = [httparse::EMPTY_HEADER; MAX_HEADERS];
        match httparse::parse_headers(octets, &mut lines).map_err(fault)? {
            httparse::Status::Partial => Ok(None),
            httparse::Status::Complete((used, lines)) => {
                let lines =
                    lines.iter().map(|line| (line.name.to_owned(), text(line.value))).collect();
                Ok(Some((Self(lines), used)))
            }
        }
    }

    /// Appends the lines and the empty line.
    pub(crate) fn write(&self, octets: &mut Vec<u8>) {
        for (name, value) in &self.0 {
            octets.extend_from_slice(name.as_bytes());
            octets.extend_from_slice(b": ");
            octets.extend_from_slice(value.as_bytes());
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b"\r\n");
    }
}

/// UTF-8 if it is that, else Latin-1, in which every octet has a meaning (RFC 9110 §5.5).
pub(super) fn text(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) => text.to_owned(),
        Err(_) => octets.iter().copied().map(char::from).collect(),
    }
}

fn fault(error: httparse::Error) -> HeadFault {
    match error {
        httparse::Error::HeaderValue => HeadFault::HeaderValue,
        httparse::Error::NewLine => HeadFault::NewLine,
        httparse::Error::TooManyHeaders => HeadFault::TooManyHeaders,
        // Header lines know no other faults.
        _ => HeadFault::HeaderName,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(octets: &[u8]) -> Result<Option<(Headers, usize)>, HeadFault> {
        Headers::parse(octets)
    }

    #[test]
    fn order_spelling_and_duplicates_are_kept() {
        let octets = b"b: 1\r\nA:2 \r\nB: 3,, x\r\nc:\r\n\r\nrest";
        let (headers, used) = parse(octets).unwrap().unwrap();
        let lines: Vec<(&str, &str)> =
            headers.0.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(lines, [("b", "1"), ("A", "2"), ("B", "3,, x"), ("c", "")]);
        assert_eq!(octets[used..], *b"rest");
        assert_eq!(headers.first("a"), Some("2"));
        assert_eq!(headers.all("B").collect::<Vec<_>>(), ["1", "3,, x"]);
        assert_eq!(headers.tokens("b").collect::<Vec<_>>(), ["1", "3", "x"]);
        assert!(headers.has_token("b", "X"));
        assert!(!headers.has_token("b", ""));
    }

    #[test]
    fn bare_line_feeds_and_old_octets_are_taken() {
        let (headers, _) = parse(b"a: b\nname: M\xfcller\n\n").unwrap().unwrap();
        assert_eq!(headers.first("name"), Some("Müller"));
    }

    #[test]
    fn an_unfinished_head_waits() {
        assert_eq!(parse(b"a: b\r\n"), Ok(None));
        assert_eq!(parse(b""), Ok(None));
    }

    #[test]
    fn each_fault_has_its_name() {
        let many = "a: b\r\n".repeat(MAX_HEADERS + 1);
        let table: [(&[u8], HeadFault); 6] = [
            (b"Host 127.0.0.1:7070\r\n\r\n", HeadFault::HeaderName),
            (b"Host : x\r\n\r\n", HeadFault::HeaderName),
            (b"a: b\r\n folded\r\n\r\n", HeadFault::HeaderName),
            (b"a: b\x01c\r\n\r\n", HeadFault::HeaderValue),
            (b"a: b\r\n\rx", HeadFault::NewLine),
            (many.as_bytes(), HeadFault::TooManyHeaders),
        ];
        for (octets, fault) in table {
            assert_eq!(parse(octets), Err(fault), "{octets:?}");
        }
    }
}
