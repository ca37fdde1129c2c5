//! The requests among the octets of a connection, and their bodies (RFC 9112 §2.2, §6).

use std::fmt;

use wire::http::request_body;
use wire::{BodyKind, BodyReader, HeadFault, HttpError, RequestHead};

use super::bosh::UnansweredRequest;
use super::length::{self, LONGEST_STANZAS};
use super::unread::Unread;
use super::{is_bosh, jetty, rfc6455};
use crate::dialect::Dialect;

/// The most octets that wait behind a request of BOSH without an answer: two long ones.
const MOST_BEHIND: usize = 2 * LONGEST_STANZAS + (64 << 10);

/// The requests of a connection that is no WebSocket.
#[derive(Debug, Default)]
pub(crate) struct Http {
    /// Octets of a request that is not complete.
    buffer: Vec<u8>,
    /// Reads the next head, where the server is Openfire.
    parser: Option<Box<jetty::Parser>>,
    /// The octets to pass over first.
    unread: Unread,
    /// A request that is answered when the first octets of its body have come.
    delayed: Option<Box<RequestHead>>,
    /// A request whose body is being read.
    pending: Option<Box<(RequestHead, BodyReader)>>,
    /// A request of BOSH that waits for its answer. The next one is not read before.
    pub(crate) asked: Option<Box<UnansweredRequest>>,
}

/// The next thing among the octets of a peer.
#[derive(Debug)]
pub(crate) enum HttpInput {
    /// A request head. A body may follow, which is passed over.
    Head(RequestHead),
    /// A request that is wanted whole, or of BOSH, with its body.
    Whole(RequestHead, Vec<u8>),
    /// The head of a request whose body the client holds back until it is asked for (RFC 9110
    /// §10.1.1).
    Expects,
    /// The head of such a request with a body that is too long or no body at all.
    TooLong(RequestHead),
}

/// Octets that are no request, and what is wrong with them.
#[derive(Debug)]
pub(crate) enum Garbage {
    Openfire(jetty::Refusal),
    Rfc(HttpError),
}

impl Garbage {
    /// The length of a body is no number.
    fn invalid_length(dialect: Dialect) -> Self {
        match dialect {
            Dialect::Openfire => Self::Openfire(jetty::Refusal::invalid_length()),
            Dialect::Rfc => {
                Self::Rfc(HttpError::Malformed { fault: HeadFault::HeaderValue, raw: Vec::new() })
            }
        }
    }

    /// The status of its answer.
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Openfire(refusal) => refusal.status(),
            Self::Rfc(error) => rfc6455::status(error),
        }
    }
}

impl fmt::Display for Garbage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Openfire(refusal) => write!(f, "{refusal}"),
            Self::Rfc(error) => write!(f, "{error}"),
        }
    }
}

impl Http {
    /// Takes octets of the peer.
    pub(crate) fn push(&mut self, octets: &[u8]) {
        self.buffer.extend_from_slice(octets);
    }

    /// The next request among the octets received. Bodies are read of BOSH, and of requests
    /// that are `wanted` whole.
    pub(crate) fn next(
        &mut self,
        dialect: Dialect,
        wanted: impl Fn(&RequestHead) -> bool,
    ) -> Option<Result<HttpInput, Garbage>> {
        if self.asked.is_some() {
            return None;
        }
        if self.pending.is_some() {
            return self.body().map(Ok);
        }
        if let Some(request) = self.delayed.take_if(|_| !self.buffer.is_empty()) {
            self.unread.pass(&mut self.buffer);
            return Some(Ok(HttpInput::Head(*request)));
        }
        if !self.is_read() || self.buffer.is_empty() {
            return None;
        }
        let (request, body) = match self.head(dialect)? {
            Ok(head) => head,
            Err(garbage) => return Some(Err(garbage)),
        };
        let is_bosh = is_bosh(&request);
        if !is_bosh && !wanted(&request) {
            self.unread = Unread::new(body);
            let expects = request.headers.first("Expect").is_some();
            // Jetty waits for the body to begin, unless that would be in vain
            // (`isDelayDispatchUntilContent`).
            if dialect == Dialect::Openfire
                && body != BodyKind::None
                && self.buffer.is_empty()
                && !expects
            {
                self.delayed = Some(Box::new(request));
                return None;
            }
            return Some(Ok(HttpInput::Head(request)));
        }
        let Some((body, longest)) = length::of_body(dialect, &request, body, is_bosh) else {
            return Some(Err(Garbage::invalid_length(dialect)));
        };
        let Ok(reader) = BodyReader::within(body, longest) else {
            return Some(Ok(HttpInput::TooLong(request)));
        };
        let expects = request.headers.has_token("Expect", "100-continue");
        self.pending = Some(Box::new((request, reader)));
        if expects && self.buffer.is_empty() {
            return Some(Ok(HttpInput::Expects));
        }
        self.body().map(Ok)
    }

    /// The next head, and how its body ends.
    fn head(&mut self, dialect: Dialect) -> Option<Result<(RequestHead, BodyKind), Garbage>> {
        match dialect {
            Dialect::Openfire => {
                let (used, head) = self.parser.get_or_insert_default().feed(&self.buffer);
                self.buffer.drain(..used);
                let head = head?;
                self.parser = None;
                Some(head.map_err(Garbage::Openfire))
            }
            Dialect::Rfc => match RequestHead::parse(&self.buffer) {
                Ok(None) => None,
                Ok(Some((request, used))) => {
                    self.buffer.drain(..used);
                    if !length::has_countable_body(&request) {
                        return Some(Err(Garbage::invalid_length(dialect)));
                    }
                    let body = request_body(&request);
                    Some(Ok((request, body)))
                }
                Err(error) => Some(Err(Garbage::Rfc(error))),
            },
        }
    }

    /// Whether the body of the last request is there to its end; if so it is passed over.
    pub(crate) fn is_read(&mut self) -> bool {
        self.unread.pass(&mut self.buffer)
    }

    /// The pending request, once its body is complete.
    fn body(&mut self) -> Option<HttpInput> {
        let (head, mut reader) = *self.pending.take()?;
        match reader.push(&self.buffer) {
            Err(_) => return Some(HttpInput::TooLong(head)),
            Ok(used) => self.buffer.drain(..used),
        };
        if reader.is_complete() {
            return Some(HttpInput::Whole(head, reader.into_body()));
        }
        self.pending = Some(Box::new((head, reader)));
        None
    }

    /// Whether more requests wait behind one without an answer than may be dealt with at once.
    pub(crate) fn is_flooded(&self) -> bool {
        self.asked.is_some() && self.buffer.len() > MOST_BEHIND
    }

    /// The memory that it takes, in octets.
    pub(crate) fn held(&self) -> usize {
        // A body grows by doubling.
        let body = self.pending.as_ref().map_or(0, |pending| 2 * pending.1.body().len());
        self.buffer.capacity()
            + body
            + self.parser.as_ref().map_or(0, |parser| parser.held())
            + self.unread.held()
    }

    /// Takes the octets behind the last request.
    pub(crate) fn take_rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.buffer)
    }
}
