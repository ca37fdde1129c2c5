//! The proxy between sockets: octets are the same on both sides, slow sides push back, waits end,
//! and ends are passed on.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use explain::conversation::MessageKind;
use record::{Deadlines, Line, Proxy, Recorder, Summary, Upstream};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

const ASKS: &str =
    "GET /ws/ HTTP/1.1\r\nHost: HOST\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
const SWITCHES: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n";

/// More than all buffers between a client and a server hold.
const FLOOD: usize = 64 * 1024 * 1024;

struct Rig {
    folder: TempDir,
    address: SocketAddr,
    lines: UnboundedReceiver<Line>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Summary>,
}

impl Rig {
    async fn before(server: SocketAddr, deadlines: Deadlines) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let upstream = Upstream { host: server.ip().to_string(), port: server.port(), trust: None };
        let recorder = Recorder::create(&folder.path().join("r.jsonl"), &upstream).unwrap();
        let (told, lines) = unbounded_channel();
        let print = move |line| {
            // The test may have ended.
            let _ = told.send(line);
        };
        let any = ([127, 0, 0, 1], 0).into();
        let proxy = Proxy::open(any, None, upstream, deadlines, Arc::new(recorder), print, None);
        let proxy = proxy.await.unwrap();
        let address = proxy.address();
        let (stop, stopped) = oneshot::channel();
        let running =
            tokio::spawn(async move { proxy.run(async { stopped.await.unwrap() }).await.unwrap() });
        Self { folder, address, lines, stop, running }
    }

    /// Waits for a step.
    async fn step(&mut self, words: &str) -> String {
        loop {
            let line = self.lines.recv().await.expect("a step");
            if !line.is_message && line.text.contains(words) {
                return line.text;
            }
        }
    }

    async fn end(self) -> (Summary, String) {
        self.stop.send(()).unwrap();
        let summary = self.running.await.unwrap();
        let path = self.folder.path().join("r.jsonl");
        (summary, std::fs::read_to_string(path).unwrap())
    }
}

async fn server() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

fn short() -> Deadlines {
    let short = Duration::from_millis(300);
    Deadlines { request: short, stall: short, idle: short, end: short, ..Deadlines::default() }
}

/// Octets that look like nothing in particular.
fn noise(count: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(count).collect()
}

#[tokio::test]
async fn octets_are_the_same_on_both_sides_and_so_are_the_ends() {
    let (listener, address) = server().await;
    let rig = Rig::before(address, Deadlines::default()).await;
    let (up, down) = (noise(3_000_000, 1), noise(3_000_000, 2));
    let expected = (up.clone(), down.clone());
    let served = tokio::spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let asks = ASKS.replace("HOST", &address.to_string());
        let mut asked = vec![0; asks.len()];
        tcp.read_exact(&mut asked).await.unwrap();
        assert_eq!(String::from_utf8(asked).unwrap(), asks);
        tcp.write_all(SWITCHES).await.unwrap();
        let (mut reader, mut writer) = tcp.split();
        let write = async {
            writer.write_all(&down).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        let mut got = Vec::new();
        let read = async { reader.read_to_end(&mut got).await.unwrap() };
        tokio::join!(write, read);
        got
    });
    let mut tcp = TcpStream::connect(rig.address).await.unwrap();
    tcp.write_all(ASKS.replace("HOST", &rig.address.to_string()).as_bytes()).await.unwrap();
    let mut switched = vec![0; SWITCHES.len()];
    tcp.read_exact(&mut switched).await.unwrap();
    assert_eq!(switched, SWITCHES);
    let (mut reader, mut writer) = tcp.split();
    let write = async {
        writer.write_all(&up).await.unwrap();
        writer.shutdown().await.unwrap();
    };
    let mut got = Vec::new();
    let read = async { reader.read_to_end(&mut got).await.unwrap() };
    tokio::join!(write, read);
    assert!(got == expected.1, "the client's octets differ");
    assert!(served.await.unwrap() == expected.0, "the server's octets differ");
    let (summary, file) = rig.end().await;
    assert_eq!(summary.connections, 1);
    assert_eq!(file.matches(r#""kind":"eof""#).count(), 2);
}

#[tokio::test]
async fn a_deaf_server_pushes_back_and_is_given_up() {
    let (listener, address) = server().await;
    let mut rig = Rig::before(address, short()).await;
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    let (_deaf, _) = listener.accept().await.unwrap();
    let flood = async {
        let mut sent = 0;
        client
            .write_all(b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
            .await
            .unwrap();
        let chunk = vec![b'x'; 64 * 1024];
        while sent < FLOOD {
            match client.write(&chunk).await {
                Ok(count) => sent += count,
                Err(_) => break,
            }
        }
        sent
    };
    let (sent, step) = tokio::join!(flood, rig.step("the server took no octets for 300ms"));
    assert!(sent < FLOOD, "{sent} octets were taken; {step}");
}

#[tokio::test]
async fn a_deaf_client_pushes_back_and_is_given_up() {
    let (listener, address) = server().await;
    let mut rig = Rig::before(address, short()).await;
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    let flood = async {
        let mut sent = 0;
        server.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let chunk = vec![b'x'; 64 * 1024];
        while sent < FLOOD {
            match server.write(&chunk).await {
                Ok(count) => sent += count,
                Err(_) => break,
            }
        }
        sent
    };
    let (sent, step) = tokio::join!(flood, rig.step("the client took no octets for 300ms"));
    assert!(sent < FLOOD, "{sent} octets were taken; {step}");
}

#[tokio::test]
async fn each_wait_ends_and_says_which_it_was() {
    let (listener, address) = server().await;
    let mut rig = Rig::before(address, short()).await;
    let _silent = TcpStream::connect(rig.address).await.unwrap();
    rig.step("the client sent no request within 300ms").await;
    let (_first, _) = listener.accept().await.unwrap();
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let (_second, _) = listener.accept().await.unwrap();
    rig.step("neither side said anything for 300ms").await;
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    client.shutdown().await.unwrap();
    rig.step("the server did not end within 300ms after the client").await;
}

#[tokio::test]
async fn a_reset_is_a_reset_on_the_other_side() {
    let (listener, address) = server().await;
    let mut rig = Rig::before(address, Deadlines::default()).await;
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let (mut tcp, _) = listener.accept().await.unwrap();
    let mut octets = [0; 4];
    tcp.read_exact(&mut octets).await.unwrap();
    // The rest of the request stays unread, so that the end of the socket is a reset.
    drop(tcp);
    rig.step("the server reset the connection").await;
    let error = client.read(&mut octets).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn a_server_that_is_gone_is_named_to_the_client() {
    let (listener, address) = server().await;
    drop(listener);
    let mut rig = Rig::before(address, Deadlines::default()).await;
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    client.write_all(b"GET /finesse/api/SystemInfo HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 502 ") && answer.contains("refused"), "{answer}");
    rig.step("GET /finesse/api/SystemInfo: 502").await;
}

#[tokio::test]
async fn what_is_under_way_at_the_end_is_written() {
    let (listener, address) = server().await;
    let mut rig = Rig::before(address, Deadlines::default()).await;
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    client.write_all(b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let (mut tcp, _) = listener.accept().await.unwrap();
    tcp.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\nhalf an answer")
        .await
        .unwrap();
    let mut head = [0; 59];
    client.read_exact(&mut head).await.unwrap();
    rig.step("connected").await;
    let (_, file) = rig.end().await;
    let found = explain::from_octets("r.jsonl", file.as_bytes()).unwrap();
    assert_eq!(found.exchanges[0].answer, "half an answer");
    assert_eq!(found.exchanges[0].status, Some(200));
}

#[tokio::test]
async fn a_file_that_breaks_off_is_read_up_to_there() {
    let (listener, address) = server().await;
    let mut rig = Rig::before(address, Deadlines::default()).await;
    let mut client = TcpStream::connect(rig.address).await.unwrap();
    client.write_all(ASKS.as_bytes()).await.unwrap();
    let (mut tcp, _) = listener.accept().await.unwrap();
    tcp.write_all(SWITCHES).await.unwrap();
    rig.step("GET /ws/: 101").await;
    tcp.write_all(&wire::Frame::new(1, "<open/>").encode()).await.unwrap();
    let mut frame = vec![0; SWITCHES.len() + 9];
    client.read_exact(&mut frame).await.unwrap();
    let (_, file) = rig.end().await;
    let file = file.trim_end();
    for end in 0..=file.len() {
        let found = explain::from_octets("r.jsonl", &file.as_bytes()[..end]);
        if end == file.len() {
            let connection = &found.unwrap().connections[0];
            assert_eq!(connection.upgrade.status, Some(101));
            assert_eq!(connection.said[0].what, MessageKind::Text("<open/>".to_owned()));
        } else if let Some(end) =
            file[..end].rfind('\n').filter(|_| file[..end].matches('\n').count() > 1)
        {
            // All whole lines count.
            let whole = explain::from_octets("r.jsonl", &file.as_bytes()[..=end]).unwrap();
            let found = found.unwrap();
            assert!(found.connections.len() >= whole.connections.len());
        }
    }
}
