//! Cuts the octets of an XML stream into its pieces (RFC 6120 §4.2): start tag, elements, end tag.
//! Each piece is parsed by itself afterwards.

/// A piece of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The start tag of the root, as written. A stream that begins anew has another one (RFC 6120
    /// §4.3.3).
    Start(String),
    /// A child of the root, as written; or markup between children that XMPP does not know, such as
    /// a comment.
    Child(String),
    /// The end tag of the root.
    End,
}

/// A piece is longer than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a piece of the stream has more than {0} octets")]
pub struct TooLong(pub usize);

/// The most octets for which a reader of a stream keeps room while it has fewer.
pub const ROOM: usize = 4 << 10;

/// Drops the first `done` octets of a buffer, and the room that a long piece leaves behind.
pub fn drop_read(buffer: &mut Vec<u8>, done: usize) {
    buffer.drain(..done);
    if buffer.capacity() > ROOM.max(4 * buffer.len()) {
        buffer.shrink_to(ROOM);
    }
}

/// Cuts a stream, whose octets may come in any portions. It goes by the marks of XML alone and
/// looks at each octet once: a piece may be malformed.
#[derive(Debug)]
pub struct Cutter {
    buffer: Vec<u8>,
    /// Where the piece begins in the buffer, and how far the buffer was looked at.
    begin: usize,
    seen: usize,
    at: At,
    /// The elements that are open below the root.
    depth: usize,
    longest: usize,
}

/// The kind of markup at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    Text,
    /// Behind `<`.
    Markup,
    /// In a start tag, and in a value with this quote.
    StartTag(Option<u8>),
    EndTag,
    /// Behind `<!`, up to `>`, or to another end if it is one of the two below.
    Declaration,
    Comment,
    Cdata,
    /// Behind `<?`.
    Instruction,
}

impl Cutter {
    /// A cutter that keeps at most `longest` octets of a piece.
    pub fn new(longest: usize) -> Self {
        Self { buffer: Vec::new(), begin: 0, seen: 0, at: At::Text, depth: 0, longest }
    }

    /// Takes octets.
    pub fn push(&mut self, octets: &[u8]) {
        self.tidy();
        self.buffer.extend_from_slice(octets);
    }

    /// The memory that it takes, in octets: at most what a piece needs that is not complete.
    pub fn held(&self) -> usize {
        self.buffer.capacity()
    }

    /// Drops what is no part of the piece.
    fn tidy(&mut self) {
        drop_read(&mut self.buffer, self.begin);
        self.seen -= self.begin;
        self.begin = 0;
    }

    /// The next piece; none until more octets have come. White space and other text between pieces,
    /// and XML declarations, are skipped.
    ///
    /// # Errors
    ///
    /// The piece is too long.
    pub fn next_piece(&mut self) -> Result<Option<Piece>, TooLong> {
        while self.seen < self.buffer.len() {
            let octet = self.buffer[self.seen];
            self.seen += 1;
            let is_between = self.depth == 0 && self.at == At::Text;
            if is_between && octet != b'<' {
                self.drop_piece();
            } else if let Some(piece) = self.step(octet) {
                return Ok(Some(piece));
            }
        }
        self.tidy();
        if self.buffer.len() > self.longest {
            return Err(TooLong(self.longest));
        }
        Ok(None)
    }

    /// Takes one octet of markup, or of text inside an element.
    fn step(&mut self, octet: u8) -> Option<Piece> {
        match (self.at, octet) {
            (At::Text, b'<') => self.at = At::Markup,
            (At::Markup, b'/') => self.at = At::EndTag,
            (At::Markup, b'!') => self.at = At::Declaration,
            (At::Markup, b'?') => self.at = At::Instruction,
            (At::Markup, _) => self.at = At::StartTag(None),
            (At::StartTag(None), quote @ (b'"' | b'\'')) => self.at = At::StartTag(Some(quote)),
            (At::StartTag(Some(quote)), octet) if octet == quote => self.at = At::StartTag(None),
            (At::StartTag(None), b'>') => return self.started(),
            (At::EndTag, b'>') => return self.ended(),
            (At::Declaration, _) if self.piece().ends_with(b"<!--") => self.at = At::Comment,
            (At::Declaration, _) if self.piece().ends_with(b"<![CDATA[") => self.at = At::Cdata,
            (At::Declaration, b'>') => return self.skipped(),
            (At::Comment, b'>') if self.piece().ends_with(b"-->") => return self.skipped(),
            (At::Cdata, b'>') if self.piece().ends_with(b"]]>") => self.at = At::Text,
            (At::Instruction, b'>') if self.piece().ends_with(b"?>") => return self.skipped(),
            _ => {}
        }
        None
    }

    /// The octets of the piece so far.
    fn piece(&self) -> &[u8] {
        &self.buffer[self.begin..self.seen]
    }

    fn drop_piece(&mut self) {
        self.begin = self.seen;
    }

    fn take_piece(&mut self) -> String {
        let piece = String::from_utf8_lossy(self.piece()).into_owned();
        self.drop_piece();
        piece
    }

    /// A start tag is complete.
    fn started(&mut self) -> Option<Piece> {
        self.at = At::Text;
        if self.depth == 0 && is_stream(self.piece()) {
            return Some(Piece::Start(self.take_piece()));
        }
        if !self.piece().ends_with(b"/>") {
            self.depth += 1;
            return None;
        }
        (self.depth == 0).then(|| Piece::Child(self.take_piece()))
    }

    /// An end tag is complete.
    fn ended(&mut self) -> Option<Piece> {
        self.at = At::Text;
        if self.depth == 0 {
            self.drop_piece();
            return Some(Piece::End);
        }
        self.depth -= 1;
        (self.depth == 0).then(|| Piece::Child(self.take_piece()))
    }

    /// A comment, a declaration or an instruction is complete.
    fn skipped(&mut self) -> Option<Piece> {
        self.at = At::Text;
        if self.depth > 0 {
            return None;
        }
        let piece = self.take_piece();
        (!is_xml_declaration(&piece)).then_some(Piece::Child(piece))
    }
}

/// `<?xml …?>` and nothing like `<?xml-stylesheet …?>`.
fn is_xml_declaration(markup: &str) -> bool {
    let rest = markup.strip_prefix("<?xml");
    rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
}

/// Whether a start tag is that of an element `stream`, as every root is (RFC 6120 §4.8.1).
fn is_stream(tag: &[u8]) -> bool {
    let is_end = |octet: &u8| octet.is_ascii_whitespace() || matches!(octet, b'/' | b'>');
    let name = tag[1..].split(is_end).next().unwrap_or_default();
    name.rsplit(|octet| *octet == b':').next() == Some(b"stream")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(octets: &[u8], portion: usize) -> Vec<Piece> {
        let mut cutter = Cutter::new(1 << 10);
        let mut pieces = Vec::new();
        for portion in octets.chunks(portion) {
            cutter.push(portion);
            while let Some(piece) = cutter.next_piece().expect("it is not too long") {
                pieces.push(piece);
            }
        }
        pieces
    }

    #[test]
    fn a_stream_is_cut_at_the_same_places_however_it_comes() {
        let (start, child) =
            (|text: &str| Piece::Start(text.into()), |text: &str| Piece::Child(text.into()));
        let stream = "<?xml version='1.0'?>\n<s:stream to='a>b' xmlns:s='s' xmlns = \"c\"> <auth xmlns=''>QQ==</auth>\n\
            <?xml version='1.0'?><s:stream xmlns='d' to=\"x'y\"><iq a='/>'><!-- </iq> --><x/><![CDATA[</iq>]]></iq>\
            \n \n<p/><!-- - -> --><?xml-x ?><ü>é</ü></s:stream>";
        let pieces = [
            start("<s:stream to='a>b' xmlns:s='s' xmlns = \"c\">"),
            child("<auth xmlns=''>QQ==</auth>"),
            start("<s:stream xmlns='d' to=\"x'y\">"),
            child("<iq a='/>'><!-- </iq> --><x/><![CDATA[</iq>]]></iq>"),
            child("<p/>"),
            child("<!-- - -> -->"),
            child("<?xml-x ?>"),
            child("<ü>é</ü>"),
            Piece::End,
        ];
        for portion in 1..stream.len() {
            assert_eq!(cut(stream.as_bytes(), portion), pieces, "portions of {portion} octets");
        }
    }

    #[test]
    fn a_piece_without_end_is_kept_up_to_a_length() {
        let mut cutter = Cutter::new(16);
        cutter.push(b"<stream><message><body>01");
        assert_eq!(cutter.next_piece(), Ok(Some(Piece::Start("<stream>".into()))));
        assert_eq!(cutter.next_piece(), Err(TooLong(16)));
        // Text between pieces is not kept.
        let mut cutter = Cutter::new(16);
        cutter.push(&[b' '; 100]);
        assert_eq!(cutter.next_piece(), Ok(None));
        assert_eq!(cutter.piece(), b"");
    }
}
