//! Lists and texts of chosen shapes, in answers and in events.

use finesse_fake::{Collections, Error, FakeFinesse, Values, WorldSpec};

use super::fake;
use crate::client::Client;
use crate::rest::{Answer, Rest};

/// The first event about a call of 1001.
async fn event(fake: &FakeFinesse) -> Result<String, Error> {
    let mut client = Client::come(fake, "1001").await;
    fake.agent("1001").login()?.ready()?;
    fake.agent("1001").ring("5550100")?;
    loop {
        let heard = client.hear().await;
        if heard.contains("/finesse/api/User/1001/Dialogs\"") {
            return Ok(heard);
        }
    }
}

#[tokio::test]
async fn lists_in_events_are_as_long_as_those_in_answers() -> Result<(), Error> {
    for (collections, wanted) in [(Collections::None, 0), (Collections::One, 1)] {
        let fake = fake().collections(collections).start().await?;
        let heard = event(&fake).await?;
        assert!(heard.contains("fromAddress"), "{heard}");
        assert_eq!(heard.matches("&lt;Participant&gt;").count(), wanted, "{heard}");
        let id = fake.world().calls[0].id;
        let mut rest = Rest::connect(&fake).await;
        let Answer(_, _, body) = rest.ask("GET", &format!("Dialog/{id}"), "1001", "").await;
        assert_eq!(body.matches("<Participant>").count(), wanted, "{body}");
    }
    Ok(())
}

#[tokio::test]
async fn hostile_values_are_in_events_as_in_answers() -> Result<(), Error> {
    let fake = fake().values(Values::Hostile).start().await?;
    let heard = event(&fake).await?;
    // Once for the document in the event, and once for the event in the message.
    assert!(heard.contains("Tom &amp;amp; Jerry") && heard.contains("0042"), "{heard}");
    Ok(())
}

#[tokio::test]
async fn the_builder_outranks_the_shapes_of_a_world_file() -> Result<(), Error> {
    let text = "values = \"hostile\"\ncollections = \"many\"\n[[team]]\nid = \"1\"\nname = \"T\"\n\
                [[agent]]\nid = \"1001\"\nfirst_name = \"Ada\"\nteam = \"1\"\n";
    let world = WorldSpec::parse(text, "world.toml").expect("a world");
    let builder = fake().world(world);
    let fake = builder.values(Values::Plain).collections(Collections::Two).start().await?;
    let mut rest = Rest::connect(&fake).await;
    let Answer(_, _, user) = rest.ask("GET", "User/1001", "1001", "").await;
    assert!(user.contains("<firstName>Ada</firstName>"), "{user}");
    let Answer(_, _, reasons) = rest.ask("GET", "User/1001/WrapUpReasons", "1001", "").await;
    assert_eq!(reasons.matches("<WrapUpReason>").count(), 2, "{reasons}");
    Ok(())
}
