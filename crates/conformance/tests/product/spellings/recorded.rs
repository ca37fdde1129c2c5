//! Passwords in what `record`, `explain` and the fake keep: each way in which a login can come,
//! each spelling afterwards, each output.

use std::path::Path;
use std::process::{Command, Output};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use finesse_fake::FakeFinesse;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use wire::{Frame, opcode};

use super::oracle::{SPELLINGS, shows};
use super::{PASSWORD, spelt_in_xml};
use crate::fake::Fake;
use crate::suite::Suite;

const UPGRADE: &str = "GET /ws/ HTTP/1.1\r\nHost: x\r\n\
    Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: xmpp\r\n\r\n";

/// The server's answer to it (RFC 6455 §1.3).
const SWITCHES: &str = "HTTP/1.1 101 Switching Protocols\r\n\
    Upgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
    Sec-WebSocket-Protocol: xmpp\r\n\r\n";

const OPEN: &str = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>";

/// A login with a password.
fn auth(password: &str) -> String {
    let plain = STANDARD.encode(format!("\x001001\0{password}"));
    format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{plain}</auth>")
}

/// The frames of a login: their opcode, their content, whether they are the last.
type Frames = Vec<(u8, String, bool)>;

/// A way in which a login can come: its name, and the frames of an `<auth/>`.
type Login = (&'static str, fn(&str) -> Frames);

/// The ways in which a login can come.
const LOGINS: [Login; 5] = [
    ("text", |auth| vec![(opcode::TEXT, auth.to_owned(), true)]),
    ("binary", |auth| vec![(opcode::BINARY, auth.to_owned(), true)]),
    ("text in fragments", |auth| fragments(opcode::TEXT, auth)),
    ("binary in fragments", |auth| fragments(opcode::BINARY, auth)),
    ("text behind a failed one", |auth| {
        vec![(opcode::BINARY, auth.to_owned(), true), (opcode::TEXT, auth.to_owned(), true)]
    }),
];

fn fragments(kind: u8, auth: &str) -> Frames {
    let (one, rest) = auth.split_at(auth.len() / 3);
    let (two, three) = rest.split_at(rest.len() / 2);
    vec![
        (kind, one.to_owned(), false),
        (opcode::CONTINUATION, two.to_owned(), false),
        (opcode::CONTINUATION, three.to_owned(), true),
    ]
}

/// Messages of a client after its login: each spelling, and all of them in one stanza.
fn spelt() -> Vec<String> {
    let one = |spelt: String| {
        let body = stanza::escape::text(&spelt);
        format!("<message xmlns='jabber:client'><body>{body}</body></message>")
    };
    let mut all: Vec<String> = SPELLINGS.iter().map(|(_, spelt)| one(spelt(PASSWORD))).collect();
    all.push(format!("<message xmlns='jabber:client'>{}</message>", spelt_in_xml()));
    all
}

/// The octets of a client after the handshake: it logs in by way of these frames, says all
/// spellings, and closes.
fn octets(login: &Frames) -> Vec<u8> {
    let frame = |kind, text: &str| Frame::new(kind, text).masked([7; 4]);
    let mut octets = frame(opcode::TEXT, OPEN).encode();
    for (kind, text, is_last) in login {
        octets.extend(Frame { fin: *is_last, ..frame(*kind, text) }.encode());
    }
    for text in spelt() {
        octets.extend(frame(opcode::TEXT, &text).encode());
    }
    octets.extend(frame(opcode::CLOSE, "").encode());
    octets
}

/// Logs in by way of these frames, says all spellings, and waits for the end of the connection.
async fn converse(port: u16, login: &Frames) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(UPGRADE.as_bytes()).await.unwrap();
    let mut chunk = [0; 4096];
    assert_ne!(stream.read(&mut chunk).await.unwrap(), 0);
    stream.write_all(&octets(login)).await.unwrap();
    stream.shutdown().await.unwrap();
    // The peer may have enough before it has read all.
    let _ = stream.read_to_end(&mut Vec::new()).await;
}

fn run(talk: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().unwrap().block_on(talk);
}

/// `explain` shows no password of this file, in any form.
#[track_caller]
fn explained_without(suite: &Suite, file: &str, name: &str) {
    let path = suite.path(file).display().to_string();
    for args in [&["--report", "text"][..], &["--json"], &["--report", "html"]] {
        let ran = suite.command(&[&["explain", &path], args].concat()).output().unwrap();
        hides(&ran, &format!("{name}, explain {args:?}"));
        assert!(matches!(ran.status.code(), Some(0 | 1)), "{name}: {ran:?}");
    }
}

#[track_caller]
fn hides(ran: &Output, name: &str) {
    for stream in [&ran.stdout, &ran.stderr] {
        assert!(!shows(stream, PASSWORD), "{name}: {}", String::from_utf8_lossy(stream));
    }
}

#[track_caller]
fn is_hidden_in(path: &Path, name: &str) {
    let octets = std::fs::read(path).unwrap();
    assert!(!shows(&octets, PASSWORD), "{name}: {}", String::from_utf8_lossy(&octets));
}

#[test]
fn no_spelling_reaches_a_recording_of_record() {
    let suite = Suite::new();
    // Messages before the login are written in clear, so the server must not say the password.
    let account = format!("1001:{PASSWORD}");
    let fake = Fake::start(&suite, &["--plain", "--domain", "d", "--user", &account]);
    let to = format!("ws://127.0.0.1:{}", fake.port());
    for (number, (name, login)) in LOGINS.iter().enumerate() {
        let file = format!("{number}.jsonl");
        let mut command = suite.command(&["record", "--json", "--plain", "--to", &to, "-v"]);
        command.arg("--output").arg(suite.path(&file)).current_dir(suite.root());
        let recorder = Fake::of(command, &suite.path("record.stderr"));
        run(converse(recorder.port(), &login(&auth(PASSWORD))));
        let (code, said) = recorder.stop();
        assert_eq!(code, Some(0), "{name}: {said}");
        assert!(!shows(said.as_bytes(), PASSWORD), "{name}: {said}");
        is_hidden_in(&suite.path(&file), name);
        is_hidden_in(&suite.path("record.stderr"), name);
        assert!(suite.read(&file).contains("***"), "{name}");
        explained_without(&suite, &file, name);
    }
}

/// A HAR, as Chrome writes it, of a client that says all this in its frames.
fn har(login: &Frames) -> String {
    let message = |(kind, text): (u8, &str)| {
        let data = if kind == opcode::BINARY { STANDARD.encode(text) } else { text.to_owned() };
        json!({ "type": "send", "time": 1_795_953_600.5, "opcode": kind, "data": data })
    };
    let open = std::iter::once((opcode::TEXT, OPEN));
    let said = spelt();
    let login = login.iter().map(|(kind, text, _)| (*kind, &**text));
    let said = said.iter().map(|text| (opcode::TEXT, &**text));
    let messages: Vec<_> = open.chain(login).chain(said).map(message).collect();
    let entry = json!({
        "startedDateTime": "2026-11-29T12:00:00.000Z",
        "time": 1000,
        "request": { "method": "GET", "url": "wss://d:8445/ws/", "headers": [] },
        "response": { "status": 101, "headers": [] },
        "_resourceType": "websocket",
        "_webSocketMessages": messages,
    });
    let creator = json!({ "name": "WebInspector", "version": "537.36" });
    json!({ "log": { "version": "1.2", "creator": creator, "entries": [entry] } }).to_string()
}

/// A log with a message a line.
fn log(login: &Frames) -> String {
    let line = |(kind, text): (u8, &str)| match kind {
        opcode::BINARY => format!("SENT [binary {text:?}]\n"),
        _ => format!("SENT {text}\n"),
    };
    let said = spelt();
    let login = login.iter().map(|(kind, text, _)| (*kind, &**text));
    let said = said.iter().filter(|text| !text.contains('\n'));
    let all = std::iter::once((opcode::TEXT, OPEN)).chain(login);
    all.chain(said.map(|text| (opcode::TEXT, &**text))).map(line).collect()
}

#[test]
fn no_spelling_of_a_har_or_a_log_is_explained() {
    let suite = Suite::new();
    // Browsers and logs write whole messages; but a client may send half of one.
    let halves = |auth: &str| -> Frames {
        let (one, other) = auth.split_at(auth.len() / 2);
        vec![(opcode::BINARY, one.to_owned(), true), (opcode::BINARY, other.to_owned(), true)]
    };
    let whole = LOGINS.iter().filter(|(name, _)| !name.ends_with("fragments"));
    let mut logins: Vec<_> = whole.map(|(name, login)| (*name, login(&auth(PASSWORD)))).collect();
    logins.push(("two binary messages", halves(&auth(PASSWORD))));
    for (name, login) in logins {
        for (file, text) in [("x.har", har(&login)), ("x.log", log(&login))] {
            suite.write(file, &text);
            assert!(shows(text.as_bytes(), PASSWORD), "{file}: there is something to hide");
            explained_without(&suite, file, &format!("{name}, {file}"));
        }
    }
}

/// A capture of packets (pcap, IP without links, checksums that are left out) of a client that says
/// all this in its frames.
fn pcap(login: &Frames) -> Vec<u8> {
    // RFC 9293 §3.1.
    const SYN: u8 = 0x02;
    const ACK: u8 = 0x10;
    let mut file = Vec::new();
    // Magic, version 2.4, zone, accuracy, most octets of a packet, LINKTYPE_RAW.
    for field in [0xA1B2_C3D4, 0x0004_0002, 0, 0, 65_535, 101_u32] {
        file.extend(field.to_le_bytes());
    }
    let mut sent = [0_u32; 2];
    let mut packet = |from: usize, flags: u8, data: &[u8]| {
        let ports = [50_000_u16, 80];
        let length = 40 + data.len();
        for field in [1_795_953_600, 0, length as u32, length as u32] {
            file.extend(field.to_le_bytes());
        }
        file.extend([0x45, 0]);
        file.extend((length as u16).to_be_bytes());
        file.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
        for end in [from, 1 - from] {
            file.extend([10, 0, 0, end as u8]);
        }
        for end in [from, 1 - from] {
            file.extend(ports[end].to_be_bytes());
        }
        file.extend(sent[from].to_be_bytes());
        file.extend(sent[1 - from].to_be_bytes());
        file.extend([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]);
        file.extend(data);
        sent[from] += data.len() as u32 + u32::from(flags & SYN != 0);
    };
    packet(0, SYN, b"");
    packet(1, SYN | ACK, b"");
    packet(0, ACK, UPGRADE.as_bytes());
    packet(1, ACK, SWITCHES.as_bytes());
    for piece in octets(login).chunks(1400) {
        packet(0, ACK, piece);
    }
    file
}

#[test]
fn no_spelling_of_packets_is_explained() {
    if Command::new("tshark").arg("--version").output().is_err() {
        println!("no tshark: packets are not taken apart here");
        return;
    }
    let suite = Suite::new();
    for (name, login) in LOGINS {
        std::fs::write(suite.path("x.pcap"), pcap(&login(&auth(PASSWORD)))).unwrap();
        explained_without(&suite, "x.pcap", name);
    }
    let path = suite.path("x.pcap").display().to_string();
    let shown = suite.run(&["explain", &path, "--json"]).stdout;
    assert!(shown.contains("***"), "{shown}");
}

#[test]
fn no_spelling_is_in_the_record_of_the_fake() {
    // The account has this password, or another, so that the login fails.
    for own in [PASSWORD, "Another-4711"] {
        for (name, login) in LOGINS {
            run(async {
                let builder = FakeFinesse::builder().plain(true).domain("d").user("1001", own);
                let fake = builder.start().await.unwrap();
                converse(fake.addr().port(), &login(&auth(PASSWORD))).await;
                let said = fake.transcript().to_string();
                // Openfire ends the connection at fragments of binary messages.
                let is_kept = said.contains("***") || name.starts_with("binary");
                assert!(is_kept, "{own}, {name}: {said}");
                assert!(!shows(said.as_bytes(), PASSWORD), "{own}, {name}: {said}");
            });
        }
    }
}
