//! XMPP over TCP (RFC 6120 §4.2): the tags of a stream stand for the `<open/>` and `<close/>` of
//! RFC 7395 §3.4 and §3.6, which have the same attributes. Neither STARTTLS nor compression is
//! offered, and nothing is said to Flash.

use std::borrow::Cow;
use std::time::Duration;

use stanza::{Cutter, Element, Piece, Rules, Writer, ns};

use super::pieces::{Broken, OpenfirePieces, Pieces};
use super::{Connection, Incoming, Phase};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fact::End;
use crate::fault::Transport;
use crate::said::Kind;

/// The longest element that is read, as of a WebSocket message (Openfire:
/// `XMLLightweightParser.maxBufferSize`).
const MAX_PIECE: usize = 1 << 20;

impl Connection {
    /// It carries XMPP from its first octet on.
    pub(crate) fn begin_tcp(&mut self, cx: &Context) {
        self.phase = Phase::Tcp(Box::new(match cx.dialect() {
            Dialect::Openfire => Pieces::Openfire(OpenfirePieces::new(MAX_PIECE)),
            Dialect::Rfc => Pieces::Rfc(Cutter::new(MAX_PIECE)),
        }));
        self.transport = Transport::Tcp;
        self.last_active = cx.now;
    }

    /// The reader of its stream, as long as it is read.
    fn pieces(&mut self) -> Option<&mut Pieces> {
        match &mut self.phase {
            Phase::Tcp(pieces) => Some(pieces),
            Phase::Http(_) | Phase::WebSocket(_) | Phase::Bosh(_) | Phase::Over => None,
        }
    }

    /// Takes octets of a stream.
    pub(crate) fn push_stream(&mut self, now: Duration, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        if let Some(pieces) = self.pieces() {
            pieces.push(octets);
            self.last_active = now;
        }
    }

    /// Reads the next piece of a stream that has begun, or has not; none until more octets have
    /// come.
    pub(crate) fn next_piece(
        &mut self,
        cx: &mut Context,
        has_begun: bool,
        logged_in: bool,
    ) -> Option<Incoming> {
        let piece = match self.pieces()?.next() {
            Ok(piece) => piece?,
            Err(error) => {
                self.note_heard(cx, Kind::Octets, &format!("[octets: {error}]"), logged_in);
                return Some(Incoming::Fails(match (cx.dialect(), error) {
                    // `ConnectionHandler.exceptionCaught`.
                    (Dialect::Openfire, Broken::Control(_)) => "not-well-formed",
                    (Dialect::Openfire, Broken::TooLong(_)) => "internal-server-error",
                    // RFC 6120 §4.9.3.14, §13.12.
                    (Dialect::Rfc, _) => "policy-violation",
                }));
            }
        };
        Some(match piece {
            Piece::Start(tag) => {
                let start = match cx.dialect() {
                    Dialect::Openfire => opened_by_openfire(&tag, has_begun),
                    Dialect::Rfc => opened(&tag),
                };
                match &start {
                    Incoming::Element(open) => {
                        self.note_heard(cx, Kind::Text, &stanza::print(open), logged_in);
                    }
                    _ => self.note_heard(cx, Kind::Text, &tag, logged_in),
                }
                start
            }
            Piece::Child(text) => {
                if cx.notes(Kind::Text) {
                    self.note_heard(cx, Kind::Text, &qualified(&text), logged_in);
                }
                Incoming::Text(text)
            }
            Piece::End => {
                let close = Element::new(ns::FRAMING, "close");
                self.note_heard(cx, Kind::Text, &stanza::print(&close), logged_in);
                self.end.get_or_insert(End::Client);
                Incoming::Element(close)
            }
        })
    }

    fn note_heard(&self, cx: &mut Context, kind: Kind, text: &str, logged_in: bool) {
        if cx.notes(kind) {
            cx.note_message(self.id, kind, text, logged_in);
        }
    }
}

/// The `<open/>` for the start tag of a stream, or the error with which the stream ends (RFC 6120
/// §4.9.3.10, §4.9.3.13).
fn opened(start_tag: &str) -> Incoming {
    match Start::read(start_tag) {
        None => Incoming::Fails("not-well-formed"),
        Some(start) if !start.tag.is(ns::STREAMS, "stream") || !start.is_of_clients() => {
            Incoming::Fails("invalid-namespace")
        }
        Some(start) => Incoming::Element(start.open()),
    }
}

/// The same as Openfire does it. It reads the first start tag alone; another one needs but its name
/// (`StanzaHandler.process`, `StanzaHandler.createSession`, `LocalClientSession.createSession`).
fn opened_by_openfire(start_tag: &str, has_begun: bool) -> Incoming {
    let start = Start::read(start_tag);
    match start {
        start if has_begun => Incoming::Element(match start {
            Some(start) => start.open(),
            None => Element::new(ns::FRAMING, "open"),
        }),
        Some(start) if start.tag.name.ns != ns::STREAMS || !start.is_of_clients() => {
            Incoming::Foreign {
                host: start.tag.attr("to").map(str::to_owned),
                // Java's word for nothing.
                namespace: start.content.unwrap_or_else(|| "null".to_owned()),
            }
        }
        Some(start) if start.tag.name.local == "stream" => Incoming::Element(start.open()),
        _ => Incoming::Ends,
    }
}

/// A start tag of a stream.
struct Start {
    tag: Element,
    /// The namespace that it declares for its content.
    content: Option<String>,
}

impl Start {
    /// Reads a tag; nothing if it is not well-formed.
    fn read(start_tag: &str) -> Option<Self> {
        let whole = match start_tag.strip_suffix('>') {
            Some(open) if !open.ends_with('/') => format!("{open}/>"),
            _ => start_tag.to_owned(),
        };
        let rules = Rules { spelling: true, ..Rules::STRICT };
        let (tag, _) = stanza::parse_with(&whole, &rules).ok()?;
        let mut declared = tag.spelling.iter().flat_map(|spelling| &spelling.declared);
        let default = declared.find(|(prefix, _)| prefix.is_empty());
        let content = default.map(|(_, namespace)| namespace.clone());
        Some(Self { tag, content })
    }

    fn is_of_clients(&self) -> bool {
        self.content.as_deref() == Some(ns::CLIENT)
    }

    /// The `<open/>` with its attributes.
    fn open(self) -> Element {
        let mut open = Element::new(ns::FRAMING, "open");
        open.attrs = self.tag.attrs;
        open
    }
}

/// An element with the default namespace that the start tag has declared for it: the record has
/// what is said over TCP as over WebSocket, so that the same patterns fit it.
fn qualified(text: &str) -> Cow<'_, str> {
    let tag = &text[..text.find('>').unwrap_or(text.len())];
    let is_qualified = [" xmlns=", "\nxmlns=", "\txmlns="].iter().any(|it| tag.contains(it));
    let name = tag.find([' ', '/', '\n', '\t', '\r']).unwrap_or(tag.len());
    if is_qualified || text.starts_with("<!") || text.starts_with("<?") {
        return Cow::Borrowed(text);
    }
    Cow::Owned(format!("{} xmlns=\"{}\"{}", &text[..name], ns::CLIENT, &text[name..]))
}

/// An element as a stream over TCP spells it: the tags of the stream for `<open/>` and `<close/>`,
/// and no default namespace, which the start tag has declared.
pub(super) fn spelled(text: String) -> String {
    if text.starts_with("<open") || text.starts_with("<close") {
        return match stanza::parse(&text) {
            Ok(open) if open.is(ns::FRAMING, "open") => start_tag(&open),
            Ok(close) if close.is(ns::FRAMING, "close") => "</stream:stream>".to_owned(),
            _ => text,
        };
    }
    let (name, rest) = text.split_at(text.find([' ', '>', '/']).unwrap_or(text.len()));
    match rest.strip_prefix(&format!(" xmlns=\"{}\"", ns::CLIENT)) {
        Some(rest) => [name, rest].concat(),
        None => text,
    }
}

/// The start tag of the server's stream, as `LocalClientSession.createSession` writes it.
fn start_tag(open: &Element) -> String {
    let mut tag = Writer::default();
    tag.start("stream:stream");
    tag.attr("xmlns:stream", ns::STREAMS);
    tag.attr("xmlns", ns::CLIENT);
    for name in ["from", "to", "id"] {
        if let Some(value) = open.attr(name) {
            tag.attr(name, value);
        }
    }
    if let Some(lang) = open.attr_ns(ns::XML, "lang") {
        tag.attr("xml:lang", lang);
    }
    if let Some(version) = open.attr("version") {
        tag.attr("version", version);
    }
    tag.content();
    format!("<?xml version='1.0' encoding='UTF-8'?>{}", tag.finish())
}
