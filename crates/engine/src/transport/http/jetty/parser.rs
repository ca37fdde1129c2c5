//! The reader of request heads of Jetty 9.4.18 (`HttpParser`, `HttpChannelOverHttp`): a machine
//! that takes one octet after the other. Its answer to odd octets follows from where it stands.
//!
//! A header line is judged when the next line begins, since that might continue it; so a folded
//! line is refused before the value that it would belong to.

use wire::{BodyKind, Headers, MAX_HEAD, RequestHead};

use super::field;
use super::octets::{Class, illegal};
use super::refusal::Refusal;
use super::uri::Uri;

/// Where the reader stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Start,
    Method,
    BeforeTarget,
    Target,
    BeforeVersion,
    Version,
    /// At the beginning of a header line, or of the line that ends the head.
    Line,
    Name,
    BeforeValue,
    Value,
}

/// Reads one head. After that, or a refusal, it is of no more use.
#[derive(Debug, Default)]
pub(crate) struct Parser {
    state: State,
    /// The last octet was a CR.
    cr: bool,
    /// Octets of the head so far.
    size: usize,
    /// The method, version, name or value that is being read.
    word: String,
    method: String,
    target: Vec<u8>,
    version: &'static str,
    /// A header line that is not judged yet.
    line: Option<(String, String)>,
    headers: Headers,
    has_host: bool,
    /// The declared length of the body; 0 and less mean none.
    length: Option<i64>,
    /// Whether the body is in chunks (RFC 9112 §7.1).
    is_chunked: bool,
}

/// A head, and how its body ends.
pub(crate) type Head = (RequestHead, BodyKind);

impl Parser {
    /// Takes octets up to the end of the head; how many they were, and the head or the refusal, if
    /// it has come to that.
    pub(crate) fn feed(&mut self, octets: &[u8]) -> (usize, Option<Result<Head, Refusal>>) {
        for (index, octet) in octets.iter().enumerate() {
            match self.octet(*octet) {
                Ok(false) => {}
                Ok(true) => return (index + 1, Some(Ok(self.head()))),
                Err(refusal) => {
                    // Headers are read for a request that is known.
                    let method = match self.state {
                        State::Line | State::Name | State::BeforeValue | State::Value => {
                            &self.method
                        }
                        _ => "",
                    };
                    return (index + 1, Some(Err(refusal.of(method))));
                }
            }
        }
        (octets.len(), None)
    }

    /// The memory that it takes, in octets.
    pub(crate) fn held(&self) -> usize {
        // Words grow by doubling, and lines are strings.
        4 * self.size
    }

    /// Takes an octet; true at the end of the head.
    fn octet(&mut self, octet: u8) -> Result<bool, Refusal> {
        self.size += 1;
        if self.size > MAX_HEAD {
            return Err(self.too_long());
        }
        let class = Class::of(octet);
        match class {
            // The target is scanned for its end alone: DEL passes.
            Class::Control if self.state == State::Target && octet == 0x7f => {}
            Class::Control => return Err(illegal(octet)),
            Class::LineFeed => self.cr = false,
            Class::CarriageReturn if self.cr => return Err(bad_line_end()),
            Class::CarriageReturn => {
                self.cr = true;
                return Ok(false);
            }
            _ if self.cr => return Err(bad_line_end()),
            _ => {}
        }
        match self.state {
            State::Start => self.start(octet, class)?,
            State::Method => self.in_method(octet, class)?,
            State::BeforeTarget => self.before_target(octet, class)?,
            State::Target => self.in_target(octet, class)?,
            State::BeforeVersion => self.before_version(octet, class)?,
            State::Version => self.in_version(octet, class)?,
            State::Line => return self.line(octet, class),
            State::Name => self.in_name(octet, class)?,
            State::BeforeValue | State::Value => self.in_value(octet, class),
        }
        Ok(false)
    }

    fn start(&mut self, octet: u8, class: Class) -> Result<(), Refusal> {
        match class {
            // RFC 9112 §2.2: empty lines before a request are skipped.
            Class::LineFeed | Class::Colon => {}
            Class::Beyond | Class::Space | Class::Tab => return Err(illegal(octet)),
            _ => {
                self.word.push(char::from(octet));
                self.state = State::Method;
            }
        }
        Ok(())
    }

    fn in_method(&mut self, octet: u8, class: Class) -> Result<(), Refusal> {
        match class {
            Class::Space => {
                self.method = std::mem::take(&mut self.word);
                self.state = State::BeforeTarget;
            }
            Class::LineFeed => return Err(Refusal::new(400, "No URI")),
            _ if class.is_name() => self.word.push(char::from(octet)),
            _ => return Err(illegal(octet)),
        }
        Ok(())
    }

    fn before_target(&mut self, octet: u8, class: Class) -> Result<(), Refusal> {
        match class {
            Class::Space => {}
            _ if class.is_word() || class == Class::Colon => {
                self.target.push(octet);
                self.state = State::Target;
            }
            _ => return Err(Refusal::new(400, "No URI")),
        }
        Ok(())
    }

    fn in_target(&mut self, octet: u8, class: Class) -> Result<(), Refusal> {
        match class {
            Class::Space => self.state = State::BeforeVersion,
            Class::LineFeed => return Err(no_version()),
            Class::Tab => return Err(illegal(octet)),
            _ => {
                self.target.push(octet);
                // UTF-8 is checked as it comes, but for a character that is not complete.
                let broken = std::str::from_utf8(&self.target[self.tail()..]);
                if broken.is_err_and(|error| error.error_len().is_some()) {
                    return Err(Refusal::bad_request());
                }
            }
        }
        Ok(())
    }

    /// Where the last character of the target may begin.
    fn tail(&self) -> usize {
        let begins = |octet: &u8| !(0x80..0xc0).contains(octet);
        self.target.iter().rposition(begins).unwrap_or(0).saturating_sub(1)
    }

    fn before_version(&mut self, octet: u8, class: Class) -> Result<(), Refusal> {
        match class {
            Class::Space => {}
            Class::LineFeed => return Err(no_version()),
            _ if class.is_word() || class == Class::Colon => {
                self.word.push(char::from(octet));
                self.state = State::Version;
            }
            _ => return Err(illegal(octet)),
        }
        Ok(())
    }

    fn in_version(&mut self, octet: u8, class: Class) -> Result<(), Refusal> {
        match class {
            Class::LineFeed => {
                self.version = version(&std::mem::take(&mut self.word))?;
                let Ok(target) = std::str::from_utf8(&self.target) else {
                    return Err(Refusal::bad_request());
                };
                self.state = State::Line;
                Uri::of(&self.method, target).ok_or_else(Refusal::bad_request)?;
            }
            _ if class.is_word() || class == Class::Colon => self.word.push(char::from(octet)),
            _ => return Err(illegal(octet)),
        }
        Ok(())
    }

    fn line(&mut self, octet: u8, class: Class) -> Result<bool, Refusal> {
        match class {
            // A name may not be empty either.
            Class::Colon | Class::Space | Class::Tab => {
                return Err(Refusal::new(400, "Header Folding"));
            }
            Class::LineFeed => {
                self.judge()?;
                if !self.has_host && self.version == "HTTP/1.1" {
                    return Err(Refusal::new(400, "No Host"));
                }
                return Ok(true);
            }
            _ if class.is_name() => {
                self.judge()?;
                self.word.push(char::from(octet));
                self.state = State::Name;
            }
            _ => return Err(illegal(octet)),
        }
        Ok(false)
    }

    fn in_name(&mut self, octet: u8, class: Class) -> Result<(), Refusal> {
        match class {
            Class::Colon => {
                self.line = Some((std::mem::take(&mut self.word), String::new()));
                self.state = State::BeforeValue;
            }
            _ if class.is_name() => self.word.push(char::from(octet)),
            _ => return Err(illegal(octet)),
        }
        Ok(())
    }

    fn in_value(&mut self, octet: u8, class: Class) {
        let is_blank = matches!(class, Class::Space | Class::Tab);
        if class == Class::LineFeed {
            let value = std::mem::take(&mut self.word);
            if let Some(line) = &mut self.line {
                value.trim_end_matches([' ', '\t']).clone_into(&mut line.1);
            }
            self.state = State::Line;
        } else if !is_blank || self.state == State::Value {
            // Octets beyond ASCII are Latin-1.
            self.word.push(char::from(octet));
            self.state = State::Value;
        }
    }

    /// Judges a header line, now that it is known to be complete.
    fn judge(&mut self) -> Result<(), Refusal> {
        let Some((name, value)) = self.line.take() else { return Ok(()) };
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("Content-Length") {
            self.content_length(&value)?;
        } else if is("Transfer-Encoding") {
            self.transfer_encoding(&value)?;
        } else if is("Host") {
            self.has_host = true;
            field::authority(&value).ok_or_else(|| Refusal::new(400, "Bad HostPort"))?;
        }
        self.headers.0.push((name, value));
        Ok(())
    }

    fn content_length(&mut self, value: &str) -> Result<(), Refusal> {
        if self.length.is_some() {
            return Err(Refusal::new(400, "Multiple Content-Lengths"));
        }
        if self.is_chunked {
            return Err(Refusal::new(400, "Bad Content-Length"));
        }
        self.length = Some(value.parse().map_err(|_| Refusal::invalid_length())?);
        Ok(())
    }

    fn transfer_encoding(&mut self, value: &str) -> Result<(), Refusal> {
        if self.length.is_some() {
            return Err(Refusal::new(400, "Transfer-Encoding and Content-Length"));
        }
        let codings = field::list(value);
        let is_chunked = |coding: &String| coding.eq_ignore_ascii_case("chunked");
        match codings.iter().position(is_chunked) {
            Some(at) if at + 1 == codings.len() => self.is_chunked = true,
            // Not recorded.
            Some(_) => return Err(Refusal::new(400, "Bad chunking")),
            None => {}
        }
        Ok(())
    }

    fn head(&mut self) -> Head {
        let body = match (self.is_chunked, self.length) {
            (true, _) => BodyKind::Chunked,
            (_, Some(length @ 1..)) => BodyKind::Length(length.unsigned_abs()),
            _ => BodyKind::None,
        };
        let request = RequestHead {
            method: std::mem::take(&mut self.method),
            target: String::from_utf8_lossy(&std::mem::take(&mut self.target)).into_owned(),
            version: self.version.to_owned(),
            headers: std::mem::take(&mut self.headers),
        };
        (request, body)
    }

    /// Recorded: http_header_40k. The words for a long target are not recorded.
    fn too_long(&self) -> Refusal {
        match self.state {
            State::Target => Refusal::new(414, "URI Too Long"),
            _ => Refusal::new(431, "Request Header Fields Too Large"),
        }
    }
}

/// The version, in whatever case it is written.
fn version(word: &str) -> Result<&'static str, Refusal> {
    let known = ["HTTP/0.9", "HTTP/1.0", "HTTP/1.1", "HTTP/2.0"];
    match known.into_iter().find(|known| known.eq_ignore_ascii_case(word)) {
        None => Err(Refusal::new(400, "Unknown Version")),
        Some("HTTP/0.9") => Err(Refusal::new(400, "Bad Version")),
        Some(version) => Ok(version),
    }
}

fn no_version() -> Refusal {
    Refusal::new(400, "HTTP/0.9 not supported")
}

fn bad_line_end() -> Refusal {
    Refusal::new(400, "Bad EOL")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(octets: &[u8]) -> String {
        let (whole, _) = read(octets);
        // However the octets come, the answer is the same.
        let mut parser = Parser::default();
        let bit_by_bit = octets.iter().find_map(|octet| parser.feed(&[*octet]).1);
        assert_eq!(bit_by_bit, whole);
        match whole {
            Some(Err(refusal)) => refusal.reason.into_owned(),
            other => panic!("{octets:?}: {other:?}"),
        }
    }

    fn read(octets: &[u8]) -> (Option<Result<Head, Refusal>>, usize) {
        let (used, read) = Parser::default().feed(octets);
        (read, used)
    }

    #[test]
    fn a_head_is_read_to_its_end() {
        let octets = b"\r\n\r\nGet /ws/?a=%zz http/1.1\r\nHOST:x\r\nA:  b \t\nContent-Length: 5\r\n\r\nhello";
        let (read, used) = read(octets);
        let (head, body) = read.expect("complete").expect("a head");
        assert_eq!(
            (&*head.method, &*head.target, &*head.version),
            ("Get", "/ws/?a=%zz", "HTTP/1.1")
        );
        assert_eq!(head.headers.first("a"), Some("b"));
        assert_eq!(body, BodyKind::Length(5));
        assert_eq!(&octets[used..], b"hello");
    }

    // Generated conversations of the area http.
    #[test]
    fn a_refusal_follows_from_where_the_reader_stands() {
        let table: [(&[u8], &str); 26] = [
            (b" GET / HTTP/1.1\r\n", "Illegal character SPACE=' '"),
            (b"\x16\x03\x01", "Illegal character CNTL=0x16"),
            (b"<open/>GET / HTTP/1.1\r\n", "Illegal character VCHAR='/'"),
            (b"GARBAGE\r\n", "No URI"),
            (b"GET \r\n", "No URI"),
            (b"GET /ws/\r\n", "HTTP/0.9 not supported"),
            (b"GET /ws/ \n", "HTTP/0.9 not supported"),
            (b"GET /ws/ x HTTP/1.1\r\n", "Illegal character SPACE=' '"),
            (b"GET / HTTP/1.1 \r\n", "Illegal character SPACE=' '"),
            (b"GET / HTTP/1.2\r\n", "Unknown Version"),
            (b"GET / HTTP/0.9\r\n", "Bad Version"),
            (b"GET /\xe9 HTTP/1.1\r\n", "Bad Request"),
            (b"GET /\xe9/ HTTP/1.2\r\n", "Bad Request"),
            (b"GET / HTTP/1.1\rHost: x\r\n", "Bad EOL"),
            (b"GET / HTTP/1.1\r\n\r\n", "No Host"),
            (b"GET / HTTP/1.1\r\nHost: x:y\r\n z\r\n\r\n", "Header Folding"),
            (b"GET / HTTP/1.1\r\nHost: x:y\r\n\r\n", "Bad HostPort"),
            (b"GET / HTTP/1.1\r\nHost: x:-1\r\n\r\n", "Bad HostPort"),
            // `HttpURI.parse`, before any header.
            (b"GET *x HTTP/1.1\r\nX : y\r\n", "Bad Request"),
            (b"GET / HTTP/1.1\r\n: x\r\n", "Header Folding"),
            (b"GET / HTTP/1.1\r\nX : y\r\n", "Illegal character SPACE=' '"),
            (b"GET / HTTP/1.1\r\nX\r\n", "Illegal character LF=\\n"),
            (
                b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
                "Transfer-Encoding and Content-Length",
            ),
            // `HttpParser.parsedHeader`.
            (
                b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
                "Bad Content-Length",
            ),
            (
                b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
                "Multiple Content-Lengths",
            ),
            (b"GET / HTTP/1.1\r\nContent-Length: 5, 5\r\n\r\n", "Invalid Content-Length Value"),
        ];
        for (octets, reason) in table {
            assert_eq!(refused(octets), reason, "{}", octets.escape_ascii());
        }
    }

    #[test]
    fn the_length_is_bounded() {
        let long = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'a'; MAX_HEAD]].concat();
        assert_eq!(refused(&long), "Request Header Fields Too Large");
        let long = [b"GET /".to_vec(), vec![b'a'; MAX_HEAD]].concat();
        assert_eq!(refused(&long), "URI Too Long");
    }
}
