//! One connection before a run, to learn what a server says of itself: its XMPP domain, or its public key.

use std::time::Duration;

use stanza::{Element, ns};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use wire::close::code;
use wire::handshake::{check_response, client_request};
use wire::net::{Stream, Trust, dial};
use wire::{
    Assembler, CloseFrame, Decoder, Frame, Message, ResponseHead, Side, SpkiPin, accept, opcode,
};

use crate::access::Access;
use crate::url::Url;

/// For everything together, from the resolver to the answer.
const DEADLINE: Duration = Duration::from_secs(15);

/// For the farewell, which a server may leave unanswered.
const FAREWELL: Duration = Duration::from_secs(2);

/// Largest message taken from a server that has not said who it is, in octets.
const LARGEST_MESSAGE: usize = 64 * 1024;

/// Why a server did not say what was asked; each is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProbeError {
    /// There is no connection, with what to do about it.
    #[error("{0}")]
    Unreachable(String),
    /// There is one, and the server did not tell its domain.
    #[error(
        "the server does not tell its XMPP domain ({0}): write `domain = \"…\"` into the target's file"
    )]
    NoDomain(String),
}

/// The domain in the `from` of the server's first `<open/>` (RFC 7395 §3.4), asked for by its host name.
///
/// # Errors
///
/// No connection, or no domain.
pub async fn domain(access: &Access) -> Result<String, ProbeError> {
    let url = Url::parse(&access.url).map_err(ProbeError::Unreachable)?;
    let tls = url.secure.then_some((&access.trust, url.host.as_str()));
    let stream = connect(&url.host, url.port, tls).await?;
    let mut conversation = Conversation::new(stream);
    let asked = timeout_at(Instant::now() + DEADLINE, conversation.ask(&url)).await;
    let domain = asked
        .unwrap_or_else(|_| Err(format!("no answer within {DEADLINE:?}")))
        .map_err(ProbeError::NoDomain);
    conversation.leave().await;
    domain
}

/// The pin of a server's public key.
///
/// # Errors
///
/// No connection over TLS.
pub async fn pin(host: &str, port: u16) -> Result<SpkiPin, ProbeError> {
    let mut stream = connect(host, port, Some((&Trust::Insecure, host))).await?;
    let pin = stream.tls_facts().and_then(|facts| facts.peer_pin);
    // The server may have gone first.
    let _ = stream.shutdown().await;
    pin.ok_or_else(|| ProbeError::Unreachable(format!("{host}:{port} shows no certificate")))
}

async fn connect(host: &str, port: u16, tls: Option<(&Trust, &str)>) -> Result<Stream, ProbeError> {
    dial(host, port, tls, DEADLINE).await.map_err(|error| {
        let hint = error.hint().map_or_else(String::new, |hint| format!("; {hint}"));
        ProbeError::Unreachable(format!("{error}{hint}"))
    })
}

/// A well-behaved client that says little.
struct Conversation {
    stream: Stream,
    /// Octets of an answer that is not complete.
    buffer: Vec<u8>,
    decoder: Decoder,
    assembler: Assembler,
    upgraded: bool,
}

impl Conversation {
    fn new(stream: Stream) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            decoder: Decoder::new(LARGEST_MESSAGE as u64),
            assembler: Assembler::new(Side::Client, LARGEST_MESSAGE),
            upgraded: false,
        }
    }

    async fn ask(&mut self, url: &Url) -> Result<String, String> {
        self.upgrade(url).await?;
        let host = url.host.trim_matches(['[', ']']);
        let open = Element::new(ns::FRAMING, "open").with_attr("to", host);
        self.say(&open.with_attr("version", "1.0")).await?;
        loop {
            let Message::Text(text) = self.hear().await? else { continue };
            let element = stanza::parse(&text).map_err(|error| format!("its answer: {error}"))?;
            if element.is(ns::STREAMS, "error") {
                let condition = element.children().find(|child| child.name.ns == ns::STREAM_ERRORS);
                let condition = condition.map_or("without condition", |child| &child.name.local);
                return Err(format!("stream error {condition}"));
            }
            if element.is(ns::FRAMING, "close") {
                return Err("it closed the stream".to_owned());
            }
            if element.is(ns::FRAMING, "open") {
                let from = element.attr("from").filter(|from| !from.is_empty());
                return from.map(str::to_owned).ok_or_else(|| "its <open/> has no from".to_owned());
            }
        }
    }

    async fn upgrade(&mut self, url: &Url) -> Result<(), String> {
        let request = client_request(&url.host, url.port, &url.path, &accept::fresh_key());
        self.write(&request.to_bytes()).await?;
        let (head, used) = loop {
            match ResponseHead::parse(&self.buffer) {
                Ok(Some(parsed)) => break parsed,
                Ok(None) => self.read().await?,
                Err(error) => return Err(format!("its answer to the upgrade: {error}")),
            }
        };
        check_response(&request, &head)
            .map_err(|fault| format!("its answer to the upgrade: {fault}"))?;
        self.upgraded = true;
        self.decoder.push(self.buffer.get(used..).unwrap_or_default());
        self.buffer.clear();
        Ok(())
    }

    /// The next message; pings are answered on the way (RFC 6455 §5.5.2).
    async fn hear(&mut self) -> Result<Message, String> {
        loop {
            let decoded = self.decoder.next().map_err(|error| error.to_string())?;
            let Some(decoded) = decoded else {
                self.read().await?;
                self.decoder.push(&std::mem::take(&mut self.buffer));
                continue;
            };
            let fed = self.assembler.feed(decoded.frame).map_err(|fault| fault.to_string())?;
            match fed {
                Some((Message::Ping(payload), _)) => self.frame(opcode::PONG, payload).await?,
                Some((Message::Close(_), _)) => return Err("it closed the WebSocket".to_owned()),
                Some((message, _)) => return Ok(message),
                None => (),
            }
        }
    }

    /// Closes stream, WebSocket and TCP, as far as the server goes along (RFC 7395 §3.6, RFC 6455 §7.1).
    async fn leave(mut self) {
        let farewell = async {
            if self.upgraded {
                self.say(&Element::new(ns::FRAMING, "close")).await?;
                self.frame(opcode::CLOSE, CloseFrame::new(code::NORMAL, "").payload()).await?;
                // Until the server's own close, or the end.
                while self.hear().await.is_ok() {}
            }
            self.stream.shutdown().await.map_err(|error| error.to_string())
        };
        // A server that does not answer a farewell has told its domain all the same.
        let _ = timeout_at(Instant::now() + FAREWELL, farewell).await;
    }

    async fn say(&mut self, element: &Element) -> Result<(), String> {
        self.frame(opcode::TEXT, stanza::print(element).into_bytes()).await
    }

    async fn frame(&mut self, opcode: u8, payload: Vec<u8>) -> Result<(), String> {
        // RFC 6455 §5.3: a key that cannot be foreseen.
        let mut key = [0; 4];
        for (octet, fresh) in key.iter_mut().zip(accept::fresh_key().into_bytes()) {
            *octet = fresh;
        }
        self.write(&Frame::new(opcode, payload).masked(key).encode()).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), String> {
        let written = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        written.await.map_err(|error| error.to_string())
    }

    async fn read(&mut self) -> Result<(), String> {
        match self.stream.read_buf(&mut self.buffer).await {
            Ok(0) => Err("it ended the connection".to_owned()),
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
    }
}
