//! A session: bound, present, and open for requests and events.

use std::collections::VecDeque;
use std::pin::Pin;
use std::time::Duration;

use stanza::{Element, ns};
use tokio::time::Instant;

use crate::login::{closed, login, stream_condition};
use crate::misreading::misjudge;
use crate::requests::{answer, condition, is_pending, other_caps, ping, subscription};
use crate::transport::Transport;
use crate::{Config, Error, Event, Fault};

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// How long the connection may be silent before the server is asked whether it is there (as the
/// vendor's desktop does).
const PING: Duration = Duration::from_secs(10);

/// How many pings in a row may stay without an answer.
const PINGS: u32 = 2;

/// Longer than any connection lives.
const FOREVER: Duration = Duration::from_secs(1 << 30);

/// How long the server may take to close its half of the stream.
const CLOSE: Duration = Duration::from_secs(2);

/// The first of two things to happen.
pub(crate) enum EventOr<T> {
    /// An event.
    Event(Event),
    /// Something else is done.
    Other(T),
}

/// A session on the server.
pub struct Session {
    socket: Transport,
    config: Config,
    jid: String,
    events: VecDeque<Event>,
    /// When something last came.
    heard: Instant,
    /// Pings since then.
    pings: u32,
    /// Nodes that it is subscribed to, and events so far, for faults.
    nodes: Vec<String>,
    seen: usize,
}

impl Session {
    /// Connects, logs in, binds and sends presence.
    ///
    /// # Errors
    ///
    /// The reason why it cannot; [`Error::is_final`] says whether another try makes sense.
    pub async fn login(config: &Config) -> Result<Self, Error> {
        let mut socket = Transport::open(config).await?;
        let jid = match login(&mut socket, config).await {
            Ok(jid) => jid,
            Err(error) => {
                leave(&mut socket, &error, config).await;
                return Err(error);
            }
        };
        let mut session = Self {
            socket,
            config: config.clone(),
            jid,
            events: VecDeque::new(),
            heard: Instant::now(),
            pings: 0,
            nodes: Vec::new(),
            seen: 0,
        };
        session.announce().await?;
        Ok(session)
    }

    /// The full JID that the server has given.
    pub fn jid(&self) -> &str {
        &self.jid
    }

    /// Subscribes to a node, with the JID that the server has given (XEP-0060 §6.1.1).
    ///
    /// # Errors
    ///
    /// The service refuses, or the connection is lost.
    pub async fn subscribe(&mut self, node: &str) -> Result<(), Error> {
        let asked = format!("{}@{}/{}", self.config.user, self.config.domain, self.config.resource);
        let jid = match self.config.fault {
            Some(Fault::OwnJid) => &asked,
            Some(Fault::BareSubscription) => bare(&self.jid),
            _ => &self.jid,
        };
        let iq = subscription("subscribe", &self.config.pubsub, node, jid);
        self.nodes.push(node.to_owned());
        self.request("subscribe", node, &iq).await
    }

    /// Ends the subscription to a node (XEP-0060 §6.2.1).
    ///
    /// # Errors
    ///
    /// The service refuses, or the connection is lost.
    pub async fn unsubscribe(&mut self, node: &str) -> Result<(), Error> {
        let jid = match self.config.has(Fault::OtherSubscription) {
            true => bare(&self.jid),
            false => &self.jid,
        };
        let iq = subscription("unsubscribe", &self.config.pubsub, node, jid);
        self.request("unsubscribe", node, &iq).await
    }

    /// The next event. None when there is none yet and `until` has passed.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub async fn next_until(&mut self, until: Instant) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(Some(event));
            }
            if Instant::now() >= until {
                return Ok(None);
            }
            if let Some(stanza) = self.stanza(until).await? {
                self.deal_with(&stanza).await?;
            }
        }
    }

    /// The next event, unless something else is done before.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub(crate) async fn next_or<T>(
        &mut self,
        mut other: Pin<&mut (impl Future<Output = T> + ?Sized)>,
    ) -> Result<EventOr<T>, Error> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Ok(EventOr::Event(event));
            }
            let stanza = tokio::select! {
                biased;
                done = &mut other => return Ok(EventOr::Other(done)),
                stanza = self.stanza(Instant::now() + PING) => stanza?,
            };
            if let Some(stanza) = stanza {
                self.deal_with(&stanza).await?;
            }
        }
    }

    /// The next event, however long it takes. Never none.
    ///
    /// # Errors
    ///
    /// The connection is lost.
    pub async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            let event = self.next_until(Instant::now() + PING).await?;
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    /// Leaves in order: unavailable, `<close/>`, WebSocket, TCP (RFC 6121 §4.5.1, RFC 7395 §3.6).
    /// Gives the events that were on their way.
    pub async fn sign_out(mut self) -> VecDeque<Event> {
        if self.config.has(Fault::DropTcp) {
            return VecDeque::new();
        }
        if !self.config.has(Fault::CloseWebSocketOnly) {
            let gone = Element::new(ns::CLIENT, "presence").with_attr("type", "unavailable");
            let close = stanza::print(&Element::new(ns::FRAMING, "close"));
            // A connection that breaks now has been left as well.
            if !self.config.has(Fault::NoGoodbye) {
                let _ = self.socket.send(stanza::print(&gone)).await;
            }
            let _ = self.socket.send(close).await;
            let until = Instant::now() + CLOSE;
            // Events that were on their way still count (RFC 6120 §4.4), the answer is `<close/>`.
            while let Ok(Some(stanza)) = self.stanza(until).await {
                if self.deal_with(&stanza).await.is_err() {
                    break;
                }
            }
        }
        self.socket.close().await;
        if self.config.has(Fault::DropPending) { VecDeque::new() } else { self.events }
    }

    /// The first presence, with a priority that is not negative: with less, events go missing (RFC
    /// 6121 §8.5.2.1.1).
    async fn announce(&mut self) -> Result<(), Error> {
        if self.config.has(Fault::NoPresence) {
            return Ok(());
        }
        let priority = if self.config.has(Fault::PriorityNegative) { "-1" } else { "0" };
        let mut presence = Element::new(ns::CLIENT, "presence")
            .with_child(Element::new(ns::CLIENT, "priority").with_text(priority));
        if self.config.has(Fault::WrongCaps) {
            presence = presence.with_child(other_caps());
        }
        self.socket.send(stanza::print(&presence)).await?;
        if self.config.has(Fault::BlankKeepalive) {
            self.socket.send(" ".to_owned()).await?;
        }
        Ok(())
    }

    /// Sends a request and waits for the answer with its id. Everything else is dealt with on the
    /// way.
    async fn request(&mut self, what: &'static str, node: &str, iq: &Element) -> Result<(), Error> {
        self.socket.send(stanza::print(iq)).await?;
        let within = if self.config.has(Fault::WaitForever) { FOREVER } else { ANSWER };
        let until = Instant::now() + within;
        while Instant::now() < until {
            let Some(stanza) = self.stanza(until).await? else { continue };
            // Ids can be guessed, and any account can send an answer.
            let is_theirs = stanza.attr("from") == iq.attr("to");
            let is_answer = stanza.is(ns::CLIENT, "iq")
                && (is_theirs || self.config.has(Fault::TrustAnySender))
                && (stanza.attr("id") == iq.attr("id") || self.config.has(Fault::AnyAnswer))
                && matches!(stanza.attr("type"), Some("result" | "error"));
            if !is_answer {
                self.deal_with(&stanza).await?;
                continue;
            }
            let is_error = stanza.attr("type") == Some("error");
            if is_error && !self.config.has(Fault::IgnoreRefusals) {
                let condition = condition(&stanza);
                return Err(Error::Request { what, node: node.to_owned(), condition });
            }
            if self.config.has(Fault::ChokeOnPending) && is_pending(&stanza) {
                let error = Error::Message("a subscription that is none".to_owned());
                leave(&mut self.socket, &error, &self.config).await;
                return Err(error);
            }
            return Ok(());
        }
        Err(Error::Timeout(what))
    }

    /// The next event, until a moment. A server that is silent for long is asked whether it is
    /// there.
    async fn stanza(&mut self, until: Instant) -> Result<Option<Element>, Error> {
        let now = Instant::now();
        let ping_every = match self.config.has(Fault::NoPings) {
            true => FOREVER,
            false => self.config.ping_every.unwrap_or(PING),
        };
        let quiet = self.heard + ping_every * (self.pings + 1);
        let wait = until.min(quiet).saturating_duration_since(now);
        match tokio::time::timeout(wait, self.socket.next()).await {
            Ok(Ok(element)) => {
                (self.heard, self.pings) = (Instant::now(), 0);
                Ok(Some(element))
            }
            Ok(Err(error)) => Err(error),
            Err(_) if Instant::now() < quiet => Ok(None),
            Err(_) if self.pings == PINGS => Err(Error::Timeout("pings")),
            Err(_) => {
                self.pings += 1;
                let ping = ping(&self.config.domain);
                self.socket.send(stanza::print(&ping)).await?;
                Ok(None)
            }
        }
    }

    /// Refuses presence with unknown content, for [`Fault::RefuseContent`].
    async fn refuse_content(&mut self, stanza: &Element) -> Result<(), Error> {
        let known = |child: &Element| matches!(child.name.ns.as_str(), ns::CLIENT | ns::CAPS);
        let is_strange = stanza.is(ns::CLIENT, "presence") && !stanza.children().all(known);
        if !is_strange || !self.config.has(Fault::RefuseContent) {
            return Ok(());
        }
        let to = stanza.attr("from").unwrap_or_default();
        let refusal = Element::new(ns::CLIENT, "presence").with_attr("type", "error");
        self.socket.send(stanza::print(&refusal.with_attr("to", to))).await
    }

    /// Answers requests, keeps events, and ends what the server ends.
    async fn deal_with(&mut self, stanza: &Element) -> Result<(), Error> {
        if stanza.is(ns::STREAMS, "error") && self.config.has(Fault::PassErrors) {
            return Ok(());
        }
        self.refuse_content(stanza).await?;
        let error = if stanza.is(ns::STREAMS, "error") {
            Error::Stream(stream_condition(stanza))
        } else if stanza.is(ns::FRAMING, "close") {
            closed(stanza)
        } else if is_foreign(stanza) && !self.config.has(Fault::AnyContent) {
            // RFC 6120 §4.8.3.
            Error::Framing(stanza.name.ns.clone())
        } else {
            let is_request = matches!(stanza.attr("type"), Some("get" | "set"))
                || self.config.has(Fault::AnswerAnswers);
            if stanza.is(ns::CLIENT, "iq") && is_request && !self.config.has(Fault::SilentPing) {
                self.socket.send(stanza::print(&answer(stanza, self.config.fault))).await?;
            }
            // RFC 6121 §3.1.4: whether somebody may see our presence is for people to say.
            let asks =
                stanza.is(ns::CLIENT, "presence") && stanza.attr("type") == Some("subscribe");
            if asks && self.config.has(Fault::ApproveAnybody) {
                let to = stanza.attr("from").unwrap_or_default();
                let yes = Element::new(ns::CLIENT, "presence").with_attr("type", "subscribed");
                self.socket.send(stanza::print(&yes.with_attr("to", to))).await?;
            }
            let trusted = match stanza.attr("from") {
                Some(anybody) if self.config.has(Fault::TrustAnySender) => anybody,
                _ => &self.config.pubsub,
            };
            let mut events = Event::of(stanza, trusted);
            if stanza.attr("from").is_none() && self.config.has(Fault::TrustNobody) {
                events = Event::of(&stanza.clone().with_attr("from", trusted), trusted);
            }
            match misjudge(events, stanza, self.config.fault, &self.nodes, &mut self.seen) {
                Ok(events) => {
                    self.events.extend(events);
                    return Ok(());
                }
                Err(error) => error,
            }
        };
        leave(&mut self.socket, &error, &self.config).await;
        Err(error)
    }
}

/// Whether an element is a stanza by its name, and not by its namespace.
fn is_foreign(element: &Element) -> bool {
    let is_named_so = matches!(element.name.local.as_str(), "iq" | "message" | "presence");
    is_named_so && element.name.ns != ns::CLIENT
}

/// A JID without its resource.
fn bare(jid: &str) -> &str {
    jid.split('/').next().unwrap_or(jid)
}

/// Ends a connection on which the server has ended the stream, or that is no good (RFC 7395 §3.5,
/// §3.6).
async fn leave(socket: &mut Transport, error: &Error, config: &Config) {
    if config.has(Fault::IgnoreClose) && matches!(error, Error::Closed) {
        return;
    }
    if config.has(Fault::DropOnError) && matches!(error, Error::Stream(_)) {
        return;
    }
    // RFC 7395 §3.3.2, RFC 6120 §4.7.5.
    let condition = match error {
        Error::Framing(_) => Some("invalid-namespace"),
        Error::Version(_) => Some("unsupported-version"),
        _ => None,
    };
    if let Some(condition) = condition {
        let condition = Element::new(ns::STREAM_ERRORS, condition);
        let error = Element::new(ns::STREAMS, "error").with_child(condition);
        let _ = socket.send(stanza::print(&error)).await;
    }
    if !matches!(error, Error::Io(_) | Error::WebSocket(_) | Error::Timeout(_)) {
        // A connection that breaks now has been left as well.
        let _ = socket.send(stanza::print(&Element::new(ns::FRAMING, "close"))).await;
    }
    socket.close().await;
}
