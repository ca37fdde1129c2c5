//! The bounds of data that a client can make the service keep.

use stanza::ns;

use super::{DOMAIN, ask, ask_in, error_of, form, service, user};
use crate::pubsub::PubSubPolicy;

const NODE: &str = "/finesse/api/Team/1/Users";

#[test]
fn an_account_subscribes_only_so_many_of_its_resources() {
    let mut service = service(PubSubPolicy::strict());
    let mut subscribe = |number: usize| {
        let jid = format!("agent1001@{DOMAIN}/{number}");
        let content = format!(r#"<subscribe node="{NODE}" jid="{jid}"/>"#);
        ask(&mut service, &user("agent1001/desktop"), "set", &content)
    };
    for number in 0..256 {
        assert!(subscribe(number)[0].contains(r#"type="result""#));
    }
    let (kind, condition, detail) = error_of(&subscribe(256));
    assert_eq!(
        (kind.as_str(), condition.as_str(), detail.as_str()),
        ("wait", "policy-violation", "too-many-subscriptions")
    );
    // A node that is there already is no further one.
    assert!(subscribe(0)[0].contains(r#"type="result""#));
}

/// Options that a client sets weigh, also those of a subscription that the deployment made.
#[test]
fn options_of_provided_subscriptions_have_an_end() {
    let mut service = service(PubSubPolicy::openfire());
    let refused = (0..100).find(|number| {
        let jid = user(&format!("agent{number}"));
        service.subscribe_default(NODE, jid.clone());
        let options = form(&[("x-pubsub#keywords", &"x".repeat(1 << 20))]);
        let content = format!(r#"<options node="{NODE}" jid="{jid}">{options}</options>"#);
        let answers = ask(&mut service, &jid, "set", &content);
        answers[0].contains("<resource-constraint ")
    });
    assert!(refused.is_some_and(|number| number > 10), "{refused:?}");
}

#[test]
fn nodes_and_people_have_an_end() {
    let mut service = service(PubSubPolicy::strict());
    let owner = user("finesse/web");
    let refused = (0..5000).find_map(|number| {
        let answers =
            ask(&mut service, &owner, "set", &format!(r#"<create node="/made/{number}"/>"#));
        answers[0].contains(r#"type="error""#).then(|| error_of(&answers).1)
    });
    assert_eq!(refused.as_deref(), Some("resource-constraint"));
    let people: String = (0..17_000)
        .map(|number| format!(r#"<affiliation jid="a{number}@{DOMAIN}" affiliation="outcast"/>"#))
        .collect();
    let content = format!(r#"<affiliations node="/made/0">{people}</affiliations>"#);
    let answers = ask_in(&mut service, &owner, "set", ns::PUBSUB_OWNER, &content);
    assert_eq!(error_of(&answers).1, "resource-constraint");
}

#[test]
fn owners_subscribe_only_so_many() {
    let mut service = service(PubSubPolicy::strict());
    let owner = user("finesse/web");
    let others: String = (0..17_000)
        .map(|number| {
            format!(r#"<subscription jid="a{number}@{DOMAIN}" subscription="subscribed"/>"#)
        })
        .collect();
    let content = format!(r#"<subscriptions node="{NODE}">{others}</subscriptions>"#);
    ask_in(&mut service, &owner, "set", ns::PUBSUB_OWNER, &content);
    let listed = format!(r#"<subscriptions node="{NODE}"/>"#);
    let answers = ask_in(&mut service, &owner, "get", ns::PUBSUB_OWNER, &listed);
    assert_eq!(answers[0].matches("<subscription ").count(), 16_384);
}
