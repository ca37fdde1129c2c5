//! Plays the client's side of a recording against a fake whose time is set by hand.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine as _;
use finesse_fake::FakeFinesse;
use transcript::{Event, EventKind, Line, Recorded, Side};
use wire::{CloseFrame, Frame, opcode};

use crate::before;
use crate::client::{Client, Heard};
use crate::compare::said_by_server;
use crate::cut::{mended, whole};
use crate::exceptions::{CONNECTS_ANEW, HOLDS, LATE};
use crate::same::Same;
use crate::settings::{self, DOMAIN, PASSWORD};

/// How much later than recorded a timer of the server may be.
const JITTER: u64 = 50_000;

/// How long to wait for the fake to come to rest, in wall time.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same after the end of a connection, when octets may be on their way to a closed socket.
const SHORT_PATIENCE: Duration = Duration::from_millis(20);

/// The recorded and the present messages of each connection, and findings of the playing.
pub(crate) struct Played {
    pub(crate) connections: Vec<(String, Vec<Heard>, Vec<Heard>)>,
    pub(crate) faults: Vec<String>,
    pub(crate) same: Same,
}

struct Play<'r> {
    name: &'r str,
    fake: Option<FakeFinesse>,
    clients: BTreeMap<String, Client>,
    /// Connections that prepared something and are gone again.
    prepared: Vec<Client>,
    recorded: BTreeMap<String, Vec<Heard>>,
    /// How many of the recorded messages of a connection have been compared with what was heard.
    matched: BTreeMap<String, usize>,
    same: Same,
    faults: Vec<String>,
    /// Server time in microseconds.
    now: u64,
}

pub(crate) async fn play(name: &str, recording: &Recorded) -> Result<Played, String> {
    let fake = settings::start(name, &recording.server).await.map_err(|error| error.to_string())?;
    let mut recorded: BTreeMap<String, Vec<Heard>> = BTreeMap::new();
    for line in &recording.lines {
        if let Line::Event(event) = line {
            let said = recorded.entry(event.conn.clone()).or_default();
            if event.who == Side::Server {
                said.extend(said_by_server(event));
            }
        }
    }
    let mut play = Play {
        name,
        fake: Some(fake),
        clients: BTreeMap::new(),
        prepared: Vec::new(),
        recorded,
        matched: BTreeMap::new(),
        same: Same::default(),
        faults: Vec::new(),
        now: 0,
    };
    play.prepare().await?;
    if let Some(Line::Event(event)) = recording.lines.first() {
        play.ensure(event).await?;
        if event.who == Side::Server {
            // A client that says nothing cannot tell when it has been noticed.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    for line in &recording.lines {
        match line {
            Line::Event(event) => play.event(event).await?,
            Line::Remark { micros, text } => play.remark(*micros, text).await?,
        }
    }
    play.rest().await;
    let Play { mut clients, recorded, faults, same, .. } = play;
    let connections = recorded
        .into_iter()
        .map(|(conn, recorded)| {
            let heard = clients.remove(&conn).map(|client| client.heard).unwrap_or_default();
            (conn, recorded, heard)
        })
        .collect();
    Ok(Played { connections, faults, same })
}

impl Play<'_> {
    /// Says what had been said to the recorded server before.
    async fn prepare(&mut self) -> Result<(), String> {
        for (who, xml) in before::of(self.name).filter(|(what, _)| *what != "node") {
            let mut client = self.log_in(who).await?;
            client.say_text(xml).await;
            self.clients.insert("0".to_owned(), client);
            self.rest().await;
            if let Some(mut client) = self.clients.remove("0") {
                client.finish().await;
                self.prepared.push(client);
                self.rest().await;
            }
        }
        Ok(())
    }

    /// A client that is bound as `USER/RESOURCE`.
    async fn log_in(&mut self, whose: &str) -> Result<Client, String> {
        let (user, resource) = whose.split_once('/').ok_or("user and resource")?;
        let Some(fake) = &self.fake else { return Err("the server is gone".to_owned()) };
        let mut client = Client::connect(fake, None, false).await?;
        let request = "GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
            Sec-WebSocket-Protocol: xmpp\r\n\r\n";
        let plain =
            base64::engine::general_purpose::STANDARD.encode(format!("\0{user}\0{PASSWORD}"));
        let open = format!(
            r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="{DOMAIN}" version="1.0"/>"#
        );
        let auth = format!(
            r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain}</auth>"#
        );
        let bind = format!(
            r#"<iq xmlns="jabber:client" type="set" id="b"><bind xmlns="urn:ietf:params:xml:ns:xmpp-bind"><resource>{resource}</resource></bind></iq>"#
        );
        client.say(request.as_bytes()).await;
        for message in [&open, &auth, &open, &bind] {
            client.say_text(message).await;
        }
        let until = Instant::now() + PATIENCE;
        while client.heard.len() < 7 && Instant::now() < until {
            client.listen();
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        if client.heard.len() != 7 {
            return Err(format!("{whose} is not logged in: {:?}", client.heard.last()));
        }
        client.heard.clear();
        Ok(client)
    }

    async fn event(&mut self, event: &Event) -> Result<(), String> {
        let late = if event.who == Side::Server { JITTER } else { 0 };
        self.until(event.micros + late).await;
        if event.who == Side::Client || !self.clients.contains_key(&event.conn) {
            self.ensure(event).await?;
        }
        match event.who {
            Side::Client => {
                self.say(event).await;
                if matches!(event.said, EventKind::Eof) {
                    self.wait_for_end(&event.conn).await;
                }
            }
            Side::Server if event.said == EventKind::Eof => {
                if !self.wait_for_end(&event.conn).await {
                    self.faults.push(format!("{} is not closed by the server", event.conn));
                }
                let late = LATE.contains(&(self.name, event.conn.as_str()));
                if let Some(client) = self.clients.get_mut(&event.conn)
                    && !late
                    && !HOLDS.contains(&self.name)
                {
                    client.finish().await;
                    // Nothing tells when the end has been noticed.
                    tokio::time::sleep(Duration::from_millis(3)).await;
                }
            }
            Side::Server => {}
        }
        Ok(())
    }

    async fn say(&mut self, event: &Event) {
        let said = mended(self.name, event);
        let same = &self.same;
        if matches!(said, EventKind::Close { .. })
            && LATE.contains(&(self.name, event.conn.as_str()))
        {
            return;
        }
        let Some(client) = self.clients.get_mut(&event.conn) else { return };
        match said {
            EventKind::Http { head, body, .. } => {
                let body = body.unwrap_or_default().0;
                client.say(&request(&head, body, same)).await;
            }
            EventKind::Text { text, .. } if (1..text.len()).contains(&event.octets) => {
                client.say_compressed(&same.now(&text)).await;
            }
            EventKind::Text { text, .. } => client.say_text(&same.now(&text)).await,
            EventKind::Frame { fin, rsv, opcode, mask, payload, .. } => {
                let frame = Frame { fin, rsv, ..Frame::new(opcode, payload.0) };
                client.say_frame(frame, mask).await;
            }
            EventKind::Binary { payload } => {
                client.say_frame(Frame::new(opcode::BINARY, payload.0), true).await
            }
            EventKind::Bytes { payload } => client.say(&payload.0).await,
            EventKind::Ping { payload } => {
                client.say_frame(Frame::new(opcode::PING, payload.0), true).await
            }
            EventKind::Pong { payload } => {
                client.say_frame(Frame::new(opcode::PONG, payload.0), true).await
            }
            EventKind::Close { code, reason } => {
                let payload = code.map(|code| CloseFrame::new(code, reason).payload());
                client
                    .say_frame(Frame::new(opcode::CLOSE, payload.unwrap_or_default()), true)
                    .await;
            }
            // No client of ours was under test.
            EventKind::Report { .. } => {}
            EventKind::Eof => client.finish().await,
            EventKind::Reset => client.reset(),
            EventKind::Connect { .. } => {}
        }
    }

    async fn remark(&mut self, micros: u64, text: &str) -> Result<(), String> {
        self.until(micros).await;
        if text == "SIGTERM to the server" {
            if let Some(fake) = self.fake.take() {
                let clients = &mut self.clients;
                let listen = async {
                    for _ in 0..20 {
                        clients.values_mut().for_each(|client| {
                            client.listen();
                        });
                        tokio::time::sleep(Duration::from_millis(2)).await;
                    }
                };
                tokio::join!(fake.shutdown(), listen);
            }
        } else if text.starts_with("TCP left open") && self.clients["C"].ended {
            self.faults.push("the connection was not left open".to_owned());
        } else if let Some(rest) = text.strip_prefix("client 1 sends ") {
            let total =
                rest.split(' ').next().and_then(|total| total.parse().ok()).ok_or("a size")?;
            let start = format!(
                r#"<message xmlns="jabber:client" to="agent1001@{DOMAIN}/desktop" id="big"><body>"#
            );
            let message = whole(&start, total);
            let pieces: Vec<&[u8]> = message.as_bytes().chunks(65_536).collect();
            let client = self.clients.get_mut("C").ok_or("a client")?;
            for (number, piece) in pieces.iter().enumerate() {
                let code = if number == 0 { opcode::TEXT } else { opcode::CONTINUATION };
                let fin = number + 1 == pieces.len();
                client.say_frame(Frame { fin, ..Frame::new(code, *piece) }, true).await;
                client.listen();
            }
        }
        Ok(())
    }

    /// Makes the connection of an event if it is not there yet. One that begins in the middle of a
    /// session is logged in.
    async fn ensure(&mut self, event: &Event) -> Result<(), String> {
        let mut heard = Vec::new();
        if let Some(client) = self.clients.get_mut(&event.conn) {
            let asks = matches!(event.said, EventKind::Http { .. });
            if !(client.ended && asks && CONNECTS_ANEW.contains(&self.name)) {
                return Ok(());
            }
            heard = std::mem::take(&mut client.heard);
            self.prepared.extend(self.clients.remove(&event.conn));
        }
        let begins_inside = matches!(&event.said, EventKind::Text { .. });
        let mut client = if begins_inside {
            let to = self.recorded[&event.conn].iter().find_map(|heard| match heard {
                Heard::Text(text) => text.split(" to=\"").nth(1)?.split('"').next(),
                _ => None,
            });
            let to =
                to.unwrap_or("finesse@uccx.example.com/pub").replace(&format!("@{DOMAIN}"), "");
            self.log_in(&to).await?
        } else {
            let Some(fake) = &self.fake else { return Err("the server is gone".to_owned()) };
            let sni = match self.name {
                "tls_sni_unknown" => "other.example",
                _ => DOMAIN,
            };
            Client::connect(fake, Some(sni), self.name.ends_with("_client_reset")).await?
        };
        client.heard = heard;
        self.clients.insert(event.conn.clone(), client);
        Ok(())
    }

    /// Lets the server's time pass, after everything said so far has been dealt with.
    async fn until(&mut self, micros: u64) {
        self.rest().await;
        if let Some(fake) = self.fake.as_ref().filter(|_| micros > self.now) {
            fake.advance(Duration::from_micros(micros - self.now));
            self.now = micros;
            self.rest().await;
        }
    }

    /// Waits until the fake has dealt with everything and all it said is heard.
    async fn rest(&mut self) {
        let ended = self.clients.values().chain(&self.prepared).any(|client| client.ended);
        let until = Instant::now() + if ended { SHORT_PATIENCE } else { PATIENCE };
        let mut turns = 0;
        loop {
            self.listen();
            let (mut written, mut read) = (0, 0);
            for client in self.clients.values().chain(&self.prepared) {
                written += client.written;
                read += client.read;
            }
            let settled = self.fake.as_ref().is_none_or(|fake| fake.settled(written, read));
            if settled || Instant::now() > until {
                break;
            }
            turns += 1;
            if turns % 50 == 0 {
                tokio::time::sleep(Duration::from_micros(200)).await;
            } else {
                tokio::task::yield_now().await;
            }
        }
        self.learn();
    }

    fn listen(&mut self) {
        for client in self.clients.values_mut().chain(&mut self.prepared) {
            client.listen();
        }
    }

    /// Takes generated values out of what was heard since, to say them where the recorded client
    /// did.
    fn learn(&mut self) {
        for (conn, client) in &self.clients {
            let Some(recorded) = self.recorded.get(conn) else { continue };
            let from = self.matched.entry(conn.clone()).or_default();
            for heard in client.heard.iter().skip(*from) {
                let Some(heard) = heard.text() else { continue };
                for recorded in recorded {
                    if let Some(recorded) = recorded.text()
                        && self.same.unify(recorded, heard)
                    {
                        break;
                    }
                }
            }
            *from = client.heard.len();
        }
    }

    /// Waits for the server to end a connection; false if it does not.
    async fn wait_for_end(&mut self, conn: &str) -> bool {
        let until = Instant::now() + PATIENCE;
        while Instant::now() < until {
            self.listen();
            if self.clients.get(conn).is_none_or(|client| client.ended) {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        false
    }
}

/// A request with present values in place of recorded ones, and a length that fits.
fn request(head: &str, body: Vec<u8>, same: &Same) -> Vec<u8> {
    let length = format!("Content-Length: {}", body.len());
    let body = match String::from_utf8(body) {
        Ok(text) => same.now(&text).into_bytes(),
        Err(other) => other.into_bytes(),
    };
    let head = head.replace(&length, &format!("Content-Length: {}", body.len()));
    let mut octets = format!("{}\r\n\r\n", head.replace('\n', "\r\n")).into_bytes();
    octets.extend(body);
    octets
}
