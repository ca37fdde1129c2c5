//! The same conversation in other formats and spellings tells the same.
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod script;

use explain::{Explanation, from_octets};
use serde_json::{Value, json};

const REFUSED: &[u8] = include_bytes!("captures/bad-wrong-password-openfire.har");

fn first(octets: &[u8]) -> (&'static str, &'static str) {
    let explanation = Explanation::new(&from_octets("file", octets).unwrap());
    let first = explanation.first().map(|one| (one.step.name(), one.fault.name()));
    first.unwrap_or(("none", "none"))
}

fn har() -> Value {
    serde_json::from_slice(REFUSED).unwrap()
}

fn sockets(har: &mut Value) -> Vec<&mut Value> {
    let entries = har["log"]["entries"].as_array_mut().unwrap();
    entries.iter_mut().filter(|entry| entry["_webSocketMessages"].is_array()).collect()
}

#[test]
fn other_spellings_of_a_har_tell_the_same() {
    let mut spelt = har();
    let mut turned = har();
    for entry in sockets(&mut spelt) {
        let messages = entry.as_object_mut().unwrap().remove("_webSocketMessages").unwrap();
        entry["_websocketMessages"] = messages;
    }
    for entry in sockets(&mut turned) {
        entry["_webSocketMessages"].as_array_mut().unwrap().reverse();
    }
    turned["log"]["entries"].as_array_mut().unwrap().reverse();
    let mut files = vec![spelt.to_string().into_bytes(), turned.to_string().into_bytes()];
    let text = har().to_string();
    files.push(format!("\u{feff}{text}").into_bytes());
    files.push(
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
    );
    files.push(
        [0xFE, 0xFF].into_iter().chain(text.encode_utf16().flat_map(u16::to_be_bytes)).collect(),
    );
    for file in files {
        assert_eq!(first(&file), ("auth", "client"));
    }
}

#[test]
fn a_har_of_firefox_says_that_it_has_no_messages() {
    let mut firefox = har();
    firefox["log"]["creator"]["name"] = json!("Firefox");
    for entry in sockets(&mut firefox) {
        entry.as_object_mut().unwrap().remove("_webSocketMessages");
    }
    let conversation = from_octets("file", firefox.to_string().as_bytes()).unwrap();
    let text = explain::text(&Explanation::new(&conversation));
    assert!(
        text.contains("Nothing broke") && text.contains("Firefox writes no messages"),
        "{text}"
    );
    let mut late = har();
    late["log"]["entries"] = json!([]);
    let conversation = from_octets("file", late.to_string().as_bytes()).unwrap();
    let text = explain::text(&Explanation::new(&conversation));
    assert!(text.contains("no WebSocket in this HAR") && text.contains("reload"), "{text}");
    assert!(text.contains("There is no conversation to explain."), "{text}");
    assert!(!text.contains("Nothing broke"), "{text}");
}

#[test]
fn frames_of_logs_are_read_however_they_are_marked() {
    let mut messages = Vec::new();
    let mut har = har();
    for message in sockets(&mut har)[0]["_webSocketMessages"].as_array().unwrap() {
        messages.push((message["type"] == "send", message["data"].as_str().unwrap().to_owned()));
    }
    for [sent, received] in [
        ["SENT: ", "RECV: "],
        ["> ", "< "],
        [">>> ", "<<< "],
        ["-> ", "<- "],
        ["app.js:12 raw:outgoing ", "app.js:12 raw:incoming "],
        ["2026-11-29T14:48:59.831Z C: ", "2026-11-29T14:48:59.832Z S: "],
        ["[14:48:59.831] OUT ", "[14:48:59.832] IN "],
    ] {
        let line = |(is_sent, text): &(bool, String)| {
            format!("{}{text}\n", if *is_sent { sent } else { received })
        };
        let log: String = messages.iter().map(line).collect();
        assert_eq!(first(log.as_bytes()), ("auth", "client"), "{log}");
        // A printer may have broken elements over lines.
        assert_eq!(first(log.replace("><", ">\n  <").as_bytes()), ("auth", "client"), "{log}");
    }
}

/// A log without names of connections, of a login with lines left out.
fn login_log(left_out: &[&str]) -> String {
    let lines = script::LOGIN.lines().filter(|line| !left_out.iter().any(|one| line.contains(one)));
    let marked = lines.map(|line| line.replacen("C ", "SENT: ", 1).replacen("S <", "RECV: <", 1));
    marked.map(|line| line + "\n").collect()
}

#[test]
fn a_restart_is_no_other_connection_though_the_login_has_no_answer() {
    let connections = |log: &str| from_octets("file", log.as_bytes()).unwrap().connections.len();
    let whole = login_log(&[]);
    let unanswered = login_log(&["<success"]);
    assert_eq!((connections(&whole), connections(&unanswered)), (1, 1));
    // A login that began anew, with or without a word about the end of the first.
    let cut = login_log(&["<success", "<bind", "<presence"]);
    let again = format!("{cut}{whole}");
    assert_eq!(connections(&again), 2, "{again}");
    let told =
        format!("{}status 6 DISCONNECTED\n{whole}", login_log(&["<success", "<bind", "<pres"]));
    assert!(connections(&told) >= 2, "{told}");
    let refused = cut.replace("<bind", "<x") + "RECV: <failure/>\n";
    assert_eq!(connections(&format!("{refused}{whole}")), 2);
    assert_eq!(connections(&whole.repeat(2)), 2);
}

#[test]
fn bosh_is_read_as_the_stream_it_carries() {
    let body =
        |content: &str| format!("<body xmlns='http://jabber.org/protocol/httpbind' {content}");
    let pairs = [
        (
            body("rid='1' to='d' ver='1.6'/>"),
            body(
                "sid='s' from='d'><stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms></stream:features></body>",
            ),
        ),
        (
            body(
                "rid='2' sid='s'><auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>ADEwMDEAaHVudGVyMjI=</auth></body>",
            ),
            body(
                "><failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure></body>",
            ),
        ),
    ];
    let entries: Vec<Value> = pairs
        .iter()
        .enumerate()
        .map(|(place, (asked, answer))| {
            json!({
                "startedDateTime": format!("2026-11-29T12:00:0{place}.000Z"),
                "time": 5,
                "request": {"method": "POST", "url": "https://d:7443/http-bind/", "headers": [], "postData": {"text": asked}},
                "response": {"status": 200, "headers": [], "content": {"text": answer}},
            })
        })
        .collect();
    let har = json!({"log": {"creator": {"name": "Firefox"}, "entries": entries}}).to_string();
    assert_eq!(first(har.as_bytes()), ("auth", "client"));
    let explanation = Explanation::new(&from_octets("file", har.as_bytes()).unwrap());
    let text = explain::text(&explanation);
    assert!(
        text.contains("PLAIN: user 1001, password ***") && !text.contains("hunter22"),
        "{text}"
    );
}

/// An entry of the fake's `/transcript`.
fn entry(connection: u64, speaker: &str, text: &str) -> Value {
    json!({ "number": 1, "at": 1.5, "connection": connection, "who": null, "speaker": speaker, "kind": "text", "text": text })
}

const REQUEST: &str = "GET /ws/ HTTP/1.1\nHost: h:8445\nUpgrade: websocket\n";
const OPEN: &str =
    "<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to=\"h.example\" version=\"1.0\"/>";

#[test]
fn the_transcript_of_the_fake_is_read_as_json() {
    let file = json!({ "forgotten": 0, "said": [
        entry(1, "nobody", "connected from 127.0.0.1:1"),
        entry(1, "client", REQUEST),
        entry(1, "server", "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n"),
        entry(1, "client", OPEN),
        entry(1, "nobody", "closed: the client ended TCP"),
    ]});
    let conversation = from_octets("file", file.to_string().as_bytes()).unwrap();
    assert_eq!(conversation.connections.len(), 1);
    assert_eq!(conversation.connections[0].upgrade.status, Some(101));
    assert_eq!(conversation.connections[0].said.len(), 1);
    assert!(conversation.connections[0].ended.is_some());
    let broken = from_octets("file", b"{\"forgotten\":0,\"said\":[{").unwrap_err();
    assert!(broken.starts_with("the fake's transcript as JSON: "), "{broken}");
}

#[test]
fn looks_at_the_server_without_a_login_are_left_out() {
    let look = format!("{REQUEST}User-Agent: {}\n", wire::handshake::ONLY_LOOKS);
    let client = entry(2, "client", REQUEST);
    let look = [entry(1, "client", &look), entry(1, "client", OPEN)];
    let both = json!({ "forgotten": 0, "said": [look[0], look[1], client] });
    let found = from_octets("file", both.to_string().as_bytes()).unwrap();
    assert_eq!(found.connections.len(), 1);
    assert!(found.connections[0].said.is_empty());
    assert!(found.sources[0].remarks[0].starts_with("1 of the 2 connections"));
    let alone = json!({ "forgotten": 0, "said": look });
    let why = from_octets("file", alone.to_string().as_bytes()).unwrap_err();
    assert!(why.ends_with("no client connected"), "{why}");
}

#[test]
fn a_source_file_is_no_log() {
    let source = b"def login(client):\n    # client -> <auth/> with PLAIN, as RFC 4616 says\n    \
                   send(f'<open to=\"{domain}\"/>')  # out: <open>, in: <features>\n";
    let why = from_octets("driver.py", source).unwrap_err();
    assert!(why.starts_with("not a log"), "{why}");
    assert!(from_octets("a.log", b"SENT: <auth>AGFi</auth>\n").is_ok());
}
