//! Items that a node keeps, and gives out again.

use std::time::Duration;

use stanza::ns;

use super::{ask, ask_in, service, user};
use crate::pubsub::config::NodeConfig;
use crate::pubsub::publish::PublishError;
use crate::pubsub::{PubSub, PubSubPolicy};

fn kept(max_items: usize) -> PubSub {
    let mut service = service(PubSubPolicy::strict());
    let mut config = NodeConfig::new("/kept");
    (config.persist_items, config.max_items) = (true, max_items);
    service.create(config);
    service
}

fn publish(service: &mut PubSub, id: &str, value: u8) {
    let publish = format!(
        r#"<publish node="/kept"><item id="{id}"><v xmlns="urn:v">{value}</v></item></publish>"#
    );
    let answers = ask(service, &user("finesse/pub"), "set", &publish);
    assert!(answers[0].contains(r#"type="result""#), "{}", answers[0]);
}

/// Ids and values of the items that a request gets.
fn read(service: &mut PubSub, content: &str) -> Vec<(String, String)> {
    let answers = ask(service, &user("agent1001/desktop"), "get", content);
    let answer = stanza::parse(&answers[0]).unwrap();
    let pubsub = answer.child(ns::PUBSUB, "pubsub").unwrap();
    let items = pubsub.child(ns::PUBSUB, "items").unwrap();
    items
        .children()
        .map(|item| (item.attr("id").unwrap().to_owned(), item.children().next().unwrap().text()))
        .collect()
}

#[test]
fn the_newest_come_first_and_the_oldest_fall_out() {
    let mut service = kept(3);
    for (id, value) in [("a", 1), ("b", 2), ("c", 3), ("a", 4), ("d", 5)] {
        publish(&mut service, id, value);
    }
    let item = |id: &str, value: &str| (id.to_owned(), value.to_owned());
    let all = [item("d", "5"), item("a", "4"), item("c", "3")];
    assert_eq!(read(&mut service, r#"<items node="/kept"/>"#), all);
    assert_eq!(read(&mut service, r#"<items node="/kept" max_items="2"/>"#), all[..2]);
    assert_eq!(read(&mut service, r#"<items node="/kept" max_items="0"/>"#), []);
    assert_eq!(
        read(&mut service, r#"<items node="/kept"><item id="c"/><item id="b"/></items>"#),
        all[2..]
    );
}

#[test]
fn a_purge_leaves_nothing_not_even_for_new_subscribers() {
    let mut service = kept(3);
    publish(&mut service, "a", 1);
    ask_in(&mut service, &user("finesse/pub"), "set", ns::PUBSUB_OWNER, r#"<purge node="/kept"/>"#);
    assert_eq!(read(&mut service, r#"<items node="/kept"/>"#), []);
    let subscribe = r#"<subscribe node="/kept" jid="agent1001@uccx.example.com"/>"#;
    assert_eq!(ask(&mut service, &user("agent1001/desktop"), "set", subscribe).len(), 1);
}

#[test]
fn the_server_publishes_well_formed_payloads_to_leaves_alone() {
    let mut service = service(PubSubPolicy::openfire());
    assert!(matches!(
        service.publish(Duration::ZERO, "/absent", "<x/>"),
        Err(PublishError::NoLeaf { .. })
    ));
    assert!(matches!(
        service.publish(Duration::ZERO, "", "<x/>"),
        Err(PublishError::NoLeaf { .. })
    ));
    assert!(matches!(
        service.publish(Duration::ZERO, "/finesse/api/Team/1/Users", "<x>"),
        Err(PublishError::Payload(_))
    ));
}
