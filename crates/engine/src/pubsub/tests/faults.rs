//! The faults that the engine can have on purpose.

use std::time::Duration;

use super::{ask, service, user};
use crate::pubsub::PubSubPolicy;
use crate::sabotage::Sabotage;

const NODE: &str = "/finesse/api/User/agent1001";

#[test]
fn subscribe_anyone_takes_another_account() {
    let foreign = format!(r#"<subscribe node="{NODE}" jid="agent1002@uccx.example.com"/>"#);
    for (sabotage, kind) in
        [(None, r#"type="error""#), (Some(Sabotage::SubscribeAnyone), r#"type="result""#)]
    {
        let mut service = service(PubSubPolicy::strict(), sabotage);
        let answers = ask(&mut service, &user("agent1001/desktop"), "set", &foreign);
        assert!(answers[0].contains(kind), "{}", answers[0]);
    }
}

#[test]
fn leak_after_unsubscribe_goes_on_until_the_next_subscription() {
    let mut service = service(PubSubPolicy::strict(), Some(Sabotage::LeakAfterUnsubscribe));
    let me = user("agent1001/desktop");
    let address = format!(r#"node="{NODE}" jid="{me}""#);
    ask(&mut service, &me, "set", &format!("<subscribe {address}/>"));
    ask(&mut service, &me, "set", &format!("<unsubscribe {address}/>"));
    let listed = ask(&mut service, &me, "get", "<subscriptions/>");
    assert!(listed[0].contains("<subscriptions/>"), "{}", listed[0]);
    assert_eq!(service.publish(Duration::ZERO, NODE, "<x/>").unwrap().len(), 1);
    ask(&mut service, &me, "set", &format!("<subscribe {address}/>"));
    assert_eq!(service.publish(Duration::ZERO, NODE, "<x/>").unwrap().len(), 1);
}
