//! The fixture as a test uses it: settings, observations, and reports of wrong clients.

#[allow(dead_code, reason = "another test uses the rest")]
mod client;

use std::time::Duration;

use client::Client;
use finesse_fake::{ClientPhase, EngineError, Error, FakeFinesse};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

const SOON: Duration = Duration::from_secs(20);

/// A typical test of a client: expectations, a fault, and the reaction of the client.
#[tokio::test]
async fn a_client_that_is_thrown_out_comes_back_once() -> Result<(), Error> {
    let fake = FakeFinesse::builder().user("1001", "secret").start().await?;
    fake.expect("<auth mechanism='PLAIN' xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>").times(2);
    fake.fault("drop-tcp after=presence times=1")?;
    let client =
        tokio::spawn(Client::stays_connected(fake.url(), fake.ca_pem().map(str::to_owned)));
    fake.wait_for("<presence/>", SOON).await?;
    fake.wait_for("<presence/>", SOON).await?;
    fake.agent("1001").login()?.ready()?.ring("5550100")?.answer()?.hang_up()?;
    fake.kick("1001")?;
    client.await.expect("the client has ended by itself");
    fake.verify()
}

async fn plain() -> FakeFinesse {
    let builder = FakeFinesse::builder().plain(true).user("1001", "secret").user("1002", "secret");
    builder.start().await.expect("the fake starts")
}

#[tokio::test]
async fn clients_are_listed_spoken_to_and_thrown_out() {
    let (fake, other) = (plain().await, plain().await);
    let mut client = Client::connect(&fake.url(), None).await;
    assert_eq!(fake.clients()[0].phase, ClientPhase::Upgraded);
    client.log_in("1001", "desktop").await;
    let clients = fake.clients();
    assert_eq!(clients[0].jid.as_deref(), Some("1001@finesse.example.com/desktop"));
    assert_eq!((clients[0].phase, clients[0].connection), (ClientPhase::Bound, 1));
    // Not even an element, and half a frame.
    assert_eq!(fake.inject("1001@finesse.example.com/desktop", "<").expect("it is there"), 1);
    assert_eq!(client.hear().await, "<");
    assert_eq!(fake.inject_octets("#1", b"\x81\x01x").expect("it is there"), 1);
    assert_eq!(client.hear().await, "x");
    let error = fake.inject("1002", "<x/>").expect_err("nobody").to_string();
    assert_eq!(
        error,
        "no client is connected as \"1002\"; connected: #1 1001@finesse.example.com/desktop"
    );
    assert!(other.clients().is_empty() && other.kick("1001").is_err());
    assert_eq!(fake.kick("1001").expect("it is there"), 1);
    assert!(client.hear().await.starts_with("<close"));
    assert!(client.hear().await.starts_with("Close"));
}

#[tokio::test]
async fn what_was_expected_and_did_not_come_is_told_with_what_came_nearest() {
    let fake = plain().await;
    fake.expect("<iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desktop</resource></bind></iq>")
        .times(1);
    fake.expect("<presence/>").never();
    fake.expect("<message/>").at_least(2);
    fake.expect("<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0'/>").times(2);
    let mut client = Client::connect(&fake.url(), None).await;
    client.log_in("1001", "web").await;
    client.say("<presence xmlns='jabber:client'/>").await;
    fake.wait_for("<presence/>", SOON).await.expect("it was said");
    let report = fake.verify().expect_err("three expectations are not met").to_string();
    let (table, said) = report.split_once("\n  what was said\n").expect("the transcript is there");
    let times: String = table
        .lines()
        .map(|line| {
            // Times differ from run to run.
            let line = line.trim_end();
            match line.find("#1") {
                Some(at) if line.contains("->") => format!(
                    "{} {}\n",
                    if line.contains("closest") { "  closest T" } else { "  T" },
                    &line[at..]
                ),
                _ => format!("{line}\n"),
            }
        })
        .collect();
    assert_eq!(
        times,
        "expected <iq type='set'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>desktop</resource></bind></iq>\n  \
         wanted once, did not come\n  \
         closest T #1 1001 -> <iq xmlns=\"jabber:client\" type=\"set\" id=\"b\"><bind xmlns=\"urn:ietf:params:xml:ns:xmpp-bind\"><resource>web</resource></bind></iq>\n      \
         where             wanted   got\n      \
         iq/bind/resource  desktop  web\n\n\
         expected <presence/>\n  wanted 0 times, came once\n  \
         T #1 1001@finesse.example.com/web -> <presence xmlns='jabber:client'/>\n\n\
         expected <message/>\n  wanted at least 2 times, did not come\n  no client said anything of this kind\n"
    );
    assert!(said.contains("{plain(1001, ***)}") && !report.contains("secret"), "{said}");
    // Each expectation is judged once, so that the end of the fake says nothing more.
    assert!(fake.verify().is_ok());
}

#[tokio::test]
async fn the_end_of_a_fake_judges_what_nobody_has_judged() {
    let fake = plain().await;
    fake.expect("<presence/>");
    let ended = tokio::spawn(async move { drop(fake) }).await;
    let panic = ended.expect_err("the drop panics").into_panic();
    let message = panic.downcast_ref::<String>().expect("a message");
    assert!(message.contains("wanted at least once, did not come"), "{message}");
    assert!(message.contains("nothing was said at all"), "{message}");
}

#[tokio::test]
async fn a_panic_under_way_is_not_covered_by_another() {
    let fake = plain().await;
    fake.expect("<presence/>");
    let ended = tokio::spawn(async move {
        let _fake = fake;
        panic!("the test's own");
    })
    .await;
    let panic = ended.expect_err("the task panics").into_panic();
    assert_eq!(panic.downcast_ref::<&str>(), Some(&"the test's own"));
}

#[tokio::test]
async fn a_wait_ends_and_says_what_came_instead() {
    let fake = plain().await;
    let mut client = Client::connect(&fake.url(), None).await;
    client.log_in("1001", "web").await;
    let bind = "<iq><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>";
    assert!(fake.wait_for(bind, SOON).await.expect("it was said before").text.contains("web"));
    let again = fake.wait_for(bind, Duration::from_millis(20)).await.expect_err("it came once");
    assert!(again.to_string().starts_with("waited 20ms for <iq><bind"), "{again}");
    assert!(matches!(fake.wait_for("<iq", SOON).await, Err(Error::Pattern { .. })));
    let deaf =
        FakeFinesse::builder().plain(true).transcript_limit(0).start().await.expect("starts");
    assert!(matches!(deaf.wait_for(bind, SOON).await, Err(Error::NoTranscript)));
}

#[tokio::test]
async fn faults_come_and_go() {
    let fake = plain().await;
    let number = fake.fault("refuse-upgrade status=503").expect("it is one");
    assert_eq!(Client::status(&fake.url()).await, 503);
    assert_eq!(fake.faults()[0].struck, 1);
    assert!(fake.remove_fault(number) && !fake.remove_fault(number));
    assert_eq!(Client::status(&fake.url()).await, 101);
    assert!(matches!(fake.fault("refuse"), Err(Error::Engine(EngineError::Fault { .. }))));
    let built = FakeFinesse::builder().plain(true).fault("nonsense").start().await;
    assert!(matches!(built, Err(Error::Engine(EngineError::Fault { .. }))));
}

#[tokio::test]
async fn a_connection_that_is_to_be_dropped_at_once_is() {
    let fake = plain().await;
    fake.fault("drop-tcp after=connect times=1").expect("it is one");
    let mut stream = TcpStream::connect(fake.addr()).await.expect("the fake listens");
    // The client sends nothing, and no other client comes.
    let ended = tokio::time::timeout(SOON, stream.read_u8()).await;
    assert!(ended.expect("it ends by itself").is_err());
}
