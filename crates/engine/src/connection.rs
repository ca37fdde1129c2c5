//! What the server knows about one connection, from its first octet to its last.

use std::time::Duration;

use stanza::Jid;
use wire::{Assembler, Decoder, Deflater};

use crate::fault::What;
use crate::stream_management::Counters;

/// The number of a connection, counted from 1 from the start of the engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl ConnectionId {
    /// Of no connection: what concerns the whole fake. The first connection is 1.
    pub(crate) const NONE: Self = Self(0);
}

/// One connection: upgrade, then open, SASL, restart, bind, session.
#[derive(Debug)]
pub(crate) struct Connection {
    /// The name by which the client asked for the server in the TLS handshake (RFC 6066 §3).
    pub(crate) server_name: Option<String>,
    /// When it was accepted, in server time.
    pub(crate) since: Duration,
    pub(crate) phase: Phase,
    /// The stream, once it has been opened.
    pub(crate) stream: Option<Stream>,
    pub(crate) login: Login,
    /// Failed logins so far; never reset (recorded: sasl_success_does_not_reset).
    pub(crate) failures: u32,
    /// After `<success/>` the stream must be opened anew (RFC 6120 §6.4.6).
    pub(crate) restart_due: bool,
    /// The full JID once a resource is bound.
    pub(crate) bound: Option<Jid>,
    /// Full JIDs that were bound on this stream before that one.
    pub(crate) bound_before: Vec<Jid>,
    /// Counts stanzas once stream management is enabled.
    pub(crate) counters: Option<Counters>,
    /// Whether the server has sent its WebSocket close.
    pub(crate) close_sent: bool,
    /// What compresses messages to the peer, if that was agreed on.
    pub(crate) deflater: Option<Deflater>,
    /// When the server last sent a message, in server time.
    pub(crate) last_sent: Duration,
    /// Whether what the server says is held back.
    pub(crate) hold: Hold,
    /// Octets that wait for their time because of a fault.
    pub(crate) held: usize,
    /// What waits to be overtaken by the next of its kind.
    pub(crate) overtaken: Vec<(What, String)>,
    /// Text of earlier messages, kept by the fault `join-messages`.
    pub(crate) joined: String,
}

/// Whether what the server says on a connection is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    /// It is not.
    Nothing,
    /// It is, until this server time.
    Until(Duration),
    /// It is never sent.
    Forever,
}

/// How octets of the peer are read.
#[derive(Debug)]
pub(crate) enum Phase {
    /// HTTP requests; the octets of one that is not complete, and how many of a body to skip first.
    Http { buffer: Vec<u8>, skip: usize },
    /// WebSocket frames.
    WebSocket(Box<WebSocket>),
    /// Nothing more is read: after a violation or an answer that ends the connection.
    Over,
}

/// The receiving half of a WebSocket.
#[derive(Debug)]
pub(crate) struct WebSocket {
    pub(crate) decoder: Decoder,
    pub(crate) assembler: Assembler,
}

/// An opened XMPP stream.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: String,
    /// The server has sent `<close/>`.
    pub(crate) closed: bool,
}

/// How far SASL has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Login {
    /// Nothing was tried.
    Untouched,
    /// So many empty challenges have been sent.
    Challenged(u8),
    /// The last try failed.
    Failed,
    /// This account is logged in.
    Done(String),
}

impl Connection {
    pub(crate) fn new(server_name: Option<String>, since: Duration) -> Self {
        Self {
            since,
            server_name,
            phase: Phase::Http { buffer: Vec::new(), skip: 0 },
            stream: None,
            login: Login::Untouched,
            failures: 0,
            restart_due: false,
            bound: None,
            bound_before: Vec::new(),
            counters: None,
            close_sent: false,
            deflater: None,
            last_sent: Duration::ZERO,
            hold: Hold::Nothing,
            held: 0,
            overtaken: Vec::new(),
            joined: String::new(),
        }
    }

    /// The account that is logged in.
    pub(crate) fn user(&self) -> Option<&str> {
        match &self.login {
            Login::Done(user) => Some(user),
            _ => None,
        }
    }

    /// Whether the stream is open in both directions.
    pub(crate) fn is_streaming(&self) -> bool {
        !self.close_sent && self.stream.as_ref().is_some_and(|stream| !stream.closed)
    }
}
