//! From HTTP to WebSocket: which requests are switched, and what the others get (RFC 6455 §4.2).

mod extensions;
mod jetty;
mod rfc6455;
mod trace;

use wire::{Deflater, HttpError, RequestHead, accept_value};

use crate::connection::{ConnectionId, Phase, WebSocket};
use crate::engine::Engine;
use crate::fault::{Edge, Faults, Name, Point};
use crate::outlet::Output;
use crate::profile::Manner;
use crate::said::{Kind, Speaker};
use crate::timers::Timer;

pub(crate) use extensions::Compression;

/// The subprotocol of RFC 7395 §3.1.
const XMPP: &str = "xmpp";

/// The one version of the protocol (RFC 6455 §4.1 item 9).
const VERSION: &str = "13";

/// What a request gets.
enum Answer {
    /// The head of a 101; frames follow, compressed or not.
    Switch(Vec<u8>, Option<Compression>),
    /// Anything else, after which another request may come.
    KeepAlive(Vec<u8>),
    /// Anything else, after which the connection ends.
    Close(Vec<u8>),
}

/// What the handshake would be if the request is one for it.
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

impl Engine {
    /// Octets for a connection that has not been upgraded.
    pub(crate) fn http(&mut self, id: ConnectionId, octets: &[u8]) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let Phase::Http { buffer, skip } = &mut connection.phase else {
            return;
        };
        buffer.extend_from_slice(octets);
        let (mut buffer, mut skip) = (std::mem::take(buffer), std::mem::take(skip));
        loop {
            let body = skip.min(buffer.len());
            buffer.drain(..body);
            skip -= body;
            let parsed = RequestHead::parse(&buffer);
            let mut asks = false;
            let answer = match &parsed {
                _ if skip > 0 || buffer.is_empty() => break,
                Ok(None) => break,
                Ok(Some((request, _))) => {
                    if self.record.is_on() {
                        let head =
                            String::from_utf8_lossy(&request.to_bytes()).replace("\r\n", "\n");
                        let text = mask::head(head.trim_end()) + "\n";
                        self.record.note(self.now, id, Speaker::Client, Kind::Http, &text);
                    }
                    asks = request.headers.has_token("Upgrade", "websocket");
                    if asks && self.strike(id, Edge::Before, &Point::Upgrade.into(), None) {
                        return;
                    }
                    self.answer_request(id, request, asks)
                }
                Err(error) => {
                    let text = format!("[octets: {error}]");
                    self.record.note(self.now, id, Speaker::Client, Kind::Octets, &text);
                    self.answer_garbage(error)
                }
            };
            if let Ok(Some((request, used))) = &parsed {
                buffer.drain(..*used);
                skip = content_length(request);
            }
            match answer {
                Answer::KeepAlive(response) => {
                    self.put_http(id, response, asks);
                    self.timers.cancel(id, |timer| *timer == Timer::HttpIdle);
                    self.timers.set(self.now + self.profile.http_idle, id, Timer::HttpIdle);
                }
                Answer::Close(response) => {
                    self.put_http(id, response, asks);
                    self.timers.cancel(id, |timer| *timer == Timer::HttpIdle);
                    self.stop_reading(id);
                    return;
                }
                Answer::Switch(response, compression) => {
                    self.put_http(id, response, asks);
                    self.upgraded(id, compression);
                    if self.strike(id, Edge::After, &Point::Upgrade.into(), None) {
                        return;
                    }
                    // A peer may send its first frame with the request (recorded: http_pipelined_open).
                    self.frames(id, &buffer);
                    return;
                }
            }
        }
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.phase = Phase::Http { buffer, skip };
        }
    }

    fn put_http(&mut self, id: ConnectionId, response: Vec<u8>, asks: bool) {
        if self.record.is_on() {
            let text = String::from_utf8_lossy(&response).replace("\r\n", "\n");
            self.record.note(self.now, id, Speaker::Server, Kind::Http, &text);
        }
        if asks {
            self.put_slowly(id, response);
        } else {
            self.put(id, Output::Octets(response));
        }
    }

    pub(crate) fn upgraded(&mut self, id: ConnectionId, compression: Option<Compression>) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.phase = Phase::WebSocket(Box::new(WebSocket::new(compression)));
            connection.deflater =
                compression.map(|compression| Deflater::new(compression.outgoing_takeover));
            connection.last_sent = self.now;
        }
        self.timers.cancel(id, |timer| *timer == Timer::HttpIdle);
        self.timers.set(self.now + self.profile.open_idle, id, Timer::OpenIdle);
        if let Some(tick) = self.profile.ping_tick {
            self.timers.set(self.now + tick, id, Timer::PingTick);
        }
    }

    fn answer_request(&mut self, id: ConnectionId, request: &RequestHead, asks: bool) -> Answer {
        if asks && let Some(status) = self.refused_upgrade(id) {
            return refusal(status);
        }
        let wrong_accept = asks && self.wrong_accept(id);
        let host_is_foreign = self.host_is_foreign(id, request);
        let date = httpdate::fmt_http_date(self.calendar.at(self.now));
        let proposal =
            Proposal { request, date: &date, faults: &self.faults, host_is_foreign, wrong_accept };
        match self.profile.upgrade {
            Manner::Openfire => jetty::answer(&proposal),
            Manner::Rfc => rfc6455::answer(&proposal),
        }
    }

    /// Who did not name the server, or by no name of its certificate, may say any host (openfire-measured C4).
    fn host_is_foreign(&self, id: ConnectionId, request: &RequestHead) -> bool {
        let is_own = |name: &str| self.host_names.iter().any(|own| own.eq_ignore_ascii_case(name));
        let named =
            self.connections.get(&id).and_then(|connection| connection.server_name.as_deref());
        let host = request.headers.first("Host").unwrap_or_default();
        named.is_some_and(is_own) && !is_own(without_port(host))
    }

    fn answer_garbage(&self, error: &HttpError) -> Answer {
        Answer::Close(match self.profile.upgrade {
            Manner::Openfire => jetty::refuse(error),
            Manner::Rfc => rfc6455::refuse(error),
        })
    }
}

impl Proposal<'_> {
    /// Whether the request asks for a WebSocket by its Upgrade header.
    fn asks_for_websocket(&self) -> bool {
        let headers = &self.request.headers;
        let ignored = self.faults.lasting(Name::IgnoreMissingUpgrade)
            && headers.first("Upgrade").is_none()
            && headers.first("Sec-WebSocket-Key").is_some();
        ignored || headers.has_token("Upgrade", "websocket")
    }

    /// The subprotocol to answer with: `xmpp`, compared with its case, or none.
    fn subprotocol(&self) -> Option<&str> {
        let mut offered = self.request.headers.tokens("Sec-WebSocket-Protocol");
        if self.faults.lasting(Name::EchoFirstSubprotocol) {
            offered.next()
        } else {
            offered.find(|name| *name == XMPP)
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

    /// The path of the target, which may be in absolute form (recorded: http_path_absolute), without its query.
    fn path(&self) -> &str {
        let target = self.request.target.as_str();
        let path = match target.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |slash| &rest[slash..]),
            None => target,
        };
        path.split(['?', '#']).next().unwrap_or(path)
    }
}

/// What a server that is there and has no service says (RFC 9110 §15); no profile's own words, since a fault says it.
fn refusal(status: u64) -> Answer {
    let phrase = match status {
        301 => "Moved Permanently",
        302 => "Found",
        307 => "Temporary Redirect",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => "Refused",
    };
    let headers = [("Connection", "close"), ("Content-Length", "0")];
    Answer::Close(response(&format!("{status} {phrase}"), &headers, ""))
}

/// The host of a Host header (RFC 9110 §7.2), an IPv6 address without its brackets.
fn without_port(host: &str) -> &str {
    match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, _)) => address,
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    }
}

/// How many octets of content follow a request that is not switched (RFC 9112 §6.2).
fn content_length(request: &RequestHead) -> usize {
    request.headers.first("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0)
}

/// A response head and its body.
fn response(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<u8> {
    let mut out = format!("HTTP/1.1 {status}\r\n");
    for (name, value) in headers {
        out.push_str(&format!("{name}: {value}\r\n"));
    }
    out.push_str("\r\n");
    out.push_str(body);
    out.into_bytes()
}
