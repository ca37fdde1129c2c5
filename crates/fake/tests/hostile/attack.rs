//! An engine, and the peers that attack it.

use std::time::Duration;

use engine::{ClientPhase, ConnectionId, Engine, Outlet, Output, Peer};
use finesse_fake::{FakeFinesse, Profile};
use wire::{Frame, opcode};

pub(crate) const OPEN: &str =
    "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>";

/// `NUL a NUL b` in base64.
const AUTH: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";

const AVAILABLE: &str = "<presence xmlns='jabber:client'/>";

pub(crate) struct Attack {
    engine: Engine,
    now: Duration,
    members: usize,
}

/// Peers that read at once.
struct Read;

impl Outlet for Read {
    fn put(&mut self, _: ConnectionId, _: Output) {}
}

impl Attack {
    pub(crate) fn begin() -> Self {
        Self::on(Profile::finesse())
    }

    pub(crate) fn on(profile: Profile) -> Self {
        let builder = FakeFinesse::builder().profile(profile).domain("d").user("a", "b").seed(1);
        let engine = builder.engine_with(Box::new(Read)).expect("the settings are right");
        Self { engine, now: Duration::ZERO, members: 0 }
    }

    pub(crate) fn connect(&mut self) -> ConnectionId {
        self.engine.accept(self.now, Peer::default())
    }

    /// A connection that is a WebSocket, with or without compression.
    pub(crate) fn upgrade(&mut self, compression: bool) -> ConnectionId {
        let id = self.connect();
        let extension =
            if compression { "Sec-WebSocket-Extensions: permessage-deflate\r\n" } else { "" };
        let request = format!(
            "GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Protocol: xmpp\r\n{extension}\r\n"
        );
        self.send(id, request.as_bytes());
        id
    }

    /// The messages of a login.
    pub(crate) fn login(&mut self) -> [String; 5] {
        self.members += 1;
        let bind = format!(
            "<iq xmlns='jabber:client' type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r{}</resource></bind></iq>",
            self.members
        );
        [OPEN.to_owned(), AUTH.to_owned(), OPEN.to_owned(), bind, AVAILABLE.to_owned()]
    }

    /// A client that is logged in.
    pub(crate) fn log_in(&mut self) -> ConnectionId {
        let id = self.upgrade(false);
        for message in self.login() {
            self.say(id, &message);
        }
        id
    }

    pub(crate) fn say(&mut self, id: ConnectionId, text: &str) {
        self.frame(id, Frame::new(opcode::TEXT, text));
    }

    pub(crate) fn frame(&mut self, id: ConnectionId, frame: Frame) {
        self.send(id, &frame.masked([1, 2, 3, 4]).encode());
    }

    /// Sends octets as a socket reads them.
    pub(crate) fn send(&mut self, id: ConnectionId, octets: &[u8]) {
        for chunk in octets.chunks(16 << 10) {
            self.engine.receive(self.now, id, chunk);
        }
    }

    /// The same for a request to the publish-subscribe service.
    pub(crate) fn ask(&mut self, id: ConnectionId, owner: bool, content: &str) {
        let owner = if owner { "#owner" } else { "" };
        self.say(id, &format!("<iq xmlns='jabber:client' type='set' id='q' to='pubsub.d'><pubsub xmlns='http://jabber.org/protocol/pubsub{owner}'>{content}</pubsub></iq>"));
    }

    pub(crate) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.engine.fire(self.now);
    }

    /// The end of TCP.
    pub(crate) fn end(&mut self, id: ConnectionId) {
        self.engine.ended(self.now, id);
    }

    pub(crate) fn connections(&self) -> usize {
        self.engine.clients().len()
    }

    pub(crate) fn transcript(&self) -> String {
        self.engine.transcript().to_string()
    }

    /// Whether a client can log in once the attackers are gone.
    pub(crate) fn serves_another(&mut self) -> bool {
        for client in self.engine.clients() {
            self.engine.ended(self.now, ConnectionId(client.connection));
        }
        self.log_in();
        self.engine.clients().iter().any(|client| client.phase == ClientPhase::Available)
    }
}
