//! Events of a fake: what clients do, in order, for readers that may be slow.

#[path = "client/mod.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod client;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use client::Client;
use finesse_fake::{Detail, Event, Events, FakeFinesse, Kind, Said};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wire::{Trust, dial};

const DEADLINE: Duration = Duration::from_secs(20);
const CLOSE: &str = r#"<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>"#;

async fn fake() -> FakeFinesse {
    let fake = FakeFinesse::builder().plain(true).user("1001", "secret").start().await;
    fake.expect("the fake starts")
}

async fn next(events: &mut Events) -> Event {
    let next = tokio::time::timeout(DEADLINE, events.next()).await.expect("an event in time");
    next.expect("the fake runs")
}

/// The next events in short, without addresses.
async fn facts(events: &mut Events, count: usize) -> Vec<String> {
    let mut facts = Vec::new();
    while facts.len() < count {
        let Event::Said(said) = next(events).await else { panic!("nothing is left out") };
        let text = said.text.split(" from 127.0.0.1").next().unwrap_or_default();
        facts.push(format!("#{} {} {text}", said.connection, said.who.as_deref().unwrap_or("-")));
    }
    facts
}

fn auth(name: &str, password: &str) -> String {
    let plain = STANDARD.encode(format!("\0{name}\0{password}"));
    format!(r#"<auth xmlns="urn:ietf:params:xml:ns:xmpp-sasl" mechanism="PLAIN">{plain}</auth>"#)
}

fn about_node(verb: &str, node: &str) -> String {
    format!(
        r#"<iq xmlns="jabber:client" type="set" id="s" to="pubsub.finesse.example.com"><pubsub xmlns="http://jabber.org/protocol/pubsub"><{verb} node="{node}" jid="1001@finesse.example.com"/></pubsub></iq>"#
    )
}

#[tokio::test]
async fn a_day_of_a_client_is_told() {
    let fake = fake().await;
    let mut events = fake.events(Detail::Facts);
    let mut client = Client::connect(&fake.url(), None).await;
    client.log_in("1001", "desktop").await;
    client.say("<presence xmlns='jabber:client'/>").await;
    for (verb, node) in [
        ("subscribe", "/finesse/api/SystemInfo"),
        ("subscribe", "/nowhere"),
        ("unsubscribe", "/finesse/api/SystemInfo"),
    ] {
        client.say(&about_node(verb, node)).await;
    }
    client.say("<presence xmlns='jabber:client' type='unavailable'/>").await;
    client.say(CLOSE).await;
    while !client.hear().await.starts_with("<close") {}
    drop(client);
    let jid = "#1 1001@finesse.example.com/desktop";
    assert_eq!(
        facts(&mut events, 9).await,
        [
            "#1 - connected".to_owned(),
            "#1 1001 logged in".to_owned(),
            format!("{jid} bound"),
            format!("{jid} available"),
            format!("{jid} subscribed to /finesse/api/SystemInfo"),
            format!("{jid} subscribe /nowhere refused: item-not-found"),
            format!("{jid} unsubscribed from /finesse/api/SystemInfo"),
            format!("{jid} unavailable"),
            format!("{jid} closed: the client closed its stream"),
        ]
    );
}

#[tokio::test]
async fn a_failed_login_has_its_true_reason() {
    let fake = fake().await;
    let mut events = fake.events(Detail::Facts);
    let mut client = Client::connect(&fake.url(), None).await;
    client
        .say(r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="finesse.example.com" version="1.0"/>"#)
        .await;
    for message in [
        auth("1001", "hunter2"),
        auth("1001@elsewhere", "secret"),
        auth("1001", "secret").replace("PLAIN", "EXTERNAL"),
    ] {
        client.say(&message).await;
    }
    while client.hear().await.contains("open") {}
    drop(client);
    let login = |account: &str, why: &str| format!("#1 - login of {account:?} failed: {why}");
    let facts = facts(&mut events, 4).await;
    assert_eq!(
        facts,
        [
            "#1 - connected".to_owned(),
            login("1001", "wrong password (not-authorized)"),
            login(
                "1001@elsewhere",
                "the domain of the account is not that of this server (not-authorized)"
            ),
            "#1 - login failed: the mechanism is not PLAIN (invalid-mechanism)".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_fault_that_strikes_and_a_connection_that_breaks_are_told() {
    let fake = fake().await;
    let mut events = fake.events(Detail::Facts);
    fake.fault("drop-tcp after=success times=1").expect("a fault");
    let mut client = Client::connect(&fake.url(), None).await;
    client
        .say(r#"<open xmlns="urn:ietf:params:xml:ns:xmpp-framing" to="finesse.example.com" version="1.0"/>"#)
        .await;
    client.say(&auth("1001", "secret")).await;
    assert_eq!(
        facts(&mut events, 4).await,
        [
            "#1 - connected",
            "#1 1001 logged in",
            "#1 1001 fault drop-tcp after=success times=1",
            "#1 1001 closed: the fake ended the connection",
        ]
    );
    drop(Client::connect(&fake.url(), None).await);
    assert_eq!(
        facts(&mut events, 2).await,
        ["#2 - connected", "#2 - closed: the connection broke off"]
    );
}

#[tokio::test]
async fn a_client_that_is_not_let_in_is_told_with_the_reason() {
    let fake = FakeFinesse::builder().user("1001", "secret").start().await;
    let fake = fake.expect("the fake starts");
    let stranger = FakeFinesse::builder().start().await.expect("another fake starts");
    let mut events = fake.events(Detail::Facts);
    let trust = Trust::ca_pem(stranger.ca_pem().expect("it has TLS")).expect("an authority");
    let port = fake.addr().port();
    assert!(dial("127.0.0.1", port, Some((&trust, "localhost")), DEADLINE).await.is_err());
    let refused = facts(&mut events, 1).await.remove(0);
    assert!(refused.starts_with("#0 - TLS with 127.0.0.1:"), "{refused}");
    assert!(refused.contains("trust the authority of the fake"), "{refused}");
    let mut plain = dial("127.0.0.1", port, None, DEADLINE).await.expect("TCP");
    plain.write_all(b"GET /ws/ HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("it is taken");
    let refused = facts(&mut events, 1).await.remove(0);
    assert!(refused.ends_with("its URL must begin with wss://"), "{refused}");
}

#[tokio::test]
async fn a_refused_upgrade_names_the_rule() {
    let fake = fake().await;
    let mut events = fake.events(Detail::Facts);
    let port = fake.addr().port();
    let request = "GET /ws/ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                   Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    let mut stream = dial("127.0.0.1", port, None, DEADLINE).await.expect("TCP");
    stream.write_all(request.as_bytes()).await.expect("it is taken");
    stream.read_u8().await.expect("an answer");
    assert_eq!(
        facts(&mut events, 2).await,
        ["#1 - connected", "#1 - WebSocket refused with 503: the subprotocol xmpp is not offered",]
    );
    stream.write_all(b"\0\xff\r\n\r\n").await.expect("it is taken");
    let odd = facts(&mut events, 1).await.remove(0);
    assert!(odd.starts_with("#1 - [octets: "), "{odd}");
}

#[tokio::test]
async fn messages_are_told_to_those_who_ask_without_passwords() {
    let fake = fake().await;
    let mut facts = fake.events(Detail::Facts);
    let mut all = fake.events(Detail::Messages);
    let mut client = Client::connect(&fake.url(), None).await;
    client.log_in("1001", "desktop").await;
    let long = "x".repeat(10_000);
    client
        .say(&format!("<presence xmlns='jabber:client'><status>{long}</status></presence>"))
        .await;
    let mut texts = Vec::new();
    loop {
        let Event::Said(said) = next(&mut all).await else { panic!("nothing is left out") };
        texts.push(said.to_string());
        if said.text == "available" {
            break;
        }
    }
    let whole = texts.join("\n");
    let secret = STANDARD.encode("\0".to_owned() + "1001\0secret");
    assert!(!whole.contains("secret") && !whole.contains(&secret), "{whole}");
    for part in ["-> GET /ws/", "<- HTTP/1.1 101", "{plain(1001, ***)}", "<- <success", "== bound"]
    {
        assert!(whole.contains(part), "no {part}: {whole}");
    }
    assert!(whole.contains("… (100"), "{whole}");
    assert!(texts.iter().all(|text| text.len() < 5000), "long texts are cut");
    drop(fake);
    while let Some(event) = facts.next().await {
        assert!(matches!(event, Event::Said(Said { kind: Kind::Fact, .. })), "{event:?}");
    }
}

#[tokio::test]
async fn a_reader_that_sleeps_misses_events_and_holds_up_nothing() {
    let fake = fake().await;
    let mut events = fake.events(Detail::Facts);
    let gone = fake.events(Detail::Facts);
    drop(gone);
    // Each fault of the whole service is two facts: it strikes, and it is over.
    let strike = || {
        let id = fake.fault("out-of-service").expect("a fault");
        assert!(fake.remove_fault(id));
    };
    (0..3000).for_each(|_| strike());
    let mut said = 0;
    for _ in 0..4096 {
        assert!(matches!(next(&mut events).await, Event::Said(_)));
        said += 1;
    }
    strike();
    assert_eq!(next(&mut events).await, Event::Missed(6000 - said));
    for _ in 0..2 {
        assert!(matches!(next(&mut events).await, Event::Said(_)));
    }
    // Lines that are left out at the very end are told too.
    (0..3000).for_each(|_| strike());
    drop(fake);
    let (mut said, mut missed) = (0, 0);
    while let Some(event) = events.next().await {
        match event {
            Event::Said(_) => said += 1,
            Event::Missed(count) => missed += count,
        }
    }
    assert_eq!((said, said + missed), (4096, 6000));
}
