//! The whole server as one value: octets and time go in, octets for its connections come out by its outlet.
//!
//! Everything that one chunk of input causes, on whatever connection, happens within one call. So the order of
//! what is sent is always the same, and what has been received and sent can be told exactly.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use contact::{Calendar, Chance, SharedWorld};
use stanza::Jid;

use crate::account_data::PrivateData;
use crate::accounts::Directory;
use crate::config::Config;
use crate::connection::{Connection, ConnectionId, Hold, Phase};
use crate::contacts::Contacts;
use crate::disco;
use crate::fault::{Edge, Faults, Name, Point};
use crate::finesse::{Start, WebApplication};
use crate::outgoing::Outgoing;
use crate::outlet::{Outlet, Output};
use crate::profile::Profile;
use crate::pubsub::PubSub;
use crate::said::Record;
use crate::session::Sessions;
use crate::stream_management;
use crate::timers::{Timer, Timers};

/// The delay of `slow-everything`, in server time.
const SLOW: Duration = Duration::from_secs(2);

/// How long input is still read after a connection that broke the rules was told so.
const DRAIN: Duration = Duration::from_secs(5);

/// A server with all its connections. It has neither clock nor socket: the caller says what time it is and what has come.
pub struct Engine {
    pub(crate) domain: String,
    /// The server's capabilities, as each stream is told of them; the hash in it is worked out once.
    pub(crate) caps: String,
    pub(crate) profile: Profile,
    pub(crate) accounts: Directory,
    /// Names and addresses in the certificate.
    pub(crate) host_names: Vec<String>,
    pub(crate) connections: BTreeMap<ConnectionId, Connection>,
    pub(crate) sessions: Sessions,
    pub(crate) pubsub: PubSub,
    pub(crate) private: PrivateData,
    pub(crate) contacts: Contacts,
    pub(crate) faults: Faults,
    pub(crate) application: WebApplication,
    pub(crate) world: SharedWorld,
    /// The side from which this server reads the changes of its world.
    pub(crate) side: usize,
    pub(crate) timers: Timers,
    /// The time of day at each server time.
    pub(crate) calendar: Calendar,
    /// All chance that the server has, but for that of its world.
    pub(crate) chance: Chance,
    /// What was said on all connections.
    pub(crate) record: Record,
    /// What it began with, to begin with it again.
    pub(crate) start: Arc<Start>,
    /// Server time of the call that is going on.
    pub(crate) now: Duration,
    /// Verified caps hashes; they are not asked for again.
    pub(crate) known_caps: BTreeSet<String>,
    /// Requests that the server has made so far, the second half of their ids.
    requests: u64,
    accepted: u64,
    received: u64,
    sent: u64,
    pub(crate) outlet: Box<dyn Outlet>,
}

impl Engine {
    /// A server of this configuration in this world, which puts what it has to send into `outlet`.
    pub fn new(config: Config, world: SharedWorld, outlet: Box<dyn Outlet>) -> Self {
        let Config { domain, profile, accounts, host_names, calendar, .. } = config;
        let mut chance = Chance::new(config.seed);
        let side = world.lock().join();
        let pubsub = profile.pubsub.clone();
        let mut engine = Self {
            caps: disco::caps_element(&domain),
            pubsub: PubSub::new(&domain, pubsub, calendar, chance.split()),
            domain,
            profile,
            accounts,
            host_names,
            connections: BTreeMap::new(),
            sessions: Sessions::default(),
            private: PrivateData::default(),
            contacts: Contacts::default(),
            faults: Faults::default(),
            application: WebApplication::default(),
            side,
            world,
            timers: Timers::default(),
            calendar,
            chance,
            record: Record::new(config.transcript_limit),
            start: Arc::new(Start {
                spec: config.spec,
                traffic: config.traffic,
                nodes: config.nodes,
            }),
            now: Duration::ZERO,
            known_caps: BTreeSet::new(),
            requests: 0,
            accepted: 0,
            received: 0,
            sent: 0,
            outlet,
        };
        engine.furnish();
        engine
    }

    /// A new connection, whose client asked for the server by this name if it speaks TLS.
    pub fn accept(&mut self, now: Duration, server_name: Option<String>) -> ConnectionId {
        self.now = now;
        self.accepted += 1;
        let id = ConnectionId(self.accepted);
        self.connections.insert(id, Connection::new(server_name, now));
        self.outlet.open(id);
        self.record.fact(now, id, "connected");
        self.timers.set(now + self.profile.http_idle, id, Timer::HttpIdle);
        self.strike(id, Edge::After, &Point::Connect.into(), None);
        id
    }

    /// Octets that a connection has received, after TLS.
    pub fn receive(&mut self, now: Duration, id: ConnectionId, octets: &[u8]) {
        self.now = now;
        match self.connections.get(&id).map(|connection| &connection.phase) {
            Some(Phase::Http { .. }) => self.http(id, octets),
            Some(Phase::WebSocket(_)) => self.frames(id, octets),
            Some(Phase::Over) | None => {}
        }
        self.received += octets.len() as u64;
    }

    /// The peer has closed or reset its connection, or stopped reading.
    pub fn ended(&mut self, now: Duration, id: ConnectionId) {
        self.now = now;
        self.end_session(id);
        self.deliver(id, Output::Close);
    }

    /// Does what has fallen due.
    pub fn fire(&mut self, now: Duration) {
        loop {
            // The world's own plans come between the timers of connections, in the order in which they fall due.
            let world_due = self.world.lock().next_due().filter(|due| *due <= now);
            if let Some(due) = world_due
                && self.timers.next_due().is_none_or(|timer| due < timer)
            {
                self.now = self.now.max(due);
                self.in_world(|world| world.fire_next(due));
                continue;
            }
            let Some((due, id, timer)) = self.timers.take_due(now) else { break };
            // A late wake-up does not change what happens when.
            self.now = due;
            match timer {
                Timer::HttpIdle => self.put(id, Output::Close),
                Timer::OpenIdle => self.close_websocket(id),
                Timer::PingTick => self.ping_tick(id),
                Timer::VersionQuery => self.query_version(id),
                Timer::ForceClose => self.force_close(id),
                Timer::Drained => self.put(id, Output::Close),
                Timer::GhostOver => self.end_session_for_good(id),
                Timer::FaultOver(fault) => {
                    self.uninstall(fault);
                }
                Timer::Overtaken => self.say_overtaken(id, |_| true),
                timer @ (Timer::Deliver(_) | Timer::Say(_)) => {
                    self.unheld(id, &timer);
                    match timer {
                        Timer::Deliver(output) => self.deliver(id, output),
                        Timer::Say(xml) => self.say_late(id, xml),
                        _ => {}
                    }
                }
            }
        }
        self.now = now;
    }

    /// When the next timer falls due, in server time.
    pub fn next_timeout(&self) -> Option<Duration> {
        earlier(self.timers.next_due(), self.world.lock().next_due())
    }

    /// When the server next does something by itself that a peer could notice, other than to ask or ping.
    pub fn next_deed(&self) -> Option<Duration> {
        earlier(self.timers.next_deed(), self.world.lock().next_due())
    }

    /// Octets received and handled, and octets handed out for sending.
    pub fn traffic(&self) -> (u64, u64) {
        (self.received, self.sent)
    }

    /// The next output, if the outlet keeps output until it is asked for, as [`Queue`](crate::Queue) does.
    pub fn poll_output(&mut self) -> Option<(ConnectionId, Output)> {
        self.outlet.poll()
    }

    /// Hands out output, now or later.
    pub(crate) fn put(&mut self, id: ConnectionId, output: Output) {
        if self.faults.lasting(Name::SlowEverything) {
            self.timers.set(self.now + SLOW, id, Timer::Deliver(output));
            return;
        }
        let breaks_off = matches!(output, Output::Cut | Output::Reset);
        match self.connections.get(&id).map_or(Hold::Nothing, |connection| connection.hold) {
            Hold::Until(due) if due > self.now && !breaks_off => {
                self.postpone(id, due, Timer::Deliver(output));
            }
            Hold::Forever if !breaks_off => {}
            _ => self.deliver(id, output),
        }
    }

    /// Sends one element as a message of its own (RFC 7395 §3.3.3).
    pub(crate) fn say(&mut self, id: ConnectionId, xml: impl Into<String>) {
        let xml = xml.into();
        if self.faults.is_empty() {
            self.say_now(id, xml);
        } else {
            self.say_with_faults(id, xml);
        }
    }

    /// Sends one element, whatever the faults are.
    pub(crate) fn say_now(&mut self, id: ConnectionId, xml: String) {
        let asks = self.count_sent(id, &xml);
        self.send_text(id, xml);
        if asks {
            self.send_text(id, format!("<r xmlns='{}' />", stream_management::NAMESPACE));
        }
    }

    /// Sends a stanza to a session, as long as its stream is open.
    pub(crate) fn say_to_session(&mut self, id: ConnectionId, xml: impl Into<String>) {
        if self.connections.get(&id).is_some_and(Connection::is_streaming) {
            self.say(id, xml);
            self.sessions.touch(id, self.now);
        }
    }

    /// Carries stanzas to their receivers.
    pub(crate) fn carry(&mut self, outgoing: Vec<Outgoing>) {
        outgoing.into_iter().for_each(|stanza| self.carry_one(stanza));
    }

    /// Carries one stanza.
    pub(crate) fn carry_one(&mut self, Outgoing { to, xml }: Outgoing) {
        let receivers = if to.resource.is_some() {
            self.sessions.receivers(&to)
        } else {
            self.receivers_of_account(&to)
        };
        match receivers.as_slice() {
            [] if self.profile.bounces => self.pubsub.bounced(&to),
            [] => {}
            [first @ .., last] => {
                for receiver in first {
                    self.say_to_session(*receiver, xml.clone());
                }
                self.say_to_session(*last, xml);
            }
        }
    }

    /// The id of a request that the server makes: a number below 1000, a dash, a counter (recorded: bind_version_query).
    pub(crate) fn request_id(&mut self) -> String {
        self.requests += 1;
        format!("{}-{}", self.chance.between(0, 1000), self.requests)
    }

    /// Whether this is the address of the server itself.
    pub(crate) fn is_domain(&self, jid: &Jid) -> bool {
        jid.local.is_none() && jid.domain == self.domain
    }

    /// Stops reading and gives the peer a moment to take what was sent.
    pub(crate) fn stop_reading(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.phase = Phase::Over;
        }
        self.put(id, Output::Finish);
        self.timers.set(self.now + DRAIN, id, Timer::Drained);
    }

    /// The peer has not done its half of a close in time.
    fn force_close(&mut self, id: ConnectionId) {
        self.end_session(id);
        if self.connections.get(&id).is_some_and(|connection| connection.close_sent) {
            self.put(id, Output::Close);
        } else {
            self.close_websocket(id);
        }
    }

    fn deliver(&mut self, id: ConnectionId, output: Output) {
        match &output {
            Output::Octets(octets) => self.sent += octets.len() as u64,
            Output::Finish => {}
            Output::Close | Output::Cut | Output::Reset => {
                self.end_session(id);
                if self.connections.remove(&id).is_some() {
                    self.record.ended(self.now, id);
                }
                self.timers.cancel(id, |timer| *timer != Timer::GhostOver);
            }
        }
        self.outlet.put(id, output);
    }
}

fn earlier(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
