//! Plays written conversations: feeds the lines of the client to an engine, and compares its
//! answers with the lines of the server, octet for octet, but for ids, dates and accept values.
//!
//! A conversation begins with `= name`. A line is a time in seconds, a connection with the side
//! that speaks, and what it says: one message, or something in brackets. `{D}` is the domain;
//! `{open}`, `{upgrade}` and the three lists of features are abbreviated.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use wire::{CloseFrame, Decoder, Frame, opcode};

use crate::accounts::Directory;
use crate::engine::Engine;
use crate::fault::Fault;
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::profile::{Profile, ProfileName};

const DOMAIN: &str = "uccx.example.com";

/// The capabilities of a server of this domain. The hash was worked out by another program from
/// XEP-0115 §5.1 and the recorded answer to disco#info.
const HASH: &str = "3ThVsfvr/jyTqZVexl6nGJhK5/Y=";
const CAPS: &str = "<c xmlns=\"http://jabber.org/protocol/caps\" hash=\"sha-1\" node=\"https://www.igniterealtime.org/projects/openfire/\" ver=\"3ThVsfvr/jyTqZVexl6nGJhK5/Y=\"/>";

/// The hash of the profile that follows the specifications, worked out likewise.
const STRICT_HASH: &str = "vTEDDLBxkJrsIQnsp9PVybnWXqc=";

/// The throw-away password of the recordings.
const PASSWORD: &str = "Secr3t!";

/// How much too early a recorded timer may have been.
const JITTER: Duration = Duration::from_millis(50);

/// Plays all conversations of a text but those left out, and tells all differences at once.
pub(super) fn play_all(
    conversations: &str,
    left_out: &[(&str, &str)],
    profile: &Profile,
    fault: Option<&str>,
) {
    let mut wrong = Vec::new();
    for conversation in format!("\n{conversations}").split("\n= ").skip(1) {
        let (name, lines) =
            conversation.split_once('\n').expect("a conversation has a name and lines");
        if left_out.iter().any(|(other, _)| *other == name) {
            continue;
        }
        if let Err(difference) = Play::new(profile.clone(), fault).play(lines) {
            wrong.push(format!("{name}: {difference}"));
        }
    }
    assert!(wrong.is_empty(), "{} conversations differ\n\n{}", wrong.len(), wrong.join("\n\n"));
}

/// The names of conversations that go another way with this fault although the watch found that it
/// changes nothing in them, and how many it found so.
pub(super) fn wrongly_untouched(
    conversations: &[(&str, &str)],
    profile: &Profile,
    fault: &Fault,
) -> (Vec<String>, usize) {
    let (mut wrong, mut untouched) = (Vec::new(), 0);
    for (name, lines) in conversations {
        let mut watched = Play::new(profile.clone(), None);
        watched.engine.watch_rules();
        watched.play(lines).expect("the conversation goes as it is written");
        let watch = watched.engine.watched_rules().expect("there is a watch");
        if watch.is_untouched_by(fault) {
            untouched += 1;
            let text = fault.to_string();
            let differs = Play::new(profile.clone(), Some(&text)).play(lines).err();
            wrong.extend(differs.map(|why| format!("{name} with {fault}: {why}")));
        }
    }
    (wrong, untouched)
}

struct Play {
    engine: Engine,
    clients: BTreeMap<char, Client>,
    /// Generated values of the recording, and what stands for them now.
    same: Vec<(String, String)>,
}

struct Client {
    id: ConnectionId,
    upgraded: bool,
    decoder: Decoder,
    heard: VecDeque<String>,
    ended: bool,
}

impl Play {
    fn new(profile: Profile, fault: Option<&str>) -> Self {
        let mut accounts = Directory::default();
        for number in 1001..=1010 {
            accounts.add(&format!("agent{number}"), PASSWORD);
        }
        let mut engine = super::engine(DOMAIN, profile, accounts);
        if let Some(fault) = fault {
            let fault = fault.parse().expect("parses");
            engine.add_fault(Duration::ZERO, fault).expect("there is room");
        }
        Self { engine, clients: BTreeMap::new(), same: Vec::new() }
    }

    fn play(&mut self, lines: &str) -> Result<(), String> {
        for line in lines.lines().filter(|line| !line.is_empty()) {
            let mut parts = line.splitn(3, ' ');
            let (Some(time), Some(who), what) = (parts.next(), parts.next(), parts.next()) else {
                return Err(format!("unreadable line {line}"));
            };
            let now = Duration::from_secs_f64(time.parse().expect("a time in seconds"));
            let mut who = who.chars();
            let (client, side) = (who.next().expect("a number"), who.next());
            let late = if side == Some('S') { JITTER } else { Duration::ZERO };
            self.engine.fire(now + late);
            self.listen();
            let what = self.expanded(what.unwrap_or_default());
            match side {
                Some('C') => self.client_says(client, now, &what),
                _ => self.server_said(client, &what)?,
            }
        }
        let unheard =
            |client: &'_ Client| client.heard.iter().find(|said| *said != "[eof]").cloned();
        match self.clients.values().find_map(unheard) {
            Some(more) => Err(format!("not recorded\n  {more}")),
            None => Ok(()),
        }
    }

    fn expanded(&self, text: &str) -> String {
        let features = |offered: &str| {
            let quoted = format!(
                "<stream:features xmlns:stream='http://etherx.jabber.org/streams'>{offered}{CAPS}</stream:features>"
            );
            match self.engine.profile_name() {
                ProfileName::OpenfireFourFour | ProfileName::Finesse => quoted,
                ProfileName::Strict => quoted.replace('\'', "\"").replace(HASH, STRICT_HASH),
            }
        };
        let mut text = text
            .replace(
                "{open}",
                "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"{D}\" version=\"1.0\"/>",
            )
            .replace("{D}", DOMAIN);
        match text.as_str() {
            "{before-login}" => {
                return features(
                    "<mechanisms xmlns=\"urn:ietf:params:xml:ns:xmpp-sasl\"><mechanism>PLAIN</mechanism></mechanisms>",
                );
            }
            "{after-login}" => {
                return features(
                    "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/><session xmlns='urn:ietf:params:xml:ns:xmpp-session'><optional/></session>",
                );
            }
            "{no-login}" => return features(""),
            _ => {}
        }
        for (recorded, now) in &self.same {
            text = text.replace(recorded, now);
        }
        text
    }

    fn client_says(&mut self, client: char, now: Duration, what: &str) {
        let id = self.connect(client, now);
        let masked = |frame: Frame| Frame { mask: Some([1, 2, 3, 4]), ..frame }.encode();
        let text = |text: &str| masked(Frame::new(opcode::TEXT, text));
        if what == "[connect]" {
            // Nothing is said.
        } else if what == "[upgrade]" {
            self.upgrade(client, now);
        } else if what == "[eof]" {
            self.engine.ended(now, id);
        } else if what == "[shutdown]" {
            self.engine.shut_down(now);
        } else if let Some(jid) =
            what.strip_prefix("[login ").and_then(|rest| rest.strip_suffix(']'))
        {
            let (user, resource) = jid.split_once('/').expect("user and resource");
            let plain = base64::Engine::encode(
                &base64::engine::general_purpose::STANDARD,
                format!("\0{user}\0{PASSWORD}"),
            );
            self.upgrade(client, now);
            let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0'/>";
            let auth = format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>"
            );
            let bind = format!(
                "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"
            );
            for message in [open, &auth, open, &bind] {
                self.engine.receive(now, id, &text(message));
            }
            self.listen();
            let heard = &mut self.clients.get_mut(&client).expect("connected").heard;
            let last = heard.drain(..6).next_back().expect("six answers");
            assert!(last.contains("<jid>"), "{last}");
        } else if let Some(octets) = bracketed(what, "bytes") {
            self.engine.receive(now, id, &octets);
        } else if let Some(rest) = what.strip_prefix("[frame ") {
            self.engine.receive(now, id, &described_frame(rest));
        } else if let Some(rest) = what.strip_prefix("[close ") {
            let (code, reason) = rest.split_once(' ').expect("code and reason");
            let reason = reason.trim_matches(['"', ']']);
            let close = CloseFrame::new(code.parse().expect("a code"), reason);
            self.engine.receive(now, id, &masked(Frame::new(opcode::CLOSE, close.payload())));
        } else {
            let message = what.replace("\\n", "\n").replace("\\r", "\r");
            self.engine.receive(now, id, &text(&message));
        }
        self.listen();
    }

    fn server_said(&mut self, client: char, recorded: &str) -> Result<(), String> {
        let Some(client) = self.clients.get_mut(&client) else {
            return Err(format!("no client to hear\n  {recorded}"));
        };
        let Some(heard) = client.heard.pop_front() else {
            return Err(format!("nothing was said instead of\n  {recorded}"));
        };
        let mut expected = recorded.to_owned();
        for attribute in [" id='", " id=\""] {
            if let (Some(then), Some(now)) =
                (generated(recorded, attribute), generated(&heard, attribute))
            {
                self.same.push((then.to_owned(), now.to_owned()));
                expected = expected.replace(then, now);
            }
        }
        if expected == heard {
            Ok(())
        } else {
            Err(format!("recorded\n  {expected}\nsaid\n  {heard}"))
        }
    }

    fn connect(&mut self, client: char, now: Duration) -> ConnectionId {
        if let Some(client) = self.clients.get(&client) {
            return client.id;
        }
        let id = self.engine.accept(now, crate::Peer::default());
        let decoder = Decoder::new(1 << 30);
        let new = Client { id, upgraded: false, decoder, heard: VecDeque::new(), ended: false };
        self.clients.insert(client, new);
        id
    }

    fn upgrade(&mut self, client: char, now: Duration) {
        let id = self.connect(client, now);
        if self.clients[&client].upgraded {
            return;
        }
        let request = "GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                       Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                       Sec-WebSocket-Protocol: xmpp\r\n\r\n";
        self.engine.receive(now, id, request.as_bytes());
        self.listen();
        self.clients.get_mut(&client).expect("connected").heard.clear();
    }

    /// Sorts what the server said to its receivers.
    fn listen(&mut self) {
        for (id, output) in super::outputs(&mut self.engine) {
            let Some(client) = self.clients.values_mut().find(|client| client.id == id) else {
                continue;
            };
            match output {
                Output::Octets(octets) => client.hear(&octets),
                Output::Page(page) => panic!("this server has no files: {page:?}"),
                Output::Finish | Output::Close | Output::Cut | Output::Reset => {
                    if !std::mem::replace(&mut client.ended, true) {
                        client.heard.push_back("[eof]".to_owned());
                    }
                }
            }
        }
    }
}

impl Client {
    fn hear(&mut self, octets: &[u8]) {
        if !self.upgraded {
            let text = String::from_utf8_lossy(octets).into_owned();
            self.upgraded = text.starts_with("HTTP/1.1 101");
            let lines: Vec<&str> = text
                .split("\r\n")
                .map(|line| match line.split_once(": ") {
                    Some(("Date", _)) => "Date: ~",
                    Some(("Sec-WebSocket-Accept", _)) => "Sec-WebSocket-Accept: ~",
                    _ => line,
                })
                .collect();
            self.heard.push_back(format!("[http \"{}\"]", escaped(&lines.join("\r\n"))));
            return;
        }
        self.decoder.push(octets);
        while let Ok(Some(decoded)) = self.decoder.next() {
            let payload = decoded.frame.payload;
            let text = String::from_utf8_lossy(&payload).into_owned();
            self.heard.push_back(match decoded.frame.opcode {
                opcode::CLOSE => match CloseFrame::parse(&payload) {
                    Ok(Some(close)) => format!("[close {} \"{}\"]", close.code, close.reason),
                    other => format!("{other:?}"),
                },
                opcode::PING => format!("[ping \"{text}\"]"),
                opcode::PONG => format!("[pong \"{text}\"]"),
                _ => text.replace('\n', "\\n"),
            });
        }
    }
}

/// The stream id of an `<open/>`, or the id of a request or a notification that the server makes.
fn generated<'t>(text: &'t str, attribute: &str) -> Option<&'t str> {
    let by_server = text.starts_with("<open ")
        || text.starts_with("<message ") && text.contains("pubsub#event")
        || (text.starts_with("<iq ")
            && text.ends_with("\"/></iq>")
            && text.contains("type=\"get\""));
    if !by_server {
        return None;
    }
    let start = text.find(attribute)? + attribute.len();
    let rest = &text[start..];
    Some(&rest[..rest.find(['\'', '"'])?])
}

/// `OPCODE FLAGS "payload"]`, as `[frame` is followed.
fn described_frame(text: &str) -> Vec<u8> {
    let (head, payload) = text.split_once('"').expect("a payload");
    let flags: Vec<&str> = head.split_whitespace().collect();
    let opcode = flags[0].parse().expect("an opcode");
    let frame = Frame::new(opcode, unescaped(payload.trim_end_matches(['"', ']'])));
    let rsv = flags
        .iter()
        .find_map(|flag| flag.strip_prefix("rsv"))
        .map_or(0, |rsv| rsv.parse().expect("bits"));
    let mask = (!flags.contains(&"bare")).then_some([1, 2, 3, 4]);
    Frame { fin: flags.contains(&"fin"), rsv, mask, ..frame }.encode()
}

fn bracketed(text: &str, kind: &str) -> Option<Vec<u8>> {
    let content = text.strip_prefix(&format!("[{kind} \""))?.strip_suffix("\"]")?;
    Some(unescaped(content))
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut octets = Vec::new();
    let mut rest = text;
    while let Some(position) = rest.find("\\x") {
        octets.extend_from_slice(&rest.as_bytes()[..position]);
        octets.push(u8::from_str_radix(&rest[position + 2..position + 4], 16).expect("two digits"));
        rest = &rest[position + 4..];
    }
    octets.extend_from_slice(rest.as_bytes());
    octets
}

fn escaped(text: &str) -> String {
    let escape = |octet: u8| match octet {
        b' '..=b'~' if octet != b'"' && octet != b'\\' => char::from(octet).to_string(),
        _ => format!("\\x{octet:02x}"),
    };
    text.bytes().map(escape).collect()
}
