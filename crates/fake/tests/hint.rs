//! Ports that clients call by mistake: each caller is told the right one in its own protocol.

use std::time::Duration;

use finesse_fake::{Builder, Error, Fact, FakeFinesse};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use wire::net::{Trust, dial};

const DEADLINE: Duration = Duration::from_secs(20);
const XMPP: &str = "<?xml version='1.0'?><stream:stream to='finesse.example.com' xmlns='jabber:client' \
                    xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>";
const BOSH: &str =
    "POST /http-bind/?token=secret HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n<body/>";

async fn start(plain: bool) -> FakeFinesse {
    let builder = FakeFinesse::builder().plain(plain).user("1001", "secret").hints([0, 0]);
    builder.start().await.expect("the fake starts")
}

fn port(fake: &FakeFinesse) -> u16 {
    *fake.hint_ports().first().expect("a port")
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, says: &str) -> String {
    stream.write_all(says.as_bytes()).await.expect("it reads");
    stream.flush().await.expect("it reads");
    let mut answer = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    read.expect("an end in time").expect("no reset");
    String::from_utf8(answer).expect("text")
}

async fn call(fake: &FakeFinesse) -> TcpStream {
    TcpStream::connect(("127.0.0.1", port(fake))).await.expect("the port is open")
}

/// The facts about callers, once there are so many.
async fn callers(fake: &FakeFinesse, count: usize) -> Vec<String> {
    let told = || {
        let said = fake.transcript().said.into_iter();
        let told = said.filter(|said| matches!(said.fact, Some(Fact::Misdirected { .. })));
        told.map(|said| said.text).collect::<Vec<_>>()
    };
    let all = async {
        while told().len() < count {
            tokio::task::yield_now().await;
        }
        told()
    };
    timeout(DEADLINE, all).await.unwrap_or_else(|_| panic!("{:?}", told()))
}

#[tokio::test]
async fn a_caller_is_told_the_right_port_in_its_own_protocol() {
    let fake = start(false).await;
    let (trust, port) = (Trust::Insecure, port(&fake));
    let xmpp = answer(call(&fake).await, XMPP).await;
    let stream = xmpp.strip_prefix("<?xml version='1.0'?>").expect("a declaration");
    let stream = stanza::parse(stream).expect("a stream");
    let error = stream.children().next().expect("an error");
    assert_eq!(error.name.local, "error");
    assert_eq!(error.children().next().expect("a condition").name.local, "policy-violation");
    assert!(xmpp.contains(&fake.url()), "{xmpp}");
    let http = answer(call(&fake).await, BOSH).await;
    assert!(http.starts_with("HTTP/1.1 421 Misdirected Request\r\n"), "{http}");
    for url in [fake.url(), fake.rest_url().expect("the API")] {
        assert!(http.contains(&url), "{http}");
    }
    for (says, wanted) in [(XMPP, "policy-violation"), (BOSH, "HTTP/1.1 421 ")] {
        let tls = Some((&trust, "finesse.example.com"));
        let stream = dial("127.0.0.1", port, tls, DEADLINE).await.expect("TLS");
        let told = answer(stream, says).await;
        assert!(told.contains(wanted) && told.contains(&fake.url()), "{told}");
    }
    let facts = callers(&fake, 4).await;
    for wanted in
        ["spoke XMPP;", "spoke HTTP, POST /http-bind/;", "XMPP over TLS;", "HTTP over TLS, POST"]
    {
        let line = facts.iter().find(|fact| fact.contains(wanted));
        let line = line.unwrap_or_else(|| panic!("{wanted}: {facts:?}"));
        assert!(line.contains(&format!("called port {port}: it spoke")), "{line}");
        assert!(line.ends_with(&format!("it was told {}", fake.url())), "{line}");
    }
    assert!(!facts.concat().contains("secret"));
}

#[tokio::test]
async fn callers_without_a_word_or_with_odd_ones_end_too() {
    let fake = start(true).await;
    for (says, wanted) in [
        ("HELO me\r\n".to_owned(), "spoke neither XMPP nor HTTP"),
        ("\u{16}\u{3}\u{1}".to_owned(), "spoke TLS, which this fake does not"),
        // Heads without an end, of many times the size that is read.
        (format!("GET /{} HTTP/1.1\r\n", "a".repeat(3 << 20)), "spoke neither"),
        (format!("GET / HTTP/1.1\r\nX: {}", "a".repeat(3 << 20)), "spoke HTTP, GET /"),
    ] {
        let stream = call(&fake).await;
        let (mut reader, mut writer) = stream.into_split();
        // The fake may end the connection before it has read all.
        let says = async {
            let _ = writer.write_all(says.as_bytes()).await;
            let _ = writer.shutdown().await;
        };
        let reads = async {
            let mut octets = Vec::new();
            let _ = reader.read_to_end(&mut octets).await;
        };
        timeout(DEADLINE, async { tokio::join!(says, reads) }).await.expect("an end in time");
        let facts = callers(&fake, 1).await;
        assert!(facts.iter().any(|fact| fact.contains(wanted)), "{wanted}: {facts:?}");
        fake.clear_transcript();
    }
    drop(call(&fake).await);
    assert!(callers(&fake, 1).await[0].contains("left without a word"));
    assert!(fake.clients().is_empty());
}

#[tokio::test]
async fn too_many_callers_take_no_room_from_clients() {
    let fake = start(true).await;
    let mut silent = Vec::new();
    for _ in 0..300 {
        silent.push(call(&fake).await);
    }
    let facts = callers(&fake, 44).await;
    let closed = facts.iter().filter(|fact| fact.contains("too many callers at once"));
    assert!(closed.count() >= 44, "{facts:?}");
    TcpStream::connect(fake.addr()).await.expect("the service still listens");
    drop(silent);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let error = FakeFinesse::builder().hints([port]).start().await.expect_err("it is taken");
    assert!(matches!(error, Error::Hint { .. }), "{error}");
    let error = error.to_string();
    assert!(error.starts_with(&format!("cannot give hints at 127.0.0.1:{port}: ")), "{error}");
    assert!(error.ends_with("name other ports, or leave this one out"), "{error}");
    assert_eq!(Builder::USUAL_HINTS, [5222, 5223, 7071, 7443]);
}
