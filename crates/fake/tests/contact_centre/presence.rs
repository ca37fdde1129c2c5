//! Presence in both directions: of the web application, and of the agents that it watches.

use super::*;

use finesse_fake::SystemStatus;

#[tokio::test]
async fn the_web_application_goes_and_comes_back() -> Result<(), Error> {
    let fake = fake().start().await?;
    let mut client = Client::come(&fake, "1001").await;
    for _ in 0..2 {
        assert!(client.hear().await.contains("<priority>0</priority>"));
    }
    fake.system_info(SystemStatus::OutOfService);
    assert_eq!(client.hears_of(&["status"]).await, "/finesse/api/SystemInfo OUT_OF_SERVICE");
    fake.web_application_goes_away();
    for resource in ["fake-1", "fake-2"] {
        assert_eq!(
            client.hear().await,
            format!(
                r#"<presence xmlns="jabber:client" type="unavailable" from="finesse@finesse.example.com/{resource}" to="1001@finesse.example.com/probe"/>"#
            )
        );
    }
    // The web application is away, so this is not published.
    fake.agent("1001").login()?;
    fake.web_application_comes_back();
    for _ in 0..2 {
        assert!(client.hear().await.contains("<priority>0</priority>"));
    }
    assert_eq!(fake.system_status(), SystemStatus::OutOfService);
    fake.agent("1001").ready()?;
    assert_eq!(client.hears_of(&["state"]).await, "/finesse/api/User/1001 READY");
    Ok(())
}

#[tokio::test]
async fn an_agent_is_signed_out_when_its_client_is_gone_for_too_long() -> Result<(), Error> {
    let fake = fake().start().await?;
    let ada = fake.agent("1001");
    ada.login()?.ready()?;
    Client::come(&fake, "1001").await.say_goodbye().await;
    fake.advance(Duration::from_secs(59));
    assert_eq!(ada.state()?, AgentState::Ready);
    let client = Client::come(&fake, "1001").await;
    fake.advance(Duration::from_secs(600));
    assert_eq!(ada.state()?, AgentState::Ready, "it came back in time");
    client.say_goodbye().await;
    fake.advance(Duration::from_secs(60));
    assert_eq!(ada.state()?, AgentState::Logout);
    assert_eq!(ada.view()?.reason.map(|reason| reason.code), Some(255));
    Ok(())
}

#[tokio::test]
async fn a_client_that_is_just_gone_takes_two_minutes_more() -> Result<(), Error> {
    let fake = fake().start().await?;
    let ada = fake.agent("1001");
    ada.login()?;
    let client = Client::come(&fake, "1001").await;
    drop(client);
    while ada.view()?.present {
        tokio::task::yield_now().await;
    }
    fake.advance(Duration::from_secs(179));
    assert_eq!(ada.state()?, AgentState::NotReady);
    fake.advance(Duration::from_secs(1));
    assert_eq!(ada.state()?, AgentState::Logout);
    Ok(())
}
