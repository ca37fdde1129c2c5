//! One connection of a recording's clients: says octets, sorts what it hears into messages.

use std::time::Duration;

use finesse_fake::FakeFinesse;
use futures_util::FutureExt as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wire::{
    Assembler, BodyKind, Decoder, Deflater, Frame, Inflater, Message, ResponseHead, Side, Stream,
    Trust, opcode,
};

const DEADLINE: Duration = Duration::from_secs(5);
const MASK: [u8; 4] = [1, 2, 3, 4];

pub(crate) struct Client {
    /// Gone once it was reset.
    stream: Option<Stream>,
    decoder: Option<(Decoder, Assembler)>,
    /// Compresses as the recorded client did.
    deflater: Deflater,
    /// Octets of an HTTP answer that is not complete.
    buffer: Vec<u8>,
    /// The method of the last request.
    method: String,
    pub(crate) heard: Vec<Heard>,
    pub(crate) read: u64,
    pub(crate) written: u64,
    /// The server has ended its half.
    pub(crate) ended: bool,
}

/// A message of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    Http {
        head: String,
        body: Vec<u8>,
    },
    Text(String),
    /// Of a recorded message only the beginning is known, and how many characters it had.
    Cut(String, usize),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>, String),
    Other(String),
}

impl Heard {
    /// Its text, if it is one for the client's stream.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            // An answer of BOSH.
            Self::Http { body, .. } if body.starts_with(b"<body ") => {
                std::str::from_utf8(body).ok()
            }
            _ => None,
        }
    }
}

impl Client {
    /// Connects; a forgetful client compresses each message by itself.
    pub(crate) async fn connect(
        fake: &FakeFinesse,
        sni: Option<&str>,
        forgetful: bool,
    ) -> Result<Self, String> {
        let trust = Trust::Insecure;
        let tls = fake.ca_pem().and(sni).map(|sni| (&trust, sni));
        let stream = wire::dial("127.0.0.1", fake.addr().port(), tls, DEADLINE).await;
        Ok(Self {
            stream: Some(stream.map_err(|error| error.to_string())?),
            decoder: None,
            deflater: Deflater::new(!forgetful),
            buffer: Vec::new(),
            method: "GET".to_owned(),
            heard: Vec::new(),
            read: 0,
            written: 0,
            ended: false,
        })
    }

    /// Sends octets; a server that has gone is no error, as in the recordings.
    pub(crate) async fn say(&mut self, octets: &[u8]) {
        if self.decoder.is_none() {
            let request = String::from_utf8_lossy(octets);
            self.method = request.split(' ').next().unwrap_or_default().to_owned();
        }
        let Some(stream) = &mut self.stream else { return };
        let sent = async {
            stream.write_all(octets).await?;
            stream.flush().await
        };
        if matches!(tokio::time::timeout(DEADLINE, sent).await, Ok(Ok(()))) {
            self.written += octets.len() as u64;
        }
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.say(&Frame::new(opcode::TEXT, text).masked(MASK).encode()).await;
    }

    pub(crate) async fn say_compressed(&mut self, text: &str) {
        let payload = self.deflater.compress(text.as_bytes());
        // RSV1 marks the message (RFC 7692 §6).
        let frame = Frame { rsv: 4, ..Frame::new(opcode::TEXT, payload) };
        self.say(&frame.masked(MASK).encode()).await;
    }

    pub(crate) async fn say_frame(&mut self, frame: Frame, mask: bool) {
        let frame = if mask { frame.masked(MASK) } else { frame };
        self.say(&frame.encode()).await;
    }

    /// Ends the client's half of the connection.
    pub(crate) async fn finish(&mut self) {
        if let Some(stream) = &mut self.stream {
            // The server may be gone.
            let _ = stream.shutdown().await;
        }
    }

    pub(crate) fn reset(&mut self) {
        if let Some(stream) = self.stream.take() {
            // Without the option the connection ends in order, which is an end too.
            let _ = stream.reset();
        }
        self.ended = true;
    }

    /// Takes what has come; false when nothing had.
    pub(crate) fn listen(&mut self) -> bool {
        let mut any = false;
        let mut octets = vec![0; 1 << 16];
        while let Some(stream) = self.stream.as_mut().filter(|_| !self.ended) {
            match stream.read(&mut octets).now_or_never() {
                None => break,
                Some(Ok(count @ 1..)) => {
                    any = true;
                    self.read += count as u64;
                    self.hear(&octets[..count]);
                }
                Some(_) => {
                    any = true;
                    self.ended = true;
                }
            }
        }
        any
    }

    fn hear(&mut self, octets: &[u8]) {
        if let Some((decoder, _)) = &mut self.decoder {
            decoder.push(octets);
            self.frames();
            return;
        }
        self.buffer.extend_from_slice(octets);
        loop {
            if !self.buffer.starts_with(b"HTTP/") && !self.buffer.is_empty() {
                self.heard.push(Heard::Other(format!("{:02x?}", std::mem::take(&mut self.buffer))));
                return;
            }
            let Ok(Some((head, used))) = ResponseHead::parse(&self.buffer) else { return };
            let length = match wire::http::response_body(&head, &self.method) {
                BodyKind::None => 0,
                BodyKind::Length(length) => usize::try_from(length).unwrap_or(usize::MAX),
                BodyKind::Chunked | BodyKind::UntilEof => self.buffer.len() - used,
            };
            let end = used.saturating_add(length);
            if end > self.buffer.len() {
                return;
            }
            let text =
                String::from_utf8_lossy(&self.buffer[..used]).trim_end().replace("\r\n", "\n");
            let body = self.buffer[used..end].to_vec();
            self.buffer.drain(..end);
            self.heard.push(Heard::Http { head: text, body });
            if head.status == 101 {
                let mut decoder = Decoder::new(1 << 30);
                decoder.push(&std::mem::take(&mut self.buffer));
                let assembler = Assembler::new(Side::Client, 1 << 30);
                // The recorder always kept its context, and so could read what Jetty should have
                // sent without.
                let assembler = match Inflater::agreed(&head.headers) {
                    Some(inflater) => assembler.with_inflater(Inflater::new(inflater.unit(), true)),
                    None => assembler,
                };
                self.decoder = Some((decoder, assembler));
                self.frames();
                return;
            }
        }
    }

    fn frames(&mut self) {
        let Some((decoder, assembler)) = &mut self.decoder else { return };
        while let Ok(Some(decoded)) = decoder.next() {
            self.heard.push(match assembler.feed(decoded.frame) {
                Ok(None) => continue,
                Ok(Some((Message::Text(text), _))) => Heard::Text(text),
                Ok(Some((Message::Ping(payload), _))) => Heard::Ping(payload),
                Ok(Some((Message::Pong(payload), _))) => Heard::Pong(payload),
                Ok(Some((Message::Close(Some(close)), _))) => {
                    Heard::Close(Some(close.code), close.reason)
                }
                Ok(Some((Message::Close(None), _))) => Heard::Close(None, String::new()),
                Ok(Some((Message::Binary(payload), _))) => Heard::Other(format!("{payload:?}")),
                Err(violation) => Heard::Other(violation.to_string()),
            });
        }
    }
}
