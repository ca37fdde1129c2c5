//! BOSH: a session whose elements go to and fro in the bodies of HTTP requests and answers
//! (XEP-0124, XEP-0206).
//!
//! A session takes the place of a connection for its stream, and has a number among connections.
//! It has no socket: its words go out on the connections whose requests wait for it. A session
//! is a machine of its own, which knows neither clock nor connection.

mod body;
pub(crate) mod broken;
mod openfire;
mod request;
mod xep;

use std::fmt;
use std::time::Duration;

use stanza::Element;

use super::{Connection, Phase};
use crate::context::Context;
use crate::dialect::Dialect;
use crate::numbers::ConnectionId;

pub(crate) use request::Request;

/// A session of BOSH.
pub(crate) trait Session: fmt::Debug + Send {
    /// Its id on the wire (XEP-0124 §7.2).
    fn sid(&self) -> &str;

    /// Answers the request that created it (XEP-0124 §7.2) with the features of its stream.
    fn begin(&mut self, by: ConnectionId, domain: &str, features: &str);

    /// Takes a request for it, which came on a connection.
    fn ask(&mut self, now: Duration, request: Request, by: ConnectionId);

    /// The number of the request that is next.
    fn expects(&self) -> i64;

    /// No answer that was given can be given again.
    fn forget_answers(&mut self);

    /// The next thing that a request wants done, until nothing is left.
    fn turn(&mut self, now: Duration) -> Option<SessionInput>;

    /// The elements that no turn has given yet are lost.
    fn drop_elements(&mut self);

    /// The features of the stream that begins anew (XEP-0206 §5).
    fn restart(&mut self, now: Duration, features: &str);

    /// Takes an element for the client.
    fn say(&mut self, now: Duration, element: &str);

    /// It ends: requests that wait are answered for the last time.
    fn close(&mut self, now: Duration);

    /// When it next does something by itself.
    fn due(&self) -> Option<Duration>;

    /// Does what has fallen due; true when the client has been silent for too long.
    fn fire(&mut self, now: Duration) -> bool;

    /// The answers that are ready, each for the connection whose request it answers.
    fn answers(&mut self) -> Vec<(ConnectionId, Reply)>;

    /// The connections whose requests wait.
    fn waiting(&self) -> Vec<ConnectionId>;

    /// The memory that it takes, in octets.
    fn held(&self) -> usize;
}

/// A thing that a request wants done.
#[derive(Debug)]
pub(crate) enum SessionInput {
    /// This element is for the stream.
    Element(Box<Element>),
    /// The stream begins anew.
    Restart,
    /// The client ends the session.
    Terminate,
    /// The session ends because a request broke this rule (XEP-0124 §17).
    Broken(Condition),
}

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A `<body/>`.
    Body(String),
    /// The same with a content type of the client's choice (XEP-0124 §7.1).
    Typed(String, String),
    /// An HTTP error in the place of a body (XEP-0124 §17.1), with its phrase if that is not the
    /// usual one.
    Error(u16, Option<&'static str>),
    /// The same, and the connection ends.
    Failure(u16),
}

/// A terminal binding condition (XEP-0124 §17.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Condition {
    BadRequest,
    HostUnknown,
    ImproperAddressing,
    ItemNotFound,
    PolicyViolation,
}

impl Reply {
    /// The size of its text.
    fn len(&self) -> usize {
        match self {
            Self::Body(body) | Self::Typed(_, body) => body.len(),
            Self::Error(..) | Self::Failure(_) => 0,
        }
    }
}

impl Condition {
    /// Its name on the wire.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BadRequest => "bad-request",
            Self::HostUnknown => "host-unknown",
            Self::ImproperAddressing => "improper-addressing",
            Self::ItemNotFound => "item-not-found",
            Self::PolicyViolation => "policy-violation",
        }
    }

    /// The HTTP error for clients of old (XEP-0124 §17.1).
    fn status(self) -> u16 {
        match self {
            Self::BadRequest | Self::HostUnknown | Self::ImproperAddressing => 400,
            Self::ItemNotFound => 404,
            Self::PolicyViolation => 403,
        }
    }
}

/// Why no session is created for a request (XEP-0124 §17.2). Openfire takes any address (recorded:
/// bosh_create_wrong_to).
pub(crate) fn refused(cx: &Context, request: &Request) -> Option<Reply> {
    let condition = match (cx.dialect(), request.to.as_deref()) {
        (Dialect::Openfire, _) => return None,
        (Dialect::Rfc, None | Some("")) => Condition::ImproperAddressing,
        (Dialect::Rfc, Some(to)) if to.eq_ignore_ascii_case(&cx.settings.domain) => return None,
        (Dialect::Rfc, Some(_)) => Condition::HostUnknown,
    };
    Some(refusal(condition, request.version.is_none()))
}

/// The answer with a condition; clients of old know the errors of HTTP alone (XEP-0124 §17.1).
fn refusal(condition: Condition, is_legacy: bool) -> Reply {
    match is_legacy {
        true => Reply::Error(condition.status(), None),
        false => Reply::Body(body::terminated(condition)),
    }
}

/// The answer to a request for a session that is not there.
pub(crate) fn unknown_session(dialect: Dialect) -> Reply {
    match dialect {
        // Recorded: bosh_post_unknown_sid, whatever the client speaks.
        Dialect::Openfire => Reply::Error(404, Some("Invalid SID value.")),
        Dialect::Rfc => refusal(Condition::ItemNotFound, false),
    }
}

/// The session that a request creates, with this id.
pub(crate) fn create(cx: &Context, request: &Request, sid: &str) -> Box<dyn Session> {
    match cx.dialect() {
        Dialect::Openfire => Box::new(openfire::Session::new(cx.now, request, sid)),
        Dialect::Rfc => Box::new(xep::Session::new(cx.now, request, sid)),
    }
}

impl Connection {
    /// The session that takes the place of a connection.
    pub(crate) fn session(&mut self) -> Option<&mut (dyn Session + 'static)> {
        match &mut self.phase {
            Phase::Bosh(session) => Some(&mut **session),
            Phase::Http(_) | Phase::WebSocket(_) | Phase::Tcp(_) | Phase::Over => None,
        }
    }

    /// Whether it is a session, which has no socket.
    pub(crate) fn is_session(&self) -> bool {
        matches!(self.phase, Phase::Bosh(_))
    }
}
