//! Hostile clients: the fake stays up, and serves the next client.

use std::time::Duration;

use finesse_fake::{FakeFinesse, Profile, ProfileName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::{Frame, opcode};

const UPGRADE: &[u8] =
    b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: xmpp\r\n\r\n";

const OPEN: &str = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='d' version='1.0'/>";

/// `NUL a NUL b` in base64.
const AUTH: &str =
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>AGEAYg==</auth>";

const BIND: &str = "<iq xmlns='jabber:client' type='set' id='bind'>\
    <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>r</resource></bind></iq>";

const AVAILABLE: &str = "<presence xmlns='jabber:client'/>";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

async fn start(profile: ProfileName) -> FakeFinesse {
    let builder = FakeFinesse::builder().plain(true).domain("d").user("a", "b");
    builder.profile(Profile::from(profile)).start().await.expect("a fake")
}

async fn say(stream: &mut TcpStream, text: &str) {
    let frame = Frame::new(opcode::TEXT, text).masked([0; 4]);
    stream.write_all(&frame.encode()).await.expect("an open connection");
}

/// A session that is logged in.
async fn log_in(fake: &FakeFinesse) -> TcpStream {
    let mut stream = TcpStream::connect(fake.addr()).await.expect("a listener");
    stream.set_nodelay(true).expect("a socket of TCP");
    stream.write_all(UPGRADE).await.expect("an open connection");
    for message in [OPEN, AUTH, OPEN, BIND, AVAILABLE] {
        say(&mut stream, message).await;
    }
    wait_for(&mut stream, "id=\"bind\"").await;
    stream
}

/// Reads until `wanted` came.
async fn wait_for(stream: &mut TcpStream, wanted: &str) {
    let mut octets = Vec::new();
    let came = async {
        while !octets.windows(wanted.len()).any(|window| window == wanted.as_bytes()) {
            let count = stream.read_buf(&mut octets).await.expect("an open connection");
            assert_ne!(count, 0, "{wanted} never came");
        }
    };
    tokio::time::timeout(PATIENCE, came).await.expect("an answer in time");
}

/// A stack of 2 MiB, as the threads of tokio have it, holds all walks over the deepest stanza that
/// is read.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn the_deepest_stanza_fits_the_stack() {
    let deep = format!("{}{}", "<a>".repeat(1022), "</a>".repeat(1022));
    let publish = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='/n'><item>";
    let deep_item = format!("{}{}", "<a>".repeat(1019), "</a>".repeat(1019));
    for profile in ProfileName::ALL {
        let fake = start(profile).await;
        for stanza in [
            format!("<message xmlns='jabber:client' to='a@d'>{deep}</message>"),
            format!("<message to='a@d'>{deep}</message>"),
            format!("<message xmlns='jabber:client' to='nobody@d'>{deep}</message>"),
            format!("<presence xmlns='jabber:client'>{deep}</presence>"),
            format!("<iq xmlns='jabber:client' type='get' id='1'>{deep}</iq>"),
            format!(
                "<iq xmlns='jabber:client' type='set' id='2' to='pubsub.d'>{publish}{deep_item}</item></publish></pubsub></iq>"
            ),
            format!("<unknown>{deep}</unknown>"),
        ] {
            let mut stream = log_in(&fake).await;
            say(&mut stream, &stanza).await;
            stream.shutdown().await.unwrap();
            let mut rest = Vec::new();
            tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.unwrap().unwrap();
        }
        drop(log_in(&fake).await);
        fake.shutdown().await;
    }
}

/// Openfire lets a stream bind one resource after the other, and all of them reach it; here that
/// has an end.
#[tokio::test]
async fn a_stream_binds_only_so_many_resources() {
    let fake = start(ProfileName::OpenfireFourFour).await;
    let mut stream = log_in(&fake).await;
    for number in 0..100 {
        let bind = BIND.replace("<resource>r", &format!("<resource>r{number}"));
        say(&mut stream, &bind).await;
    }
    wait_for(&mut stream, "resource-constraint").await;
}

/// A client that says a thousand things at once has one of them dealt with at a time, so another
/// logs in meanwhile.
#[tokio::test]
async fn a_client_with_much_to_say_lets_others_have_their_turn() {
    let fake = start(ProfileName::Finesse).await;
    let mut busy = log_in(&fake).await;
    let ping = |number: u32| {
        let ping = format!("<iq id='ping-{number}' type='get'><ping xmlns='urn:xmpp:ping'/></iq>");
        Frame::new(opcode::TEXT, ping).masked([0; 4]).encode()
    };
    let queue: Vec<u8> = (0..1000).flat_map(ping).collect();
    let mut other = TcpStream::connect(fake.addr()).await.expect("a listener");
    other.write_all(UPGRADE).await.expect("an open connection");
    wait_for(&mut other, "101").await;
    busy.write_all(&queue).await.expect("an open connection");
    for (message, answer) in [
        (OPEN.to_owned(), "features"),
        (AUTH.to_owned(), "success"),
        (OPEN.to_owned(), "features"),
        (BIND.replace("<resource>r", "<resource>s"), "id=\"bind\""),
    ] {
        say(&mut other, &message).await;
        wait_for(&mut other, answer).await;
    }
    let said = fake.transcript().to_string();
    assert!(said.contains("ping-0") && !said.contains("ping-500"), "{said}");
}
