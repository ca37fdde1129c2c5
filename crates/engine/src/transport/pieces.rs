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

    /// The memory that it takes, in octets.
    pub(super) fn held(&self) -> usize {
        match self {
            Self::Rfc(cutter) => cutter.held(),
            Self::Openfire(pieces) => pieces.buffer.capacity(),
        }
    }
}

/// The beginning of a CDATA section.
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
    /// The length of the name of the piece, which stands behind its `<`.
    name: usize,
    /// A blank or `>` has ended the name.
    name_ended: bool,
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
            name: 0,
            name_ended: false,
            in_first_tag: false,
            depth: 0,
            cdata: 0,
            longest,
        }
    }

    fn push(&mut self, octets: &[u8]) {
        self.tidy();
        self.buffer.extend_from_slice(octets);
    }

    /// Drops what is no part of the piece.
    fn tidy(&mut self) {
        stanza::drop_read(&mut self.buffer, self.begin);
        self.seen -= self.begin;
        self.begin = 0;
    }

    /// The name of the piece so far.
    fn name(&self) -> &[u8] {
        self.buffer.get(self.begin + 1..self.begin + 1 + self.name).unwrap_or_default()
    }

    /// Whether the piece has this name.
    fn is_named(&self, name: &[u8]) -> bool {
        self.name_ended && self.name() == name
    }

    /// The octet of the end tag behind so many octets of it: those of the name, and `>`.
    fn end_tag(&self, at: usize) -> Option<u8> {
        let name = self.name();
        let is_end = self.name_ended && at == name.len();
        if is_end { Some(b'>') } else { name.get(at).copied() }
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
        if self.is_named(b"/stream:stream") || self.is_named(b"/flash:stream") {
            self.begin_next();
            return Ok(Some(Piece::End));
        }
        self.tidy();
        if self.buffer.len() > self.longest {
            return Err(Broken::TooLong(TooLong(self.longest)));
        }
        Ok(None)
    }

    fn begin_next(&mut self) {
        self.begin = self.seen;
        self.at = At::Between;
        self.name = 0;
        self.name_ended = false;
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
                let is_next = self.depth < 1 && self.end_tag(matched) == Some(octet);
                self.at = if is_next { At::EndTag(matched + 1) } else { At::Tag };
                return is_next && self.end_tag(matched + 1).is_none();
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
                self.name_ended = true;
                self.at = if octet == b'>' { At::Content } else { At::Tag };
                self.in_first_tag = true;
                return;
            }
            b'/' if self.name > 0 => {
                self.at = At::Slash;
                self.depth -= 1;
            }
            _ => {}
        }
        self.name += 1;
    }

    /// An octet of a tag. Start tags of streams and XML declarations are pieces by themselves.
    fn in_tag(&mut self, octet: u8) -> bool {
        if self.is_cdata(octet) {
            self.at = At::Cdata;
            self.cdata = 0;
            return false;
        }
        match octet {
            b'"' => self.at = At::Value,
            b'/' => self.at = At::Slash,
            b'>' => {
                self.at = At::Content;
                let is_first = std::mem::replace(&mut self.in_first_tag, false);
                let alone = [b"stream:stream".as_slice(), b"flash:stream", b"?xml"];
                return is_first && alone.iter().any(|name| self.is_named(name));
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
        self.is_cdata(octet);
    }

    /// Whether the beginning of a CDATA section is complete with this octet.
    fn is_cdata(&mut self, octet: u8) -> bool {
        let is_next = CDATA.get(self.cdata) == Some(&octet);
        self.cdata = if is_next { self.cdata + 1 } else { 0 };
        self.cdata == CDATA.len()
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Parts of streams, and marks in places of chance. The end tag of a stream is not among them:
    /// all that comes with it is lost, so it matters what does.
    const PARTS: [&str; 22] = [
        "<?xml version='1.0'?>",
        "<stream:stream to='d'>",
        "<iq a=\"/>\"><x/>é</iq>",
        "<a><![CDATA[</a>]]]></a>",
        "<a><![CDATA[</a><![CDATA[",
        "]]>",
        "</a>",
        "<a/b>",
        "<a b='/'/>",
        "<!-- - -->",
        "<",
        ">",
        "/",
        "!",
        "\"",
        "'",
        " ",
        "a",
        "é",
        "[CDATA[",
        "</",
        "\n",
    ];

    /// The pieces of octets in portions, whatever comes behind; and the memory that was held.
    fn cut(mut pieces: Pieces, octets: &[u8], portions: &[usize]) -> (Vec<String>, usize) {
        let (mut found, mut most, mut rest) = (Vec::new(), 0, octets);
        for portion in portions.iter().cycle() {
            let (now, later) = rest.split_at(rest.len().min(*portion));
            pieces.push(now);
            loop {
                match pieces.next() {
                    Ok(Some(piece)) => found.push(format!("{piece:?}")),
                    Ok(None) => break,
                    Err(broken) => {
                        found.push(broken.to_string());
                        return (found, most);
                    }
                }
            }
            most = most.max(pieces.held());
            rest = later;
            if rest.is_empty() {
                return (found, most);
            }
        }
        (found, most)
    }

    fn readers(longest: usize) -> [Pieces; 2] {
        [Pieces::Openfire(OpenfirePieces::new(longest)), Pieces::Rfc(Cutter::new(longest))]
    }

    proptest! {
        #[test]
        fn a_stream_has_the_same_pieces_however_it_comes(
            parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..40),
            odd in prop::collection::vec(any::<u8>(), 0..3),
            portions in prop::collection::vec(1..30_usize, 1..9),
        ) {
            let octets = [parts.concat().as_bytes(), &odd].concat();
            for (whole, parted) in readers(1 << 20).into_iter().zip(readers(1 << 20)) {
                let whole = cut(whole, &octets, &[octets.len() + 1]).0;
                prop_assert_eq!(whole, cut(parted, &octets, &portions).0);
            }
        }

        #[test]
        fn no_more_is_held_than_the_longest_piece_takes(
            parts in prop::collection::vec(prop::sample::select(PARTS.to_vec()), 0..2000),
            portion in 1..3000_usize,
        ) {
            const LONGEST: usize = 8 << 10;
            for pieces in readers(LONGEST) {
                let (_, most) = cut(pieces, parts.concat().as_bytes(), &[portion]);
                // A buffer grows by doubling.
                prop_assert!(most <= 2 * (LONGEST + portion), "{}", most);
            }
        }
    }

    #[test]
    fn a_long_piece_leaves_no_memory_behind() {
        let long = format!("<{}/>", "a".repeat(1 << 19));
        for mut pieces in readers(1 << 20) {
            pieces.push(long.as_bytes());
            assert!(matches!(pieces.next(), Ok(Some(Piece::Child(text))) if text == long));
            assert!(matches!(pieces.next(), Ok(None)));
            assert!(pieces.held() <= stanza::ROOM, "{}", pieces.held());
        }
    }

    /// The name of a piece is a part of it.
    #[test]
    fn a_piece_may_be_as_long_as_is_allowed_whatever_is_name_in_it() {
        for mut pieces in readers(1 << 10) {
            pieces.push(format!("<{}", "a".repeat((1 << 10) - 1)).as_bytes());
            assert!(matches!(pieces.next(), Ok(None)));
            pieces.push(b"a");
            assert!(matches!(pieces.next(), Err(Broken::TooLong(_))));
        }
    }
}
