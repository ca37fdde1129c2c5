//! The pieces of a stream over TCP: one reader by the marks of XML, and one as Openfire has it.

use std::fmt;

use stanza::{Cutter, Piece, TooLong};

/// Where the reader of Openfire stands (`XMLLightweightParser`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// Between pieces.
    Between,
    /// In the name of a piece.
    Name,
    /// In any tag. Single quotes are nothing to it, and neither are comments.
    Tag,
    /// In double quotes.
    Value,
    /// Behind a slash in a tag.
    Slash,
    /// Between tags.
    Content,
    /// Behind `<`.
    Markup,
    /// In an end tag, so many octets of which are those of the name.
    EndTag(usize),
    Cdata,
}

/// Why a stream has no more pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// A piece is longer than is allowed.
    TooLong(TooLong),
    /// A control character that XML does not have.
    Control(u8),
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong(error) => write!(f, "{error}"),
            Self::Control(octet) => write!(f, "the control character {octet:#04x}"),
        }
    }
}

/// A reader of a stream.
#[derive(Debug)]
pub(crate) enum Pieces {
    Rfc(Cutter),
    Openfire(OpenfirePieces),
}

impl Pieces {
    /// Takes octets.
    pub(super) fn push(&mut self, octets: &[u8]) {
        match self {
            Self::Rfc(cutter) => cutter.push(octets),
            Self::Openfire(pieces) => pieces.push(octets),
        }
    }

    /// The next piece; none until more octets have come.
    pub(super) fn next(&mut self) -> Result<Option<Piece>, Broken> {
        match self {
            Self::Rfc(cutter) => cutter.next_piece().map_err(Broken::TooLong),
            Self::Openfire(pieces) => pieces.next(),
        }
    }

    /// The size of the piece that is not complete, in octets.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Rfc(cutter) => cutter.held(),
            Self::Openfire(pieces) => pieces.held(),
        }
    }
}

const CDATA: &[u8] = b"<![CDATA[";

/// Pieces as Openfire 4.4.4 finds them. It looks for the end tag that the name of a piece asks for,
/// whatever that name is: a comment has the name `!--` and no end. Names end with a blank or `>`.
#[derive(Debug)]
pub(crate) struct OpenfirePieces {
    buffer: Vec<u8>,
    /// Where the piece begins in the buffer, and how far the buffer was looked at.
    begin: usize,
    seen: usize,
    at: At,
    /// The name of the piece, and `>` once it is complete.
    name: Vec<u8>,
    /// Its first tag has not ended yet.
    in_first_tag: bool,
    depth: i32,
    /// So many octets of the beginning, or the end, of a CDATA section have come.
    cdata: usize,
    longest: usize,
}

impl OpenfirePieces {
    /// A reader that keeps at most `longest` octets of a piece.
    pub(super) fn new(longest: usize) -> Self {
        Self {
            buffer: Vec::new(),
            begin: 0,
            seen: 0,
            at: At::Between,
            name: Vec::new(),
            in_first_tag: false,
            depth: 0,
            cdata: 0,
            longest,
        }
    }

    fn push(&mut self, octets: &[u8]) {
        self.buffer.drain(..self.begin);
        self.seen -= self.begin;
        self.begin = 0;
        self.buffer.extend_from_slice(octets);
    }

    fn held(&self) -> usize {
        self.buffer.len() - self.begin + self.name.len()
    }

    /// The next piece. XML declarations are skipped (`StanzaHandler.process`).
    fn next(&mut self) -> Result<Option<Piece>, Broken> {
        while self.seen < self.buffer.len() {
            let octet = self.buffer[self.seen];
            self.seen += 1;
            if octet < b' ' && !matches!(octet, 0 | b'\t' | b'\n' | b'\r') {
                return Err(Broken::Control(octet));
            }
            if !self.step(octet) {
                continue;
            }
            let text = String::from_utf8_lossy(&self.buffer[self.begin..self.seen]).into_owned();
            self.begin_next();
            if text.starts_with("<stream:stream") || text.starts_with("<flash:stream") {
                return Ok(Some(Piece::Start(text)));
            } else if !text.starts_with("<?xml") {
                return Ok(Some(Piece::Child(text)));
            }
        }
        // Text that comes with the end tag of the stream is lost.
        if matches!(&*self.name, b"/stream:stream>" | b"/flash:stream>") {
            self.begin_next();
            return Ok(Some(Piece::End));
        }
        if self.held() > self.longest {
            return Err(Broken::TooLong(TooLong(self.longest)));
        }
        Ok(None)
    }

    fn begin_next(&mut self) {
        self.begin = self.seen;
        self.at = At::Between;
        self.name.clear();
        self.in_first_tag = false;
        self.depth = 0;
        self.cdata = 0;
    }

    /// Takes one octet; true if it is the last of a piece.
    fn step(&mut self, octet: u8) -> bool {
        match (self.at, octet) {
            (At::Between, b'<') => {
                self.at = At::Name;
                self.depth = 1;
            }
            (At::Between, _) => self.begin = self.seen,
            (At::Name, _) => self.in_name(octet),
            (At::Tag, _) => return self.in_tag(octet),
            (At::Value, b'"') => self.at = At::Tag,
            (At::Slash, b'>') => {
                self.at = At::Content;
                self.depth -= 1;
                return self.depth < 1;
            }
            (At::Slash, b'<') => self.at = At::Markup,
            (At::Slash, _) => self.at = At::Tag,
            (At::Content, b'<') => {
                self.at = At::Markup;
                self.cdata = 1;
            }
            (At::Markup, _) => self.in_markup(octet),
            (At::EndTag(matched), _) => {
                let is_next = self.depth < 1 && self.name.get(matched) == Some(&octet);
                self.at = if is_next { At::EndTag(matched + 1) } else { At::Tag };
                return is_next && matched + 1 == self.name.len();
            }
            (At::Cdata, _) => self.in_cdata(octet),
            (At::Value | At::Content, _) => {}
        }
        false
    }

    /// An octet of the name.
    fn in_name(&mut self, octet: u8) {
        match octet {
            b' ' | b'>' => {
                self.name.push(b'>');
                self.at = if octet == b'>' { At::Content } else { At::Tag };
                self.in_first_tag = true;
                return;
            }
            b'/' if !self.name.is_empty() => {
                self.at = At::Slash;
                self.depth -= 1;
            }
            _ => {}
        }
        self.name.push(octet);
    }

    /// An octet of a tag. Start tags of streams and XML declarations are pieces by themselves.
    fn in_tag(&mut self, octet: u8) -> bool {
        if self.is_cdata(octet) {
            return false;
        }
        match octet {
            b'"' => self.at = At::Value,
            b'/' => self.at = At::Slash,
            b'>' => {
                self.at = At::Content;
                let is_first = std::mem::replace(&mut self.in_first_tag, false);
                let name = &*self.name;
                return is_first && matches!(name, b"stream:stream>" | b"flash:stream>" | b"?xml>");
            }
            _ => {}
        }
        false
    }

    /// The octet behind `<`.
    fn in_markup(&mut self, octet: u8) {
        self.at = match octet {
            b'!' => At::Tag,
            b'/' => At::EndTag(0),
            _ => At::Tag,
        };
        self.depth += match octet {
            b'!' => 0,
            b'/' => -1,
            _ => 1,
        };
        self.cdata = if CDATA.get(self.cdata) == Some(&octet) { self.cdata + 1 } else { 0 };
    }

    /// Whether the beginning of a CDATA section is complete with this octet.
    fn is_cdata(&mut self, octet: u8) -> bool {
        self.cdata = if CDATA[self.cdata] == octet { self.cdata + 1 } else { 0 };
        if self.cdata == CDATA.len() {
            self.at = At::Cdata;
            self.cdata = 0;
            return true;
        }
        false
    }

    fn in_cdata(&mut self, octet: u8) {
        self.cdata = match (self.cdata, octet) {
            (2, b'>') => {
                self.at = At::Content;
                0
            }
            (0 | 1, b']') => self.cdata + 1,
            // More brackets than two may stand before the end.
            (2, b']') => 2,
            _ => 0,
        };
    }
}
