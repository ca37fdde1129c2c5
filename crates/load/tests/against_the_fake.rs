//! The clients against the fake: what they take for an answer, and what they do not.

#![allow(clippy::unwrap_used, reason = "helpers of tests, too, fail by panic")]

use std::sync::Arc;
use std::sync::atomic::Ordering;

use finesse_fake::{FakeFinesse, Profile};
use load::{CheckedClient, ClientStep, Crowd, Error, FanOut, LoginPlan, MeasuredServer, Progress};
use remote::{Account, Url};
use wire::net::Trust;

const PASSWORD: &str = "pass-word";

fn server(fake: &FakeFinesse) -> Arc<MeasuredServer> {
    Arc::new(MeasuredServer {
        url: Url::parse(&format!("wss://{}/ws/", fake.addr())).unwrap(),
        trust: Trust::ca_pem(fake.ca_pem().unwrap()).unwrap(),
        domain: fake.domain().to_owned(),
        pubsub: fake.pubsub_host(),
    })
}

fn accounts(fake: &FakeFinesse) -> Vec<Account> {
    let account = |name: &String| Account { name: name.clone(), password: PASSWORD.to_owned() };
    fake.users().iter().map(account).collect()
}

async fn fake(fault: Option<&str>) -> FakeFinesse {
    let builder = FakeFinesse::builder().users(&"agent01..12".parse().unwrap(), PASSWORD);
    let builder = match fault {
        Some(fault) => builder.fault(fault),
        None => builder,
    };
    builder.start().await.unwrap()
}

/// A crowd of all accounts, subscribed to their own nodes.
async fn crowd(fake: &FakeFinesse) -> Result<Crowd, Error> {
    let login = LoginPlan {
        resource: "load".to_owned(),
        nodes: vec!["/finesse/api/SystemInfo".to_owned(), "/finesse/api/Team/1/Users".to_owned()],
    };
    let (mut crowd, progress) = (Crowd::default(), Progress::default());
    crowd.log_in(&server(fake), &accounts(fake), &login, 5, &progress).await?;
    assert_eq!(progress.load(Ordering::Relaxed), crowd.len());
    Ok(crowd)
}

#[tokio::test]
async fn a_publication_reaches_all_that_are_subscribed() {
    let fake = fake(None).await;
    let mut crowd = crowd(&fake).await.unwrap();
    assert_eq!(crowd.len(), 12);
    let mut owner =
        CheckedClient::log_in(&server(&fake), &accounts(&fake)[0], "owner").await.unwrap();
    let mut fan_out = FanOut { publisher: &mut owner, node: "/load/all", subscribers: 7 };
    fan_out.prepare(&mut crowd).await.unwrap();
    for mark in ["one", "two"] {
        let delivery = fan_out.publish(&mut crowd, mark).await.unwrap();
        assert!(delivery.first <= delivery.last);
    }
    owner.delete("/load/all").await.unwrap();
    assert_eq!(crowd.len(), 12);
    crowd.leave(4).await;
    fake.shutdown().await;
}

#[tokio::test]
async fn a_wrong_password_is_no_login() {
    let fake = fake(None).await;
    let account = Account { password: "another".to_owned(), ..accounts(&fake)[0].clone() };
    let refused = CheckedClient::log_in(&server(&fake), &account, "load").await.err().unwrap();
    assert_eq!(refused.to_string(), "login: refused with not-authorized");
    assert!(matches!(refused, Error::Step { step: ClientStep::Auth, .. }));
    assert!(!format!("{account:?}").contains("another"));
}

#[tokio::test]
async fn nobody_there_is_said() {
    let fake = fake(None).await;
    // A port on which nobody listens any more.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = (*server(&fake)).clone();
    let nobody = MeasuredServer { url: Url { port, ..server.url.clone() }, ..server };
    let fault = CheckedClient::log_in(&nobody, &accounts(&fake)[0], "load").await.err().unwrap();
    assert!(fault.to_string().contains("nothing listens"), "{fault}");
}

/// The client that stumbles is named, and so is the step.
#[tokio::test]
async fn each_answer_is_checked() {
    for (fault, wanted) in [
        ("wrong-accept", ": upgrade: wrong Sec-WebSocket-Accept"),
        ("close-on-restart", ": opening of the stream: the server ended the connection"),
    ] {
        let fake = fake(Some(fault)).await;
        let fault = crowd(&fake).await.err().unwrap().to_string();
        assert!(fault.starts_with("agent"), "{fault}");
        assert!(fault.contains(wanted), "{fault}");
    }
}

#[tokio::test]
async fn each_delivery_is_checked() {
    let fake = fake(None).await;
    let mut crowd = crowd(&fake).await.unwrap();
    let mut owner =
        CheckedClient::log_in(&server(&fake), &accounts(&fake)[0], "owner").await.unwrap();
    let mut fan_out = FanOut { publisher: &mut owner, node: "/load/all", subscribers: 3 };
    fan_out.prepare(&mut crowd).await.unwrap();
    fake.publish("/load/all", "<Other xmlns='urn:example:load'><mark>one</mark></Other>").unwrap();
    let fault = fan_out.publish(&mut crowd, "one").await.unwrap_err().to_string();
    assert!(fault.contains(": delivery: wanted the publication on /load/all"), "{fault}");
}

#[tokio::test]
async fn a_server_that_lets_nobody_create_says_so() {
    let fake = FakeFinesse::builder().user("1001", PASSWORD).profile(Profile::strict());
    let fake = fake.start().await.unwrap();
    let mut client =
        CheckedClient::log_in(&server(&fake), &accounts(&fake)[0], "load").await.unwrap();
    let refused = client.create("/load/mine").await.unwrap_err();
    assert_eq!(refused.to_string(), "creation of a node: refused with forbidden");
}
