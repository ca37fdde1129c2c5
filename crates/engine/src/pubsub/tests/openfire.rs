//! The rules of Openfire 4.4.4 that generated conversations show, each for itself.

use std::time::{Duration, SystemTime};

use contact::Calendar;
use stanza::{Jid, ns};

use super::{DOMAIN, ask, ask_in, send, service, text, user};
use crate::pubsub::{PubSub, PubSubPolicy};

pub(super) fn field(var: &str, value: &str) -> String {
    format!("<field var='{var}'><value>{value}</value></field>")
}

pub(super) fn form(fields: &str) -> String {
    format!("<x xmlns='jabber:x:data' type='submit'>{fields}</x>")
}

/// A service with a node that agent1001 created with these fields.
pub(super) fn with_node(fields: &str) -> (PubSub, Jid) {
    let mut service = service(PubSubPolicy::openfire());
    let owner = user("agent1001/desktop");
    let create = format!("<create node='n'/><configure>{}</configure>", form(fields));
    let answers = ask(&mut service, &owner, "set", &create);
    let is_done = answers.last().is_some_and(|told| told.contains(r#"type="result""#));
    assert!(is_done, "{answers:?}");
    (service, owner)
}

pub(super) fn owned(service: &mut PubSub, owner: &Jid, kind: &str, content: &str) -> Vec<String> {
    ask_in(service, owner, kind, ns::PUBSUB_OWNER, content)
}

pub(super) fn publish(service: &mut PubSub, owner: &Jid, id: &str, payload: &str) -> Vec<String> {
    let publish = format!("<publish node='n'><item id='{id}'>{payload}</item></publish>");
    ask(service, owner, "set", &publish)
}

pub(super) fn presence(service: &mut PubSub, session: &Jid, content: &str) {
    let presence = format!("<presence xmlns='jabber:client'>{content}</presence>");
    service.hear_presence(&stanza::parse(&presence).expect("it is well-formed"), session);
}

#[test]
fn subscribers_hear_of_the_end_before_the_owner_has_the_answer() {
    let (mut service, owner) = with_node("");
    ask(&mut service, &owner, "set", &format!("<subscribe node='n' jid='{owner}'/>"));
    let told = owned(&mut service, &owner, "set", "<delete node='n'/>");
    assert!(told[0].starts_with("<message ") && told[1].starts_with("<iq "), "{told:?}");
}

#[test]
fn every_field_comes_back_as_it_was_written() {
    let fields = [
        ("pubsub#title", "T"),
        ("pubsub#body_xslt", "http://x/"),
        ("pubsub#contact", "agent1002@uccx.example.com"),
        ("pubsub#language", "de"),
        ("pubsub#itemreply", "publisher"),
        ("pubsub#replyroom", "room@conference.uccx.example.com"),
        ("pubsub#publisher", "agent1003@uccx.example.com"),
        ("pubsub#notify_retract", "0"),
    ];
    let (mut service, owner) = with_node(&fields.map(|(var, value)| field(var, value)).concat());
    let shown = owned(&mut service, &owner, "get", "<configure node='n'/>");
    let shown = stanza::parse(&shown[0]).expect("the answer is well-formed");
    let configure = shown.children().next().and_then(|pubsub| pubsub.children().next());
    let form =
        configure.and_then(|configure| configure.child(ns::DATA_FORMS, "x")).expect("a form");
    for (var, value) in fields {
        let shown = form.children().find(|field| field.attr("var") == Some(var)).expect(var);
        let shown = shown.child(ns::DATA_FORMS, "value").map(stanza::Element::text);
        assert_eq!(shown.as_deref(), Some(value), "{var}");
    }
}

#[test]
fn an_exception_is_silent_at_creation_and_told_at_configuration() {
    let bad = form(&(field("pubsub#title", "T") + &field("pubsub#max_payload_size", "x")));
    let (mut service, owner) = with_node("");
    let create = format!("<create node='m'/><configure>{bad}</configure>");
    assert!(ask(&mut service, &owner, "set", &create).is_empty());
    let told =
        owned(&mut service, &owner, "set", &format!("<configure node='n'>{bad}</configure>"));
    assert!(
        told[0].contains("<internal-server-error ") && !told[0].contains("<pubsub"),
        "{told:?}"
    );
    // The field before the bad value was taken.
    let shown = owned(&mut service, &owner, "get", "<configure node='n'/>");
    assert!(shown[0].contains("<value>T</value>"), "{shown:?}");
}

#[test]
fn the_last_owner_is_named_and_unknown_words_make_outcasts() {
    let (mut service, owner) = with_node("");
    let entry =
        |jid: &str, word: &str| format!("<affiliation jid='{jid}@{DOMAIN}' affiliation='{word}'/>");
    let change = format!("<affiliations node='n'>{}</affiliations>", entry("agent1001", "none"));
    let told = owned(&mut service, &owner, "set", &change);
    let named = r#"<affiliations node="n"><affiliation jid="agent1001@uccx.example.com" affiliation="owner"/></affiliations></pubsub></iq>"#;
    assert!(told[0].contains(r#"type="error""#) && told[0].ends_with(named), "{told:?}");
    let change = format!("<affiliations node='n'>{}</affiliations>", entry("agent1002", "member"));
    owned(&mut service, &owner, "set", &change);
    let listed = owned(&mut service, &owner, "get", "<affiliations node='n'/>");
    assert!(listed[0].contains(r#"affiliation="outcast""#), "{listed:?}");
}

#[test]
fn presence_lets_events_through_where_the_node_wants_that() {
    let (mut service, owner) = with_node(&field("pubsub#presence_based_delivery", "1"));
    let other = user("agent1002/desktop");
    let subscribe = format!("<subscribe node='n' jid='{other}'/>");
    let told = ask(&mut service, &other, "set", &subscribe);
    assert!(told[1].contains(r#"type="subscribe" to="agent1002@uccx.example.com""#), "{told:?}");
    assert_eq!(publish(&mut service, &owner, "a", "<x xmlns='urn:x'/>").len(), 1);
    presence(&mut service, &other, "");
    assert_eq!(publish(&mut service, &owner, "b", "<x xmlns='urn:x'/>").len(), 2);
}

#[test]
fn options_filter_by_show_and_by_word() {
    let (mut service, owner) = with_node("");
    let other = user("agent1002/desktop");
    let options =
        form(&(field("pubsub#show-values", "away") + &field("x-pubsub#keywords", "wanted")));
    let subscribe = format!("<subscribe node='n' jid='{other}'/><options>{options}</options>");
    let told = ask(&mut service, &other, "set", &subscribe);
    assert!(told[0].contains(r#"type="subscribe""#), "{told:?}");
    presence(&mut service, &other, "");
    let heard = |service: &mut PubSub, payload: &str| {
        publish(service, &owner, "a", &format!("<x xmlns='urn:x'>{payload}</x>")).len() - 1
    };
    assert_eq!(heard(&mut service, "wanted"), 0);
    presence(&mut service, &other, "<show>away</show>");
    assert_eq!(heard(&mut service, "wanted"), 1);
    assert_eq!(heard(&mut service, "other"), 0);
}

#[test]
fn a_collection_tells_of_its_nodes_or_of_their_items() {
    let mut service = service(PubSubPolicy::openfire());
    let owner = user("agent1001/desktop");
    let collection = form(&field("pubsub#node_type", "collection"));
    let create = format!("<create node='c'/><configure>{collection}</configure>");
    ask(&mut service, &owner, "set", &create);
    let (nodes, items) = (user("agent1002/desktop"), user("agent1003/desktop"));
    ask(&mut service, &nodes, "set", &format!("<subscribe node='c' jid='{nodes}'/>"));
    let options = form(&field("pubsub#subscription_type", "items"));
    let subscribe = format!("<subscribe node='c' jid='{items}'/><options>{options}</options>");
    ask(&mut service, &items, "set", &subscribe);
    let inside = form(&field("pubsub#collection", "c"));
    let told = ask(
        &mut service,
        &owner,
        "set",
        &format!("<create node='n'/><configure>{inside}</configure>"),
    );
    let event = r#"<items node="c"><item id="n"/></items>"#;
    assert!(told[0].contains(event) && told[0].contains("agent1002@"), "{told:?}");
    let told = publish(&mut service, &owner, "a", "<x xmlns='urn:x'/>");
    let event = r#"<items node="c"><item id="a" node="n">"#;
    assert!(told[1].contains(event) && told[1].contains("agent1003@"), "{told:?}");
}

#[test]
fn nodes_of_a_collection_that_ends_move_up_with_it() {
    let mut service = service(PubSubPolicy::openfire());
    let owner = user("agent1001/desktop");
    let mut create = |node: &str, fields: &str| {
        let create = format!("<create node='{node}'/><configure>{}</configure>", form(fields));
        ask(&mut service, &owner, "set", &create);
    };
    let collection = field("pubsub#node_type", "collection");
    create("outer", &collection);
    create("inner", &(collection + &field("pubsub#collection", "outer")));
    create("n", &field("pubsub#collection", "inner"));
    owned(&mut service, &owner, "set", "<delete node='inner'/>");
    let form = owned(&mut service, &owner, "get", "<configure node='n'/>");
    assert!(form[0].contains("<value>outer</value>"), "{form:?}");
}

#[test]
fn a_purge_leaves_the_last_item() {
    let (mut service, owner) = with_node(&field("pubsub#persist_items", "1"));
    publish(&mut service, &owner, "a", "<x xmlns='urn:x'/>");
    owned(&mut service, &owner, "set", "<purge node='n'/>");
    let read = ask(&mut service, &owner, "get", "<items node='n'/>");
    assert!(read[0].contains(r#"<item id="a">"#), "{read:?}");
}

#[test]
fn an_account_of_the_host_has_no_information() {
    let mut service = service(PubSubPolicy::openfire());
    let query = |namespace: &str| {
        format!(
            "<iq xmlns='jabber:client' type='get' id='q' to='x@pubsub.{DOMAIN}'><query xmlns='{namespace}'/></iq>"
        )
    };
    let me = user("agent1001/desktop");
    let mut ask = |namespace| text(send(&mut service, &me, &query(namespace)).remove(0));
    assert!(ask(ns::DISCO_INFO).contains("<item-not-found "));
    assert!(ask(ns::DISCO_ITEMS).contains(r#"disco#items"></query>"#));
}

/// `<options/>` of a subscription to the node, or beside a request for one.
fn options(attributes: &str, var: &str, value: &str) -> String {
    format!("<options{attributes}>{}</options>", form(&field(var, value)))
}

#[test]
fn a_lease_that_is_over_sends_nothing_and_a_body_comes_with_the_last_item() {
    let (mut service, owner) = with_node("");
    let me = user("agent1002/desktop");
    publish(&mut service, &owner, "i1", "<a/>");
    let subscribe = format!("<subscribe node='n' jid='{me}'/>");
    let body = options("", "pubsub#include_body", "1");
    let told = ask(&mut service, &me, "set", &(subscribe + &body));
    assert!(told[1].contains("</event><body>This message"), "{told:?}");
    let told = publish(&mut service, &owner, "i2", "<a/>");
    assert!(told.len() == 2 && !told[1].contains("<body>"), "{told:?}");
    service.calendar = Calendar::new(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
    let which = format!(" node='n' jid='{me}'");
    let over = options(&which, "pubsub#expire", "1970-01-01T23:59:59Z");
    ask(&mut service, &me, "set", &over);
    assert_eq!(publish(&mut service, &owner, "i3", "<a/>").len(), 1);
    let shown = ask(&mut service, &me, "get", &format!("<options{which}/>"));
    assert!(shown[0].contains("<value>1970-01-01T23:59:59.000Z</value>"), "{shown:?}");
}

#[test]
fn options_let_an_approved_subscription_wait_for_approval_again() {
    let (mut service, owner) = with_node(&field("pubsub#access_model", "authorize"));
    let me = user("agent1002/desktop");
    let subscribe = format!("<subscribe node='n' jid='{me}'/>");
    ask(&mut service, &me, "set", &subscribe);
    let grant = format!(
        "<subscriptions node='n'><subscription jid='{me}' subscription='subscribed'/></subscriptions>"
    );
    owned(&mut service, &owner, "set", &grant);
    let before = ask(&mut service, &me, "set", &subscribe);
    assert!(before[0].contains(r#"subscription="subscribed""#), "{before:?}");
    let set = options(&format!(" node='n' jid='{me}'"), "pubsub#deliver", "1");
    ask(&mut service, &me, "set", &set);
    let after = ask(&mut service, &me, "set", &subscribe);
    assert!(after[0].contains(r#"subscription="pending""#), "{after:?}");
}
