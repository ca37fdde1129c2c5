//! Ports beside the fake's own: what they serve, with TLS and without, and which are refused.

use std::time::Duration;

use finesse_fake::{Builder, Error, FakeFinesse, Profile};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use wire::net::{Trust, dial};

const DEADLINE: Duration = Duration::from_secs(20);

async fn get(mut stream: impl AsyncRead + AsyncWrite + Unpin, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    stream.flush().await.expect("it reads");
    let mut answer = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut answer)).await;
    read.expect("an end in time").expect("no reset");
    String::from_utf8(answer).expect("text")
}

async fn start(builder: Builder) -> FakeFinesse {
    builder.user("1001", "secret").start().await.expect("the fake starts")
}

#[tokio::test]
async fn a_port_beside_serves_the_same_with_tls_and_without() {
    let fake = start(FakeFinesse::builder().also([0, 0]).hints([0])).await;
    let [one, other] = fake.also_ports() else { panic!("{:?}", fake.also_ports()) };
    assert_ne!(one, other);
    for port in [*one, *other] {
        let trust = Trust::Insecure;
        let tls = Some((&trust, "finesse.example.com"));
        let over_tls = dial("127.0.0.1", port, tls, DEADLINE).await.expect("TLS");
        let plain = TcpStream::connect(("127.0.0.1", port)).await.expect("the port is open");
        for answer in [
            get(over_tls, "/finesse/api/SystemInfo").await,
            get(plain, "/finesse/api/SystemInfo").await,
        ] {
            assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
            assert!(answer.contains("<status>IN_SERVICE</status>"), "{answer}");
        }
    }
    // The fake's own port serves TLS alone.
    let mut plain = TcpStream::connect(fake.addr()).await.expect("the port is open");
    plain.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.expect("it reads");
    let mut answer = Vec::new();
    let read = timeout(DEADLINE, plain.read_to_end(&mut answer)).await.expect("an end in time");
    assert!(read.is_err() || !answer.starts_with(b"HTTP/"), "{answer:?}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_and_one_that_serves_gives_no_hints() {
    let taken = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let error = FakeFinesse::builder().also([port]).start().await.expect_err("it is taken");
    assert!(matches!(error, Error::Also { .. }));
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot listen on 127.0.0.1:{port} too: ")), "{text}");
    drop(taken);
    let fake = start(FakeFinesse::builder().also([port]).hints([port])).await;
    assert_eq!((fake.also_ports(), fake.hint_ports()), (&[port][..], &[][..]));
}

#[tokio::test]
async fn the_tunnel_is_there_where_the_web_application_is() {
    let plain = || FakeFinesse::builder().plain(true).also([0]);
    let finesse = start(plain()).await;
    for port in [finesse.addr().port(), finesse.also_ports()[0]] {
        for path in ["/tunnel/", "/tunnel", "/tunnel/?nocache=1"] {
            let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the port is open");
            let page = get(stream, path).await;
            assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{path}: {page}");
            assert!(page.contains("Content-Type: text/html; charset=utf-8\r\n"), "{path}: {page}");
            assert!(page.ends_with("be('loaded');\n</script>\n"), "{path}: {page}");
        }
    }
    for (builder, path) in
        [(plain().profile(Profile::openfire_4_4()), "/tunnel/"), (plain(), "/tunnel/x")]
    {
        let fake = start(builder).await;
        let stream = TcpStream::connect(fake.addr()).await.expect("the port is open");
        let answer = get(stream, path).await;
        assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
    }
}
