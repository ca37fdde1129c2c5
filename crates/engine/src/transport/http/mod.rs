//! From HTTP to WebSocket: which requests are switched, and what the others get (RFC 6455 §4.2).

mod bosh;
mod jetty;
mod length;
mod proposal;
mod requests;
mod response;
mod rfc6455;
mod rfc7692;
pub(crate) mod tunnel;
mod unread;

use wire::RequestHead;

use super::bosh::{Reply, broken};
use super::{Connection, Hold, Phase};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::fact::Fact;
use crate::fault::{Name, Parameter};
use crate::outlet::{Output, PageRequest};
use crate::said::{Kind, Speaker};
use crate::timers::Timer;

pub(crate) use bosh::UnansweredRequest;
pub(crate) use jetty::Compression;
use proposal::{Proposal, host_is_foreign};
pub(crate) use requests::{Garbage, Http, HttpInput};
use response::response;
pub(crate) use response::{go_on, head_of, is_last};

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

/// The answer of a server that is there and has no service (RFC 9110 §15); no profile's own words,
/// since a fault says it.
fn refusal(status: u16) -> Answer {
    let headers = [("Connection", "close"), ("Content-Length", "0")];
    Answer::Close(response(status, rest::phrase(status), &headers, ""))
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
