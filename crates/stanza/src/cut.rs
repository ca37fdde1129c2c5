//! Cuts the octets of an XML stream into its pieces (RFC 6120 §4.2): start tag, elements, end tag.
//! Each piece is parsed by itself afterwards.

use crate::tag;

/// The most octets of declarations in a root that its children get. Each child has its own copy, so
/// a longer root would multiply the size of the stream; the children of one get none.
const MOST_DECLARED: usize = 1024;

/// A piece of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// The start tag of the root, as written. A stream that begins anew has another one (RFC 6120
    /// §4.3.3).
    Start(String),
    /// A child of the root, as written, with the namespaces that the root declares for it; or markup
    /// between children that XMPP does not know, such as a comment.
    Child(String),
    /// The end tag of the root.
    End,
}

/// A piece is longer than is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a piece of the stream has more than {0} octets")]
pub struct TooLong(pub usize);

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
    /// The name of the root, once its start tag is there.
    root: Option<Vec<u8>>,
    /// The declarations of namespaces in the start tag of the root, as written, each with its name.
    declared: Vec<(String, String)>,
    /// Where the start tag of the child ends, counted from the begin of the child.
    start_tag: usize,
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
        Self {
            buffer: Vec::new(),
            begin: 0,
            seen: 0,
            at: At::Text,
            depth: 0,
            root: None,
            declared: Vec::new(),
            start_tag: 0,
            longest,
        }
    }

    /// Takes octets.
    pub fn push(&mut self, octets: &[u8]) {
        self.buffer.drain(..self.begin);
        self.seen -= self.begin;
        self.begin = 0;
        self.buffer.extend_from_slice(octets);
    }

    /// The size of the piece that is not complete, in octets.
    pub fn held(&self) -> usize {
        self.buffer.len() - self.begin
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
        if self.held() > self.longest {
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
        if self.depth == 0 {
            let name = name_of(self.piece());
            if self.root.as_ref().is_none_or(|root| root == name) {
                self.root = Some(name.to_owned());
                let start = self.take_piece();
                self.declared = declarations(&start);
                if self.declared.iter().map(|(_, text)| text.len()).sum::<usize>() > MOST_DECLARED {
                    self.declared.clear();
                }
                return Some(Piece::Start(start));
            }
            self.start_tag = self.piece().len();
        }
        if !self.piece().ends_with(b"/>") {
            self.depth += 1;
            return None;
        }
        (self.depth == 0).then(|| self.child())
    }

    /// An end tag is complete.
    fn ended(&mut self) -> Option<Piece> {
        self.at = At::Text;
        if self.depth == 0 {
            self.drop_piece();
            self.root = None;
            return Some(Piece::End);
        }
        self.depth -= 1;
        (self.depth == 0).then(|| self.child())
    }

    /// A child is complete.
    fn child(&mut self) -> Piece {
        let octets = self.piece();
        let own = String::from_utf8_lossy(&octets[..self.start_tag]);
        let own: Vec<String> = declarations(&own).into_iter().map(|(name, _)| name).collect();
        let (name, rest) = octets.split_at(1 + name_of(octets).len());
        let mut child = String::from_utf8_lossy(name).into_owned();
        for (_, declaration) in self.declared.iter().filter(|(name, _)| !own.contains(name)) {
            child.push(' ');
            child.push_str(declaration);
        }
        child.push_str(&String::from_utf8_lossy(rest));
        self.drop_piece();
        Piece::Child(child)
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

/// The declarations of namespaces in a start tag, each with its name; none if it is malformed.
fn declarations(start_tag: &str) -> Vec<(String, String)> {
    let end = start_tag.trim_end_matches('>').trim_end_matches('/').len();
    let Ok(tag) = tag::cut(start_tag, 1..end) else { return Vec::new() };
    let named = tag.attrs.into_iter().map(|attr| {
        let written = attr.name.start..attr.value.end + 1;
        (start_tag[attr.name].to_owned(), start_tag[written].to_owned())
    });
    let is_declaration = |name: &str| name == "xmlns" || name.starts_with("xmlns:");
    named.filter(|(name, _)| is_declaration(name)).collect()
}

/// The name in a start tag.
fn name_of(tag: &[u8]) -> &[u8] {
    let inside = tag.strip_prefix(b"<").unwrap_or(tag);
    let is_end = |octet: &u8| octet.is_ascii_whitespace() || matches!(octet, b'/' | b'>');
    &inside[..inside.iter().position(is_end).unwrap_or(inside.len())]
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
            child("<auth xmlns:s='s' xmlns=''>QQ==</auth>"),
            start("<s:stream xmlns='d' to=\"x'y\">"),
            child("<iq xmlns='d' a='/>'><!-- </iq> --><x/><![CDATA[</iq>]]></iq>"),
            child("<p xmlns='d'/>"),
            child("<!-- - -> -->"),
            child("<?xml-x ?>"),
            child("<ü xmlns='d'>é</ü>"),
            Piece::End,
        ];
        for portion in 1..stream.len() {
            assert_eq!(cut(stream.as_bytes(), portion), pieces, "portions of {portion} octets");
        }
    }

    #[test]
    fn a_piece_without_end_is_kept_up_to_a_length() {
        let mut cutter = Cutter::new(16);
        cutter.push(b"<s><message><body>0123456");
        assert_eq!(cutter.next_piece(), Ok(Some(Piece::Start("<s>".into()))));
        assert_eq!(cutter.next_piece(), Err(TooLong(16)));
        // Text between pieces is not kept.
        let mut cutter = Cutter::new(16);
        cutter.push(&[b' '; 100]);
        assert_eq!(cutter.next_piece(), Ok(None));
        assert_eq!(cutter.piece(), b"");
    }
}
