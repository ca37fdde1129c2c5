//! Random requests by three users: nothing panics, and a plain set agrees on who is subscribed to
//! what.

use std::collections::BTreeSet;
use std::time::Duration;

use proptest::prelude::*;

use super::{ask, ask_in, send, service, user};
use crate::pubsub::config::NodeConfig;
use crate::pubsub::{PubSub, PubSubPolicy};

const USERS: [&str; 3] = ["agent1001", "agent1002", "agent1003"];
const NODES: [&str; 5] = ["/open", "/closed", "/outcast", "/off", "/absent"];

#[derive(Debug, Clone)]
enum Step {
    Subscribe { sender: usize, subscriber: usize, resource: &'static str, node: usize },
    Unsubscribe { sender: usize, subscriber: usize, resource: &'static str, node: usize },
    Bounce { sender: usize, kind: &'static str },
    Revoke { user: usize, resource: &'static str, node: usize },
    Publish { node: usize },
    Garbage { sender: usize, set: bool, owner: bool, content: String },
}

fn step() -> impl Strategy<Value = Step> {
    let resource = || prop::sample::select(vec!["", "/desktop", "/other"]);
    // Mostly for themselves, at times for somebody else.
    let pair =
        || (0..USERS.len(), prop_oneof![4 => Just(None), 1 => (0..USERS.len()).prop_map(Some)]);
    let node = || 0..NODES.len();
    prop_oneof![
        4 => (pair(), resource(), node()).prop_map(|((sender, other), resource, node)| {
            Step::Subscribe { sender, subscriber: other.unwrap_or(sender), resource, node }
        }),
        2 => (pair(), resource(), node()).prop_map(|((sender, other), resource, node)| {
            Step::Unsubscribe { sender, subscriber: other.unwrap_or(sender), resource, node }
        }),
        1 => (0..USERS.len(), prop::sample::select(vec!["cancel", "wait"]))
            .prop_map(|(sender, kind)| Step::Bounce { sender, kind }),
        1 => (0..USERS.len(), resource(), node()).prop_map(|(user, resource, node)| Step::Revoke { user, resource, node }),
        2 => node().prop_map(|node| Step::Publish { node }),
        2 => (0..USERS.len(), any::<bool>(), any::<bool>(), garbage())
            .prop_map(|(sender, set, owner, content)| Step::Garbage { sender, set, owner, content }),
    ]
}

/// Elements of the protocol with attributes and children in senseless places; none of them can
/// change a subscription.
fn garbage() -> impl Strategy<Value = String> {
    let names = [
        "affiliations",
        "options",
        "items",
        "retract",
        "configure",
        "default",
        "delete",
        "purge",
        "publish",
        "item",
        "x",
        "frobnicate",
    ];
    let values = [
        "",
        "/open",
        "/off",
        "@",
        "a@b@c",
        "agent1001@uccx.example.com",
        "-1",
        "99999999999999999999",
        "é\u{fffd}",
    ];
    let attribute = (
        prop::sample::select(vec!["node", "jid", "id", "subid", "max_items", "affiliation"]),
        prop::sample::select(values.to_vec()),
    );
    let element = (
        prop::sample::select(names.to_vec()),
        prop::collection::btree_map(attribute.0, attribute.1, 0..3),
    );
    prop::collection::vec(element, 0..4).prop_map(|elements| {
        // Each inside the one before it.
        elements.into_iter().rev().fold(String::new(), |inner, (name, attributes)| {
            let attributes: String =
                attributes.iter().map(|(name, value)| format!(" {name}=\"{value}\"")).collect();
            format!("<{name}{attributes}>{inner}</{name}>")
        })
    })
}

fn prepared(policy: PubSubPolicy) -> PubSub {
    let mut service = service(policy);
    service.create(NodeConfig::new("/open"));
    service.create(NodeConfig::new("/closed").whitelist(["agent1001"]));
    service.create(NodeConfig::new("/outcast").outcast("agent1002"));
    service.create(NodeConfig::new("/off").subscribe(false));
    service
}

fn admits(node: usize, user: usize) -> bool {
    match NODES[node] {
        "/open" => true,
        "/closed" => USERS[user] == "agent1001",
        "/outcast" => USERS[user] != "agent1002",
        _ => false,
    }
}

/// Takes the step in the service and in the model.
fn take(step: &Step, service: &mut PubSub, model: &mut BTreeSet<(usize, String)>) {
    match step {
        Step::Subscribe { sender, subscriber, resource, node } => {
            let jid = user(&format!("{}{resource}", USERS[*subscriber]));
            let request = format!(r#"<subscribe node="{}" jid="{jid}"/>"#, NODES[*node]);
            let answers =
                ask(service, &user(&format!("{}/desktop", USERS[*sender])), "set", &request);
            let allowed = sender == subscriber && admits(*node, *subscriber);
            assert_eq!(
                answers[0].contains(r#"type="result""#),
                allowed,
                "{step:?}: {}",
                answers[0]
            );
            if allowed {
                model.insert((*node, jid.to_string()));
            }
        }
        Step::Unsubscribe { sender, subscriber, resource, node } => {
            let jid = user(&format!("{}{resource}", USERS[*subscriber]));
            let request = format!(r#"<unsubscribe node="{}" jid="{jid}"/>"#, NODES[*node]);
            let answers =
                ask(service, &user(&format!("{}/desktop", USERS[*sender])), "set", &request);
            let removed = sender == subscriber && model.remove(&(*node, jid.to_string()));
            assert_eq!(
                answers[0].contains(r#"type="result""#),
                removed,
                "{step:?}: {}",
                answers[0]
            );
        }
        Step::Bounce { sender, kind } => {
            let bounce = format!(
                r#"<message xmlns="jabber:client" type="error"><error type="{kind}"/></message>"#
            );
            send(service, &user(&format!("{}/desktop", USERS[*sender])), &bounce);
            if *kind == "cancel" {
                let bare = user(USERS[*sender]).to_string();
                model.retain(|(_, jid)| !jid.starts_with(&bare));
            }
        }
        Step::Revoke { user: account, resource, node } => {
            let jid = user(&format!("{}{resource}", USERS[*account]));
            let request = format!(
                r#"<subscriptions node="{}"><subscription jid="{jid}" subscription="none"/></subscriptions>"#,
                NODES[*node]
            );
            ask_in(service, &user("finesse/pub"), "set", stanza::ns::PUBSUB_OWNER, &request);
            model.remove(&(*node, jid.to_string()));
        }
        Step::Publish { node } => {
            let events = service
                .publish(Duration::ZERO, NODES[*node], "<x xmlns='urn:example:probe'/>")
                .unwrap_or_default();
            let told: BTreeSet<String> = events.iter().map(|event| event.to.to_string()).collect();
            assert_eq!(told.len(), events.len(), "one event for each address");
            let subscribed = model.iter().filter(|(at, _)| at == node).map(|(_, jid)| jid.clone());
            assert_eq!(told, subscribed.collect(), "{step:?}");
        }
        Step::Garbage { sender, set, owner, content } => {
            let namespace = if *owner { stanza::ns::PUBSUB_OWNER } else { stanza::ns::PUBSUB };
            let kind = if *set { "set" } else { "get" };
            let sender = user(&format!("{}/desktop", USERS[*sender]));
            for answer in ask_in(service, &sender, kind, namespace, content) {
                stanza::parse(&answer).unwrap_or_else(|error| panic!("{answer}: {error}"));
            }
        }
    }
}

/// The list of subscriptions that each user is given.
fn listed(service: &mut PubSub) -> BTreeSet<(usize, String)> {
    let mut all = BTreeSet::new();
    for name in USERS {
        let answers = ask(service, &user(&format!("{name}/desktop")), "get", "<subscriptions/>");
        for entry in answers[0].split("<subscription ").skip(1) {
            let value = |attribute: &str| {
                entry
                    .split_once(&format!("{attribute}=\""))
                    .and_then(|(_, rest)| rest.split('"').next())
                    .unwrap()
            };
            let node = NODES.iter().position(|node| *node == value("node")).unwrap();
            all.insert((node, value("jid").to_owned()));
        }
    }
    all
}

proptest! {
    #[test]
    fn a_set_agrees_with_the_service(steps in prop::collection::vec(step(), 0..40), strict in any::<bool>()) {
        let policy = if strict { PubSubPolicy::strict() } else { PubSubPolicy::openfire() };
        let mut service = prepared(policy);
        let mut model = BTreeSet::new();
        for step in &steps {
            take(step, &mut service, &mut model);
        }
        prop_assert_eq!(listed(&mut service), model);
    }
}
