//! XMPP over TCP: a day of a client at its ports, with TLS and without.

use std::time::Duration;

use finesse_fake::FakeFinesse;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use wire::net::{Trust, dial};

const DEADLINE: Duration = Duration::from_secs(20);

const START: &str = "<?xml version='1.0'?><stream:stream to='finesse.example.com' version='1.0' \
    xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

/// `NUL 1001 NUL secret` in base64.
const AUTH: &str = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>\
    ADEwMDEAc2VjcmV0</auth>";

const BIND: &str = "<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";

/// Sends a text and reads up to and including another.
async fn ask(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    text: &str,
    until: &str,
) -> String {
    stream.write_all(text.as_bytes()).await.expect("it reads");
    stream.flush().await.expect("it reads");
    read(stream, until).await
}

async fn read(stream: &mut (impl AsyncRead + Unpin), until: &str) -> String {
    let mut said = Vec::new();
    let heard = async {
        while !String::from_utf8_lossy(&said).contains(until) {
            assert_ne!(stream.read_buf(&mut said).await.expect("no reset"), 0, "an end");
        }
    };
    timeout(DEADLINE, heard).await.unwrap_or_else(|_| panic!("no {until}"));
    String::from_utf8(said).expect("text")
}

async fn day(fake: &FakeFinesse, stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    ask(stream, START, "</stream:features>").await;
    ask(stream, AUTH, "<success ").await;
    ask(stream, START, "</stream:features>").await;
    ask(stream, BIND, "</iq>").await;
    // The web application answers with its own.
    ask(stream, "<presence/>", "</presence>").await;
    fake.agent("1001").ready().expect("it may");
    let event = read(stream, "</message>").await;
    assert!(event.contains("<message from=\"pubsub.finesse.example.com\" "), "{event}");
    assert!(event.contains("&lt;state&gt;READY&lt;/state&gt;"), "{event}");
    ask(stream, "</stream:stream>", "</stream:stream>").await;
    let end = timeout(DEADLINE, stream.read_to_end(&mut Vec::new())).await.expect("an end in time");
    end.expect("no reset");
}

#[tokio::test]
async fn a_client_lives_its_day_with_tls_and_without() {
    let builder = FakeFinesse::builder().user("1001", "secret").xmpp([0, 0]).hints([0]);
    let fake = builder.start().await.expect("the fake starts");
    let [one, other] = fake.xmpp_ports() else { panic!("{:?}", fake.xmpp_ports()) };
    for port in [*one, *other] {
        fake.agent("1001").login().expect("it may").not_ready(None).expect("it may");
        let trust = Trust::Insecure;
        let tls = Some((&trust, "finesse.example.com"));
        let mut over_tls = dial("127.0.0.1", port, tls, DEADLINE).await.expect("TLS");
        day(&fake, &mut over_tls).await;
        fake.agent("1001").not_ready(None).expect("it may");
        let mut plain = TcpStream::connect(("127.0.0.1", port)).await.expect("the port is open");
        day(&fake, &mut plain).await;
    }
    // The record is that of a WebSocket, and the same patterns fit it.
    let transcript = fake.transcript().to_string();
    assert!(
        transcript.contains("<open xmlns=\"urn:ietf:params:xml:ns:xmpp-framing\" to="),
        "{transcript}"
    );
    for pattern in
        ["<presence/>", "<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"]
    {
        fake.wait_for(pattern, DEADLINE).await.expect(pattern);
    }
    assert!(!transcript.contains("ADEwMDEAc2VjcmV0"), "{transcript}");
}
