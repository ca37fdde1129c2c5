//! Peers on sockets that do not read, or do not speak.

use std::time::Duration;

use finesse_fake::FakeFinesse;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use wire::{Frame, opcode};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

const UPGRADE: &[u8] =
    b"GET /ws/ HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Protocol: xmpp\r\n\r\n";

/// A peer that sends pings and reads nothing is cut off, and another one is answered meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_reads_nothing_is_cut_off() {
    let fake = FakeFinesse::builder().plain(true).start().await.expect("the fake starts");
    let mut deaf = TcpStream::connect(fake.addr()).await.expect("it listens");
    deaf.write_all(UPGRADE).await.expect("it is open");
    let pings = Frame::new(opcode::PING, [b'p'; 125]).masked([0; 4]).encode().repeat(1000);
    let cut = async { while deaf.write_all(&pings).await.is_ok() {} };
    tokio::time::timeout(PATIENCE, cut).await.expect("it is cut off");
    let record = fake.transcript().to_string();
    assert!(record.contains("no memory: the client does not read the 8"), "{record}");
    let mut other = TcpStream::connect(fake.addr()).await.expect("it listens");
    other.write_all(UPGRADE).await.expect("it is open");
    let mut answer = [0; 12];
    let read = other.read_exact(&mut answer);
    tokio::time::timeout(PATIENCE, read).await.expect("in time").expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 101");
}

/// Peers that never begin their TLS handshake: the fake counts no client, and serves others.
#[tokio::test]
async fn silent_peers_of_tls_are_no_clients() {
    let fake = FakeFinesse::builder().start().await.expect("the fake starts");
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(TcpStream::connect(fake.addr()).await.expect("it listens"));
    }
    let pem = fake.ca_pem().expect("it has TLS");
    let trust = wire::Trust::ca_pem(pem).expect("the fake's own authority");
    let tls = Some((&trust, "localhost"));
    let mut stream =
        wire::dial("127.0.0.1", fake.addr().port(), tls, PATIENCE).await.expect("it is served");
    let request = String::from_utf8_lossy(UPGRADE).replace("Host: x", "Host: localhost");
    stream.write_all(request.as_bytes()).await.expect("it is open");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).await.expect("an answer");
    assert_eq!((&answer, fake.clients().len()), (b"HTTP/1.1 101", 1));
}
