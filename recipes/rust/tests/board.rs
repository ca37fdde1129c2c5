//! The board against a fake that lives in the process of the test: `cargo test`.

use std::time::Duration;

use finesse_client::Config;
use finesse_fake::FakeFinesse;
use finesse_recipe::until;

#[tokio::test]
async fn the_board_shows_that_an_agent_is_not_ready() -> Result<(), finesse_fake::Error> {
    let fake = FakeFinesse::builder().user("1001", "secret").start().await?;
    let config = Config {
        url: fake.url().to_owned(),
        ca_pem: fake.ca_pem().map(str::to_owned),
        domain: fake.domain().to_owned(),
        pubsub: fake.pubsub_host().to_owned(),
        user: "1001".to_owned(),
        password: "secret".to_owned(),
        resource: "board".to_owned(),
        ..Config::default()
    };
    let board = tokio::spawn(async move { until(&config, "NOT_READY").await });
    fake.wait_for("<presence/>", Duration::from_secs(10)).await?;
    fake.agent("1001").login()?;
    let node = board.await.expect("the board does not panic").expect("it is not thrown out");
    assert_eq!(node, "/finesse/api/User/1001");
    fake.verify()
}
