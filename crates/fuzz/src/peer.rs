//! A fake and connections to it over loopback, in one thread. Octets that are sent have been
//! handled when the call returns.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use finesse_fake::{Builder, Control, FakeFinesse, Fault, Profile, ProfileName, WorldSpec};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::{Frame, opcode};

/// An upgrade that every profile accepts.
const UPGRADE: &[u8] =
    b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: xmpp\r\n\r\n";

/// How long octets that were sent may remain unhandled.
const PATIENCE: Duration = Duration::from_secs(5);

/// A fake whose time stands still unless it is set forward.
pub(crate) struct Stage {
    fake: Arc<FakeFinesse>,
    control: Option<Control>,
    address: SocketAddr,
    peers: Vec<Peer>,
    sent: u64,
    received: u64,
}

struct Peer {
    stream: TcpStream,
    over: bool,
}

/// Plays `play` on a runtime of its own.
pub(crate) fn play(play: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(play);
}

impl Stage {
    /// A fake with two accounts; `settings` picks its profile and a fault.
    pub(crate) async fn new(settings: u8) -> Self {
        let fake = builder(settings).start().await.expect("a fake on loopback");
        Self::of(fake)
    }

    /// The same in a world where calls come and go; none if the world has the accounts already.
    pub(crate) async fn in_world(settings: u8, spec: WorldSpec) -> Option<Self> {
        let fake = builder(settings).world(spec).traffic(60, 1).start().await;
        fake.ok().map(Self::of)
    }

    fn of(fake: FakeFinesse) -> Self {
        let address = fake.addr();
        Self {
            fake: Arc::new(fake),
            control: None,
            address,
            peers: Vec::new(),
            sent: 0,
            received: 0,
        }
    }

    /// Asks the control port: method, path, body. It must answer, and may not blame itself.
    pub(crate) async fn ask(&mut self, line: &str) {
        let mut words = line.splitn(3, ' ');
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return;
        };
        // A step that waits for a client waits in real time.
        if path.starts_with("/wait") || !method.bytes().all(|octet| octet.is_ascii_uppercase()) {
            return;
        }
        let body = words.next().unwrap_or_default();
        if self.control.is_none() {
            let anywhere = (Ipv4Addr::LOCALHOST, 0).into();
            self.control = Control::open(&self.fake, anywhere).await.ok();
        }
        let url = self.control.as_ref().expect("a port on loopback").url();
        let host = url.trim_start_matches("http://");
        let asked = async {
            let mut stream = TcpStream::connect(host).await?;
            let head = format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(head.as_bytes()).await?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).await?;
            std::io::Result::Ok(answer)
        };
        let answer = tokio::time::timeout(PATIENCE, asked).await.expect("an answer in time");
        if let Ok(answer) = answer {
            assert!(!answer.starts_with(b"HTTP/1.1 500"), "{}", String::from_utf8_lossy(&answer));
        }
        self.settle().await;
    }

    /// Whether the fake has answered a request with its own failure.
    pub(crate) fn blames_itself(&self) -> bool {
        let said = self.fake.transcript().said;
        said.iter().any(|said| said.text.starts_with("HTTP/1.1 500"))
    }

    /// Makes a connection and returns its number.
    pub(crate) async fn connect(&mut self) -> usize {
        let stream = TcpStream::connect(self.address).await.expect("a fake that listens");
        stream.set_nodelay(true).expect("a socket of TCP");
        self.peers.push(Peer { stream, over: false });
        self.settle().await;
        self.peers.len() - 1
    }

    /// Makes a connection and upgrades it.
    pub(crate) async fn upgrade(&mut self) -> usize {
        let peer = self.connect().await;
        self.send(peer, UPGRADE).await;
        peer
    }

    /// Sends octets on a connection, unless it has ended.
    pub(crate) async fn send(&mut self, peer: usize, octets: &[u8]) {
        let Some(peer) = self.peers.get_mut(peer).filter(|peer| !peer.over) else {
            return;
        };
        match peer.stream.write_all(octets).await {
            Ok(()) => self.sent += octets.len() as u64,
            Err(_) => peer.over = true,
        }
        self.settle().await;
    }

    /// Sends a message of text.
    pub(crate) async fn say(&mut self, peer: usize, text: &str) {
        let frame = Frame::new(opcode::TEXT, text).masked([7; 4]);
        self.send(peer, &frame.encode()).await;
    }

    /// Logs in as `user`, whose resource is `r`, and becomes available.
    pub(crate) async fn log_in(&mut self, peer: usize, user: &str) {
        let plain = if user == "a" { "AGEAYg==" } else { "AGMAZA==" };
        let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>";
        self.say(peer, open).await;
        let auth = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>";
        self.say(peer, &format!("{auth}{plain}</auth>")).await;
        self.say(peer, open).await;
        self.say(peer, "<iq xmlns='jabber:client' type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>").await;
        self.say(peer, "<presence xmlns='jabber:client'/>").await;
    }

    /// Whether so few connections were made that another one is worth its while.
    pub(crate) fn may_connect(&self) -> bool {
        self.peers.len() < 8
    }

    /// Sets the time of the fake forward.
    pub(crate) async fn wait(&mut self, time: Duration) {
        self.fake.advance(time);
        self.settle().await;
    }

    /// The fake publishes this.
    pub(crate) async fn publish(&mut self, payload: &str) {
        let _ = self.fake.publish("/finesse/api/User/a", payload);
        self.settle().await;
    }

    /// Ends a connection without a word.
    pub(crate) async fn drop(&mut self, peer: usize) {
        if let Some(peer) = self.peers.get_mut(peer) {
            let _ = peer.stream.shutdown().await;
        }
        self.settle().await;
    }

    /// Ends the fake.
    pub(crate) async fn end(self) {
        drop((self.peers, self.control));
        // A request that is still open holds it.
        if let Some(fake) = Arc::into_inner(self.fake) {
            fake.shutdown().await;
        }
    }

    /// Reads until the fake has handled all that was sent, and all that it sent has come.
    async fn settle(&mut self) {
        let settled = async {
            let mut buffer = [0; 4096];
            // Octets for a connection that has ended are not counted.
            while !self.peers.iter().any(|peer| peer.over)
                && !self.fake.settled(self.sent, self.received)
            {
                for peer in &mut self.peers {
                    match peer.stream.try_read(&mut buffer) {
                        Ok(0) => peer.over = true,
                        Ok(count) => self.received += count as u64,
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                        Err(_) => peer.over = true,
                    }
                }
                tokio::task::yield_now().await;
            }
        };
        let settled = tokio::time::timeout(PATIENCE, settled).await;
        assert!(settled.is_ok(), "the fake does not come to rest");
        for _ in 0..8 {
            tokio::task::yield_now().await;
        }
    }
}

/// A fake with two accounts; `settings` picks its profile and a fault.
fn builder(settings: u8) -> Builder {
    let profiles = ProfileName::ALL;
    let profile = profiles[usize::from(settings) % profiles.len()];
    let fault = usize::from(settings) / profiles.len();
    let builder = FakeFinesse::builder()
        .plain(true)
        .time_by_hand(true)
        .domain("d")
        .profile(Profile::from(profile))
        .user("a", "b")
        .user("c", "d")
        .node("/n");
    match Fault::sabotages().nth(fault) {
        Some(sabotage) => builder.fault(sabotage.name()),
        None => builder,
    }
}
