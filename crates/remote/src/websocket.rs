//! The client side of a WebSocket: connection, upgrade, text messages, pongs, close.

use tokio::time::Instant;
use wire::close::code;
use wire::handshake::{check_response, client_request};
use wire::net::{Stream, Trust};
use wire::{Assembler, CloseFrame, Decoder, Frame, Message, ResponseHead, Side, accept, opcode};

use crate::connection::Connection;
use crate::{Deadlines, Error, Url};

/// The largest accepted message, in octets; lists of subscriptions and nodes can be long.
const LARGEST_MESSAGE: usize = 4 << 20;

/// A connection, with a WebSocket after the upgrade.
pub(crate) struct WebSocket {
    connection: Connection,
    decoder: Decoder,
    assembler: Assembler,
    is_open: bool,
}

impl WebSocket {
    pub(crate) async fn connect(
        url: &Url,
        trust: &Trust,
        deadlines: Deadlines,
    ) -> Result<Self, Error> {
        Ok(Self {
            connection: Connection::connect(url, trust, deadlines).await?,
            decoder: Decoder::new(LARGEST_MESSAGE as u64),
            assembler: Assembler::new(Side::Client, LARGEST_MESSAGE),
            is_open: false,
        })
    }

    pub(crate) fn stream(&self) -> &Stream {
        self.connection.stream()
    }

    /// Whether the server accepted the upgrade.
    pub(crate) fn is_open(&self) -> bool {
        self.is_open
    }

    /// The deadline of a wait that begins now.
    pub(crate) fn deadline(&self) -> Instant {
        self.connection.deadline()
    }

    /// Requests the upgrade (RFC 6455 §4.1), with this `User-Agent`; returns the response.
    pub(crate) async fn upgrade(
        &mut self,
        url: &Url,
        agent: Option<&str>,
    ) -> Result<ResponseHead, Error> {
        let mut request = client_request(&url.host, url.port, &url.path, &accept::fresh_key());
        let agent = agent.map(|agent| ("User-Agent".to_owned(), agent.to_owned()));
        request.headers.0.extend(agent);
        self.connection.write(&request.to_bytes()).await?;
        let until = self.deadline();
        let mut received = Vec::new();
        let head = self.connection.head(until, &mut received).await?;
        if let Err(fault) = check_response(&request, &head) {
            return Err(Error::Upgrade { fault, answer: Box::new(head) });
        }
        self.is_open = true;
        self.decoder.push(&received);
        Ok(head)
    }

    /// Sends a text message in one frame.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        self.frame(opcode::TEXT, text.into_bytes()).await
    }

    /// The next text message; answers pings meanwhile (RFC 6455 §5.5.2). A server that never stops
    /// talking does not put the deadline off.
    pub(crate) async fn text(&mut self, until: Instant) -> Result<String, Error> {
        loop {
            self.connection.in_time(until)?;
            let decoded = self.decoder.next();
            let Some(decoded) = decoded.map_err(|error| Error::Unreadable(error.to_string()))?
            else {
                match self.connection.read(until).await? {
                    [] => return Err(Error::Ended(None)),
                    octets => self.decoder.push(octets),
                }
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
        self.connection.shut_down().await;
    }

    async fn frame(&mut self, opcode: u8, payload: Vec<u8>) -> Result<(), Error> {
        let frame = Frame::new(opcode, payload).masked(accept::fresh_mask());
        self.connection.write(&frame.encode()).await
    }
}
