//! Signing in: login names with an `@`, the phone of a nailed connection.

use std::time::Duration;

use finesse_fake::{AgentState, Error, WorldSpec};

use super::fake;
use super::rest::Rest;
use crate::client::Client;
use crate::socket;

const WORLD: &str = r#"
flavour = "cce"

[[team]]
id   = "1"
name = "Orders"

[[agent]]
id         = "1001"
login_name = "agent@site.com"
extension  = "1081001"
team       = "1"
"#;

fn world() -> WorldSpec {
    WorldSpec::parse(WORLD, "sign-in.toml").expect("a world")
}

#[tokio::test]
async fn a_login_name_with_an_at_sign_logs_in_as_its_agent() -> Result<(), Error> {
    let fake = fake().world(world()).start().await?;
    let mut rest = Rest::connect(&fake).await;
    for path in ["User/1001", "User/agent@site.com", "User/agent%40site.com"] {
        assert_eq!(rest.ask("GET", path, "agent@site.com", "").await.0, 200, "{path}");
    }
    for name in [r"agent\40site.com", "agent?40site.com", "agent@site.com"] {
        let mut client = socket::Client::to(&fake).await;
        let answer = client.authenticate(name, "secret").await;
        assert!(answer.starts_with("<success"), "{name}: {answer}");
        let bound = client.bind("probe").await;
        assert!(bound.contains("<jid>1001@finesse.example.com/probe</jid>"), "{name}: {bound}");
    }
    for name in ["agent", r"agent\41site.com", "agent@elsewhere.com"] {
        let answer = socket::Client::to(&fake).await.authenticate(name, "secret").await;
        assert!(answer.contains("<not-authorized"), "{name}: {answer}");
    }
    Ok(())
}

#[tokio::test]
async fn a_nailed_connection_rings_before_the_agent_is_signed_in() -> Result<(), Error> {
    let fake = fake().world(world()).start().await?;
    let ada = fake.agent("1001");
    let mut client = Client::come(&fake, "1001").await;
    let mut rest = Rest::connect(&fake).await;
    let body = "<User><state>LOGIN</state><extension>1081001</extension><mobileAgent>\
                <mode>NAILED_CONNECTION</mode><dialNumber>5550199</dialNumber>\
                </mobileAgent></User>";
    assert_eq!(rest.ask("PUT", "User/1001", "1001", body).await.0, 202);
    assert_eq!(ada.state()?, AgentState::Logout);
    ada.hang_up()?;
    let heard = client.hears_of(&["requestId", "errorType", "state"]).await;
    assert_eq!(heard, "/finesse/api/User/1001 r-1 Generic Error -");
    assert_eq!(rest.ask("PUT", "User/1001", "1001", body).await.0, 202);
    fake.advance(Duration::from_secs(1));
    let heard = client.hears_of(&["requestId", "mode", "state"]).await;
    assert_eq!(heard, "/finesse/api/User/1001 r-1 NAILED_CONNECTION NOT_READY");
    Ok(())
}
