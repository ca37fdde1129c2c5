//! The whole server: it wires connections, streams and the hub, and does in order what they want
//! done.
//!
//! Everything that one chunk of input causes, on whatever connection, happens within one call. So
//! the order of what is sent is always the same, and what has been received and sent can be told
//! exactly.

mod api;
mod assume;
mod between;
mod bosh;
mod clients;
mod effects;
mod incoming;
mod rest;
mod saying;
mod script;
mod service;
mod strike;
mod tcp;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use contact::{Chance, SharedWorld};

use crate::config::Config;
use crate::context::{Context, Settings};
use crate::fact::{End, Fact};
use crate::fault::{Edge, Point};
use crate::hub::{Hub, disco};
use crate::memory::CONNECTION;
use crate::numbers::{ConnectionId, Party, StreamId};
use crate::outlet::{Outlet, Output};
use crate::passwords::Passwords;
use crate::said::Record;
use crate::script::Script;
use crate::stream::Stream;
use crate::timers::Timer;
use crate::transport::{Connection, Phase};

pub use assume::Assumed;
pub use between::Passing;
pub use clients::{ClientPhase, ClientView};

/// A server with all its connections. It has neither clock nor socket: the caller says what time it
/// is and what has come.
pub struct Engine {
    cx: Context,
    connections: BTreeMap<ConnectionId, Connection>,
    /// Streams, and those of sessions that have outlived their connections. A publication goes
    /// through them in their order, which is why they lie in it.
    streams: BTreeMap<StreamId, CarriedStream>,
    hub: Hub,
    /// Sessions of BOSH by their ids on the wire.
    bosh: HashMap<String, ConnectionId>,
    /// Somebody who stands between these and their streams.
    between: Option<between::Between>,
    /// How many connections were accepted, and streams begun.
    accepted: u64,
    begun: u64,
    /// Connections whose request of BOSH was answered: the next one may be there already.
    answered: VecDeque<ConnectionId>,
    /// Whether these are being dealt with.
    reads_on: bool,
    /// Octets received and sent.
    received: u64,
    sent: u64,
    /// Says what the server says, if it is not the server itself.
    script: Option<Box<dyn Script>>,
}

/// The client of a new connection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Peer {
    /// Its address, for the record.
    pub address: Option<SocketAddr>,
    /// The name by which it asked for the server in the TLS handshake (RFC 6066 §3).
    pub server_name: Option<String>,
    /// The protocol that the port serves.
    pub protocol: Protocol,
}

/// The protocol of a connection from its first octet on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Protocol {
    /// HTTP: WebSocket, BOSH, and the REST API.
    #[default]
    Http,
    /// XMPP over TCP (RFC 6120 §3).
    Xmpp,
}

/// A stream and the connection that carries it.
struct CarriedStream {
    stream: Stream,
    by: ConnectionId,
}

impl Engine {
    /// A server of this configuration in this world, which puts what it has to send into `outlet`.
    pub fn new(config: Config, world: SharedWorld, outlet: Box<dyn Outlet>) -> Self {
        let mut profile = config.profile.clone();
        profile.updates.collections = config.spec.collections;
        let settings = Settings {
            caps: disco::caps_element(&config.domain, &config.profile),
            domain: config.domain.clone(),
            profile,
            accounts: config.accounts.clone(),
            secrets: Passwords::of_accounts(config.accounts.secrets()),
            host_names: config.host_names.clone(),
            calendar: config.calendar,
            peer: config.peer.clone(),
            is_secondary: config.is_secondary,
            allows_cross_origin: config.allows_cross_origin,
            pages: config.pages,
        };
        let record = Record::new(config.transcript_limit);
        let mut cx = Context::new(settings, Chance::new(config.seed), record, outlet);
        let hub = Hub::new(&mut cx, config, world);
        Self {
            cx,
            connections: BTreeMap::new(),
            streams: BTreeMap::new(),
            hub,
            bosh: HashMap::new(),
            between: None,
            answered: VecDeque::new(),
            reads_on: false,
            accepted: 0,
            begun: 0,
            received: 0,
            sent: 0,
            script: None,
        }
    }

    /// A new connection.
    pub fn accept(&mut self, now: Duration, peer: Peer) -> ConnectionId {
        self.cx.now = now;
        self.accepted += 1;
        let id = ConnectionId(self.accepted);
        self.cx.outlet.open(id);
        self.cx.note_fact(id, Fact::Connected { from: peer.address });
        let Some(share) = self.cx.memory.strangers.share(CONNECTION) else {
            let what = "too many connections are not logged in".to_owned();
            self.cx.note_fact(id, Fact::NoMemory { what });
            self.cx.note_fact(id, Fact::Closed(End::Server));
            self.cx.outlet.put(id, Output::Close);
            return id;
        };
        let shares = [share, self.cx.memory.held.nothing()];
        self.connections.insert(id, Connection::new(id, peer.server_name, now, shares));
        match peer.protocol {
            Protocol::Http => {
                self.cx.set_timer(self.cx.settings.profile.http_idle, id, Timer::HttpIdle);
            }
            Protocol::Xmpp => self.begin_tcp(id),
        }
        self.strike(id, Edge::After, &Point::Connect.into(), None);
        self.run();
        id
    }

    /// Octets that a connection has received, after TLS, and all that they cause.
    pub fn receive(&mut self, now: Duration, id: ConnectionId, octets: &[u8]) {
        let mut is_more = self.receive_next(now, id, octets);
        while is_more {
            is_more = self.receive_next(now, id, &[]);
        }
    }

    /// The same, but deals with one message or request alone, so that other connections can have
    /// their turn. True if there may be another, which a call without octets deals with.
    pub fn receive_next(&mut self, now: Duration, id: ConnectionId, octets: &[u8]) -> bool {
        self.cx.now = now;
        let received = octets.len() as u64;
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.undealt += received;
        } else {
            self.received += received;
        }
        if self.deal_with(id, |engine| engine.next_input(id, octets)) {
            return true;
        }
        self.weigh(id);
        if let Some(connection) = self.connections.get_mut(&id) {
            self.received += std::mem::take(&mut connection.undealt);
        }
        false
    }

    /// Takes octets, and deals with the next message or request. True if there may be another.
    fn next_input(&mut self, id: ConnectionId, octets: &[u8]) -> bool {
        match self.connections.get(&id).map(|connection| &connection.phase) {
            Some(Phase::Http(_)) => self.next_request(id, octets),
            Some(Phase::WebSocket(_)) => self.next_message(id, octets),
            Some(Phase::Tcp(_)) => self.next_piece(id, octets),
            Some(Phase::Bosh(_) | Phase::Over) | None => false,
        }
    }

    /// The peer has closed or reset its connection, or stopped reading.
    pub fn ended(&mut self, now: Duration, id: ConnectionId) {
        self.cx.now = now;
        let end = match self.connections.get(&id) {
            Some(connection) if connection.close_sent => End::Server,
            Some(connection) if connection.stream.is_none() => End::Http,
            _ => End::Lost,
        };
        self.note_end(id, end);
        self.hand_out(id, Output::Close);
    }

    /// The peer of a connection does not read; so many octets wait for it, too many for the owner
    /// of its socket.
    pub fn too_slow(&mut self, now: Duration, id: ConnectionId, waiting: usize) {
        self.cx.now = now;
        let what = format!("the client does not read the {waiting} octets that wait for it");
        self.cx.note_fact(id, Fact::NoMemory { what });
        self.note_end(id, End::Server);
        self.hand_out(id, Output::Close);
    }

    /// A client was not let in: its TLS handshake failed.
    pub fn handshake_failed(&mut self, now: Duration, from: SocketAddr, why: String) {
        self.cx.now = now;
        self.cx.note_fact(Party::Service, Fact::HandshakeFailed { from, why });
    }

    /// A client has called a port that serves nothing but hints; `what` describes its request
    /// and the answer.
    pub fn misdirected(&mut self, now: Duration, from: SocketAddr, port: u16, what: String) {
        self.cx.now = now;
        self.cx.note_fact(Party::Service, Fact::Misdirected { from, port, what });
    }

    /// Does what has fallen due.
    pub fn fire(&mut self, now: Duration) {
        loop {
            // The world's own plans come between the timers of connections, in the order in which
            // they fall due.
            let world_due = self.hub.next_due().filter(|due| *due <= now);
            if let Some(due) = world_due
                && self.cx.timers.next_due().is_none_or(|timer| due < timer)
            {
                self.cx.now = self.cx.now.max(due);
                self.hub.in_world(&mut self.cx, |world| world.fire_next(due));
                self.run();
                continue;
            }
            let Some((due, party, timer)) = self.cx.timers.take_due(now) else { break };
            // A late wake-up does not change what happens when.
            self.cx.now = due;
            match party {
                Party::Service => self.service_timer(timer),
                Party::Connection(id) => {
                    self.deal_with(id, |engine| engine.connection_timer(id, timer));
                }
                Party::Stream(id) => match self.streams.get(&id).map(|carried| carried.by) {
                    Some(by) => self.deal_with(by, |engine| engine.stream_timer(id, timer)),
                    None => self.stream_timer(id, timer),
                },
            }
            self.run();
        }
        self.cx.now = now;
    }

    fn service_timer(&mut self, timer: Timer) {
        if let Timer::FaultOver(fault) = timer {
            self.uninstall(fault);
        }
    }

    fn connection_timer(&mut self, id: ConnectionId, timer: Timer) {
        match timer {
            Timer::HttpIdle => {
                self.note_end(id, End::Idle);
                self.put(id, Output::Close);
            }
            Timer::Drained => self.put(id, Output::Close),
            Timer::PingTick => {
                let is_open = self.stream_of(id).is_some_and(Stream::is_open);
                self.with_connection(id, |connection, cx| connection.ping_tick(cx, is_open));
            }
            Timer::CutIdle(time) => self.cut_if_idle(id, time),
            Timer::ReadIdle => self.ask_if_idle(id),
            Timer::CloseOverdue => self.force_close(id),
            Timer::Session => self.session_due(id),
            timer @ Timer::Deliver(_) => {
                self.with_connection(id, |connection, _| connection.unheld(&timer));
                if let Timer::Deliver(output) = timer {
                    self.hand_out(id, output);
                }
            }
            timer @ Timer::Respond(_) => {
                self.with_connection(id, |connection, _| connection.unheld(&timer));
                if let Timer::Respond(response) = timer {
                    self.respond_now(id, response);
                }
            }
            timer @ Timer::Cue(_) => {
                self.with_connection(id, |connection, _| connection.unheld(&timer));
                if let Timer::Cue(deed) = timer {
                    self.deed(id, deed);
                }
            }
            _ => {}
        }
    }

    fn stream_timer(&mut self, id: StreamId, timer: Timer) {
        let by = self.streams.get(&id).map(|carried| carried.by);
        match timer {
            Timer::OpenIdle => self.with_carrier(id, |connection, cx| {
                connection.end.get_or_insert(End::Idle);
                connection.close(cx);
            }),
            Timer::VersionQuery => self.hub.query_version(&mut self.cx, id),
            Timer::CloseOverdue => {
                if let Some(by) = by {
                    self.force_close(by);
                }
            }
            Timer::GhostOver => self.end_ghost(id),
            Timer::Overtaken => self.say_overtaken(id, |_| true),
            timer @ Timer::Say(_) => {
                self.with_carrier(id, |connection, _| connection.unheld(&timer));
                if let Timer::Say(outgoing) = timer {
                    self.say_late(id, outgoing);
                }
            }
            _ => {}
        }
    }

    /// When the next timer falls due, in server time.
    pub fn next_timeout(&self) -> Option<Duration> {
        earlier(self.cx.timers.next_due(), self.hub.next_due())
    }

    /// When the server next does something by itself that a peer could notice, other than to ask or
    /// ping.
    pub fn next_deed(&self) -> Option<Duration> {
        earlier(self.cx.timers.next_deed(), self.hub.next_due())
    }

    /// Octets received and handled, and octets handed out for sending.
    pub fn traffic(&self) -> (u64, u64) {
        (self.received, self.sent)
    }

    /// The next output, if the outlet keeps output until it is asked for, as
    /// [`Queue`](crate::Queue) does.
    pub fn poll_output(&mut self) -> Option<(ConnectionId, Output)> {
        self.cx.outlet.poll()
    }

    /// Notes why a connection ends. The first reason stays.
    fn note_end(&mut self, id: ConnectionId, end: End) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.end.get_or_insert(end);
        }
    }

    /// The stream that a connection carries.
    fn stream_of(&self, id: ConnectionId) -> Option<&Stream> {
        let stream = self.connections.get(&id)?.stream?;
        self.streams.get(&stream).map(|carried| &carried.stream)
    }

    /// Does something with a connection. A close of it is known to its stream from then on.
    fn with_connection(
        &mut self,
        id: ConnectionId,
        act: impl FnOnce(&mut Connection, &mut Context),
    ) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        act(connection, &mut self.cx);
        if connection.close_sent
            && let Some(carried) = connection.stream.and_then(|id| self.streams.get_mut(&id))
        {
            carried.stream.sever();
        }
    }

    /// Does something with the connection that carries a stream.
    fn with_carrier(&mut self, id: StreamId, act: impl FnOnce(&mut Connection, &mut Context)) {
        if let Some(by) = self.streams.get(&id).map(|carried| carried.by) {
            self.with_connection(by, act);
        }
    }

    /// Does something with a stream.
    fn with_stream(&mut self, id: StreamId, act: impl FnOnce(&mut Stream, &mut Context)) {
        if let Some(carried) = self.streams.get_mut(&id) {
            act(&mut carried.stream, &mut self.cx);
        }
    }

    /// Does something with the stream that a connection carries.
    fn with_stream_of(&mut self, id: ConnectionId, act: impl FnOnce(&mut Stream, &mut Context)) {
        if let Some(stream) = self.connections.get(&id).and_then(|connection| connection.stream) {
            self.with_stream(stream, act);
        }
    }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
