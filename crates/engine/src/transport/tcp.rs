//! XMPP over TCP (RFC 6120 §4.2): the tags of a stream stand for the `<open/>` and `<close/>` of
//! RFC 7395 §3.4 and §3.6, which have the same attributes. Neither STARTTLS nor compression is
//! offered.

use std::borrow::Cow;
use std::time::Duration;

use stanza::{Cutter, Element, Piece, Rules, Writer, ns};

use super::{Connection, Incoming, Phase};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fact::End;
use crate::fault::Transport;
use crate::said::{Kind, Speaker};

/// The longest element that is read, as of a WebSocket message (Openfire:
/// `XMLLightweightParser.maxBufferSize`).
const MAX_PIECE: usize = 1 << 20;

impl Connection {
    /// It carries XMPP from its first octet on.
    pub(crate) fn begin_tcp(&mut self, now: Duration) {
        self.phase = Phase::Tcp(Box::new(Cutter::new(MAX_PIECE)));
        self.transport = Transport::Tcp;
        self.last_active = now;
    }

    /// The cutter of its stream, as long as it is read.
    fn cutter(&mut self) -> Option<&mut Cutter> {
        match &mut self.phase {
            Phase::Tcp(cutter) => Some(cutter),
            Phase::Http(_) | Phase::WebSocket(_) | Phase::Bosh(_) | Phase::Over => None,
        }
    }

    /// Takes octets of a stream.
    pub(crate) fn push_stream(&mut self, now: Duration, octets: &[u8]) {
        if octets.is_empty() {
            return;
        }
        if let Some(cutter) = self.cutter() {
            cutter.push(octets);
            self.last_active = now;
        }
    }

    /// Reads the next piece of the stream; none until more octets have come.
    pub(crate) fn next_piece(&mut self, cx: &mut Context, logged_in: bool) -> Option<Incoming> {
        let piece = match self.cutter()?.next_piece() {
            Ok(piece) => piece?,
            Err(error) => {
                self.note_heard(cx, Kind::Octets, &format!("[octets: {error}]"), logged_in);
                return Some(Incoming::Fails(match cx.dialect() {
                    // `ConnectionHandler.exceptionCaught`.
                    Dialect::Openfire => "internal-server-error",
                    // RFC 6120 §4.9.3.14, §13.12.
                    Dialect::Rfc => "policy-violation",
                }));
            }
        };
        Some(match piece {
            Piece::Start(tag) => match opened(&tag) {
                Ok(open) => {
                    self.note_heard(cx, Kind::Text, &stanza::print(&open), logged_in);
                    Incoming::Element(open)
                }
                Err(condition) => {
                    self.note_heard(cx, Kind::Text, &tag, logged_in);
                    Incoming::Fails(condition)
                }
            },
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
            cx.note(self.id, Speaker::Client, kind, mask::message(text, logged_in).into_owned());
        }
    }
}

/// The `<open/>` for the start tag of a stream, or the error with which the stream ends (RFC 6120
/// §4.9.3.10, §4.9.3.13; Openfire: `StanzaHandler.createSession`).
fn opened(start_tag: &str) -> Result<Element, &'static str> {
    let whole = match start_tag.strip_suffix('>') {
        Some(open) if !open.ends_with('/') => format!("{open}/>"),
        _ => start_tag.to_owned(),
    };
    let rules = Rules { spelling: true, ..Rules::STRICT };
    let (stream, _) = stanza::parse_with(&whole, &rules).map_err(|_| "not-well-formed")?;
    let content = stream.spelling.iter().flat_map(|spelling| &spelling.declared);
    let mut content = content.filter(|(prefix, _)| prefix.is_empty());
    if !stream.is(ns::STREAMS, "stream") || content.next().is_none_or(|(_, ns)| ns != ns::CLIENT) {
        return Err("invalid-namespace");
    }
    let mut open = Element::new(ns::FRAMING, "open");
    open.attrs = stream.attrs;
    Ok(open)
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
