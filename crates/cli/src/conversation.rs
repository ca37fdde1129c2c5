//! A well-behaved client that says little: it opens, logs in, asks, and leaves. For what is done beside the cases, and stands in
//! no transcript.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use stanza::{Element, ns};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use wire::close::code;
use wire::handshake::{check_response, client_request};
use wire::net::Stream;
use wire::{Assembler, CloseFrame, Decoder, Frame, Message, ResponseHead, Side, accept, opcode};

use crate::url::Url;

/// For the farewell, which a server may leave unanswered.
const FAREWELL: Duration = Duration::from_secs(2);

/// Largest message taken from a server, in octets. One that refuses what was published may send it back.
const LARGEST_MESSAGE: usize = 1024 * 1024;

/// One connection of it. Errors are one line each. Nothing in it waits with a deadline but [`Conversation::leave`].
pub(crate) struct Conversation {
    stream: Stream,
    /// Octets of an answer that is not complete.
    buffer: Vec<u8>,
    decoder: Decoder,
    assembler: Assembler,
    upgraded: bool,
    /// How many requests were made; their ids count them.
    requests: u32,
}

impl Conversation {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
            decoder: Decoder::new(LARGEST_MESSAGE as u64),
            assembler: Assembler::new(Side::Client, LARGEST_MESSAGE),
            upgraded: false,
            requests: 0,
        }
    }

    /// Opens a stream to `domain` (RFC 7395 §3.4); the domain that the server says it is, if it does.
    pub(crate) async fn open(&mut self, domain: &str) -> Result<Option<String>, String> {
        let open = Element::new(ns::FRAMING, "open").with_attr("to", domain);
        self.say(&open.with_attr("version", "1.0")).await?;
        let open = self.await_element(|element| element.is(ns::FRAMING, "open")).await?;
        Ok(open.attr("from").filter(|from| !from.is_empty()).map(str::to_owned))
    }

    /// Logs in by SASL PLAIN (RFC 4616) on a stream that is open, opens the next, and binds a resource of the server's
    /// choice (RFC 6120 §7.6).
    pub(crate) async fn log_in(
        &mut self,
        domain: &str,
        user: &str,
        password: &str,
    ) -> Result<(), String> {
        self.await_element(|element| element.is(ns::STREAMS, "features")).await?;
        let response = BASE64_STANDARD.encode(format!("\0{user}\0{password}"));
        let auth = Element::new(ns::SASL, "auth").with_attr("mechanism", "PLAIN");
        self.say(&auth.with_text(response)).await?;
        let answer = self.await_element(|element| element.name.ns == ns::SASL).await?;
        if !answer.is(ns::SASL, "success") {
            let why = answer.children().next().map_or("failure", |child| &child.name.local);
            return Err(format!("login refused: {why}"));
        }
        self.open(domain).await?;
        self.await_element(|element| element.is(ns::STREAMS, "features")).await?;
        self.request("set", None, Element::new(ns::BIND, "bind")).await?;
        Ok(())
    }

    /// Sends an iq and waits for its result (RFC 6120 §8.2.3); an error is the condition that stands in it.
    pub(crate) async fn request(
        &mut self,
        kind: &str,
        to: Option<&str>,
        payload: Element,
    ) -> Result<Element, String> {
        self.requests += 1;
        let id = format!("lab-{}", self.requests);
        let mut iq =
            Element::new(ns::CLIENT, "iq").with_attr("type", kind).with_attr("id", id.as_str());
        if let Some(to) = to {
            iq = iq.with_attr("to", to);
        }
        self.say(&iq.with_child(payload)).await?;
        let is_answer =
            |element: &Element| element.name.local == "iq" && element.attr("id") == Some(&id);
        let answer = self.await_element(is_answer).await?;
        if answer.attr("type") == Some("result") {
            return Ok(answer);
        }
        let error = answer.child(ns::CLIENT, "error");
        let conditions = error.into_iter().flat_map(Element::children);
        let names: Vec<&str> = conditions.map(|condition| condition.name.local.as_str()).collect();
        Err(format!("error {}", names.join(" ")))
    }

    /// The next element of that kind. Others are passed over, but for what ends the stream.
    async fn await_element(&mut self, is_it: impl Fn(&Element) -> bool) -> Result<Element, String> {
        loop {
            let Message::Text(text) = self.hear().await? else { continue };
            let element = stanza::parse(&text).map_err(|error| format!("its answer: {error}"))?;
            if is_it(&element) {
                return Ok(element);
            }
            if element.is(ns::STREAMS, "error") {
                let condition = element.children().find(|child| child.name.ns == ns::STREAM_ERRORS);
                let condition = condition.map_or("without condition", |child| &child.name.local);
                return Err(format!("stream error {condition}"));
            }
            if element.is(ns::FRAMING, "close") {
                return Err("it closed the stream".to_owned());
            }
        }
    }

    /// Asks for WebSocket with the subprotocol of XMPP (RFC 6455 §4.1, RFC 7395 §3.1).
    pub(crate) async fn upgrade(&mut self, url: &Url) -> Result<(), String> {
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
    pub(crate) async fn leave(mut self) {
        let farewell = async {
            if self.upgraded {
                self.say(&Element::new(ns::FRAMING, "close")).await?;
                self.frame(opcode::CLOSE, CloseFrame::new(code::NORMAL, "").payload()).await?;
                // Until the server's own close, or the end.
                while self.hear().await.is_ok() {}
            }
            self.stream.shutdown().await.map_err(|error| error.to_string())
        };
        // A server that does not answer a farewell has done its part all the same.
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
