//! Dial against listener over loopback: trust, faults with their hints, and the ways a connection
//! ends.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, fail by panic")]

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use wire::{
    AcceptError, Authority, DialError, Listener, ServerTls, SpkiPin, Step, Stream, TlsFault, Trust,
    Validity, dial,
};

const SOON: Duration = Duration::from_secs(5);
const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Both ends of a connection, or their errors.
async fn join(
    tls: Option<ServerTls>,
    trust: Option<(&Trust, &str)>,
) -> (Result<Stream, DialError>, Result<Stream, AcceptError>) {
    let listener = Listener::bind(LOOPBACK, tls).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async { listener.accept().await.unwrap().handshake(SOON).await };
    tokio::join!(dial("127.0.0.1", port, trust, SOON), serve)
}

async fn pair(encrypted: bool) -> (Stream, Stream) {
    let authority = Authority::new().unwrap();
    let tls = encrypted.then(|| authority.server_config(&["localhost"]).unwrap());
    let trust = Trust::ca_pem(&authority.ca_pem()).unwrap();
    let (client, server) = join(tls, encrypted.then_some((&trust, "localhost"))).await;
    (client.unwrap(), server.unwrap())
}

async fn fault(tls: ServerTls, trust: &Trust, name: &str) -> (TlsFault, String) {
    let (client, server) = join(Some(tls), Some((trust, name))).await;
    assert!(matches!(server, Err(AcceptError::Tls { .. })) || server.is_ok());
    let error = client.unwrap_err();
    assert_eq!(error.step(), Step::Tls);
    let hint = error.hint().unwrap();
    match error {
        DialError::Tls { fault, .. } => (fault, hint),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_trusted_authority_is_enough() {
    let authority = Authority::new().unwrap();
    let trust = Trust::ca_pem(&authority.ca_pem()).unwrap();
    for (names, name) in [
        (&["localhost"][..], "localhost"),
        (&["finesse.test", "127.0.0.1"], "127.0.0.1"),
        (&["finesse.test", "::1"], "[::1]"),
    ] {
        let tls = authority.server_config(names).unwrap();
        let pin = tls.pin();
        let (client, server) = join(Some(tls), Some((&trust, name))).await;
        let (client, server) = (client.unwrap(), server.unwrap());
        let facts = client.tls_facts().unwrap();
        assert_eq!(facts.version.as_deref(), Some("TLSv1_3"));
        assert!(facts.suite.unwrap().starts_with("TLS13_"));
        assert_eq!(facts.peer_pin, Some(pin));
        let asked = server.tls_facts().unwrap().server_name;
        assert_eq!(asked.as_deref(), (name == "localhost").then_some(name));
    }
}

#[tokio::test]
async fn a_pin_and_no_trust_at_all_look_at_nothing_else() {
    let tls = Authority::new().unwrap().server_config_dated(&[], Validity::Expired).unwrap();
    let pin = Trust::pin(&tls.pin().to_string()).unwrap();
    for trust in [pin, Trust::Insecure] {
        let (client, server) = join(Some(tls.clone()), Some((&trust, "finesse.test"))).await;
        assert_eq!(client.unwrap().tls_facts().unwrap().peer_pin, Some(tls.pin()));
        assert_eq!(
            server.unwrap().tls_facts().unwrap().server_name.as_deref(),
            Some("finesse.test")
        );
    }
}

#[tokio::test]
async fn each_untrusted_certificate_has_its_fault() {
    let authority = Authority::new().unwrap();
    let trust = Trust::ca_pem(&authority.ca_pem()).unwrap();
    let good = || authority.server_config(&["localhost", "127.0.0.1"]).unwrap();

    let stranger = Trust::ca_pem(&Authority::new().unwrap().ca_pem()).unwrap();
    assert_eq!(fault(good(), &stranger, "localhost").await.0, TlsFault::UnknownIssuer);

    let (wrong_name, hint) = fault(good(), &trust, "finesse.test").await;
    assert_eq!(
        wrong_name.to_string(),
        "certificate is for localhost, 127.0.0.1, not for finesse.test"
    );
    assert_eq!(hint, "dial one of these names: localhost, 127.0.0.1");

    let (nameless, hint) =
        fault(authority.server_config(&[]).unwrap(), &trust, "finesse.test").await;
    assert_eq!(nameless.to_string(), "certificate is for no name, not for finesse.test");
    assert!(hint.contains("pin"));

    for (validity, wanted) in
        [(Validity::Expired, TlsFault::Expired), (Validity::NotYet, TlsFault::NotYetValid)]
    {
        let tls = authority.server_config_dated(&["localhost"], validity).unwrap();
        assert_eq!(fault(tls, &trust, "localhost").await.0, wanted);
    }

    let other = SpkiPin([7; 32]);
    let tls = good();
    let presented = tls.pin();
    let (mismatch, hint) = fault(tls, &Trust::Pin(other), "localhost").await;
    assert_eq!(mismatch, TlsFault::Pin { wanted: other, presented });
    assert!(hint.contains(&presented.to_string()));
}

/// The fault that a client of TLS finds when its hello is answered by these octets and an end of
/// TCP.
async fn fault_of_answer(answer: &[u8]) -> DialError {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async {
        let (mut tcp, _) = listener.accept().await.unwrap();
        // All of the hello is read, lest the end be a reset: two octets of length after three
        // others.
        let mut header = [0; 5];
        tcp.read_exact(&mut header).await.unwrap();
        let mut hello = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
        tcp.read_exact(&mut hello).await.unwrap();
        tcp.write_all(answer).await.unwrap();
    };
    let trust = Some((&Trust::Insecure, "localhost"));
    tokio::join!(dial("127.0.0.1", port, trust, SOON), serve).0.unwrap_err()
}

#[tokio::test]
async fn each_odd_answer_to_the_hello_has_its_fault() {
    let http = fault_of_answer(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    assert!(http.to_string().starts_with("TLS with 127.0.0.1:"), "{http}");
    assert!(http.to_string().contains("peer does not speak TLS"), "{http}");
    assert!(http.hint().unwrap().contains("begins with ws:// or http://"));

    // Fatal alerts (RFC 8446 §6.2): handshake_failure, protocol_version, unrecognized_name.
    for alert in [40, 70] {
        let old = fault_of_answer(&[21, 3, 1, 0, 2, 2, alert]).await;
        assert!(old.to_string().contains("no TLS version or cipher suite in common"), "{old}");
        assert!(old.hint().unwrap().contains("older appliances"));
    }
    let refused = fault_of_answer(&[21, 3, 1, 0, 2, 2, 112]).await;
    assert!(refused.to_string().ends_with("peer refused with alert UnrecognisedName"), "{refused}");

    let closed = fault_of_answer(b"").await;
    assert!(closed.to_string().ends_with("connection closed during the handshake"), "{closed}");
}

#[tokio::test]
async fn a_reset_during_the_handshake_is_told() {
    let listener = Listener::bind(LOOPBACK, None).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = async {
        let mut stream = listener.accept().await.unwrap().handshake(SOON).await.unwrap();
        stream.read_exact(&mut [0; 5]).await.unwrap();
        stream.reset().unwrap();
    };
    let trust = Some((&Trust::Insecure, "localhost"));
    let error = tokio::join!(dial("127.0.0.1", port, trust, SOON), serve).0.unwrap_err();
    assert!(matches!(error, DialError::Tls { fault: TlsFault::Reset, .. }), "{error}");
}

#[tokio::test]
async fn plain_http_to_a_tls_listener_gets_an_alert() {
    let tls = Authority::new().unwrap().server_config(&["localhost"]).unwrap();
    let listener = Listener::bind(LOOPBACK, Some(tls)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let speak = async {
        let mut tcp = dial("127.0.0.1", port, None, SOON).await.unwrap();
        tcp.write_all(b"GET /ws/ HTTP/1.1\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        // The listener has not read all when it closes, so the end may be a reset.
        let _ = tcp.read_to_end(&mut answer).await;
        answer
    };
    let serve = async { listener.accept().await.unwrap().handshake(SOON).await };
    let (answer, server) = tokio::join!(speak, serve);
    // An alert record, as Openfire sends (recorded: http_plain_on_tls_port).
    assert_eq!(answer.first(), Some(&21));
    assert!(matches!(server.unwrap_err(), AcceptError::Tls { fault: TlsFault::NotTls(_), .. }));
}

#[tokio::test]
async fn a_closed_port_is_a_failed_connect() {
    let port = Listener::bind(LOOPBACK, None).await.unwrap().local_addr().unwrap().port();
    let error = dial("127.0.0.1", port, None, SOON).await.unwrap_err();
    assert_eq!(error.step(), Step::Connect);
    assert!(error.to_string().starts_with(&format!("connect to 127.0.0.1:{port}: ")), "{error}");
    assert!(error.hint().unwrap().contains("nothing listens"));
}

#[tokio::test]
async fn a_silent_peer_is_a_timeout_on_either_side() {
    let brief = Duration::from_millis(100);
    let tls = Authority::new().unwrap().server_config(&["localhost"]).unwrap();
    let listener = Listener::bind(LOOPBACK, Some(tls)).await.unwrap();
    let port = listener.local_addr().unwrap().port();

    let error =
        dial("127.0.0.1", port, Some((&Trust::Insecure, "localhost")), brief).await.unwrap_err();
    assert_eq!(error.step(), Step::Tls);
    assert_eq!(error.to_string(), format!("TLS with 127.0.0.1:{port}: no answer within 100ms"));
    drop(listener.accept().await.unwrap());

    let _silent = dial("127.0.0.1", port, None, SOON).await.unwrap();
    let incoming = listener.accept().await.unwrap();
    assert!(matches!(incoming.handshake(brief).await, Err(AcceptError::Timeout { .. })));
}

#[tokio::test]
async fn what_is_no_name_is_refused_before_anything_is_said() {
    let tls = Authority::new().unwrap().server_config(&["localhost"]).unwrap();
    let (fault, _) = fault(tls, &Trust::Insecure, "https://x/").await;
    assert_eq!(fault, TlsFault::ServerName("https://x/".to_owned()));
}

#[tokio::test]
async fn an_orderly_end_is_one() {
    for encrypted in [false, true] {
        let (mut client, mut server) = pair(encrypted).await;
        server.write_all(b"bye").await.unwrap();
        server.shutdown().await.unwrap();
        let mut octets = Vec::new();
        client.read_to_end(&mut octets).await.unwrap();
        assert_eq!(octets, b"bye");
        assert!(!client.is_truncated());
    }
}

#[tokio::test]
async fn an_end_without_close_notify_is_an_end_with_a_flag() {
    for encrypted in [false, true] {
        let (mut client, mut server) = pair(encrypted).await;
        server.write_all(b"bye").await.unwrap();
        server.flush().await.unwrap();
        server.cut().await.unwrap();
        let mut octets = Vec::new();
        client.read_to_end(&mut octets).await.unwrap();
        assert_eq!(octets, b"bye");
        assert_eq!(client.is_truncated(), encrypted);
    }
}

#[tokio::test]
async fn a_reset_is_an_error_of_its_own() {
    for encrypted in [false, true] {
        let (mut client, server) = pair(encrypted).await;
        server.reset().unwrap();
        let error = client.read(&mut [0; 16]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
        assert!(!client.is_truncated());
    }
}
