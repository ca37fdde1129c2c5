//! The client side of a WebSocket: connection, upgrade, text messages, pongs, close.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use wire::close::code;
use wire::handshake::{check_response, client_request};
use wire::net::{Stream, Trust, dial};
use wire::{Assembler, CloseFrame, Decoder, Frame, Message, ResponseHead, Side, accept, opcode};

use crate::{Deadlines, Error, Url};

/// The largest accepted message, in octets; lists of subscriptions and nodes can be long.
const LARGEST_MESSAGE: usize = 4 << 20;

/// The largest head of the upgrade response, in octets.
const LARGEST_HEAD: usize = 16 << 10;

/// Size of a read, in octets.
const CHUNK: usize = 4 << 10;

/// A connection, with a WebSocket after the upgrade.
pub(crate) struct WebSocket {
    stream: Stream,
    decoder: Decoder,
    assembler: Assembler,
    chunk: Box<[u8]>,
    /// Deadline for the answer to each request.
    within: Duration,
    is_open: bool,
}

impl WebSocket {
    pub(crate) async fn connect(
        url: &Url,
        trust: &Trust,
        deadlines: Deadlines,
    ) -> Result<Self, Error> {
        let tls = url.secure.then_some((trust, url.host.as_str()));
        Ok(Self {
            stream: dial(&url.host, url.port, tls, deadlines.connect).await?,
            decoder: Decoder::new(LARGEST_MESSAGE as u64),
            assembler: Assembler::new(Side::Client, LARGEST_MESSAGE),
            chunk: vec![0; CHUNK].into_boxed_slice(),
            within: deadlines.answer,
            is_open: false,
        })
    }

    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Whether the server accepted the upgrade.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// The deadline of a wait that begins now.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.within
    }

    /// Requests the upgrade (RFC 6455 §4.1); returns the response.
    pub(crate) async fn upgrade(&mut self, url: &Url) -> Result<ResponseHead, Error> {
        let request = client_request(&url.host, url.port, &url.path, &accept::fresh_key());
        self.write(&request.to_bytes()).await?;
        let until = self.deadline();
        let mut answer = Vec::new();
        let (head, used) = loop {
            let count = self.read(until).await?;
            answer.extend_from_slice(self.chunk.get(..count).unwrap_or_default());
            match ResponseHead::parse(&answer) {
                Ok(Some(parsed)) => break parsed,
                Ok(None) if answer.len() < LARGEST_HEAD => {}
                Ok(None) => {
                    return Err(Error::Unreadable(
                        "the head of the response does not end".to_owned(),
                    ));
                }
                Err(error) => {
                    return Err(Error::Unreadable(format!("the response is not HTTP: {error}")));
                }
            }
        };
        if let Err(fault) = check_response(&request, &head) {
            return Err(Error::Upgrade { fault, answer: Box::new(head) });
        }
        self.is_open = true;
        self.decoder.push(answer.get(used..).unwrap_or_default());
        Ok(head)
    }

    /// Sends a text message in one frame.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        self.frame(opcode::TEXT, text.into_bytes()).await
    }

    /// The next text message; answers pings meanwhile (RFC 6455 §5.5.2).
    pub(crate) async fn text(&mut self, until: Instant) -> Result<String, Error> {
        loop {
            let decoded = self.decoder.next();
            let Some(decoded) = decoded.map_err(|error| Error::Unreadable(error.to_string()))?
            else {
                let count = self.read(until).await?;
                self.decoder.push(self.chunk.get(..count).unwrap_or_default());
                continue;
            };
            let fed = self.assembler.feed(decoded.frame);
            match fed.map_err(|fault| Error::Unreadable(fault.to_string()))? {
                Some((Message::Text(text), _)) => return Ok(text),
                Some((Message::Ping(payload), _)) => self.frame(opcode::PONG, payload).await?,
                Some((Message::Close(close), _)) => {
                    return Err(Error::ClosedWebSocket(match close {
                        Some(close) if close.reason.is_empty() => format!("code {}", close.code),
                        Some(close) => format!("code {} {:?}", close.code, close.reason),
                        None => "without code".to_owned(),
                    }));
                }
                // RFC 7395 §3.2: messages are of the text type.
                Some((Message::Binary(_), _)) => {
                    return Err(Error::Unreadable("a binary message".to_owned()));
                }
                Some((Message::Pong(_), _)) | None => {}
            }
        }
    }

    /// Closes the WebSocket, as far as the server answers (RFC 6455 §7.1).
    pub(crate) async fn close(&mut self, until: Instant) -> Result<(), Error> {
        self.frame(opcode::CLOSE, CloseFrame::new(code::NORMAL, "").payload()).await?;
        while self.text(until).await.is_ok() {}
        Ok(())
    }

    /// Ends TLS and TCP.
    pub(crate) async fn shut_down(&mut self) {
        // The server may have closed already.
        let _ = self.stream.shutdown().await;
    }

    async fn frame(&mut self, opcode: u8, payload: Vec<u8>) -> Result<(), Error> {
        self.write(&Frame::new(opcode, payload).masked(accept::fresh_mask()).encode()).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        let until = self.deadline();
        let written = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        match timeout_at(until, written).await {
            Ok(written) => written.map_err(|cause| Error::Ended(Some(cause))),
            Err(_) => Err(Error::Silent(self.within)),
        }
    }

    /// Reads into the chunk; returns the number of octets.
    async fn read(&mut self, until: Instant) -> Result<usize, Error> {
        match timeout_at(until, self.stream.read(&mut self.chunk)).await {
            Ok(Ok(0)) => Err(Error::Ended(None)),
            Ok(Ok(count)) => Ok(count),
            Ok(Err(cause)) => Err(Error::Ended(Some(cause))),
            Err(_) => Err(Error::Silent(self.within)),
        }
    }
}
