//! Clients from outside: a whole login over TLS and without, with a WebSocket library that is not
//! ours.

#[path = "client/mod.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod client;

use client::Client;
use finesse_fake::{EngineError, Error, FakeFinesse, NodeConfig, Profile, ProfileName};

const PRESENCE: &str = r#"<presence xmlns="jabber:client"/>"#;

async fn log_in(fake: &FakeFinesse) -> Client {
    let mut client = Client::to(fake).await;
    client.log_in("1001", "probe").await;
    client
}

async fn start(profile: ProfileName, plain: bool) -> FakeFinesse {
    let builder = FakeFinesse::builder().profile(Profile::from(profile)).plain(plain);
    builder.user("1001", "secret").user("1002", "other").start().await.expect("the fake starts")
}

#[tokio::test]
async fn every_profile_logs_in_over_tls_and_without() {
    for profile in ProfileName::ALL {
        for plain in [false, true] {
            let fake = start(profile, plain).await;
            let mut client = log_in(&fake).await;
            client.say(r#"<iq xmlns="jabber:client" type="get" id="p"><ping xmlns="urn:xmpp:ping"/></iq>"#).await;
            assert_eq!(
                client.hear().await,
                r#"<iq xmlns="jabber:client" type="result" id="p" to="1001@finesse.example.com/probe"/>"#
            );
            fake.shutdown().await;
        }
    }
}

#[tokio::test]
async fn a_desktop_hears_of_the_web_application_and_of_its_own_state() {
    let fake = start(ProfileName::Finesse, false).await;
    let mut client = log_in(&fake).await;
    client.say(PRESENCE).await;
    for _ in 0..2 {
        assert!(client.hear().await.contains(r#"from="finesse@finesse.example.com/"#));
    }
    fake.publish("/finesse/api/User/1001", "<x xmlns='urn:example:probe'>1</x>")
        .expect("the node exists");
    let event = client.hear().await;
    assert!(event.starts_with(r#"<message xmlns="jabber:client" from="pubsub.finesse.example.com" to="1001@finesse.example.com" id=""#), "{event}");
    assert!(event.contains(r#"<items node="/finesse/api/User/1001">"#), "{event}");
    assert!(fake.publish("/nowhere", "<x/>").is_err());
    assert!(matches!(
        fake.publish("/finesse/api/SystemInfo", "no XML"),
        Err(Error::Engine(EngineError::Payload(_)))
    ));
}

#[tokio::test]
async fn a_shutdown_says_goodbye() {
    let fake = start(ProfileName::Strict, true).await;
    let mut client = log_in(&fake).await;
    fake.shutdown().await;
    assert!(client.hear().await.contains("<system-shutdown"));
    assert!(client.hear().await.starts_with("<close"));
    assert!(client.hear().await.starts_with("Close"));
}

#[tokio::test]
async fn nodes_and_accounts_are_as_built() {
    let builder =
        FakeFinesse::builder().plain(true).domain("Uccx.Example.com").user("1001", "secret");
    let builder = builder.node("/open").node(NodeConfig::new("/closed").whitelist(["1002"]));
    let fake = builder.start().await.expect("the fake starts");
    assert_eq!(fake.users(), ["1001"]);
    assert_eq!(
        (fake.domain(), fake.pubsub_host().as_str()),
        ("uccx.example.com", "pubsub.uccx.example.com")
    );
    assert!(fake.publish("/open", "<x/>").is_ok());
    assert!(fake.ca_pem().is_none() && fake.url().starts_with("ws://127.0.0.1:"));
    let bad = FakeFinesse::builder().user("a@b", "x").start().await;
    assert!(matches!(bad, Err(Error::Address { .. })));
}

#[tokio::test]
async fn traffic_is_counted_to_the_octet() {
    let fake = start(ProfileName::Strict, true).await;
    assert!(fake.settled(0, 0));
    let mut client = Client::to(&fake).await;
    client.say("x").await;
    // The stream error and the close are all that comes; the suite knows the counts.
    while client.hear().await.starts_with('<') {}
    assert!(!fake.settled(0, 0));
    assert!(fake.next_timer(true).is_some());
}

#[tokio::test]
async fn a_slow_fake_is_slow_in_its_own_time() {
    let builder = FakeFinesse::builder().plain(true).user("1001", "secret").time_factor(500.0);
    let builder = builder.profile(Profile::strict()).fault("slow-everything");
    let fake = builder.start().await.expect("the fake starts");
    log_in(&fake).await;
}

#[tokio::test]
async fn who_does_not_read_is_dropped() {
    let fake = start(ProfileName::OpenfireFourFour, true).await;
    let mut client = log_in(&fake).await;
    client
        .say(r#"<iq xmlns="jabber:client" type="set" id="s" to="pubsub.finesse.example.com"><pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="/finesse/api/SystemInfo" jid="1001@finesse.example.com/probe"/></pubsub></iq>"#)
        .await;
    assert!(client.hear().await.contains("subscribed"));
    let payload = format!("<x xmlns='urn:example:probe'>{}</x>", "x".repeat(1 << 19));
    for _ in 0..20 {
        fake.publish("/finesse/api/SystemInfo", &payload).expect("the node exists");
    }
    client.until_closed().await;
}

#[tokio::test]
async fn the_transcript_has_all_that_was_said_and_no_password() {
    let fake = start(ProfileName::Finesse, true).await;
    let mut client = log_in(&fake).await;
    client.ping("a").await;
    while !client.hear().await.starts_with("Pong") {}
    let transcript = fake.transcript().to_string();
    let mut rest = transcript.as_str();
    for said in [
        "#1 - == connected",
        "#1 - -> GET /ws/ HTTP/1.1",
        "#1 - <- HTTP/1.1 101 Switching Protocols",
        "#1 - -> <open ",
        "#1 - <- <open ",
        "mechanism=\"PLAIN\">{plain(1001, ***)}</auth>",
        "#1 1001 <- <success ",
        "#1 1001@finesse.example.com/probe <- <iq ",
        "#1 1001@finesse.example.com/probe -> [ping \"a\"]",
        "#1 1001@finesse.example.com/probe <- [pong \"a\"]",
    ] {
        let (_, after) = rest.split_once(said).unwrap_or_else(|| panic!("no {said}\n{transcript}"));
        rest = after;
    }
    assert!(!transcript.contains("secret") && !transcript.contains("c2VjcmV0"), "{transcript}");
    let silent = FakeFinesse::builder().plain(true).user("1001", "secret").transcript_limit(0);
    let silent = silent.start().await.expect("the fake starts");
    log_in(&silent).await;
    assert!(silent.transcript().said.is_empty());
}
