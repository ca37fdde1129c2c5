//! Captures of browsers, networks, proxies and logs are replayed as recordings are: a client that
//! says again what the recorded one said hears what that one heard.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use engine::Engine;
use explain::conversation::{Connection, Conversation, MessageKind, SentMessage, Side};
use explain::{Options, without_secrets};
use replay::Replay;

use super::client::Client;
use super::following;

/// Captures of packets take `tshark`, a second each: one of each kind.
const PACKETS: [&str; 7] = [
    "bad-pcap-nanoseconds.pcap",
    "bad-proxy-drops-subprotocol-request.pcapng",
    "bad-wrong-password-openfire.pcapng",
    "good-long-idle-pings-strophe1216.pcapng",
    "good-pcap-any-interface.pcapng",
    "good-pcap-deflate-openfire.pcapng",
    "good-pcap-ipv6.pcapng",
];

/// A client's message beyond the limit of the server: the engine ends such a connection before the
/// script hears of it.
const TOO_LONG: [&str; 2] =
    ["bad-oversize-from-client-openfire.har", "bad-oversize-from-client-openfire.pcapng"];

fn folder() -> PathBuf {
    std::env::var_os("EXPLAIN_CAPTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../explain/tests/captures"),
        PathBuf::from,
    )
}

/// The files that can be replayed; all captures of packets where others than these are given.
fn names() -> Vec<String> {
    let all = std::env::var_os("EXPLAIN_CAPTURES").is_some();
    let files = std::fs::read_dir(folder()).expect("a folder");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("a name"));
    let mut names: Vec<String> = names
        .filter(|name| {
            let end = name.rsplit('.').next().unwrap_or_default();
            match end {
                "har" | "log" | "flow" => true,
                "txt" => name != "README.txt",
                "pcap" | "pcapng" => all || PACKETS.contains(&name.as_str()),
                _ => false,
            }
        })
        .collect();
    names.sort();
    names
}

fn conversation(name: &str) -> Conversation {
    let path = folder().join(name);
    let keys = path.with_extension("keys");
    let keys = if keys.exists() { vec![keys] } else { Vec::new() };
    explain::read(&[path], &Options { keys }).expect("a capture")
}

/// The messages of one side of a connection.
fn texts(connection: &Connection, side: Side) -> Vec<&str> {
    let own = connection.said.iter().filter(|said| said.from == side);
    let texts = own.filter_map(|said| match &said.what {
        MessageKind::Text(text) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The connections of a client; those behind a proxy are the same again.
fn front(conversation: &Conversation) -> impl Iterator<Item = &Connection> {
    conversation.connections.iter().filter(|one| one.behind.is_none())
}

/// The clients of a recording, who do it again.
struct Clients {
    clients: BTreeMap<usize, Client>,
    heard: Vec<Vec<String>>,
}

impl Clients {
    /// Says again what each client said, at its time.
    fn again(conversation: &Conversation, engine: &mut Engine) -> Self {
        let mut all: Vec<(Option<i64>, usize, &SentMessage)> = Vec::new();
        for (number, connection) in front(conversation).enumerate() {
            let own = connection.said.iter().filter(|said| said.from == Side::Client);
            all.extend(own.map(|said| (said.at, number, said)));
        }
        all.sort_by_key(|(at, ..)| *at);
        let start = all.iter().filter_map(|(at, ..)| *at).min();
        let count = front(conversation).count();
        let mut these = Self { clients: BTreeMap::new(), heard: vec![Vec::new(); count] };
        let mut now = Duration::ZERO;
        for (at, number, said) in all {
            let since = at.zip(start).map_or(0, |(at, start)| at - start);
            now = now.max(Duration::from_micros(u64::try_from(since).unwrap_or(0)));
            engine.fire(now);
            these.hear(engine);
            these.connect(conversation, number, engine, now);
            match &said.what {
                MessageKind::Text(text) => these.clients[&number].send(engine, now, text),
                MessageKind::Close { .. } => these.clients[&number].close(engine, now),
                _ => {}
            }
            these.hear(engine);
        }
        engine.fire(now + Duration::from_secs(3600));
        these.hear(engine);
        these
    }

    /// Lets the client of a recorded connection ask for its WebSocket, if it has none yet.
    fn connect(
        &mut self,
        conversation: &Conversation,
        number: usize,
        engine: &mut Engine,
        now: Duration,
    ) {
        if self.clients.contains_key(&number) {
            return;
        }
        let client = Client::connect(engine, now);
        let path = front(conversation).nth(number).map_or("/ws/", |one| &one.url.path);
        client.ask(engine, now, if path.is_empty() { "/ws/" } else { path });
        self.clients.insert(number, client);
        self.hear(engine);
    }

    fn hear(&mut self, engine: &mut Engine) {
        while let Some((id, output)) = engine.poll_output() {
            let own = self.clients.iter_mut().find(|(_, client)| client.id == id);
            if let Some((number, client)) = own {
                client.take(output, &mut self.heard[*number]);
            }
        }
    }

    /// The messages that a client heard, with the ids of streams as they were recorded.
    fn messages(&self, number: usize, wanted: &[&str]) -> Vec<String> {
        let Some(client) = self.clients.get(&number) else { return Vec::new() };
        let opens = wanted.iter().filter_map(|text| stanza::parse(text).ok());
        let ids: Vec<String> = opens
            .filter(|element| element.name.local == "open")
            .filter_map(|open| open.attr("id").map(str::to_owned))
            .collect();
        let recorded = |text: &String| {
            let own =
                |text: String, id: &String| text.replace(&format!("{id}-{}", client.id.0), id);
            ids.iter().fold(text.clone(), own)
        };
        let messages = self.heard[number].iter();
        messages
            .filter(|text| !text.starts_with("HTTP/") && !text.starts_with('['))
            .map(recorded)
            .collect()
    }
}

#[test]
fn a_capture_is_had_again() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for name in names() {
        let conversation = conversation(&name);
        let Ok(replay) = Replay::new(&conversation) else { continue };
        let mut engine = following(replay);
        let clients = Clients::again(&conversation, &mut engine);
        for (number, connection) in front(&without_secrets(&conversation)).enumerate() {
            if texts(connection, Side::Client).is_empty() || TOO_LONG.contains(&name.as_str()) {
                continue;
            }
            count += 1;
            let wanted = texts(connection, Side::Server);
            let heard = clients.messages(number, &wanted);
            if heard != wanted {
                let place = heard.iter().zip(&wanted).take_while(|(one, two)| one == *two).count();
                let of = |all: Option<&str>| {
                    textual::clipped(all.unwrap_or("nothing"), 200).into_owned()
                };
                wrong.push(format!(
                    "{name} #{number}, message {place}:\n  {}\n  wanted {}",
                    of(heard.get(place).map(String::as_str)),
                    of(wanted.get(place).copied()),
                ));
            }
        }
    }
    assert!(count > 40, "{count} connections were had again");
    assert!(wrong.is_empty(), "{} of {count} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_file_without_a_servers_words_says_what_to_bring() {
    let firefox = r#"{"log":{"creator":{"name":"Firefox"},"entries":[
        {"startedDateTime":"2026-11-29T12:00:00.000Z","time":5,
         "request":{"method":"GET","url":"wss://f.example:8445/ws/","headers":[{"name":"Upgrade","value":"websocket"}]},
         "response":{"status":101,"headers":[],"content":{}}},
        {"startedDateTime":"2026-11-29T12:00:01.000Z","time":5,
         "request":{"method":"GET","url":"https://f.example:8445/","headers":[]},
         "response":{"status":200,"headers":[],"content":{"text":"page"}}}]}}"#;
    let firefox = explain::from_octets("f.har", firefox.as_bytes()).expect("a HAR");
    let table = [
        (firefox, "Export from Chrome or Edge"),
        (conversation("bad-certificate-other-name.har"), "failed: Error in connection"),
        (conversation("bad-mitmproxy-wrong-password.mitm.har"), "open them, reload the page"),
        (conversation("bad-pcap-wss-no-keys.pcapng"), "SSLKEYLOGFILE=keys.log"),
        (
            conversation("bad-openfire-debug-log-wrong-password.openfire.log"),
            "leaves out the middle",
        ),
    ];
    for (conversation, wanted) in table {
        let why = Replay::new(&conversation).expect_err("nothing is shown").to_string();
        assert!(why.starts_with("nothing in it can be replayed: it shows n"), "{why}");
        assert!(why.contains(wanted), "{why}");
    }
}
