//! Facts about connections and the service, beside the messages themselves.

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;

use crate::fault::Fault;

/// A fact about a connection, or about the whole service. It prints as in a transcript. Names in it
/// come from clients: they may hold anything but a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// A client has connected, after TLS.
    Connected {
        /// Its address, if the owner of the socket knows it.
        from: Option<SocketAddr>,
    },
    /// A client was not let in: TLS failed, which is no connection to the engine.
    HandshakeFailed {
        /// The address of the client.
        from: SocketAddr,
        /// The error, and its way out.
        why: String,
    },
    /// A client has called a port that serves nothing but hints.
    Misdirected {
        /// Its address.
        from: SocketAddr,
        /// The port.
        port: u16,
        /// Its words, and the answer.
        what: String,
    },
    /// Octets were refused that are no request of HTTP.
    RequestRefused {
        /// The status of the response.
        status: u16,
        /// Their mistake, as the server says it.
        why: String,
    },
    /// A request for a WebSocket was refused.
    UpgradeRefused {
        /// The status of the response.
        status: u16,
        /// The rule of RFC 6455 or RFC 7395 that the request breaks, or the phrase of the status.
        why: Cow<'static, str>,
    },
    /// A request for the REST API or for a file was answered.
    Answered {
        /// Method and path.
        request: String,
        /// The status of the response.
        status: u16,
        /// Why the request was refused; the client is not told.
        note: Option<String>,
    },
    /// The login of the connection's account was right.
    LoggedIn,
    /// A login failed.
    LoginFailed {
        /// The account that was named, if any was.
        account: Option<String>,
        /// The condition that the client is told (RFC 6120 §6.5).
        condition: &'static str,
        /// The true reason, which the client is not told.
        why: &'static str,
    },
    /// The stream got its resource.
    Bound,
    /// The stream did not get a resource.
    BindRefused {
        /// The condition that the client is told.
        condition: &'static str,
    },
    /// The session is available from now on.
    Available,
    /// The session has said that it is unavailable.
    Unavailable,
    /// The client has subscribed to a node.
    Subscribed {
        /// The path of the node.
        node: String,
    },
    /// A request to subscribe or to unsubscribe was refused.
    SubscriptionRefused {
        /// The path of the node.
        node: String,
        /// `subscribe` or `unsubscribe`.
        verb: &'static str,
        /// The condition that the client is told.
        condition: &'static str,
    },
    /// The client has unsubscribed from a node.
    Unsubscribed {
        /// The path of the node.
        node: String,
    },
    /// The stream got an error (RFC 6120 §4.9).
    StreamError {
        /// The condition.
        condition: String,
    },
    /// A client wanted more memory than there is for it.
    NoMemory {
        /// The thing that was refused or ended.
        what: String,
    },
    /// A session of BOSH has begun, which has a number among connections.
    SessionBegun {
        /// Its id on the wire.
        sid: String,
        /// The connection whose request created it.
        by: u64,
    },
    /// A request of BOSH was answered with an error of HTTP.
    SessionRefused {
        /// The status of the response.
        status: u16,
    },
    /// A session of BOSH ends because a request broke a rule.
    SessionBroken {
        /// The condition (XEP-0124 §17.2).
        condition: &'static str,
    },
    /// The script of the server has no answer.
    Lacks {
        /// The message or request.
        what: String,
        /// The nearest thing that it has an answer to, and how that differs.
        nearest: Option<String>,
    },
    /// A fault has struck.
    Struck(Fault),
    /// A fault has gone, or was removed.
    Over(Fault),
    /// The connection has ended.
    Closed(End),
}

/// How a connection came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client closed the stream.
    Client,
    /// The client closed the WebSocket and not the stream; the code, if it gave one.
    WebSocket(Option<u16>),
    /// The client ended a connection that was no WebSocket.
    Http,
    /// The client's TCP connection ended, and nothing was closed before.
    Lost,
    /// The client sent nothing for too long at the start.
    Idle,
    /// The fake closed or cut it.
    Server,
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { from: None } => f.write_str("connected"),
            Self::Connected { from: Some(from) } => write!(f, "connected from {from}"),
            Self::HandshakeFailed { from, why } => write!(f, "TLS with {from} failed: {why}"),
            Self::Misdirected { from, port, what } => {
                write!(f, "{from} called port {port}: it {what}")
            }
            Self::RequestRefused { status, why } => {
                write!(f, "request refused with {status}: {why}")
            }
            Self::UpgradeRefused { status, why } => {
                write!(f, "WebSocket refused with {status}: {why}")
            }
            Self::Answered { request, status, note: None } => {
                write!(f, "{request} answered with {status}")
            }
            Self::Answered { request, status, note: Some(note) } => {
                write!(f, "{request} answered with {status}: {note}")
            }
            Self::LoggedIn => f.write_str("logged in"),
            Self::LoginFailed { account: None, condition, why } => {
                write!(f, "login failed: {why} ({condition})")
            }
            Self::LoginFailed { account: Some(account), condition, why } => {
                write!(f, "login of {account:?} failed: {why} ({condition})")
            }
            Self::Bound => f.write_str("bound"),
            Self::BindRefused { condition } => write!(f, "resource refused: {condition}"),
            Self::Available => f.write_str("available"),
            Self::Unavailable => f.write_str("unavailable"),
            Self::Subscribed { node } => write!(f, "subscribed to {node}"),
            Self::SubscriptionRefused { node, verb, condition } => {
                write!(f, "{verb} {node} refused: {condition}")
            }
            Self::Unsubscribed { node } => write!(f, "unsubscribed from {node}"),
            Self::StreamError { condition } => write!(f, "stream error {condition}"),
            Self::NoMemory { what } => write!(f, "no memory: {what}"),
            Self::SessionBegun { sid, by } => write!(f, "session {sid} begun by #{by}"),
            Self::SessionRefused { status } => write!(f, "BOSH answered with {status}"),
            Self::SessionBroken { condition } => write!(f, "session ended: {condition}"),
            Self::Lacks { what, nearest: None } => {
                write!(f, "the recording has no answer to {what}")
            }
            Self::Lacks { what, nearest: Some(nearest) } => {
                write!(f, "the recording has no answer to {what}; nearest: {nearest}")
            }
            Self::Struck(fault) => write!(f, "fault {fault}"),
            Self::Over(fault) => write!(f, "fault {fault} is over"),
            Self::Closed(end) => write!(f, "closed: {end}"),
        }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client => f.write_str("the client closed its stream"),
            Self::WebSocket(None) => f.write_str("the client closed the WebSocket"),
            Self::WebSocket(Some(code)) => {
                write!(f, "the client closed the WebSocket with {code}")
            }
            Self::Http => f.write_str("the client ended the connection"),
            Self::Lost => f.write_str("the connection broke off"),
            Self::Idle => f.write_str("the client sent nothing in time"),
            Self::Server => f.write_str("the fake ended the connection"),
        }
    }
}
