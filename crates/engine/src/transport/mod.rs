//! Connections: from octets to requests and messages, and back. The content of messages is the
//! business of streams.

pub(crate) mod bosh;
pub(crate) mod http;
mod jetty_frames;
mod pieces;
pub(crate) mod tcp;
pub(crate) mod websocket;

use std::time::Duration;

use stanza::Element;
use wire::Deflater;

use crate::budget::Share;
use crate::context::{Context, Effect};
use crate::fact::{End, Fact};
use crate::fault::Transport;
use crate::memory::{COMPRESSION, CONNECTION};
use crate::numbers::{ConnectionId, Party, StreamId};
use crate::outlet::Output;
use crate::script::ServerAct;
use crate::timers::Timer;
use http::Http;
use pieces::Pieces;
use websocket::WebSocket;
pub(crate) use websocket::{Breach, PeerClose};

/// How much may wait on a connection because of faults, in octets; a client that makes it more is
/// cut off.
pub(crate) const MOST_HELD: usize = 8 << 20;

/// The size of a waiting piece beside its octets.
const PIECE: usize = 64;

/// One connection, from its first octet to its last. A session of BOSH is one too, though it has no
/// socket: XEP-0124 emulates a connection.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: ConnectionId,
    /// The name by which the client asked for the server in the TLS handshake (RFC 6066 §3).
    pub(crate) server_name: Option<String>,
    /// When it was accepted, in server time.
    pub(crate) since: Duration,
    pub(crate) phase: Phase,
    /// The transport of its stream. HTTP is that of a WebSocket until it is another.
    pub(crate) transport: Transport,
    /// The stream that it carries.
    pub(crate) stream: Option<StreamId>,
    /// Whether the server has sent its WebSocket close.
    pub(crate) close_sent: bool,
    /// The compressor of messages to the peer, if that was agreed on.
    deflater: Option<Deflater>,
    /// Octets received that are not dealt with to their end.
    pub(crate) undealt: u64,
    /// When the server last sent a message, in server time.
    pub(crate) last_sent: Duration,
    /// When octets last came, or a control frame went out, in server time.
    pub(crate) last_active: Duration,
    /// Whether the server's output is held back.
    pub(crate) hold: Hold,
    /// Its share of the memory for output that waits because of a fault or a script.
    held: Share,
    /// Its share of the memory for connections.
    pub(crate) share: Share,
    /// Why it ends, once that is known.
    pub(crate) end: Option<End>,
}

/// How octets of the peer are read.
#[derive(Debug)]
pub(crate) enum Phase {
    Http(Http),
    WebSocket(Box<WebSocket>),
    /// XMPP over TCP.
    Tcp(Box<Pieces>),
    /// A session, whose octets come and go on other connections.
    Bosh(Box<dyn bosh::Session>),
    /// Nothing more is read: after a violation or an answer that ends the connection.
    Over,
}

/// The next thing that a peer has said on a connection that carries a stream.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// Nothing for the stream; the connection has dealt with it.
    Nothing,
    /// Elements, as text.
    Text(String),
    /// An element that the transport has put in the place of a tag.
    Element(Element),
    /// The stream ends with this error, for what was said cannot be elements.
    Fails(&'static str),
    /// The stream ends without a word of why.
    Ends,
    /// The stream is for content of another namespace, on this host.
    Foreign { host: Option<String>, namespace: String },
    /// The peer closes the connection.
    Close(PeerClose),
    /// The peer breaks a rule of the transport.
    Breach(Breach),
}

/// How long the server's output on a connection is held back. The longer hold is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Hold {
    /// It is not.
    Nothing,
    /// It is, until this server time.
    Until(Duration),
    /// It is never sent.
    Forever,
}

impl Connection {
    /// A connection that begins with HTTP, and its shares of the memory for connections and for
    /// output that waits.
    pub(crate) fn new(
        id: ConnectionId,
        server_name: Option<String>,
        since: Duration,
        [share, held]: [Share; 2],
    ) -> Self {
        Self {
            id,
            server_name,
            since,
            phase: Phase::Http(Http::default()),
            transport: Transport::Ws,
            stream: None,
            close_sent: false,
            deflater: None,
            undealt: 0,
            last_sent: Duration::ZERO,
            last_active: Duration::ZERO,
            hold: Hold::Nothing,
            held,
            share,
            end: None,
        }
    }

    /// Its weight: itself, its peer's unfinished message, and its compressor.
    pub(crate) fn weight(&self) -> usize {
        let unfinished = match &self.phase {
            Phase::Http(http) => http.held(),
            Phase::WebSocket(websocket) => websocket.held(),
            Phase::Tcp(pieces) => pieces.held(),
            Phase::Bosh(session) => session.held(),
            Phase::Over => 0,
        };
        CONNECTION + unfinished + self.deflater.as_ref().map_or(0, |_| COMPRESSION)
    }

    /// Lets something be said or sent later, unless too much waits already: then the connection
    /// breaks off.
    pub(crate) fn postpone(
        &mut self,
        cx: &mut Context,
        due: Duration,
        owner: impl Into<Party>,
        timer: Timer,
    ) {
        let weight = waiting(&timer);
        if self.held.octets() + weight > MOST_HELD || !self.held.grow(weight) {
            self.hold = Hold::Nothing;
            let held = self.held.octets();
            let what = format!("faults hold back {held} octets of the connection already");
            cx.note_fact(self.id, Fact::NoMemory { what });
            cx.want(Effect::BreakOff(self.id, Output::Cut));
        } else {
            cx.timers.set(due, owner.into(), timer);
        }
    }

    /// Something that was postponed waits no longer.
    pub(crate) fn unheld(&mut self, timer: &Timer) {
        self.held.shrink(waiting(timer));
    }

    /// The decoder of its frames, once it is a WebSocket and as long as it is read.
    pub(crate) fn websocket(&mut self) -> Option<&mut WebSocket> {
        match &mut self.phase {
            Phase::WebSocket(websocket) => Some(websocket),
            Phase::Http(_) | Phase::Tcp(_) | Phase::Bosh(_) | Phase::Over => None,
        }
    }
}

/// How much something takes while it waits.
fn waiting(timer: &Timer) -> usize {
    PIECE
        + match timer {
            Timer::Deliver(Output::Octets(octets)) => octets.len(),
            Timer::Respond(response) => response.len(),
            Timer::Say(outgoing) => outgoing.xml.len(),
            Timer::Cue(ServerAct::Say(text)) => text.len(),
            _ => 0,
        }
}
