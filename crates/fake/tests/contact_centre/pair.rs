//! Two fakes that share a world.

use super::*;

use finesse_fake::SystemStatus;

#[tokio::test]
async fn both_servers_of_a_pair_tell_of_what_happens() -> Result<(), Error> {
    let (one, other) = fake().start_pair().await?;
    assert_eq!((one.domain(), other.domain()), ("finesse.example.com", "finesse2.example.com"));
    assert_ne!(one.addr(), other.addr());
    let mut here = Client::come(&one, "1001").await;
    let mut there = Client::come(&other, "1001").await;
    // The agent is present by its other client, so wait for what only this one is told.
    while !there.hear().await.contains("fake-2") {}
    one.agent("1001").login()?;
    other.agent("1001").ready()?;
    for client in [&mut here, &mut there] {
        assert_eq!(client.hears_of(&["state"]).await, "/finesse/api/User/1001 NOT_READY");
        assert_eq!(client.hears_of(&["state"]).await, "/finesse/api/User/1001 READY");
    }
    assert_eq!(one.world(), other.world());
    Ok(())
}

#[tokio::test]
async fn a_client_fails_over_and_the_agent_stays_signed_in() -> Result<(), Error> {
    let (one, other) = fake().start_pair().await?;
    let mut client = Client::come(&one, "1001").await;
    one.agent("1001").login()?.ready()?;
    one.system_info(SystemStatus::OutOfService);
    one.web_application_goes_away();
    while !client.hear().await.contains("OUT_OF_SERVICE") {}
    assert_eq!(other.system_status(), SystemStatus::InService);
    one.shutdown().await;
    let mut client = Client::come(&other, "1001").await;
    assert!(client.hear().await.contains(r#"from="finesse@finesse2.example.com/fake-1""#));
    other.advance(Duration::from_secs(600));
    other.agent("1001").not_ready(None)?;
    assert_eq!(client.hears_of(&["state"]).await, "/finesse/api/User/1001 NOT_READY");
    Ok(())
}

#[tokio::test]
async fn each_of_a_pair_has_a_certificate_of_one_authority() -> Result<(), Error> {
    let (one, other) = FakeFinesse::builder().start_pair().await?;
    assert_eq!(one.ca_pem(), other.ca_pem());
    let trust = wire::Trust::ca_pem(one.ca_pem().expect("TLS")).expect("a certificate");
    for (fake, name) in [(&one, "finesse.example.com"), (&other, "finesse2.example.com")] {
        let port = fake.addr().port();
        let deadline = Duration::from_secs(5);
        let dialled = wire::dial("127.0.0.1", port, Some((&trust, name)), deadline).await;
        assert!(dialled.is_ok(), "{name}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_servers_changed_at_once_do_not_wait_for_each_other() -> Result<(), Error> {
    let (one, other) = fake().traffic(600, 3).start_pair().await?;
    let (one, other) = (std::sync::Arc::new(one), std::sync::Arc::new(other));
    let busy = [(one.clone(), "1001"), (other.clone(), "1006"), (one, "1002"), (other, "1007")];
    let tasks = busy.map(|(fake, agent)| {
        tokio::task::spawn_blocking(move || {
            for _ in 0..200 {
                // The traffic may have put the agent into a state that forbids the request.
                let _ = fake.agent(agent).ready();
                let _ = fake.agent(agent).not_ready(None);
                fake.advance(Duration::from_millis(50));
            }
        })
    });
    for task in tasks {
        let done = tokio::time::timeout(Duration::from_secs(60), task).await;
        done.expect("no deadlock").expect("no panic");
    }
    Ok(())
}
