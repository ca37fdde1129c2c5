//! Everything that bears a time goes by the fake's own, which stands still until it is set forward.

use std::time::{Duration, SystemTime};

use finesse_fake::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::client::Client;
use super::fake;

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn the_time_of_day_is_the_fakes_own() -> Result<(), Error> {
    let fake = fake().begins(SystemTime::UNIX_EPOCH).start().await?;
    let mut client = Client::come(&fake, "1001").await;

    fake.advance(HOUR);
    fake.agent("1002").login()?;
    fake.advance(HOUR);

    client
        .say(r#"<iq xmlns="jabber:client" type="get" id="t"><time xmlns="urn:xmpp:time"/></iq>"#)
        .await;
    let time = client.hear_of("urn:xmpp:time").await;
    assert!(time.contains("<utc>1970-01-01T02:00:00.000Z</utc>"), "{time}");

    client.say(r#"<iq xmlns="jabber:client" type="set" id="s" to="pubsub.finesse.example.com"><pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="/finesse/api/Team/1/Users" jid="1001@finesse.example.com"/></pubsub></iq>"#).await;
    let last = client.hear_of("urn:xmpp:delay").await;
    assert!(last.contains(r#"stamp="1970-01-01T01:00:00.000Z""#), "{last}");

    let mut web = TcpStream::connect(fake.addr()).await.expect("the fake listens");
    let request = b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    web.write_all(request).await.expect("the fake reads");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(web.read_u8().await.expect("a whole head"));
    }
    let head = String::from_utf8_lossy(&head);
    assert!(head.contains("\r\nDate: Thu, 01 Jan 1970 02:00:00 GMT\r\n"), "{head}");
    Ok(())
}

#[tokio::test]
async fn the_same_seed_makes_the_same_ids() -> Result<(), Error> {
    let mut ids = Vec::new();
    for seed in [5, 5, 6] {
        let fake = fake().begins(SystemTime::UNIX_EPOCH).seed(seed).start().await?;
        let mut client = Client::come(&fake, "1001").await;
        fake.agent("1001").login()?;
        ids.push(client.hear_of("pubsub#event").await);
    }
    assert_eq!(ids[0], ids[1]);
    assert_ne!(ids[0], ids[2]);
    Ok(())
}
