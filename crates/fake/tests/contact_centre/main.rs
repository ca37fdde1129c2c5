//! The world behind the fake, as clients hear of it.

mod client;
mod pair;
mod presence;
mod rest;
mod shapes;
mod sign_in;
mod sign_on;
#[path = "../client/mod.rs"]
#[allow(dead_code, reason = "another test uses the rest")]
mod socket;
mod time_of_day;

use std::time::{Duration, SystemTime};

use client::Client;
use finesse_fake::{
    AgentState, Builder, Cause, EngineError, Error, FakeFinesse, Profile, Refusal, Wanted,
    WorldSpec,
};

/// The built-in world, without TLS, whose time stands still.
fn fake() -> Builder {
    FakeFinesse::builder().plain(true).time_by_hand(true)
}

#[tokio::test]
async fn a_client_hears_of_a_call_from_ring_to_end() -> Result<(), Error> {
    let fake = fake().start().await?;
    let mut client = Client::come(&fake, "1001").await;
    fake.agent("1001").login()?.ready()?;
    fake.agent("1001").ring("5550100")?.answer()?.hang_up()?;
    for heard in [
        "/finesse/api/User/1001 PUT NOT_READY",
        "/finesse/api/User/1001 PUT READY",
        "/finesse/api/User/1001 PUT RESERVED",
        "/finesse/api/User/1001/Dialogs POST INITIATED",
        "/finesse/api/User/1001/Dialogs PUT ACTIVE",
        "/finesse/api/User/1001 PUT TALKING",
        "/finesse/api/User/1001/Dialogs DELETE DROPPED",
        "/finesse/api/User/1001 PUT READY",
    ] {
        assert_eq!(client.hears_of(&["event", "state"]).await, heard);
    }
    Ok(())
}

#[tokio::test]
async fn a_consultation_becomes_a_transfer() -> Result<(), Error> {
    let fake = fake().start().await?;
    let mut client = Client::come(&fake, "1002").await;
    for agent in ["1001", "1002"] {
        fake.agent(agent).login()?.ready()?;
    }
    let call = fake.agent("1001").ring("5550100")?;
    call.answer()?;
    let consultation = fake.agent("1001").consult("1081002")?;
    consultation.answer()?;
    fake.agent("1001").send_dtmf("1*")?.transfer()?;
    assert_eq!(fake.agent("1002").view()?.calls, [call.id()]);
    for heard in [
        "/finesse/api/User/1002 PUT NOT_READY",
        "/finesse/api/User/1002 PUT READY",
        "/finesse/api/User/1002/Dialogs POST INITIATED",
        "/finesse/api/User/1002/Dialogs PUT ACTIVE",
        "/finesse/api/User/1002 PUT TALKING",
        "/finesse/api/User/1002/Dialogs PUT ACTIVE",
        "/finesse/api/User/1002/Dialogs POST ACTIVE",
        "/finesse/api/User/1002/Dialogs DELETE DROPPED",
    ] {
        assert_eq!(client.hears_of(&["event", "state"]).await, heard);
    }
    fake.agent("1003").login()?.listen_to("1002")?;
    fake.agent("1003").barge_in()?.hang_up()?;
    Ok(())
}

#[tokio::test]
async fn a_request_comes_back_with_its_id_or_as_an_error() -> Result<(), Error> {
    let profile = Profile::finesse().lower_case_events(true);
    let fake = fake().profile(profile).start().await?;
    let mut client = Client::come(&fake, "1001").await;
    fake.agent("1001").asks_for(Wanted::NotReady, None, "r-1")?.asks_for(
        Wanted::Login,
        None,
        "r-2",
    )?;
    assert_eq!(
        client.hears_of(&["event", "requestId", "errorData"]).await,
        "/finesse/api/User/1001 put r-1 1010"
    );
    assert_eq!(
        client.hears_of(&["event", "requestId", "state"]).await,
        "/finesse/api/User/1001 put r-2 NOT_READY"
    );
    Ok(())
}

#[tokio::test]
async fn notifications_are_spelt_as_the_profile_says() -> Result<(), Error> {
    let profile =
        Profile::finesse().fill_request_ids(false).notification_namespace("urn:xmpp:push:0");
    let fake = fake().profile(profile).start().await?;
    let mut client = Client::come(&fake, "1001").await;
    fake.agent("1001").asks_for(Wanted::NotReady, None, "r-1")?;
    let message = client.hear_of("requestId").await;
    assert!(message.contains(r#"<notification xmlns="urn:xmpp:push:0">"#), "{message}");
    assert!(!message.contains("r-1"), "{message}");
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_done_says_what_can() -> Result<(), Error> {
    let fake = fake().user("1001", "secret").user("1002", "secret").start().await?;
    let unknown = fake.agent("1003").ready().expect_err("there is no such agent");
    assert_eq!(unknown.to_string(), "no agent has the id \"1003\"; known: 1001, 1002");
    let call = fake.agent("1001").login()?.call("5550100")?;
    call.fails(Cause::BadDestination)?;
    let refused = fake.agent("1001").hold().expect_err("the call has failed");
    assert!(
        matches!(refused, Error::Engine(EngineError::World(Refusal::Action { .. }))),
        "{refused}"
    );
    call.hang_up()?;
    assert!(matches!(
        call.state(),
        Err(Error::Engine(EngineError::World(Refusal::UnknownCall { .. })))
    ));
    assert_eq!(fake.agent("1001").state()?, AgentState::NotReady);
    Ok(())
}

#[tokio::test]
async fn the_view_of_a_world_can_be_written_down() -> Result<(), Error> {
    let spec = WorldSpec::parse(
        "flavour = \"cce\"\n[[team]]\nid = \"7\"\nname = \"Sales\"\n[[agent]]\nid = \"1001\"\nteam = \"7\"\nstate = \"READY\"\n\
         [[queue]]\nid = \"9\"\nname = \"Orders\"\nnumber = \"3001\"\nagents = [\"1001\"]\n",
        "small.toml",
    );
    let fake =
        fake().world(spec.expect("a small world")).begins(SystemTime::UNIX_EPOCH).start().await?;
    fake.queue("9").call_from("5550100")?;
    let view = serde_json::to_value(fake.world()).expect("plain values");
    assert_eq!(view["flavour"], "cce");
    assert_eq!(view["agents"][0]["state"], "RESERVED");
    assert_eq!(view["calls"][0]["call_type"], "PREROUTE_ACD_IN");
    assert_eq!(view["calls"][0]["parties"][1]["since"], "1970-01-01T00:00:00.000Z");
    assert_eq!(view["queues"][0]["statistics"]["busy_other"], 1);
    Ok(())
}

#[tokio::test]
async fn the_same_seed_is_heard_as_the_same_day() -> Result<(), Error> {
    let mut days = Vec::new();
    for seed in [5, 5, 6] {
        let fake = fake().begins(SystemTime::UNIX_EPOCH).traffic(30, seed).start().await?;
        let mut client = Client::come(&fake, "1001").await;
        client.say(r#"<iq xmlns="jabber:client" type="set" id="s" to="pubsub.finesse.example.com"><pubsub xmlns="http://jabber.org/protocol/pubsub"><subscribe node="/finesse/api/Team/1/Users" jid="1001@finesse.example.com"/></pubsub></iq>"#).await;
        while !client.hear().await.contains("subscribed") {}
        let mut day = Vec::new();
        for _ in 0..120 {
            fake.advance(Duration::from_secs(1));
        }
        for _ in 0..60 {
            day.push(client.update().await);
        }
        days.push(day);
    }
    assert_eq!(days[0], days[1]);
    assert_ne!(days[0], days[2]);
    Ok(())
}

#[tokio::test]
async fn without_traffic_nothing_changes_by_itself() -> Result<(), Error> {
    let fake = fake().start().await?;
    assert_eq!(fake.next_timer(true), None);
    let before = fake.world();
    fake.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(fake.world(), before);
    Ok(())
}

#[test]
fn the_world_file_of_the_book_can_be_read() {
    let page = include_str!("../../../../docs/contact-centre.md");
    let examples = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let example = examples.into_iter().find(|text| text.starts_with("flavour"));
    let world = WorldSpec::parse(example.expect("an example of a world file"), "contact-centre.md");
    let world = world.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(world.agent_ids().collect::<Vec<_>>(), ["1001", "1009"]);
}
