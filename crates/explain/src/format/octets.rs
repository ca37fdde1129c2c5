//! Octets of a connection, in clear, become HTTP exchanges, an upgrade, and messages.

use wire::http::{request_body, response_body};
use wire::{
    Assembler, BodyReader, Decoder, Headers, Inflater, Message, RequestHead, ResponseHead, Unit,
    Violation, opcode,
};

use crate::conversation::{
    Connection, Exchange, MessageKind, SentMessage, Side, Sight, Url, host_and_port,
};

/// The largest message that is read, in octets.
const MAX_MESSAGE: usize = 64 * 1024 * 1024;

/// The longest body that is kept, in octets.
const MAX_BODY: usize = 256 * 1024;

/// Octets of one side that were received together.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) at: i64,
    pub(super) from: Side,
    pub(super) octets: Vec<u8>,
}

/// The requests and connections in a connection's octets.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) exchanges: Vec<Exchange>,
    /// The connection of a WebSocket, or of a request for one.
    pub(super) connections: Vec<Connection>,
}

/// The beginning of an alert, by which a server of TLS answers plain HTTP (RFC 8446 §5.1).
const TLS_ALERT: [u8; 2] = [21, 3];

/// Reads the octets of a connection. `is_whole` says that they begin with its first octet.
pub(super) fn read(chunks: &[Chunk], base: &Url, is_whole: bool) -> Read {
    let first = chunks.iter().find(|chunk| chunk.from == Side::Client);
    if first.is_some_and(|chunk| chunk.octets.starts_with(b"PRI * HTTP/2.0")) {
        return http2(chunks, base);
    }
    let looks_like_http = first.is_some_and(|chunk| {
        chunk.octets.iter().take_while(|octet| octet.is_ascii_uppercase()).count() >= 3
    });
    if !is_whole || !looks_like_http {
        let amid = amid(chunks, base);
        if amid.is_some() || !looks_like_http {
            return Read { connections: amid.into_iter().collect(), ..Read::default() };
        }
    }
    let mut http = Http { base: base.clone(), ..Http::default() };
    for chunk in chunks {
        http.take(chunk);
    }
    http.end()
}

/// A connection of which the beginning is missing, if its octets are frames.
fn amid(chunks: &[Chunk], base: &Url) -> Option<Connection> {
    let first = |side: Side| {
        chunks.iter().find(|chunk| chunk.from == side).map(|chunk| chunk.octets.as_slice())
    };
    let looks = |octets: &[u8], is_masked: bool| {
        let [head, length, ..] = octets else { return false };
        matches!(head & 0x0F, 0..=2 | 8..=10)
            && head & 0x30 == 0
            && (length & 0x80 != 0) == is_masked
    };
    let fits = match (first(Side::Client), first(Side::Server)) {
        (Some(client), Some(server)) => looks(client, true) && looks(server, false),
        (Some(client), None) => looks(client, true),
        _ => false,
    };
    if !fits {
        return None;
    }
    let sight = Sight { upgrade: false, beginning: false, ..Sight::ALL };
    let mut connection = Connection::new(0, sight);
    connection.url = base.clone();
    connection.began = chunks.first().map(|chunk| chunk.at);
    let mut frames = Frames::new(None);
    for chunk in chunks {
        frames.take(chunk, &mut connection);
    }
    let is_any = connection.said.iter().any(|said| !matches!(said.what, MessageKind::Broken(_)));
    (is_any || connection.tcp.lost.is_some()).then_some(connection)
}

#[derive(Default)]
struct Http {
    base: Url,
    /// Octets that are not read yet: client, server.
    buffers: [Vec<u8>; 2],
    /// Requests without an answer yet.
    asked: Vec<PendingRequest>,
    /// The request or answer whose body is under way.
    request: Option<(PendingRequest, BodyReader)>,
    answer: Option<(ResponseHead, BodyReader, i64)>,
    websocket: Option<(Connection, Frames)>,
    is_lost: bool,
    read: Read,
}

struct PendingRequest {
    head: RequestHead,
    body: Vec<u8>,
    at: i64,
}

impl Http {
    fn take(&mut self, chunk: &Chunk) {
        if let Some((connection, frames)) = &mut self.websocket {
            frames.take(chunk, connection);
            return;
        }
        if self.is_lost {
            return;
        }
        self.buffers[usize::from(chunk.from == Side::Server)].extend_from_slice(&chunk.octets);
        let done = match chunk.from {
            Side::Client => self.requests(chunk.at),
            Side::Server => self.answers(chunk.at),
        };
        self.is_lost |= done.is_none();
    }

    /// None if the octets are no HTTP.
    fn requests(&mut self, at: i64) -> Option<()> {
        loop {
            let buffer = &mut self.buffers[0];
            if let Some((asked, mut reader)) = self.request.take() {
                let used = reader.push(buffer).ok()?;
                buffer.drain(..used);
                if !reader.is_complete() {
                    self.request = Some((asked, reader));
                    return Some(());
                }
                self.asked.push(PendingRequest { body: reader.into_body(), ..asked });
                continue;
            }
            if buffer.is_empty() || self.asked.last().is_some_and(|last| is_upgrade(&last.head)) {
                return Some(());
            }
            let Some((head, used)) = RequestHead::parse(buffer).ok()? else { return Some(()) };
            buffer.drain(..used);
            let reader = BodyReader::new(request_body(&head)).ok()?;
            let asked = PendingRequest { head, body: Vec::new(), at };
            self.request = Some((asked, reader));
        }
    }

    fn answers(&mut self, at: i64) -> Option<()> {
        loop {
            let buffer = &mut self.buffers[1];
            if let Some((head, mut reader, began)) = self.answer.take() {
                let used = reader.push(buffer).ok()?;
                buffer.drain(..used);
                if !reader.is_complete() {
                    self.answer = Some((head, reader, began));
                    return Some(());
                }
                self.finish(&head, &reader.into_body(), at);
                continue;
            }
            if buffer.is_empty() {
                return Some(());
            }
            let Some((head, used)) = ResponseHead::parse(buffer).ok()? else { return Some(()) };
            buffer.drain(..used);
            if head.status == 101 {
                self.switch(&head, at);
                return Some(());
            }
            if (100..200).contains(&head.status) {
                continue;
            }
            let method = self.asked.first().map_or("GET", |asked| asked.head.method.as_str());
            let reader = BodyReader::new(response_body(&head, method)).ok()?;
            self.answer = Some((head, reader, at));
        }
    }

    fn switch(&mut self, head: &ResponseHead, at: i64) {
        let asked = (!self.asked.is_empty()).then(|| self.asked.remove(0));
        let mut connection = self.connection(asked.as_ref(), Some((head, b"".as_slice(), at)));
        let mut frames = Frames::new(Some(&head.headers));
        for (side, place) in [(Side::Client, 0), (Side::Server, 1)] {
            let octets = std::mem::take(&mut self.buffers[place]);
            if !octets.is_empty() {
                frames.take(&Chunk { at, from: side, octets }, &mut connection);
            }
        }
        self.websocket = Some((connection, frames));
    }

    fn connection(
        &self,
        asked: Option<&PendingRequest>,
        answer: Option<(&ResponseHead, &[u8], i64)>,
    ) -> Connection {
        let mut connection = Connection::new(0, Sight::ALL);
        connection.url = self.base.clone();
        if let Some(asked) = asked {
            connection.url = self.url(&asked.head);
            connection.began = Some(asked.at);
            connection.upgrade.asked = Some(asked.head.headers.clone());
            asked.head.version.clone_into(&mut connection.upgrade.version);
            connection.upgrade.asked_at = Some(asked.at);
        }
        if let Some((head, body, at)) = answer {
            connection.upgrade.status = Some(head.status);
            head.reason.clone_into(&mut connection.upgrade.reason);
            connection.upgrade.answered = Some(head.headers.clone());
            connection.upgrade.answered_at = Some(at);
            connection.upgrade.body = text(body);
        }
        connection
    }

    fn url(&self, head: &RequestHead) -> Url {
        let mut url = self.base.clone();
        head.path().clone_into(&mut url.path);
        head.target.clone_into(&mut url.written);
        if let Some(host) = head.headers.first("host") {
            let (host, _) = host_and_port(host);
            host.clone_into(&mut url.host);
        }
        url
    }

    fn finish(&mut self, head: &ResponseHead, body: &[u8], at: i64) {
        if self.asked.is_empty() {
            return;
        }
        let asked = self.asked.remove(0);
        if is_upgrade(&asked.head) {
            let connection = self.connection(Some(&asked), Some((head, body, at)));
            self.read.connections.push(connection);
        } else {
            let exchange = self.exchange(&asked, Some((head, body, at)));
            self.read.exchanges.push(exchange);
        }
    }

    fn exchange(
        &self,
        asked: &PendingRequest,
        answer: Option<(&ResponseHead, &[u8], i64)>,
    ) -> Exchange {
        let mut url = self.url(&asked.head);
        (if url.is_secure() { "https" } else { "http" }).clone_into(&mut url.scheme);
        Exchange {
            source: 0,
            method: asked.head.method.clone(),
            url,
            asked: asked.head.headers.clone(),
            body: text(&asked.body),
            status: answer.map(|(head, ..)| head.status),
            answered: answer.map(|(head, ..)| head.headers.clone()).unwrap_or_default(),
            answer: answer.map(|(_, body, _)| text(body)).unwrap_or_default(),
            began: Some(asked.at),
            ended: answer.map(|(.., at)| at),
            error: None,
        }
    }

    fn end(mut self) -> Read {
        // A body until the end, or one that was cut.
        if let Some((head, reader, at)) = self.answer.take() {
            self.finish(&head, &reader.into_body(), at);
        }
        let asked = std::mem::take(&mut self.asked);
        for asked in asked {
            if is_upgrade(&asked.head) {
                let mut connection = self.connection(Some(&asked), None);
                if self.buffers[1].starts_with(&TLS_ALERT) {
                    connection.upgrade.error = Some("net::ERR_INVALID_HTTP_RESPONSE".to_owned());
                }
                self.read.connections.push(connection);
            } else {
                let exchange = self.exchange(&asked, None);
                self.read.exchanges.push(exchange);
            }
        }
        self.read.connections.extend(self.websocket.map(|(connection, _)| connection));
        self.read
    }
}

fn is_upgrade(head: &RequestHead) -> bool {
    head.headers.has_token("upgrade", "websocket")
        || head.headers.first("sec-websocket-key").is_some()
}

fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(&octets[..octets.len().min(MAX_BODY)]).into_owned()
}

/// The frames of both sides.
struct Frames {
    /// Client, server.
    sides: [Half; 2],
}

struct Half {
    decoder: Decoder,
    assembler: Assembler,
    /// Something was broken; the rest has no meaning.
    is_over: bool,
    /// The file does not show whether compression was agreed on.
    is_guessed: bool,
}

impl Frames {
    fn new(answer: Option<&Headers>) -> Self {
        let half = |receiver: wire::Side, inflater: Option<Inflater>| {
            let assembler = Assembler::new(receiver, MAX_MESSAGE);
            Half {
                decoder: Decoder::new(MAX_MESSAGE as u64),
                assembler: match inflater {
                    Some(inflater) => assembler.with_inflater(inflater),
                    None => assembler,
                },
                is_over: false,
                is_guessed: answer.is_none(),
            }
        };
        let inflaters = match answer {
            Some(answer) => [client_inflater(answer), Inflater::agreed(answer)],
            None => {
                [Some(Inflater::new(Unit::Message, true)), Some(Inflater::new(Unit::Message, true))]
            }
        };
        let [client, server] = inflaters;
        Self { sides: [half(wire::Side::Server, client), half(wire::Side::Client, server)] }
    }

    fn take(&mut self, chunk: &Chunk, connection: &mut Connection) {
        let half = &mut self.sides[usize::from(chunk.from == Side::Server)];
        if half.is_over {
            return;
        }
        half.decoder.push(&chunk.octets);
        let say = |connection: &mut Connection, what: MessageKind| {
            connection.said.push(SentMessage { at: Some(chunk.at), from: chunk.from, what });
        };
        loop {
            let frame = match half.decoder.next() {
                Ok(Some(decoded)) => decoded.frame,
                Ok(None) => return,
                Err(error) => {
                    half.is_over = true;
                    say(connection, MessageKind::Broken(error.to_string()));
                    return;
                }
            };
            let is_control = opcode::is_control(frame.opcode);
            match half.assembler.feed(frame) {
                Ok(None) => {}
                Ok(Some((message, _))) => {
                    if let Message::Binary(octets) | Message::Ping(octets) | Message::Pong(octets) =
                        &message
                    {
                        connection.hide(chunk.from, octets);
                    }
                    say(connection, shown(message));
                }
                // The context of compression was before the capture.
                Err(Violation::NotDeflated | Violation::InvalidUtf8) if half.is_guessed => {
                    half.is_over = true;
                    connection.tcp.lost = Some(chunk.from);
                    return;
                }
                Err(violation) => {
                    // Frames after a close are odd, and no reason to stop reading.
                    half.is_over = !is_control && violation != Violation::DataAfterClose;
                    say(connection, MessageKind::Broken(violation.to_string()));
                    if half.is_over {
                        return;
                    }
                }
            }
        }
    }
}

/// A message as it is shown.
fn shown(message: Message) -> MessageKind {
    match message {
        Message::Text(text) => MessageKind::Text(text),
        Message::Binary(octets) => MessageKind::Binary(octets.len()),
        Message::Ping(_) => MessageKind::Ping,
        Message::Pong(_) => MessageKind::Pong,
        Message::Close(close) => MessageKind::Close {
            code: close.as_ref().map(|close| close.code),
            reason: close.map(|close| close.reason).unwrap_or_default(),
        },
    }
}

/// The decompressor for messages of the client.
fn client_inflater(answer: &Headers) -> Option<Inflater> {
    Inflater::agreed(answer).map(|inflater| {
        let extensions = wire::Extension::list(answer);
        let resets =
            extensions.iter().any(|one| one.has(wire::deflate::CLIENT_NO_CONTEXT_TAKEOVER));
        Inflater::new(inflater.unit(), !resets)
    })
}

/// A connection of HTTP/2: the data of its streams that are WebSockets (RFC 8441). Heads are
/// compressed and are not read.
fn http2(chunks: &[Chunk], base: &Url) -> Read {
    let mut buffers = [Vec::new(), Vec::new()];
    let mut streams: Vec<(u32, Vec<Chunk>)> = Vec::new();
    for chunk in chunks {
        let buffer: &mut Vec<u8> = &mut buffers[usize::from(chunk.from == Side::Server)];
        buffer.extend_from_slice(&chunk.octets);
        if chunk.from == Side::Client && buffer.starts_with(b"PRI * HTTP/2.0") {
            if buffer.len() < 24 {
                continue;
            }
            buffer.drain(..24);
        }
        // RFC 9113 §4.1: length, type, flags, stream.
        while let [a, b, c, kind, flags, stream @ ..] = buffer.as_slice()
            && let Some((stream, rest)) = stream.split_first_chunk::<4>()
        {
            let length = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
            let stream = u32::from_be_bytes(*stream) & 0x7FFF_FFFF;
            let Some(payload) = rest.get(..length) else { break };
            if *kind == 0 && length > 0 {
                let padded = flags & 0x08 != 0;
                let padding = if padded { usize::from(payload[0]) + 1 } else { 0 };
                let data = payload
                    .get(
                        usize::from(padded)
                            ..length.saturating_sub(padding.saturating_sub(usize::from(padded))),
                    )
                    .unwrap_or_default();
                let one = Chunk { at: chunk.at, from: chunk.from, octets: data.to_vec() };
                match streams.iter_mut().find(|(id, _)| *id == stream) {
                    Some((_, list)) => list.push(one),
                    None => streams.push((stream, vec![one])),
                }
            }
            buffer.drain(..9 + length);
        }
    }
    let mut read = Read::default();
    for (_, chunks) in streams {
        if let Some(mut connection) = amid(&chunks, base) {
            connection.sight.beginning = true;
            connection.upgrade.status = Some(200);
            connection.upgrade.version = "HTTP/2".to_owned();
            read.connections.push(connection);
        }
    }
    read
}
