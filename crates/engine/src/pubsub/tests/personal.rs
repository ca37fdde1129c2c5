//! Personal eventing (XEP-0163): the same service at the address of an account.

use std::time::Duration;

use stanza::{Jid, ns};

use super::{MEMORY, Registered, form, service_within, text, user};
use crate::budget::Budget;
use crate::fault::Faults;
use crate::pubsub::{PersonalEventing, PersonalRequest, PubSub, PubSubPolicy};

const TUNE: &str = "http://jabber.org/protocol/tune";

/// A domain's service, and those of its accounts.
pub(super) struct Server {
    general: PubSub,
    pub(super) personal: PersonalEventing,
    /// The memory for what clients make them keep.
    pub(super) budget: Budget,
}

impl Server {
    pub(super) fn new(policy: PubSubPolicy, memory: usize) -> Self {
        let budget = Budget::new(memory);
        let general = service_within(budget.clone(), policy);
        Self { general, personal: PersonalEventing::new(&budget), budget }
    }

    /// The first answer to a request to the service of an account, without `to` if that is the
    /// sender's own.
    fn ask(&mut self, from: &Jid, account: &Jid, kind: &str, content: &str) -> String {
        self.ask_in(ns::PUBSUB, from, account, kind, content)
    }

    pub(super) fn ask_in(
        &mut self,
        namespace: &str,
        from: &Jid,
        account: &Jid,
        kind: &str,
        content: &str,
    ) -> String {
        let to = if from.bare() == *account { String::new() } else { format!(" to='{account}'") };
        let iq = format!(
            "<iq xmlns='jabber:client' type='{kind}' id='q'{to}><pubsub xmlns='{namespace}'>{content}</pubsub></iq>"
        );
        let iq = stanza::parse(&iq).expect("the test's stanza is well-formed");
        let (general, faults) = (&mut self.general, Faults::default());
        let account = (from.bare() != *account).then_some(account);
        let asking = PersonalRequest {
            now: Duration::ZERO,
            iq: &iq,
            from,
            accounts: &Registered,
            faults: &faults,
        };
        let (answers, _) = self.personal.handle(general, account, asking);
        answers.into_iter().next().map(text).unwrap_or_default()
    }
}

fn publish(node: &str) -> String {
    format!("<publish node='{node}'><item id='current'><tune xmlns='{TUNE}'/></item></publish>")
}

#[test]
fn a_node_is_made_when_its_account_publishes() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    let read = format!("<items node='{TUNE}'/>");
    assert!(server.ask(&me, &own, "get", &read).contains("<item-not-found "));
    // Recorded: generated, iq_122. The answer names the service, which was asked without `to`.
    assert_eq!(
        server.ask(&me, &own, "set", &publish(TUNE)),
        format!(r#"<iq xmlns="jabber:client" type="result" id="q" from="{own}" to="{me}"/>"#)
    );
    assert!(server.ask(&me, &own, "get", &read).contains("<item id=\"current\"><tune "));
    let again = server.ask(&me, &own, "set", &format!("<create node='{TUNE}'/>"));
    assert!(again.contains("<conflict "), "{again}");
}

#[test]
fn others_neither_make_nodes_nor_read_without_a_subscription_to_presence() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own, other) =
        (user("agent1001/desktop"), user("agent1001"), user("agent1002/desktop"));
    server.ask(&me, &own, "set", &publish(TUNE));
    let create = server.ask(&other, &own, "set", "<create node='mine'/>");
    assert!(create.contains("<forbidden "), "{create}");
    let read = server.ask(&other, &own, "get", &format!("<items node='{TUNE}'/>"));
    assert!(read.contains("<presence-subscription-required "), "{read}");
}

#[test]
fn the_senders_service_stands_in_for_one_that_is_not_there() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    let (other, theirs) = (user("agent1002/desktop"), user("agent1002"));
    assert!(server.personal.find(&theirs).is_none());
    let read = format!("<items node='{TUNE}'/>");
    assert!(server.ask(&me, &theirs, "get", &read).contains("<item-not-found "));
    // Recorded: generated, iq_121. Its root is stored, and was not looked for before.
    assert!(server.personal.find(&own).is_some());
    assert!(server.personal.find(&theirs).is_none());
    // Openfire has looked for this one, and remembers that there was none.
    assert!(server.ask(&other, &user("agent1003"), "get", &read).contains("<item-not-found "));
    assert!(server.personal.find(&theirs).is_none());
    server.ask(&other, &theirs, "set", &publish(TUNE));
    assert!(server.personal.find(&theirs).is_some());
}

#[test]
fn to_the_letter_an_account_without_a_service_has_no_nodes() {
    let mut server = Server::new(PubSubPolicy::strict(), MEMORY);
    let (me, theirs) = (user("agent1001/desktop"), user("agent1002"));
    let missing = server.ask(&me, &theirs, "set", &publish(TUNE));
    assert!(missing.contains("<item-not-found "), "{missing}");
    assert!(server.personal.find(&me.bare()).is_none());
}

#[test]
fn options_of_the_first_publication_configure_the_node() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own, other) =
        (user("agent1001/desktop"), user("agent1001"), user("agent1002/desktop"));
    let open = "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='pubsub#access_model'><value>open</value></field></x></publish-options>";
    let made = server.ask(&me, &own, "set", &(publish(TUNE) + open));
    assert!(made.contains(r#"type="result""#), "{made}");
    let read = server.ask(&other, &own, "get", &format!("<items node='{TUNE}'/>"));
    assert!(read.contains("<tune "), "{read}");
}

/// `IQPEPHandler` looks for the node of a publication to nobody, and makes it, before the engine
/// holds the options against it.
#[test]
fn a_publication_to_nobody_is_held_against_its_own_options() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    let thrown = server.ask(&me, &own, "set", "<publish><item/></publish>");
    assert!(thrown.contains("<internal-server-error "), "{thrown}");
    let odd = "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='pubsub#nosuch'><value>1</value></field></x></publish-options>";
    let told = server.ask(&me, &own, "set", &(publish(TUNE) + odd));
    assert!(told.contains("<precondition-not-met "), "{told}");
    let read = server.ask(&me, &own, "get", &format!("<items node='{TUNE}'/>"));
    assert!(read.contains("<items "), "{read}");
}

/// `IQPEPHandler` answers for an account without a service by one of the sender's, which it reads
/// anew each time; the one that runs does not learn of its nodes.
#[test]
fn what_stands_in_is_read_anew_each_time() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own, other) = (user("agent1001/desktop"), user("agent1001"), user("agent1002"));
    let read = |node: &str| format!("<items node='{node}'/>");
    // The item is not stored, the node is.
    server.ask(&me, &other, "set", &publish("a"));
    let told = server.ask(&me, &other, "get", &read("a"));
    assert!(told.contains(r#"<items node="a"/>"#), "{told}");
    server.ask(&me, &own, "set", &publish("b"));
    let told = server.ask(&me, &own, "get", &read("a"));
    assert!(told.contains(r#"<items node="a"/>"#), "{told}");
    let told = server.ask(&me, &other, "get", &read("b"));
    assert!(told.contains(r#"<items node="b"/>"#), "{told}");
    server.ask(&me, &other, "set", &publish("c"));
    let told = server.ask(&me, &other, "get", &read("c"));
    assert!(told.contains(r#"<items node="c"/>"#), "{told}");
    let told = server.ask(&me, &own, "get", &read("c"));
    assert!(told.contains("<item-not-found "), "{told}");
    let told = server.ask(&me, &own, "get", &read("b"));
    assert!(told.contains(r#"<item id="current">"#), "{told}");
}

/// `IQPEPHandler` makes a new instance, which stores what it changes; the one that runs does not
/// look.
#[test]
fn what_stands_in_changes_the_data_base_alone() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own, other) = (user("agent1001/desktop"), user("agent1001"), user("agent1002"));
    server.ask(&me, &own, "set", &publish("a"));
    server.ask_in(ns::PUBSUB_OWNER, &me, &other, "set", "<delete node='a'/>");
    let read = "<items node='a'/>";
    assert!(server.ask(&me, &other, "get", read).contains("<item-not-found "));
    assert!(server.ask(&me, &own, "get", read).contains(r#"<item id="current">"#));
    // A node that is deleted is not stored again by a change of the one that runs.
    server.ask(&me, &own, "set", &publish("a"));
    let subscribe = format!("<subscribe node='a' jid='{own}'/>");
    assert!(server.ask(&me, &own, "set", &subscribe).contains("subscribed"));
    assert!(server.ask(&me, &other, "get", read).contains("<item-not-found "));
    server.ask(&me, &own, "set", &publish("b"));
    let publisher = format!(
        "<affiliations node='b'><affiliation jid='{other}' affiliation='publisher'/></affiliations>"
    );
    server.ask_in(ns::PUBSUB_OWNER, &me, &other, "set", &publisher);
    let list = "<affiliations node='b'/>";
    let mut people = |account: &Jid| server.ask_in(ns::PUBSUB_OWNER, &me, account, "get", list);
    assert!(people(&other).contains(r#"affiliation="publisher""#));
    assert!(!people(&own).contains(r#"affiliation="publisher""#));
}

/// A change of another instance is stored, whatever node the request names: `Node.changeParent`
/// stores each node that moves, and a request without a node means the root.
#[test]
fn all_that_a_request_changes_is_stored() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own, other) = (user("agent1001/desktop"), user("agent1001"), user("agent1002"));
    for node in ["leaf", "other"] {
        server.ask(&me, &own, "set", &publish(node));
    }
    let kind = form(&[("pubsub#node_type", "collection")]);
    let create = format!("<create node='all'/><configure>{kind}</configure>");
    server.ask(&me, &own, "set", &create);
    // The other instance moves a leaf into the collection.
    let children = form(&[("pubsub#children", "leaf")]);
    let children = format!("<configure node='all'>{children}</configure>");
    server.ask_in(ns::PUBSUB_OWNER, &me, &other, "set", &children);
    let shown = |server: &mut Server, account: &Jid, node: &str| {
        let get = format!("<configure node='{node}'/>");
        server.ask_in(ns::PUBSUB_OWNER, &me, account, "get", &get)
    };
    let is_in_all = |form: &str| form.contains("<value>all</value>");
    assert!(is_in_all(&shown(&mut server, &other, "leaf")));
    assert!(!is_in_all(&shown(&mut server, &other, "other")));
    assert!(!is_in_all(&shown(&mut server, &own, "leaf")));
    // It deletes the collection, and the leaf moves back to the root.
    server.ask_in(ns::PUBSUB_OWNER, &me, &other, "set", "<delete node='all'/>");
    assert!(!is_in_all(&shown(&mut server, &other, "leaf")));
    assert!(shown(&mut server, &own, "all").contains("pubsub#children"));
    // It subscribes the account to the root, which is not named.
    server.ask(&me, &other, "set", &format!("<subscribe jid='{own}'/>"));
    let list = |server: &mut Server, account: &Jid| {
        server.ask(&me, account, "get", "<subscriptions/>").contains("subscribed")
    };
    assert!(list(&mut server, &other));
    assert!(!list(&mut server, &own));
}

/// The node of a request is what its action names, whatever stands below or beside it.
#[test]
fn a_node_that_is_only_mentioned_stays_as_it_is_stored() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own, other) = (user("agent1001/desktop"), user("agent1001"), user("agent1002"));
    for node in ["a", "b"] {
        server.ask(&me, &own, "set", &publish(node));
    }
    let delete = "<delete node='a'/>";
    server.ask_in(ns::PUBSUB_OWNER, &me, &other, "set", delete);
    // The instance that runs has the node, and writes about another one.
    server.ask(&me, &own, "set", &format!("<x node='a'/>{}", publish("b")));
    let told = server.ask(&me, &other, "get", "<items node='a'/>");
    assert!(told.contains("<item-not-found "), "{told}");
}

/// `CollectionNode.removeChildNode`, `Node.changeParent`: a node that the root does not list any
/// more is in it all the same, so a configuration that names the root does not move it.
#[test]
fn a_node_that_is_left_out_stays_so_in_its_own_collection() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    for node in ["a", "b"] {
        server.ask(&me, &own, "set", &publish(node));
    }
    let mut configure = |node: &str, var: &str, value: &str| {
        let set = format!("<configure node='{node}'>{}</configure>", form(&[(var, value)]));
        server.ask_in(ns::PUBSUB_OWNER, &me, &own, "set", &set);
        let get = format!("<configure node='{own}'/>");
        server.ask_in(ns::PUBSUB_OWNER, &me, &own, "get", &get)
    };
    let root = own.to_string();
    let lists = |form: &str| form.contains("<value>b</value>");
    assert!(!lists(&configure(&root, "pubsub#children", "a")));
    assert!(!lists(&configure("b", "pubsub#collection", &root)));
}

/// `PubSubEngine.probePresences`: a service that is read asks for the presences that its nodes and
/// subscriptions go by.
#[test]
fn a_service_that_begins_to_run_asks_for_presences() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own, other) = (user("agent1001/desktop"), user("agent1001"), user("agent1002"));
    let by_presence = form(&[("pubsub#presence_based_delivery", "1")]);
    let create = format!("<create node='a'/><configure>{by_presence}</configure>");
    server.ask(&me, &other, "set", &create);
    server.ask(&me, &other, "set", "<create node='b'/>");
    for node in ["a", "b"] {
        server.ask(&me, &other, "set", &format!("<subscribe node='{node}' jid='{own}'/>"));
    }
    assert!(server.personal.take_probes().is_empty(), "none runs yet");
    assert!(server.personal.find(&own).is_some());
    let probes = server.personal.take_probes();
    let [probe] = probes.as_slice() else { panic!("{probes:?}") };
    let presence = probe.as_presence().expect("it is a presence");
    assert_eq!((presence.attr("type"), &*probe.to), (Some("probe"), &own));
    assert!(server.personal.find(&own).is_some());
    assert!(server.personal.take_probes().is_empty(), "it runs already");
}

/// `IQPEPHandler.handleIQ` passes over options that are not acceptable, and `PubSubEngine` throws
/// on the parent that a node in the root does not have.
#[test]
fn a_node_is_made_whatever_collection_the_options_name() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    let odd = "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='pubsub#collection'><value>nonode</value></field></x></publish-options>";
    assert_eq!(server.ask(&me, &own, "set", &(publish("a") + odd)), "");
    let read = server.ask(&me, &own, "get", "<items node='a'/>");
    assert!(read.contains(r#"<items node="a"/>"#), "{read}");
}

/// `IQPEPHandler.handleIQ` makes leaves alone.
#[test]
fn a_publication_to_nobody_makes_a_leaf_whatever_its_options_say() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    let odd = "<publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='pubsub#node_type'><value>collection</value></field></x></publish-options>";
    let told = server.ask(&me, &own, "set", &(publish("a") + odd));
    assert!(told.contains("<precondition-not-met "), "{told}");
    let told = server.ask(&me, &own, "set", &publish("a"));
    assert!(told.contains(r#"type="result""#), "{told}");
}

/// `PubSubPersistenceManager.loadNode`: a node of which no receiver of replies is stored gets that
/// of its service.
#[test]
fn a_node_that_is_read_has_owners_who_get_replies() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, other) = (user("agent1001/desktop"), user("agent1002"));
    server.ask(&me, &other, "set", &publish("a"));
    let form = server.ask_in(ns::PUBSUB_OWNER, &me, &other, "get", "<configure node='a'/>");
    let (_, replies) = form.split_once("pubsub#itemreply").expect("it has the field");
    assert!(replies.contains("</option><value>owner</value></field>"), "{form}");
}

/// `PubSubPersistenceManager.loadDefaultConfiguration`: no receiver of replies is stored, and the
/// class has the owner where none is read.
#[test]
fn a_service_that_is_read_has_owners_who_get_replies() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own, other) = (user("agent1001/desktop"), user("agent1001"), user("agent1002"));
    let (you, yours) = (user("agent1003/desktop"), user("agent1003"));
    let mut replies = |from: &Jid, account: &Jid| {
        let form = server.ask_in(ns::PUBSUB_OWNER, from, account, "get", "<default/>");
        assert!(form.contains("pubsub#itemreply"), "{form}");
        form.contains("<value>owner</value></field></x>")
    };
    assert!(!replies(&me, &other));
    assert!(replies(&me, &other));
    assert!(replies(&me, &own));
    server.ask(&you, &yours, "set", &publish(TUNE));
    let form = server.ask_in(ns::PUBSUB_OWNER, &you, &yours, "get", "<default/>");
    assert!(!form.contains("<value>owner</value>"), "{form}");
}

/// `PubSubEngine.subscribeNode`: the account of a service may subscribe others.
#[test]
fn an_account_subscribes_others_to_its_nodes() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    server.ask(&me, &own, "set", &format!("<create node='{TUNE}'/>"));
    let mut subscribe = |name: &str| {
        let subscribe = format!("<subscribe node='{TUNE}' jid='{}'/>", user(name));
        server.ask(&me, &own, "set", &subscribe)
    };
    let told = subscribe("agent1002");
    assert!(told.contains("<presence-subscription-required "), "{told}");
    let told = subscribe("agent1001/other");
    assert!(told.contains(r#"subscription="subscribed""#), "{told}");
}

#[test]
fn the_root_belongs_to_the_account() {
    let mut server = Server::new(PubSubPolicy::openfire(), MEMORY);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    // Recorded: generated, pres_218.
    let listed = server.ask(&me, &own, "get", "<affiliations/>");
    let entry = format!(r#"<affiliations><affiliation jid="{own}" affiliation="owner"/></"#);
    assert!(listed.contains(&entry), "{listed}");
    // Recorded: generated, pubsub_187: an exception echoes the request, without a sender.
    let thrown = server.ask(&me, &own, "get", "<subscriptions node='nope'/>");
    let echoed = format!(r#"type="error" id="q" to="{me}"><pubsub "#);
    assert!(thrown.contains(&echoed) && thrown.contains("<internal-server-error "), "{thrown}");
}

#[test]
fn without_memory_nothing_is_kept() {
    let mut server = Server::new(PubSubPolicy::openfire(), 16);
    let (me, own) = (user("agent1001/desktop"), user("agent1001"));
    server.ask(&me, &own, "set", &publish(TUNE));
    let read = server.ask(&me, &own, "get", &format!("<items node='{TUNE}'/>"));
    assert!(read.contains("<item-not-found "), "{read}");
}
