//! A well-behaved client that says little: what the probe, the survey before a run and the sweep talk through.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use stanza::{Element, ns};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};
use wire::close::code;
use wire::handshake::{HandshakeFault, check_response, client_request};
use wire::net::{DialError, Stream, Trust, dial};
use wire::{Assembler, CloseFrame, Decoder, Frame, Message, ResponseHead, Side, accept, opcode};

use crate::url::Url;

/// For resolver, TCP and TLS together.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// For each answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);

/// For the farewell, which a server may leave unanswered.
const FAREWELL: Duration = Duration::from_secs(2);

/// Largest message taken, in octets: lists of subscriptions and nodes grow.
const LARGEST_MESSAGE: usize = 4 * 1024 * 1024;

/// Why a conversation came no further; each is one line.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// No connection.
    #[error("{0}")]
    Dial(#[from] DialError),
    /// It said nothing in time.
    #[error("no answer within {0:?}")]
    Silent(Duration),
    /// TCP ended.
    #[error("it ended the connection")]
    Ended,
    /// The WebSocket was closed.
    #[error("it closed the WebSocket, {0}")]
    ClosedWebSocket(String),
    /// The stream was closed.
    #[error("it closed the stream")]
    ClosedStream,
    /// A stream error, with its condition (RFC 6120 §4.9.3).
    #[error("stream error {0}")]
    StreamError(String),
    /// The upgrade was not granted, or not as it must be.
    #[error("{fault}")]
    Upgrade {
        /// The rule that the answer breaks.
        fault: HandshakeFault,
        /// The answer.
        answer: ResponseHead,
    },
    /// The login was refused, with the condition (RFC 6120 §6.5).
    #[error("login refused with {0}")]
    Login(String),
    /// A request was refused, with the condition (RFC 6120 §8.3.3).
    #[error("refused with {0}")]
    Stanza(String),
    /// What came cannot be read, or something is missing in it.
    #[error("{0}")]
    Odd(String),
}

/// A connection, and how far it came.
pub(crate) struct Client {
    stream: Stream,
    /// Octets of an answer that is not complete.
    buffer: Vec<u8>,
    decoder: Decoder,
    assembler: Assembler,
    upgraded: bool,
    requests: u32,
    within: Duration,
}

/// What a server said about itself when a stream was opened.
pub(crate) struct Opened {
    /// Its `<open/>`.
    pub(crate) open: Element,
    /// The stream features that followed.
    pub(crate) features: Element,
}

impl Client {
    /// Connects; deadlines are `patience` times as long as usual.
    pub(crate) async fn connect(url: &Url, trust: &Trust, patience: f64) -> Result<Self, Trouble> {
        let tls = url.secure.then_some((trust, url.host.as_str()));
        let stream = dial(&url.host, url.port, tls, CONNECT.mul_f64(patience)).await?;
        Ok(Self {
            stream,
            buffer: Vec::new(),
            decoder: Decoder::new(LARGEST_MESSAGE as u64),
            assembler: Assembler::new(Side::Client, LARGEST_MESSAGE),
            upgraded: false,
            requests: 0,
            within: ANSWER.mul_f64(patience),
        })
    }

    /// The connection.
    pub(crate) fn stream(&self) -> &Stream {
        &self.stream
    }

    /// Asks to switch to WebSocket (RFC 6455 §4.1); what the server answered.
    pub(crate) async fn upgrade(&mut self, url: &Url) -> Result<ResponseHead, Trouble> {
        let request = client_request(&url.host, url.port, &url.path, &accept::fresh_key());
        self.write(&request.to_bytes()).await?;
        let until = Instant::now() + self.within;
        let (head, used) = loop {
            match ResponseHead::parse(&self.buffer) {
                Ok(Some(parsed)) => break parsed,
                Ok(None) => self.read(until).await?,
                Err(error) => return Err(Trouble::Odd(format!("its answer is no HTTP: {error}"))),
            }
        };
        if let Err(fault) = check_response(&request, &head) {
            return Err(Trouble::Upgrade { fault, answer: head });
        }
        self.upgraded = true;
        self.decoder.push(self.buffer.get(used..).unwrap_or_default());
        self.buffer.clear();
        Ok(head)
    }

    /// Opens a stream to a domain (RFC 7395 §3.4) and takes the server's `<open/>`.
    pub(crate) async fn open(&mut self, to: &str) -> Result<Element, Trouble> {
        let open = Element::new(ns::FRAMING, "open").with_attr("to", to);
        self.say(&open.with_attr("version", "1.0")).await?;
        self.hear(|element| element.is(ns::FRAMING, "open")).await
    }

    /// Takes the stream features (RFC 6120 §4.3.2).
    pub(crate) async fn features(&mut self) -> Result<Element, Trouble> {
        self.hear(|element| element.is(ns::STREAMS, "features")).await
    }

    /// Logs in with SASL PLAIN (RFC 4616) and opens the stream that follows.
    pub(crate) async fn login(
        &mut self,
        domain: &str,
        user: &str,
        password: &str,
    ) -> Result<Opened, Trouble> {
        let auth = Element::new(ns::SASL, "auth").with_attr("mechanism", "PLAIN");
        let plain = STANDARD.encode(format!("\0{user}\0{password}"));
        self.say(&auth.with_text(plain)).await?;
        let outcome = self.hear(|element| element.name.ns == ns::SASL).await?;
        if !outcome.is(ns::SASL, "success") {
            let condition = outcome.children().find(|child| child.name.local != "text");
            return Err(Trouble::Login(named(condition.unwrap_or(&outcome))));
        }
        let open = self.open(domain).await?;
        Ok(Opened { open, features: self.features().await? })
    }

    /// Binds a resource, or one of the server's choice (RFC 6120 §7); the full JID.
    pub(crate) async fn bind(&mut self, resource: Option<&str>) -> Result<String, Trouble> {
        let mut bind = Element::new(ns::BIND, "bind");
        if let Some(resource) = resource {
            bind = bind.with_child(Element::new(ns::BIND, "resource").with_text(resource));
        }
        let answer = self.ask("set", None, bind).await?;
        let jid = answer.child(ns::BIND, "bind").and_then(|bind| bind.child(ns::BIND, "jid"));
        let jid = jid.map(Element::text).filter(|jid| !jid.is_empty());
        jid.ok_or_else(|| Trouble::Odd("its result names no JID".to_owned()))
    }

    /// Sends a request (RFC 6120 §8.2.3) and takes its result.
    pub(crate) async fn ask(
        &mut self,
        kind: &str,
        to: Option<&str>,
        child: Element,
    ) -> Result<Element, Trouble> {
        self.requests += 1;
        let id = format!("ask-{}", self.requests);
        let mut iq = Element::new(ns::CLIENT, "iq").with_attr("type", kind).with_attr("id", &id);
        if let Some(to) = to {
            iq = iq.with_attr("to", to);
        }
        self.say(&iq.with_child(child)).await?;
        let is_answer = |element: &Element| {
            element.name.local == "iq"
                && element.attr("id") == Some(&id)
                && matches!(element.attr("type"), Some("result" | "error"))
        };
        let answer = self.hear(is_answer).await?;
        if answer.attr("type") == Some("error") {
            let error = answer.children().find(|child| child.name.local == "error");
            let condition = error.and_then(|error| {
                error
                    .children()
                    .find(|child| child.name.ns == ns::STANZA_ERRORS && child.name.local != "text")
            });
            return Err(Trouble::Stanza(condition.map_or_else(|| "an error".to_owned(), named)));
        }
        Ok(answer)
    }

    /// Says one element.
    pub(crate) async fn say(&mut self, element: &Element) -> Result<(), Trouble> {
        self.frame(opcode::TEXT, stanza::print(element).into_bytes()).await
    }

    /// The next element that is wanted. Others are passed over, but for those that end the conversation; requests of the
    /// server are declined, for each awaits an answer (RFC 6120 §8.2.3).
    async fn hear(&mut self, is_wanted: impl Fn(&Element) -> bool) -> Result<Element, Trouble> {
        let until = Instant::now() + self.within;
        loop {
            let Message::Text(text) = self.message(until).await? else { continue };
            let element = stanza::parse(&text)
                .map_err(|error| Trouble::Odd(format!("what it says does not parse: {error}")))?;
            if is_wanted(&element) {
                return Ok(element);
            }
            if element.is(ns::STREAMS, "error") {
                let condition = element.children().find(|child| child.name.ns == ns::STREAM_ERRORS);
                return Err(Trouble::StreamError(
                    condition.map_or_else(|| "without condition".to_owned(), named),
                ));
            }
            if element.is(ns::FRAMING, "close") {
                return Err(Trouble::ClosedStream);
            }
            if let Some(answer) = declined(&element) {
                self.say(&answer).await?;
            }
        }
    }

    /// The next message; pings are answered on the way (RFC 6455 §5.5.2).
    async fn message(&mut self, until: Instant) -> Result<Message, Trouble> {
        loop {
            let decoded = self.decoder.next().map_err(|error| Trouble::Odd(error.to_string()))?;
            let Some(decoded) = decoded else {
                self.read(until).await?;
                self.decoder.push(&std::mem::take(&mut self.buffer));
                continue;
            };
            let fed = self.assembler.feed(decoded.frame);
            match fed.map_err(|fault| Trouble::Odd(fault.to_string()))? {
                Some((Message::Ping(payload), _)) => self.frame(opcode::PONG, payload).await?,
                Some((Message::Close(close), _)) => {
                    return Err(Trouble::ClosedWebSocket(match close {
                        Some(close) if close.reason.is_empty() => format!("code {}", close.code),
                        Some(close) => format!("code {} {:?}", close.code, close.reason),
                        None => "without code".to_owned(),
                    }));
                }
                Some((message, _)) => return Ok(message),
                None => (),
            }
        }
    }

    /// Closes stream, WebSocket and TCP, as far as the server goes along (RFC 7395 §3.6, RFC 6455 §7.1).
    pub(crate) async fn leave(mut self) {
        let until = Instant::now() + FAREWELL;
        let farewell = async {
            if self.upgraded {
                self.say(&Element::new(ns::FRAMING, "close")).await?;
                // Until the server's own, or the end.
                let _ = self.hear(|element| element.is(ns::FRAMING, "close")).await;
                self.frame(opcode::CLOSE, CloseFrame::new(code::NORMAL, "").payload()).await?;
                while self.message(until).await.is_ok() {}
            }
            // It may have gone first.
            let _ = self.stream.shutdown().await;
            Ok::<(), Trouble>(())
        };
        // What was to be learnt has been learnt.
        let _ = timeout_at(until, farewell).await;
    }

    async fn frame(&mut self, opcode: u8, payload: Vec<u8>) -> Result<(), Trouble> {
        self.write(&Frame::new(opcode, payload).masked(accept::fresh_mask()).encode()).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Trouble> {
        let within = self.within;
        let written = async {
            self.stream.write_all(octets).await?;
            self.stream.flush().await
        };
        match timeout_at(Instant::now() + within, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Trouble::Ended),
            Err(_) => Err(Trouble::Silent(within)),
        }
    }

    async fn read(&mut self, until: Instant) -> Result<(), Trouble> {
        match timeout_at(until, self.stream.read_buf(&mut self.buffer)).await {
            Ok(Ok(1..)) => Ok(()),
            Ok(_) => Err(Trouble::Ended),
            Err(_) => Err(Trouble::Silent(self.within)),
        }
    }
}

/// The answer to a request of the server; none for anything else.
fn declined(element: &Element) -> Option<Element> {
    let asks = matches!(element.attr("type"), Some("get" | "set"));
    if element.name.local != "iq" || !asks {
        return None;
    }
    let condition = Element::new(ns::STANZA_ERRORS, "service-unavailable");
    let error = Element::new(ns::CLIENT, "error").with_attr("type", "cancel").with_child(condition);
    let mut answer = Element::new(ns::CLIENT, "iq").with_attr("type", "error").with_child(error);
    for (from, to) in [("id", "id"), ("from", "to")] {
        if let Some(value) = element.attr(from) {
            answer = answer.with_attr(to, value);
        }
    }
    Some(answer)
}

fn named(element: &Element) -> String {
    element.name.local.clone()
}
