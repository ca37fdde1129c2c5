//! Subscriptions that wait for an owner.

use std::time::Duration;

use super::{ask, send, service, text, user};
use crate::pubsub::config::{AccessModel, NodeConfig};
use crate::pubsub::{PubSub, PubSubPolicy};

const NODE: &str = "/finesse/api/Lab/authform";

fn waiting(policy: PubSubPolicy) -> (PubSub, String) {
    let mut service = service(policy);
    service.create(NodeConfig::new(NODE).access(AccessModel::Authorize));
    let subscribe =
        format!(r#"<subscribe node="{NODE}" jid="agent1001@uccx.example.com/desktop"/>"#);
    let mut answers = ask(&mut service, &user("agent1001/desktop"), "set", &subscribe);
    assert!(answers[0].contains(r#"subscription="pending""#), "{}", answers[0]);
    (service, answers.remove(1))
}

/// The subid that the form carries.
fn subid(form: &str) -> &str {
    let start = form.find("pubsub#subid").expect("the form names the subscription");
    let rest = &form[start..];
    let value = rest.find("<value>").expect("the subid has a value") + "<value>".len();
    rest[value..].split('<').next().expect("a split has a first part")
}

fn decision(form: &str, allow: &str) -> String {
    format!(
        concat!(
            r#"<message xmlns="jabber:client" to="pubsub.uccx.example.com" id="f"><x xmlns="jabber:x:data" type="submit">"#,
            r#"<field var="FORM_TYPE" type="hidden"><value>http://jabber.org/protocol/pubsub#subscribe_authorization</value></field>"#,
            r#"<field var="pubsub#subid"><value>{}</value></field><field var="pubsub#node"><value>{}</value></field>"#,
            r#"<field var="pubsub#allow"><value>{}</value></field></x></message>"#
        ),
        subid(form),
        NODE,
        allow
    )
}

#[test]
fn the_form_is_as_recorded() {
    let (_, form) = waiting(PubSubPolicy::openfire());
    let id = form.split("id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let recorded = r##"<message xmlns="jabber:client" from="pubsub.uccx.example.com" to="finesse@uccx.example.com" id="FxaqE3uQ"><x xmlns="jabber:x:data" type="form"><title>PubSub subscriber request</title><instructions>Use the following form to approve or deny the subscription request.</instructions><field var="FORM_TYPE" type="hidden"><value>http://jabber.org/protocol/pubsub#subscribe_authorization</value></field><field var="pubsub#subid" type="hidden"><value>sDfcK3pchPZw4IRm8vxC4KFSWgwCCdaxr2B9NMTR</value></field><field var="pubsub#node" type="text-single" label="Node ID"><value>/finesse/api/Lab/authform</value></field><field var="pubsub#subscriber_jid" type="jid-single" label="Subscriber Address"><value>agent1001@uccx.example.com/desktop</value></field><field var="pubsub#allow" type="boolean" label="Allow this JID to subscribe to this pubsub node?"><value>0</value></field></x></message>"##;
    assert_eq!(
        form.replace(id, "FxaqE3uQ")
            .replace(subid(&form), "sDfcK3pchPZw4IRm8vxC4KFSWgwCCdaxr2B9NMTR"),
        recorded
    );
}

#[test]
fn an_owner_approves_and_the_last_item_follows() {
    let (mut service, form) = waiting(PubSubPolicy::strict());
    service.publish(Duration::ZERO, NODE, "<x xmlns='urn:example:probe'/>").unwrap();
    let told = send(&mut service, &user("finesse/pub"), &decision(&form, "true"));
    let told: Vec<String> = told.into_iter().map(text).collect();
    assert_eq!(told.len(), 2);
    // XEP-0060 §12.14.
    assert!(told[0].contains(r#"subscription="subscribed""#), "{}", told[0]);
    assert!(told[1].contains("<delay "), "{}", told[1]);
    assert_eq!(service.publish(Duration::ZERO, NODE, "<x/>").unwrap().len(), 1);
}

#[test]
fn an_owner_denies() {
    let (mut service, form) = waiting(PubSubPolicy::openfire());
    assert!(send(&mut service, &user("finesse/pub"), &decision(&form, "0")).is_empty());
    let mine = ask(&mut service, &user("agent1001/desktop"), "get", "<subscriptions/>");
    assert!(mine[0].contains("<subscriptions/>"), "{}", mine[0]);
}

#[test]
fn nobody_else_decides() {
    let (mut service, form) = waiting(PubSubPolicy::openfire());
    assert!(send(&mut service, &user("agent1001/desktop"), &decision(&form, "true")).is_empty());
    assert!(service.publish(Duration::ZERO, NODE, "<x/>").unwrap().is_empty());
}
