//! From HTTP to WebSocket: which requests are switched, and what the others get (RFC 6455 §4.2).

mod bosh;
mod jetty;
mod response;
mod rfc6455;
mod rfc7692;
pub(crate) mod tunnel;
mod unread;

use std::fmt;

use wire::http::request_body;
use wire::{BodyKind, BodyReader, HeadFault, HttpError, RequestHead, accept_value};

use super::bosh::{Reply, broken};
use super::{Connection, Hold, Phase};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fact::Fact;
use crate::fault::{Faults, Name, Parameter};
use crate::outlet::{Output, PageRequest};
use crate::said::{Kind, Speaker};
use crate::timers::Timer;

pub(crate) use bosh::UnansweredRequest;
pub(crate) use jetty::Compression;
use response::response;
pub(crate) use response::{go_on, head_of, is_last};
use unread::Unread;

/// The one version of the protocol (RFC 6455 §4.1 item 9).
const VERSION: &str = "13";

/// The answer to a request.
pub(crate) enum Answer {
    /// The head of a 101; frames follow, compressed or not.
    Switch(Vec<u8>, Option<Compression>),
    /// Anything else, after which another request may come.
    KeepAlive(Vec<u8>),
    /// Anything else, after which the connection ends.
    Close(Vec<u8>),
}

/// The handshake that a request proposes, if it is one for it.
struct Proposal<'r> {
    request: &'r RequestHead,
    /// The time of day, as the `Date` header has it (RFC 9110 §5.6.7).
    date: &'r str,
    faults: &'r Faults,
    /// TLS was opened by a name of the certificate, and the Host header has none of them.
    host_is_foreign: bool,
    /// The accept value is to be wrong.
    wrong_accept: bool,
}

/// The longest body that is read, in octets: the longest log of a desktop has 1,048,576 characters
/// (Cisco DevNet, "ClientLog").
const LONGEST_BODY: usize = 5 << 20;

/// The longest body of BOSH that is read, in octets, as of messages on a WebSocket.
const LONGEST_STANZAS: usize = 1 << 20;

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
        // Openfire's port of BOSH is Jetty; before the REST API of Finesse is another server.
        let (longest, body) = match (is_bosh, dialect) {
            (true, _) => (LONGEST_STANZAS, body),
            (false, Dialect::Rfc) => (LONGEST_BODY, body),
            (false, Dialect::Openfire) if has_countable_body(&request) => {
                (LONGEST_BODY, request_body(&request))
            }
            (false, Dialect::Openfire) => return Some(Err(Garbage::invalid_length(dialect))),
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
                    if !has_countable_body(&request) {
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

/// Whether a request asks for a WebSocket.
pub(crate) fn asks_for_websocket(request: &RequestHead) -> bool {
    request.headers.has_token("Upgrade", "websocket")
}

/// The answer to a request.
pub(crate) fn answer(cx: &mut Context, connection: &Connection, request: &RequestHead) -> Answer {
    let asks = asks_for_websocket(request);
    if asks && let Some(status) = refused_upgrade(cx, connection) {
        return refusal(status);
    }
    let wrong_accept = asks && cx.fault(Name::WrongAccept, None, connection.id).is_some();
    let host_is_foreign = host_is_foreign(cx, connection, request);
    let date = httpdate::fmt_http_date(cx.settings.calendar.at(cx.now));
    let proposal =
        Proposal { request, date: &date, faults: &cx.faults, host_is_foreign, wrong_accept };
    let answer = match cx.dialect() {
        Dialect::Openfire => jetty::answer(&proposal),
        Dialect::Rfc => rfc6455::answer(&proposal),
    };
    let fact = match asks {
        true => refused(&proposal, &answer),
        false => misses_api(cx, request, &answer),
    };
    if let Some(fact) = fact {
        cx.note_fact(connection.id, fact);
    }
    match answer {
        Answer::KeepAlive(response) => Answer::KeepAlive(broken::response(&cx.faults, response)),
        answer => answer,
    }
}

/// Status and phrase of an answer that switches to no other protocol.
fn status(answer: &Answer) -> Option<(u16, String)> {
    let (Answer::KeepAlive(response) | Answer::Close(response)) = answer else {
        return None;
    };
    let line = response.split(|octet| *octet == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let (status, phrase) = line.strip_prefix("HTTP/1.1 ")?.split_once(' ')?;
    Some((status.parse().ok()?, phrase.to_owned()))
}

/// The fact that a request means an object of the REST API, and misses its path.
fn misses_api(cx: &Context, request: &RequestHead, answer: &Answer) -> Option<Fact> {
    let meant = rest::meant(request).filter(|_| cx.settings.profile.rest)?;
    let (status, _) = status(answer).filter(|(status, _)| *status >= 400)?;
    let note = Some(format!("this path is not that of the REST API: did you mean {meant}?"));
    let request = format!("{} {}", request.method, request.path());
    Some(Fact::Answered { request, status, note })
}

/// The fact that a request for a WebSocket is refused, with the rule that it breaks. Jetty's own
/// words seldom say it.
fn refused(proposal: &Proposal<'_>, answer: &Answer) -> Option<Fact> {
    let (status, phrase) = status(answer)?;
    let why = match rfc6455::check(proposal) {
        Err(broken) => broken.reason.into(),
        Ok(_) => phrase.into(),
    };
    Some(Fact::UpgradeRefused { status, why })
}

/// The request for a file that this is, if the owner of the sockets has files. The server's own
/// paths, upgrades and requests that break a rule are none.
pub(crate) fn page(cx: &Context, request: &RequestHead) -> Option<PageRequest> {
    let path = rest::plain_path(request);
    let first = path.split('/').find(|part| !part.is_empty()).unwrap_or_default();
    let is_own = matches!(first, "ws" | "http-bind" | tunnel::PATH);
    if !cx.settings.pages || !asks_for_file(request) || is_own {
        return None;
    }
    Some(PageRequest {
        path,
        is_head: request.method == "HEAD",
        is_last: is_last(request),
        date: httpdate::fmt_http_date(cx.settings.calendar.at(cx.now)),
    })
}

/// Whether a request may be one for a file: it asks for nothing to be done and breaks no rule.
fn asks_for_file(request: &RequestHead) -> bool {
    let headers = &request.headers;
    matches!(request.method.as_str(), "GET" | "HEAD")
        && matches!(request.version.as_str(), "HTTP/1.0" | "HTTP/1.1")
        && (headers.first("Host").is_some() || request.version == "HTTP/1.0")
        && headers.first("Upgrade").is_none()
}

/// The answer to octets that are no request.
pub(crate) fn answer_garbage(garbage: &Garbage) -> Answer {
    Answer::Close(match garbage {
        Garbage::Openfire(refusal) => jetty::refuse(refusal),
        Garbage::Rfc(error) => rfc6455::refuse(error),
    })
}

impl Connection {
    /// The reader of its requests, until it is a WebSocket.
    pub(crate) fn http(&mut self) -> Option<&mut Http> {
        match &mut self.phase {
            Phase::Http(http) => Some(http),
            Phase::WebSocket(_) | Phase::Tcp(_) | Phase::Bosh(_) | Phase::Over => None,
        }
    }

    /// Sends a response; that to a request for a WebSocket late or in pieces, if there is a fault
    /// for it.
    pub(crate) fn respond(&mut self, cx: &mut Context, response: Vec<u8>, asks: bool) {
        if cx.notes(Kind::Http) {
            let text = String::from_utf8_lossy(&response).replace("\r\n", "\n");
            cx.note(self.id, Speaker::Server, Kind::Http, text);
        }
        if asks {
            self.respond_slowly(cx, response);
        } else {
            self.put(cx, Output::Octets(response));
        }
    }

    fn respond_slowly(&mut self, cx: &mut Context, response: Vec<u8>) {
        let mut due = cx.now;
        if let Some(fault) = cx.fault(Name::DelayUpgrade, None, self.id) {
            due += fault.duration(Parameter::By).unwrap_or_default();
        }
        let Some(fault) = cx.fault(Name::DribbleUpgrade, None, self.id) else {
            if due > cx.now {
                self.hold = Hold::Until(due);
            }
            self.put(cx, Output::Octets(response));
            return;
        };
        let pause = fault.duration(Parameter::Pause).unwrap_or_default();
        for octet in response {
            self.postpone(cx, due, self.id, Timer::Deliver(Output::Octets(vec![octet])));
            due += pause;
        }
        self.hold = Hold::Until(due);
    }
}

/// The status with which a request for a WebSocket is refused because of a fault.
fn refused_upgrade(cx: &mut Context, connection: &Connection) -> Option<u16> {
    if cx.faults.lasting(Name::OutOfService) {
        return Some(503);
    }
    let fault = cx.fault(Name::RefuseUpgrade, None, connection.id)?;
    fault.status()
}

/// A client that did not name the server, or by no name of its certificate, may say any host
/// (openfire-measured C4).
fn host_is_foreign(cx: &Context, connection: &Connection, request: &RequestHead) -> bool {
    let own = &cx.settings.host_names;
    let is_own = |name: &str| own.iter().any(|own| own.eq_ignore_ascii_case(name));
    let host = request.headers.first("Host").unwrap_or_default();
    connection.server_name.as_deref().is_some_and(is_own) && !is_own(without_port(host))
}

impl Proposal<'_> {
    /// The subprotocol to answer with: `xmpp`, compared with its case, or none.
    fn subprotocol(&self) -> Option<&str> {
        let mut offered = self.request.headers.tokens("Sec-WebSocket-Protocol");
        if self.faults.lasting(Name::EchoFirstSubprotocol) {
            offered.next()
        } else {
            offered.find(|name| *name == wire::handshake::SUBPROTOCOL)
        }
    }

    /// The value that proves the handshake (RFC 6455 §4.2.2 item 5.4).
    fn accept(&self, key: &str) -> String {
        let accept = accept_value(key);
        if !self.wrong_accept {
            return accept;
        }
        let first = if accept.starts_with('A') { 'B' } else { 'A' };
        accept.chars().skip(1).fold(String::from(first), |mut text, c| {
            text.push(c);
            text
        })
    }
}

/// The answer of a server that is there and has no service (RFC 9110 §15); no profile's own words,
/// since a fault says it.
fn refusal(status: u16) -> Answer {
    let headers = [("Connection", "close"), ("Content-Length", "0")];
    Answer::Close(response(status, rest::phrase(status), &headers, ""))
}

/// The host of a Host header (RFC 9110 §7.2), an IPv6 address without its brackets.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

/// Whether the end of a body can be told (RFC 9112 §6.3 items 4 and 5): it is in chunks, or has one
/// length. Otherwise its octets would be taken for the next request. Jetty reads signs too
/// (`HttpParser.convertContentLength`).
fn has_countable_body(request: &RequestHead) -> bool {
    if let Some(last) = request.headers.tokens("Transfer-Encoding").last() {
        return last.eq_ignore_ascii_case("chunked");
    }
    let mut lengths = request.headers.tokens("Content-Length");
    lengths.next().is_none_or(|first| {
        let is_number = first.bytes().all(|octet| octet.is_ascii_digit());
        is_number && first.parse::<u64>().is_ok() && lengths.all(|other| other == first)
    })
}

/// Whether a request belongs to BOSH, so that its body is read.
pub(crate) fn is_bosh(request: &RequestHead) -> bool {
    let headers = &request.headers;
    request.method == "POST"
        && bosh::is_path(request.path())
        && (headers.first("Host").is_some() || request.version == "HTTP/1.0")
        && jetty::admit(request).is_ok()
}

impl UnansweredRequest {
    /// The response with its answer, at this time of day.
    pub(crate) fn response(&self, dialect: Dialect, date: &str, reply: &Reply) -> Vec<u8> {
        match dialect {
            Dialect::Openfire => jetty::bosh(self, date, reply),
            Dialect::Rfc => rfc6455::bosh(self, reply),
        }
    }
}
