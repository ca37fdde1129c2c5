//! Plays the client's side of a recording against an engine. Time is set by hand, to that of the
//! recording.

use std::collections::BTreeMap;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use engine::{
    Calendar, Config, ConnectionId, Directory, Engine, Output, Peer, Profile, Queue, SharedWorld,
    WEB_APPLICATION, World,
};
use regex::{Captures, Regex};
use wire::{CloseFrame, opcode};

use crate::client::Client;
use crate::operation::{Act, COMPUTED, Operation, RawFrame, latin1};
use crate::recording::{Recording, TCP_CLOSED};
use crate::same::Same;

const DOMAIN: &str = "uccx.example.com";
/// The throw-away password of all accounts of the recordings.
const PASSWORD: &str = "Secr3t!";
/// The time of day at which the recordings were made, about.
const BEGINS: Duration = Duration::from_secs(1_796_000_000);

/// How much later than recorded the server may say something.
const PATIENCE: Duration = Duration::from_millis(1200);
/// The recorder's pause between the pieces of a request, and of frames.
const PAUSE: Duration = Duration::from_millis(4);

/// The words to a recorded client now.
pub(crate) struct Played {
    pub(crate) heard: Vec<Heard>,
    /// Steps that could not be done, since the connection was not there, or not upgraded.
    pub(crate) skipped: Vec<usize>,
}

/// A message of the server.
pub(crate) struct Heard {
    pub(crate) step: usize,
    pub(crate) connection: char,
    pub(crate) text: String,
}

struct Play<'r> {
    recording: &'r Recording,
    engine: Engine,
    clients: BTreeMap<char, Client>,
    /// Letters of connections, for answers to those that were made anew under the same letter.
    letters: BTreeMap<ConnectionId, char>,
    heard: Vec<Heard>,
    same: Same,
    step: usize,
    now: Duration,
}

pub(crate) fn play(recording: &Recording) -> Played {
    let mut play = Play {
        recording,
        engine: engine_for(recording),
        clients: BTreeMap::new(),
        letters: BTreeMap::new(),
        heard: Vec::new(),
        same: Same::default(),
        step: 0,
        now: Duration::ZERO,
    };
    let mut skipped = Vec::new();
    for (number, step) in recording.steps.iter().enumerate() {
        play.until(step.at);
        play.step = number;
        let Some(operation) = &step.operation else { continue };
        let before = play.heard.len();
        if !play.does(operation) {
            skipped.push(number);
        }
        play.wait_for_answers(operation, before);
        play.note_values(before);
    }
    play.until(play.now + Duration::from_millis(60));
    Played { heard: play.heard, skipped }
}

/// A server with the accounts of the recording.
fn engine_for(recording: &Recording) -> Engine {
    let mut accounts = Directory::default();
    for name in &recording.accounts {
        accounts.add(name, PASSWORD);
    }
    accounts.add_without_login(WEB_APPLICATION);
    let mut config = Config::new(DOMAIN, Profile::openfire_4_4(), accounts);
    recording.accounts.iter().for_each(|name| config.spec.add_agent(name));
    config.calendar = Calendar::new(SystemTime::UNIX_EPOCH + BEGINS);
    config.transcript_limit = 0;
    let world = SharedWorld::new(World::new(&config.spec, config.calendar));
    Engine::new(config, world, Box::<Queue>::default())
}

impl Play<'_> {
    /// Lets time pass.
    fn until(&mut self, at: Duration) {
        while let Some(due) = self.engine.next_timeout().filter(|due| *due <= at) {
            self.now = self.now.max(due);
            self.engine.fire(self.now);
            self.listen();
        }
        self.now = self.now.max(at);
    }

    /// Whether it could be done.
    fn does(&mut self, operation: &Operation) -> bool {
        let letter = operation.connection;
        let state = self.clients.get(&letter).map(|client| (client.dead, client.upgraded));
        match (&operation.act, state) {
            (Act::Http { octets, methods, cut }, None | Some((false, false))) => {
                let client = self.connected(letter);
                client.methods.extend(methods.iter().cloned());
                self.send_pieces(letter, octets, cut);
            }
            (Act::Request { head, body, cut }, None | Some((true, _) | (_, false))) => {
                if state.is_some_and(|(dead, _)| dead) {
                    self.clients.remove(&letter);
                }
                self.request(letter, head, body.as_deref(), cut);
            }
            (Act::Text(text), Some((false, true))) => {
                let frame = RawFrame::new(opcode::TEXT, self.same.now(text));
                self.send(letter, &frame.encode());
            }
            (Act::Frames { frames, split }, Some((false, true))) => {
                let octets: Vec<u8> = frames.iter().flat_map(RawFrame::encode).collect();
                let closes = frames.iter().any(|frame| frame.opcode == opcode::CLOSE);
                self.connected(letter).close_sent |= closes;
                let pieces: Vec<usize> = match split {
                    Some(split) => (1..octets.len().div_ceil(*split)).map(|n| n * split).collect(),
                    None => Vec::new(),
                };
                self.send_pieces(letter, &octets, &pieces);
            }
            (Act::Close { code, reason }, Some((false, true))) => {
                let close = code.map(|code| CloseFrame::new(code, reason.as_str()).payload());
                self.connected(letter).close_sent = true;
                let frame = RawFrame::new(opcode::CLOSE, close.unwrap_or_default());
                self.send(letter, &frame.encode());
            }
            (Act::Drop, Some((false, _))) => {
                let client = self.connected(letter);
                client.dead = true;
                let id = client.id;
                self.engine.ended(self.now, id);
                self.listen();
            }
            _ => return false,
        }
        true
    }

    fn request(&mut self, letter: char, head: &[String], body: Option<&str>, cut: &[usize]) {
        let body = body.map(|body| self.same.now(body));
        let length = body.as_ref().map_or(0, String::len);
        let mut octets = Vec::new();
        for line in head {
            let line = self.same.now(line);
            let computed = format!("Content-Length: {length}");
            octets.extend(latin1(if line == COMPUTED { &computed } else { &line }));
            octets.extend(b"\r\n");
        }
        octets.extend(b"\r\n");
        octets.extend(body.unwrap_or_default().into_bytes());
        let method = head[0].split(' ').next().unwrap_or_default().to_owned();
        self.connected(letter).methods.push_back(method);
        self.send_pieces(letter, &octets, cut);
    }

    fn connected(&mut self, letter: char) -> &mut Client {
        self.clients.entry(letter).or_insert_with(|| {
            let id = self.engine.accept(self.now, Peer::default());
            self.letters.insert(id, letter);
            Client::new(id)
        })
    }

    fn send_pieces(&mut self, letter: char, octets: &[u8], cut: &[usize]) {
        let mut from = 0;
        for to in cut.iter().copied().chain([octets.len()]) {
            let to = to.min(octets.len());
            self.send(letter, &octets[from..to]);
            if to < octets.len() {
                self.until(self.now + PAUSE);
            }
            from = to;
        }
    }

    fn send(&mut self, letter: char, octets: &[u8]) {
        let Some(client) = self.clients.get(&letter).filter(|client| !client.dead) else { return };
        self.engine.receive(self.now, client.id, octets);
        self.listen();
    }

    /// Sorts what the server said to its receivers, until nobody has anything more to say.
    fn listen(&mut self) {
        while let Some((id, output)) = self.engine.poll_output() {
            let Some(&letter) = self.letters.get(&id) else { continue };
            let current = self.clients.get_mut(&letter).filter(|client| client.id == id);
            let Some(client) = current.filter(|client| !client.dead) else { continue };
            let (heard, ends) = match output {
                Output::Octets(octets) => (client.hear(&octets), false),
                Output::Page(page) => panic!("this server has no files: {page:?}"),
                Output::Finish | Output::Close | Output::Cut | Output::Reset => {
                    (client.end(), true)
                }
            };
            for message in heard.messages {
                self.heard(letter, &message);
            }
            for reply in heard.replies {
                self.engine.receive(self.now, id, &reply.encode());
            }
            if ends {
                self.heard(letter, TCP_CLOSED);
                self.engine.ended(self.now, id);
            }
        }
    }

    fn heard(&mut self, connection: char, text: &str) {
        if let Some(text) = own(text, &self.recording.accounts) {
            self.heard.push(Heard { step: self.step, connection, text });
        }
    }

    /// Where less was said than recorded, waits for what is due soon.
    fn wait_for_answers(&mut self, operation: &Operation, before: usize) {
        let wanted = self.recording.counts(self.step);
        let until = self.now + PATIENCE.max(Duration::from_secs_f64(operation.slow));
        let lacks = |play: &Self| {
            wanted.iter().any(|(letter, count)| {
                let said = play.heard[before..].iter();
                let there = play.clients.get(letter).is_some_and(|client| !client.dead);
                there && said.filter(|heard| heard.connection == *letter).count() < *count
            })
        };
        while lacks(self) {
            match self.engine.next_timeout().filter(|due| *due <= until) {
                Some(due) => self.until(due),
                None => return,
            }
        }
    }

    fn note_values(&mut self, before: usize) {
        let recording = self.recording;
        for letter in recording.counts(self.step).into_keys() {
            let heard = self.heard[before..].iter().filter(|heard| heard.connection == letter);
            for (then, heard) in recording.wanted_in(self.step, letter).zip(heard) {
                self.same.note(then, &heard.text, &recording.accounts);
            }
        }
    }
}

static ITEM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"<item [^>]*?node="([^"]*)"[^>]*?(?:/>|></item>)"#).expect("an expression")
});
static PERSONAL: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^/finesse/api/User/g\d{5}(/Dialogs)?$").expect("an expression"));
static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"g\d{5}").expect("an expression"));

/// A message without what the recorder left out, since it belonged to other conversations or to the
/// recorded server's world: nodes in lists of all nodes, and events of nodes of others.
fn own(text: &str, accounts: &[String]) -> Option<String> {
    const LIST: &str = "query xmlns=\"http://jabber.org/protocol/disco#items\"";
    let from_service = text.contains(&format!("from=\"pubsub.{DOMAIN}\""));
    let mut text = text.to_owned();
    if from_service
        && text.contains("http://jabber.org/protocol/disco#items")
        && text.contains("type=\"result\"")
        && !text.contains(&format!("{LIST} node="))
    {
        let keep = |groups: &Captures<'_>| {
            let node = &groups[1];
            let is_own = accounts.iter().any(|account| node.contains(account.as_str()));
            if is_own && !PERSONAL.is_match(node) { groups[0].to_owned() } else { String::new() }
        };
        text = ITEM.replace_all(&text, keep).into_owned();
    }
    let is_foreign = |name: &str| accounts.iter().all(|account| account != name);
    let is_event = from_service && text.starts_with("<message");
    let foreign = is_event && ACCOUNT.find_iter(&text).any(|name| is_foreign(name.as_str()));
    (!foreign).then_some(text)
}
