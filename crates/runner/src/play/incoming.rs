//! Messages of the other side, as they come off a connection.

use stanza::{Element, ns};
use tokio::time::Instant;
use transcript::Side;
use wire::{Frame, Message, RequestHead, ResponseHead, Violation};

/// Something that came, and when.
pub(crate) struct Received {
    pub(crate) incoming: Incoming,
    /// The sender.
    pub(crate) who: Side,
    /// When it had come in full.
    pub(crate) at: Instant,
    /// How many octets it took.
    pub(crate) octets: usize,
    /// The octets themselves, to be handed on.
    pub(crate) raw: Vec<u8>,
    /// Its place in the transcript, if it was noted as it came.
    pub(crate) noted: Option<usize>,
    /// Whether a client under test only answers with it what the fake asks by timer (rule N25): no
    /// step fails by that, and it breaks no silence.
    pub(crate) is_routine: bool,
    /// The answer to it that was sent for the case: a pong, the echo of a close, the answer to a
    /// timer query.
    pub(crate) answer: Option<Answer>,
}

/// An answer that the case does not spell out.
pub(crate) struct Answer {
    pub(crate) message: Message,
    pub(crate) at: Instant,
    /// How many octets it took.
    pub(crate) octets: usize,
}

/// The kinds of messages.
pub(crate) enum Incoming {
    /// An HTTP request with its body.
    Request { head: RequestHead, body: Vec<u8> },
    /// An HTTP response with its body.
    Response { head: ResponseHead, body: Vec<u8> },
    /// Octets that are neither HTTP nor a frame.
    Garbage { octets: Vec<u8> },
    /// A WebSocket message.
    Message {
        message: Message,
        /// In how many frames it came.
        fragments: u32,
        /// The frame, when it came in one.
        frame: Option<Frame>,
        /// The element in it, when it is text and parses (RFC 7395 §3.3.3).
        element: Option<Element>,
    },
    /// A frame that breaks RFC 6455 §5.
    BadFrame {
        frame: Frame,
        /// The rule it breaks.
        violation: Violation,
    },
    /// TCP ended.
    Eof,
    /// TCP was reset.
    Reset,
}

impl Received {
    /// Something that happened, and took no octets.
    pub(crate) fn new(incoming: Incoming, who: Side, at: Instant) -> Self {
        Self {
            incoming,
            who,
            at,
            octets: 0,
            raw: Vec::new(),
            noted: None,
            is_routine: false,
            answer: None,
        }
    }
}

impl Incoming {
    /// The element of a text message.
    pub(crate) fn element(&self) -> Option<&Element> {
        match self {
            Self::Message { element, .. } => element.as_ref(),
            _ => None,
        }
    }

    /// Whether nothing can be said on the connection after this: a WebSocket close, or the end of
    /// TCP.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self, Self::Message { message: Message::Close(_), .. } | Self::Eof | Self::Reset)
    }

    /// RFC 6455 §5.5.3.
    pub(crate) fn is_pong(&self) -> bool {
        matches!(self, Self::Message { message: Message::Pong(_), .. })
    }

    /// RFC 6120 §4.9.
    pub(crate) fn is_stream_error(&self) -> bool {
        self.element().is_some_and(|element| element.is(ns::STREAMS, "error"))
    }

    /// RFC 6120 §6.4.5.
    pub(crate) fn is_sasl_failure(&self) -> bool {
        self.element().is_some_and(|element| element.is(ns::SASL, "failure"))
    }

    /// RFC 6120 §6.4.6.
    pub(crate) fn is_sasl_success(&self) -> bool {
        self.element().is_some_and(|element| element.is(ns::SASL, "success"))
    }

    /// RFC 7395 §3.6.
    pub(crate) fn is_stream_close(&self) -> bool {
        self.element().is_some_and(|element| element.is(ns::FRAMING, "close"))
    }

    /// A stanza of type error (RFC 6120 §8.3).
    pub(crate) fn is_stanza_error(&self) -> bool {
        self.element()
            .is_some_and(|element| is_stanza(element) && element.attr("type") == Some("error"))
    }

    /// The id of an iq of type result or error (RFC 6120 §8.2.3).
    pub(crate) fn answers(&self) -> Option<&str> {
        let element = self.element()?;
        let is_answer = matches!(element.attr("type"), Some("result" | "error"));
        if element.name.local == "iq" && is_answer { element.attr("id") } else { None }
    }

    /// Whether it is a ping of WebSocket, which either side may send by timer.
    pub(crate) fn is_ping(&self) -> bool {
        matches!(self, Self::Message { message: Message::Ping(_), .. })
    }

    /// A server's question by timer: a version query or a ping (notation: answered for the case,
    /// folded in snapshots).
    pub(crate) fn is_timer_talk(&self) -> bool {
        self.is_ping() || self.timer_query().is_some()
    }

    /// The query in it, if it is one of those that are answered for the case.
    pub(crate) fn timer_query(&self) -> Option<&Element> {
        let iq = self
            .element()
            .filter(|iq| iq.is(ns::CLIENT, "iq") && iq.attr("type") == Some("get"))?;
        let query = iq.children().next()?;
        (query.is(ns::VERSION, "query") || query.is(ns::PING, "ping")).then_some(iq)
    }

    /// Its name in a report.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Request { .. } => "HTTP request",
            Self::Response { .. } => "HTTP response",
            Self::Garbage { .. } => "octets",
            Self::Message { message: Message::Close(_), .. } => "close frame",
            Self::Message { message: Message::Ping(_), .. } => "ping",
            Self::Message { message: Message::Pong(_), .. } => "pong",
            Self::Message { message: Message::Binary(_), .. } => "binary message",
            Self::Message { element: Some(element), .. } if is_stanza(element) => "stanza",
            Self::Message { element: Some(_), .. } => "element",
            Self::Message { .. } => "text message",
            Self::BadFrame { .. } => "frame",
            Self::Eof => "end of TCP",
            Self::Reset => "reset of TCP",
        }
    }
}

fn is_stanza(element: &Element) -> bool {
    matches!(element.name.local.as_str(), "iq" | "message" | "presence")
}
