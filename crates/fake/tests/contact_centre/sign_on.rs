//! Single sign-on: a token from REST is the password on the WebSocket.

use std::time::Duration;

use finesse_fake::{Error, FakeFinesse, WorldSpec};

use super::fake;
use super::rest::{Answer, Rest};
use crate::client::Client;
use crate::socket;

const WORLD: &str = r#"
[sso]
token = "10m"

[[team]]
id   = "1"
name = "Orders"

[[agent]]
id   = "1001"
team = "1"
"#;

fn world() -> WorldSpec {
    WorldSpec::parse(WORLD, "sso.toml").expect("a world")
}

/// A member of a JSON answer.
fn member(Answer(status, _, body): &Answer, name: &str) -> String {
    assert_eq!(*status, 200, "{body}");
    let value: serde_json::Value = serde_json::from_str(body).expect("JSON");
    value[name].as_str().expect("a text").to_owned()
}

/// Access and refresh token of agent 1001.
async fn tokens(fake: &FakeFinesse) -> [String; 2] {
    let request = "GET /desktop/sso/token?cc_username=1001&return_refresh_token=true HTTP/1.1\r\n\
                   Host: x\r\nAuthorization: Basic MTAwMTpzZWNyZXQ=\r\n\r\n";
    let answer = Rest::connect(fake).await.send(request).await;
    ["token", "refresh_token"].map(|name| member(&answer, name))
}

#[tokio::test]
async fn a_fault_of_an_account_strikes_requests_with_its_token() -> Result<(), Error> {
    let fake = fake().world(world()).start().await?;
    let [token, _] = tokens(&fake).await;
    let get = format!(
        "GET /finesse/api/User/1001 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    for (account, status) in [("1002", 200), ("1001", 503)] {
        fake.fault(format!("refuse-rest account={account}"))?;
        assert_eq!(Rest::connect(&fake).await.send(&get).await.0, status, "{account}");
    }
    Ok(())
}

#[tokio::test]
async fn a_token_is_the_password_of_the_websocket_and_in_no_record() -> Result<(), Error> {
    let fake = fake().world(world()).start().await?;
    let mut stranger = socket::Client::to(&fake).await;
    let answer = stranger.authenticate("1001", "secret").await;
    assert!(answer.contains("<not-authorized"), "{answer}");
    let [token, refresh] = tokens(&fake).await;
    let mut client = Client::come_with(&fake, "1001", &token).await;
    let mut rest = Rest::connect(&fake).await;
    let body = "<User><state>LOGIN</state><extension>1081001</extension></User>";
    let request = |token: &str| {
        format!(
            "PUT /finesse/api/User/1001 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    assert_eq!(rest.send(&request(&token)).await.0, 202);
    assert_eq!(client.hears_of(&["state"]).await, "/finesse/api/User/1001 NOT_READY");
    let get = format!(
        "GET /desktop/sso/token?cc_username=1001&refresh-token={refresh} HTTP/1.1\r\nHost: x\r\n\r\n"
    );
    let second = member(&rest.send(&get).await, "token");
    let ping = r#"type="get"><ping xmlns="urn:xmpp:ping"/></iq>"#;
    client.say(&format!("<iq xmlns=\"jabber:client\" id=\"{second}\" {ping}")).await;
    client.hear_of(&second).await;
    let record = fake.transcript().to_string();
    for token in [&token, &refresh, &second] {
        let signature = token.rsplit('.').next().expect("a signature");
        assert!(!record.contains(signature), "{record}");
    }
    assert!(record.contains("refresh-token="), "{record}");
    fake.advance(Duration::from_secs(600));
    assert_eq!(Rest::connect(&fake).await.send(&request(&token)).await.0, 401);
    let answer = socket::Client::to(&fake).await.authenticate("1001", &token).await;
    assert!(answer.contains("<not-authorized"), "{answer}");
    assert!(fake.agent("1001").view()?.present, "an open stream stays");
    Ok(())
}

#[tokio::test]
async fn both_servers_of_a_pair_know_a_token_until_a_reset() -> Result<(), Error> {
    let (one, other) = fake().world(world()).start_pair().await?;
    let [token, _] = tokens(&one).await;
    Client::come_with(&other, "1001", &token).await;
    one.reset();
    let answer = socket::Client::to(&other).await.authenticate("1001", &token).await;
    assert!(answer.contains("<not-authorized"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn equal_seeds_give_equal_tokens() -> Result<(), Error> {
    let mut all = Vec::new();
    for seed in [7, 7, 8] {
        let fake = fake().world(world()).seed(seed).begins(std::time::SystemTime::UNIX_EPOCH);
        all.push(tokens(&fake.start().await?).await);
    }
    assert!(all[0] == all[1] && all[1] != all[2]);
    Ok(())
}
