//! The decisions of Openfire 4.4.4 that no recording shows, each by the class that makes it.

use stanza::Jid;

use super::openfire::{field, form, owned, presence, publish, with_node};
use super::{DOMAIN, ask, service, text, user};
use crate::pubsub::{PubSub, PubSubPolicy};

/// The answer, among all that comes of a request.
fn answer(told: &[String]) -> &str {
    told.iter().find(|told| told.starts_with("<iq ")).map_or("", String::as_str)
}

fn subscribe(service: &mut PubSub, node: &str, who: &Jid, options: &str) -> Vec<String> {
    let options = if options.is_empty() { String::new() } else { form(options) };
    let subscribe = format!("<subscribe node='{node}' jid='{who}'/><options>{options}</options>");
    ask(service, who, "set", &subscribe)
}

fn configure(service: &mut PubSub, owner: &Jid, fields: &str) -> Vec<String> {
    owned(service, owner, "set", &format!("<configure node='n'>{}</configure>", form(fields)))
}

fn create(service: &mut PubSub, owner: &Jid, node: &str, fields: &str) -> Vec<String> {
    let create = format!("<create node='{node}'/><configure>{}</configure>", form(fields));
    ask(service, owner, "set", &create)
}

fn ids(told: &str) -> Vec<&str> {
    told.split("<item id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn a_switch_is_on_where_it_is_empty_and_throws_where_it_is_a_word() {
    let (mut service, owner) = with_node(&field("pubsub#notify_config", "0"));
    let told = configure(&mut service, &owner, &field("pubsub#subscribe", "x"));
    assert!(told[0].contains("<internal-server-error "), "{told:?}");
    let fields = field("pubsub#persist_items", "") + &field("pubsub#max_items", "5");
    let told = configure(&mut service, &owner, &fields);
    assert!(told[0].contains(r#"type="result""#), "{told:?}");
    let shown = owned(&mut service, &owner, "get", "<configure node='n'/>");
    let kept = r#"label="Persist items to storage"><value>1</value>"#;
    assert!(shown[0].contains(kept) && shown[0].contains("<value>5</value>"), "{shown:?}");
}

/// `Node.configure` puts owners and publishers in place before `LeafNode.postConfigure` throws.
#[test]
fn people_are_named_before_a_number_throws() {
    let (mut service, owner) = with_node("");
    let fields = field("pubsub#publisher", &user("agent1002").to_string())
        + &field("pubsub#persist_items", "1")
        + &field("pubsub#max_items", "x");
    let told = configure(&mut service, &owner, &fields);
    assert!(told[0].contains("<internal-server-error "), "{told:?}");
    let listed = owned(&mut service, &owner, "get", "<affiliations node='n'/>");
    assert!(listed[0].contains(r#"affiliation="publisher""#), "{listed:?}");
}

/// `CollectionNode` and `LeafNode` read their own fields, whatever the form says of the type.
#[test]
fn a_form_does_not_change_the_type_of_a_node() {
    let (mut service, owner) = with_node("");
    let fields = field("pubsub#node_type", "collection") + &field("pubsub#persist_items", "1");
    configure(&mut service, &owner, &fields);
    let shown = owned(&mut service, &owner, "get", "<configure node='n'/>");
    assert!(shown[0].contains("<value>leaf</value>"), "{shown:?}");
    assert!(shown[0].contains(r#"to storage"><value>1</value>"#), "{shown:?}");
}

/// `Node.removeOwner`: one who subscribes stays among the people, and gets items.
#[test]
fn an_owner_who_is_named_no_more_still_subscribes() {
    let (mut service, owner) = with_node("");
    subscribe(&mut service, "n", &owner, "");
    let other = user("agent1002/desktop");
    configure(&mut service, &owner, &field("pubsub#owner", &other.bare().to_string()));
    let told = publish(&mut service, &other, "a", "<x xmlns='urn:x'/>");
    assert!(told.len() == 2 && told[1].contains("agent1001@"), "{told:?}");
}

/// `Node.addOwner` approves what waits.
#[test]
fn a_new_owner_waits_no_more() {
    let (mut service, owner) = with_node(&field("pubsub#access_model", "authorize"));
    publish(&mut service, &owner, "a", "<x xmlns='urn:x'/>");
    let other = user("agent1002/desktop");
    subscribe(&mut service, "n", &other, "");
    let entry = format!("<affiliation jid='{}' affiliation='owner'/>", other.bare());
    let change = format!("<affiliations node='n'>{entry}</affiliations>");
    let told = owned(&mut service, &owner, "set", &change);
    assert!(told[0].contains("<delay ") && told[1].starts_with("<iq "), "{told:?}");
    let again = subscribe(&mut service, "n", &other, "");
    assert!(again[0].contains(r#"subscription="subscribed""#), "{again:?}");
}

/// `Node.createSubscription` makes a member before it reads the options, and
/// `NodeSubscription.configure` throws amid them.
#[test]
fn options_that_throw_leave_what_was_read() {
    let (mut service, _) = with_node("");
    let other = user("agent1002/desktop");
    assert!(subscribe(&mut service, "n", &other, &field("pubsub#deliver", "x")).is_empty());
    let listed = ask(&mut service, &other, "get", "<affiliations/>");
    assert!(listed[0].contains(r#"affiliation="none""#), "{listed:?}");
    subscribe(&mut service, "n", &other, "");
    let fields = field("pubsub#digest", "1") + &field("pubsub#deliver", "x");
    let set = format!("<options node='n' jid='{other}'>{}</options>", form(&fields));
    let told = ask(&mut service, &other, "set", &set);
    assert!(told[0].contains("<internal-server-error "), "{told:?}");
    let shown = ask(&mut service, &other, "get", &format!("<options node='n' jid='{other}'/>"));
    assert!(shown[0].contains(r#"digest notifications?"><value>1</value>"#), "{shown:?}");
}

/// `NodeSubscription.configure` answers before it sends what the subscription waited for.
#[test]
fn the_last_item_follows_the_answer_to_the_options() {
    let (mut service, owner) = with_node(&field("pubsub#subscription_required", "1"));
    publish(&mut service, &owner, "a", "<x xmlns='urn:x'/>");
    let other = user("agent1002/desktop");
    subscribe(&mut service, "n", &other, "");
    let deliver = form(&field("pubsub#deliver", "1"));
    let set = format!("<options node='n' jid='{other}'>{deliver}</options>");
    let told = ask(&mut service, &other, "set", &set);
    assert!(told[0].starts_with("<iq ") && told[1].contains("<delay "), "{told:?}");
}

/// `PubSubEngine.unsubscribeNode`, `purgeNode`.
#[test]
fn a_switched_off_node_keeps_its_subscribers_and_a_collection_cannot_be_purged() {
    let (mut service, owner) = with_node("");
    subscribe(&mut service, "n", &owner, "");
    configure(&mut service, &owner, &field("pubsub#subscribe", "0"));
    let told = ask(&mut service, &owner, "set", &format!("<unsubscribe node='n' jid='{owner}'/>"));
    assert!(told[0].contains("<not-allowed "), "{told:?}");
    create(&mut service, &owner, "c", &field("pubsub#node_type", "collection"));
    let told = owned(&mut service, &owner, "set", "<purge node='c'/>");
    assert!(told[0].contains("<internal-server-error ") && !told[0].contains("<purge"), "{told:?}");
}

/// `PubSubEngine.modifyNodeSubscriptions` answers last.
#[test]
fn an_owner_hears_of_its_own_subscription_before_the_answer() {
    let (mut service, owner) = with_node(&field("pubsub#subscription_required", "1"));
    let entry = format!("<subscription jid='{owner}' subscription='subscribed'/>");
    let grant = format!("<subscriptions node='n'>{entry}</subscriptions>");
    owned(&mut service, &owner, "set", &grant);
    let listed = owned(&mut service, &owner, "get", "<subscriptions node='n'/>");
    assert!(listed[0].contains(r#"subscription="unconfigured""#), "{listed:?}");
    configure(&mut service, &owner, &field("pubsub#subscription_required", "0"));
    publish(&mut service, &owner, "a", "<x xmlns='urn:x'/>");
    let other = grant.replace("/desktop", "/laptop");
    let told = owned(&mut service, &owner, "set", &other);
    assert!(told[0].contains("<delay ") && told[1].starts_with("<iq "), "{told:?}");
}

/// `Node.addPresenceSubscriptions` asks all people; `cancelPresenceSubscriptions` and the end of a
/// node find the node itself in need.
#[test]
fn all_people_are_asked_for_presence_and_none_is_left() {
    let (mut service, owner) = with_node("");
    let other = user("agent1002/desktop");
    subscribe(&mut service, "n", &other, "");
    let told = configure(&mut service, &owner, &field("pubsub#presence_based_delivery", "1"));
    let asked = |told: &[String]| told.iter().filter(|it| it.starts_with("<presence ")).count();
    assert_eq!(asked(&told), 2, "{told:?}");
    let told = configure(&mut service, &owner, &field("pubsub#presence_based_delivery", "0"));
    assert_eq!(asked(&told), 0, "{told:?}");
    configure(&mut service, &owner, &field("pubsub#presence_based_delivery", "1"));
    let told = owned(&mut service, &owner, "set", "<delete node='n'/>");
    assert_eq!(asked(&told), 0, "{told:?}");
}

/// `LeafNode.getPublishedItems` and `PubSubPersistenceManager`: the newest of the data base, oldest
/// first; older ones are found by their ids until the data base is swept.
#[test]
fn items_come_oldest_first_and_stay_until_they_are_swept() {
    let keeps = field("pubsub#persist_items", "1") + &field("pubsub#max_items", "2");
    let (mut service, owner) = with_node(&keeps);
    for id in ["a", "b", "c"] {
        publish(&mut service, &owner, id, "<x xmlns='urn:x'/>");
    }
    let mut read = |content: &str| {
        let told = ask(&mut service, &owner, "get", content);
        ids(answer(&told)).join(" ")
    };
    assert_eq!(read("<items node='n'/>"), "b c");
    assert_eq!(read("<items node='n' max_items='1'/>"), "c");
    assert_eq!(read("<items node='n' max_items='0'/>"), "");
    assert_eq!(read("<items node='n' max_items='-1'/>"), "b c");
    assert_eq!(read("<items node='n'><item id='a'/><item id='a'/></items>"), "a a");
    let retract = "<retract node='n'><item id='c'/><item id='c'/></retract>";
    ask(&mut service, &owner, "set", retract);
    let told = subscribe(&mut service, "n", &owner, "");
    assert!(told[1].contains(r#"<item id="b">"#), "{told:?}");
}

/// `NodeAffiliate`: an item that is taken back twice is told once; `LeafNode.sendPublishedItems`
/// gives the payload of an item that is asked for by its id.
#[test]
fn an_item_is_taken_back_once_and_given_whole() {
    let fields = field("pubsub#persist_items", "1") + &field("pubsub#deliver_payloads", "0");
    let (mut service, owner) = with_node(&fields);
    subscribe(&mut service, "n", &owner, "");
    publish(&mut service, &owner, "a", "<x xmlns='urn:x'/>");
    let read = ask(&mut service, &owner, "get", "<items node='n'/>");
    assert!(read[0].contains(r#"<item id="a"/>"#), "{read:?}");
    let read = ask(&mut service, &owner, "get", "<items node='n'><item id='a'/></items>");
    assert!(read[0].contains(r#"<item id="a"><x xmlns="urn:x"></x></item>"#), "{read:?}");
    let retract = "<retract node='n'><item id='a'/><item id='a'/></retract>";
    let told = ask(&mut service, &owner, "set", retract);
    assert_eq!(told[1].matches("<retract ").count(), 1, "{told:?}");
}

/// `NodeAffiliate.sendPublishedNotifications`: an event without items names the node, also to the
/// subscribers of a collection.
#[test]
fn an_event_without_items_names_the_node() {
    let nothing = field("pubsub#persist_items", "0") + &field("pubsub#deliver_payloads", "0");
    let (mut service, owner) = with_node(&nothing);
    let root = format!("<subscribe jid='{owner}'/>");
    let items = form(&field("pubsub#subscription_type", "items"));
    ask(&mut service, &owner, "set", &format!("{root}<options>{items}</options>"));
    let told = ask(&mut service, &owner, "set", "<publish node='n'/>");
    assert!(told[1].contains(r#"<items node="n"/>"#), "{told:?}");
}

/// `Node` keeps two subscriptions of one JID to a collection, and finds the later by it.
#[test]
fn a_collection_has_two_subscriptions_of_a_jid() {
    let mut service = service(PubSubPolicy::openfire());
    let me = user("agent1001/desktop");
    let root = format!("<subscribe jid='{me}'/>");
    let items = form(&field("pubsub#subscription_type", "items"));
    ask(&mut service, &me, "set", &root);
    ask(&mut service, &me, "set", &format!("{root}<options>{items}</options>"));
    let listed = ask(&mut service, &me, "get", "<subscriptions/>");
    assert_eq!(listed[0].matches("<subscription ").count(), 2, "{listed:?}");
    ask(&mut service, &me, "set", &format!("<unsubscribe jid='{me}'/>"));
    let told = ask(&mut service, &me, "set", &format!("<unsubscribe jid='{me}'/>"));
    assert!(told[0].contains("<not-subscribed "), "{told:?}");
    let told = ask(&mut service, &me, "set", &root);
    assert!(told[0].contains("<conflict "), "{told:?}");
}

/// `PubSubEngine.createNodeHelper` and `CollectionNode`: only leaves are counted and held off, by
/// full addresses, and before the form is read.
#[test]
fn a_collection_holds_off_leaves_alone() {
    let mut service = service(PubSubPolicy::openfire());
    let (owner, other) = (user("agent1001/desktop"), user("agent1002/desktop"));
    let collection = field("pubsub#node_type", "collection");
    let (policy, list) =
        ("pubsub#children_association_policy", "pubsub#children_association_whitelist");
    let trusted = collection.clone()
        + &field(policy, "whitelist")
        + &field(list, &other.bare().to_string())
        + &field("pubsub#children_max", "0");
    create(&mut service, &owner, "c", &trusted);
    let inside = field("pubsub#collection", "c");
    let told = create(&mut service, &other, "d", &(inside.clone() + &collection));
    assert!(told[0].contains(r#"type="result""#), "{told:?}");
    let bad = inside.clone() + &field("pubsub#access_model", "frob");
    let told = create(&mut service, &other, "n", &bad);
    assert!(told[0].contains("<forbidden "), "{told:?}");
    let told = create(&mut service, &owner, "n", &inside);
    assert!(told[0].contains("<max-nodes-exceeded "), "{told:?}");
}

/// `PubSubEngine.nodeMeetsPreconditions` throws where the node has no value to compare.
#[test]
fn preconditions_are_compared_with_values_alone() {
    let (mut service, owner) = with_node("");
    let mut publish = |kind: &str, fields: &str| {
        let options = form(&(field("FORM_TYPE", kind) + fields));
        let item = "<publish node='n'><item id='a'><x xmlns='urn:x'/></item></publish>";
        let publish = format!("{item}<publish-options>{options}</publish-options>");
        ask(&mut service, &owner, "set", &publish)
    };
    let ours = "http://jabber.org/protocol/pubsub#publish-options";
    assert!(publish(ours, &field("pubsub#itemreply", "owner")).is_empty());
    let told = publish(ours, "<field var='pubsub#access_model'/>");
    assert!(told[0].contains("<precondition-not-met "), "{told:?}");
    let told = publish("urn:other", &field("pubsub#access_model", "roster"));
    assert!(told[0].contains(r#"type="result""#), "{told:?}");
}

/// `IQDiscoInfoHandler` takes the node of capabilities for none, whatever is asked.
#[test]
fn the_node_of_capabilities_is_that_of_the_service() {
    let mut service = service(PubSubPolicy::openfire());
    let node = format!("{}#3ThVsfvr/jyTqZVexl6nGJhK5/Y=", crate::spelling::CAPS_NODE);
    let query = format!(
        "<iq xmlns='jabber:client' type='get' id='q' to='pubsub.{DOMAIN}'><query xmlns='{}' node='{node}'/></iq>",
        stanza::ns::DISCO_INFO
    );
    let told = text(super::send(&mut service, &user("agent1001/desktop"), &query).remove(0));
    let begin = format!(r#"node="{node}"><identity category="pubsub""#);
    assert!(told.contains(&begin), "{told}");
}

/// `PubSubEngine.process` throws at a show that is none, and keeps its earlier knowledge.
#[test]
fn an_unknown_show_changes_nothing() {
    let (mut service, owner) = with_node("");
    let other = user("agent1002/desktop");
    subscribe(&mut service, "n", &other, &field("pubsub#show-values", "away"));
    let mut heard = |show: &str| {
        presence(&mut service, &other, &format!("<show>{show}</show>"));
        publish(&mut service, &owner, "a", "<x xmlns='urn:x'/>").len() - 1
    };
    assert_eq!(["away", "frob", "dnd", "frob"].map(&mut heard), [1, 1, 0, 0]);
}

/// `IQ.getChildElement` passes over what is in no namespace but that of stanzas, and an error has
/// that child alone.
#[test]
fn the_payload_is_the_first_child_of_another_namespace() {
    let mut service = service(PubSubPolicy::openfire());
    let me = user("agent1001/desktop");
    let mut ask = |content: &str| {
        let iq = format!(
            "<iq xmlns='jabber:client' type='get' id='q' to='pubsub.{DOMAIN}'>{content}</iq>"
        );
        text(super::send(&mut service, &me, &iq).remove(0))
    };
    assert!(ask("<query/>").contains("<internal-server-error "));
    let list = format!("<pubsub xmlns='{}'><subscriptions/></pubsub>", stanza::ns::PUBSUB);
    assert!(ask(&format!("<query/>{list}")).contains("<subscriptions/>"));
    let told = ask("<ping xmlns='urn:xmpp:ping'/><query xmlns='jabber:iq:version'/>");
    assert!(told.contains("<ping ") && !told.contains("<query "), "{told}");
}

/// `PubSubEngine.process`: only a message of no other type decides.
#[test]
fn a_chat_decides_nothing() {
    let (mut service, owner) = with_node(&field("pubsub#access_model", "authorize"));
    let other = user("agent1002/desktop");
    let asked = subscribe(&mut service, "n", &other, "");
    let subid = asked[1].split("pubsub#subid").nth(1).and_then(|it| it.split("<value>").nth(1));
    let subid = subid.and_then(|it| it.split('<').next()).expect("the form has a subid");
    let kind = field("FORM_TYPE", "http://jabber.org/protocol/pubsub#subscribe_authorization");
    let fields = kind
        + &field("pubsub#node", "n")
        + &field("pubsub#subid", subid)
        + &field("pubsub#allow", "1");
    let mut decide = |kind: &str| {
        let form = form(&fields);
        let message =
            format!("<message xmlns='jabber:client'{kind} to='pubsub.{DOMAIN}'>{form}</message>");
        super::send(&mut service, &owner, &message).into_iter().map(text).count();
        let listed = ask(&mut service, &other, "get", "<subscriptions/>");
        listed[0].contains(r#"subscription="pending""#)
    };
    assert!(decide(" type='chat'"));
    assert!(!decide(""));
}

/// `PubSubEngine.createNodeHelper` configures a node that has its owner already, and
/// `Node.configure` asks all people of one that goes by presence.
#[test]
fn a_node_that_goes_by_presence_asks_its_owner_when_it_is_made() {
    let (mut service, owner) = with_node("");
    let told = create(&mut service, &owner, "p", &field("pubsub#presence_based_delivery", "1"));
    assert!(told[0].contains(r#"type="subscribe" to="agent1001@uccx.example.com""#), "{told:?}");
    assert!(told[1].contains(r#"type="result""#), "{told:?}");
}

/// `CollectionNode.configure`
#[test]
fn a_collection_takes_the_nodes_that_it_names_if_all_are_there() {
    let (mut service, owner) = with_node("");
    let collection = field("pubsub#node_type", "collection");
    let children = |node: &str| collection.clone() + &field("pubsub#children", node);
    let told = create(&mut service, &owner, "c", &children("none"));
    assert!(told[0].contains("<not-acceptable "), "{told:?}");
    let told = create(&mut service, &owner, "c", &children("n"));
    assert!(answer(&told).contains(r#"type="result""#), "{told:?}");
    let shown = owned(&mut service, &owner, "get", "<configure node='n'/>");
    assert!(shown[0].contains("is affiliated.\"><value>c</value>"), "{shown:?}");
}

/// `DataForm.getType`
#[test]
fn a_form_of_no_type_that_there_is_throws() {
    let (mut service, owner) = with_node("");
    let odd = "<configure node='n'><x xmlns='jabber:x:data' type=''/></configure>";
    let told = owned(&mut service, &owner, "set", odd);
    assert!(told[0].contains("<internal-server-error "), "{told:?}");
    let told = owned(&mut service, &owner, "set", &odd.replace("type=''", "type='cancel'"));
    assert!(told[0].contains(r#"type="result""#), "{told:?}");
}

/// `DefaultNodeConfiguration.getConfigurationForm`
#[test]
fn the_defaults_of_collections_have_fields_without_words() {
    let (mut service, owner) = with_node("");
    let shown = owned(&mut service, &owner, "get", "<default type='collection'/>");
    let policy = r#"label="???pubsub.form.conf.leaf_node_association???"><option><value>all</value></option>"#;
    assert!(shown[0].contains(policy), "{shown:?}");
    assert!(
        shown[0].contains(r#"label="???pubsub.form.conf.leaf_nodes_max???"><value>-1</value>"#)
    );
    assert!(!shown[0].contains("pubsub#children"), "{shown:?}");
}

/// `CollectionNode.removeChildNode`: one that is left out keeps its parent, whose subscribers hear
/// of it no longer. `Node.changeParent` does nothing where the parent is the same.
#[test]
fn a_collection_that_leaves_out_a_node_tells_of_it_no_longer() {
    let mut service = service(PubSubPolicy::openfire());
    let (owner, watcher) = (user("agent1001/desktop"), user("agent1002/desktop"));
    create(&mut service, &owner, "n", &field("pubsub#node_type", "collection"));
    for leaf in ["a", "b"] {
        create(&mut service, &owner, leaf, &field("pubsub#collection", "n"));
    }
    subscribe(&mut service, "n", &watcher, &field("pubsub#subscription_type", "items"));
    let item = "<item id='i'><x xmlns='urn:x'/></item>";
    let heard = |service: &mut PubSub, leaf: &str| {
        let publish = format!("<publish node='{leaf}'>{item}</publish>");
        ask(service, &owner, "set", &publish).iter().any(|told| told.starts_with("<message "))
    };
    assert!(heard(&mut service, "a") && heard(&mut service, "b"));
    configure(&mut service, &owner, &field("pubsub#children", "a"));
    assert!(heard(&mut service, "a") && !heard(&mut service, "b"));
    configure(&mut service, &owner, &field("pubsub#children", "b"));
    assert!(!heard(&mut service, "a") && !heard(&mut service, "b"));
    // Its parent is found where it is looked for from below.
    let shown = owned(&mut service, &owner, "get", "<configure node='b'/>");
    assert!(shown[0].contains("<value>n</value>"), "{shown:?}");
}
