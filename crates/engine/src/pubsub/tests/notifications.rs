//! The notifications of personal eventing, session by session (`PEPService.sendNotification`).

use std::time::Duration;

use stanza::{Element, Jid, ns};

use super::{MEMORY, service, text, user};
use crate::budget::Budget;
use crate::fault::Faults;
use crate::pubsub::{Accounts, PersonalEventing, PersonalRequest, PubSub, PubSubPolicy};

/// The publisher shows itself to `agent1002` and `agent1004`, has `agent1003` as a contact that
/// does not see it, and none else. `agent1002` has two sessions, of which the second wants `tune`
/// alone.
struct Contacts;

impl Accounts for Contacts {
    fn is_registered(&self, _: &str) -> bool {
        true
    }

    fn sees_presence(&self, viewer: &Jid, owner: &Jid) -> bool {
        self.shows_contact(owner, viewer) == Some(true)
    }

    fn shows_contact(&self, owner: &Jid, viewer: &Jid) -> Option<bool> {
        if owner.local.as_deref() != Some("agent1001") {
            return None;
        }
        match viewer.local.as_deref() {
            Some("agent1002" | "agent1004") => Some(true),
            Some("agent1003") => Some(false),
            _ => None,
        }
    }

    fn available(&self, account: &Jid) -> Vec<Jid> {
        let resources: &[&str] = match account.local.as_deref() {
            Some("agent1002") => &["a", "b"],
            Some("agent1004") => &[],
            _ => &["a", "c"],
        };
        let at = |resource: &&str| account.with_resource(resource).expect("a resource");
        resources.iter().map(at).collect()
    }

    fn has_feature(&self, session: &Jid, feature: &str) -> Option<bool> {
        (session.resource.as_deref() == Some("b")).then(|| feature == "tune+notify")
    }
}

/// The personal eventing of `agent1001`.
struct Account {
    general: PubSub,
    personal: PersonalEventing,
}

impl Account {
    fn new() -> Self {
        let general = service(PubSubPolicy::openfire());
        Self { general, personal: PersonalEventing::new(&Budget::new(MEMORY)) }
    }

    /// Lets it send a request, and gives the messages that follow.
    fn say(&mut self, namespace: &str, content: &str) -> Vec<String> {
        let iq = format!(
            "<iq xmlns='jabber:client' type='set' id='q'><pubsub xmlns='{namespace}'>{content}</pubsub></iq>"
        );
        let iq = stanza::parse(&iq).expect("the test's stanza is well-formed");
        let stanzas = self.ask(None, &iq).into_iter();
        stanzas.filter(|text| text.starts_with("<message")).collect()
    }

    /// Lets it send a request to the service of an account, or to nobody; gives all that follows.
    fn ask(&mut self, to: Option<&Jid>, iq: &Element) -> Vec<String> {
        let (from, faults) = (user("agent1001/desktop"), Faults::default());
        let asking = PersonalRequest {
            now: Duration::ZERO,
            iq,
            from: &from,
            accounts: &Contacts,
            faults: &faults,
        };
        let (stanzas, _) = self.personal.handle(&mut self.general, to, asking);
        stanzas.into_iter().map(text).collect()
    }

    fn create(&mut self, node: &str, access: &str) {
        let form = format!(
            "<x xmlns='jabber:x:data' type='submit'><field var='pubsub#access_model'><value>{access}</value></field></x>"
        );
        self.say(ns::PUBSUB, &format!("<create node='{node}'/><configure>{form}</configure>"));
    }

    fn publish(&mut self, node: &str) -> Vec<String> {
        let item = "<item id='i'><x xmlns='urn:x'/></item>";
        self.say(ns::PUBSUB, &format!("<publish node='{node}'>{item}</publish>"))
    }

    /// The account subscribes another to one of its nodes.
    fn subscribe(&mut self, node: &str, jid: &Jid) {
        self.say(ns::PUBSUB, &format!("<subscribe node='{node}' jid='{jid}'/>"));
    }

    /// Lets an account hear of everything.
    fn auto_subscribe(&mut self, contact: &Jid) {
        let own = user("agent1001");
        let service = self.personal.find(&own).expect("it runs");
        service.auto_subscribe(
            Duration::ZERO,
            "w".to_owned(),
            contact,
            &Contacts,
            &Faults::default(),
        );
    }
}

/// The addresses of messages, and whether each names the publisher for replies.
fn addresses(messages: &[String]) -> Vec<(String, bool)> {
    let to = |message: &String| {
        let message = stanza::parse(message).expect("it is well-formed");
        let to = message.attr("to").expect("it has an address");
        let names = message.children().any(|child| child.name.local == "addresses");
        (to.split('@').map(|part| part.replace("uccx.example.com", "")).collect(), names)
    };
    messages.iter().map(to).collect()
}

fn sent(to: &str, names_publisher: bool) -> (String, bool) {
    (to.to_owned(), names_publisher)
}

/// The first that does not want it ends the whole round.
#[test]
fn sessions_get_copies_of_one_id_until_one_does_not_want_it() {
    let mut account = Account::new();
    for node in ["tune", "mood"] {
        account.create(node, "open");
        account.subscribe(node, &user("agent1002"));
    }
    let both = account.publish("tune");
    assert_eq!(addresses(&both), [sent("agent1002/a", true), sent("agent1002/b", true)]);
    let id = |text: &String| {
        let message = stanza::parse(text).expect("it is well-formed");
        message.attr("id").expect("it has an id").to_owned()
    };
    assert_eq!(id(&both[0]), id(&both[1]));
    assert_eq!(addresses(&account.publish("mood")), [sent("agent1002/a", true)]);
}

#[test]
fn a_contact_that_sees_nothing_gets_nothing_and_a_stranger_one_for_each_session() {
    let mut account = Account::new();
    account.create("tune", "open");
    account.subscribe("tune", &user("agent1003"));
    assert_eq!(addresses(&account.publish("tune")), []);
    account.subscribe("tune", &user("agent1005"));
    let stranger = sent("agent1005", false);
    assert_eq!(addresses(&account.publish("tune")), [stranger.clone(), stranger]);
}

#[test]
fn without_sessions_and_at_full_addresses_it_goes_as_it_is() {
    let mut account = Account::new();
    account.create("mood", "open");
    for jid in ["agent1004", "agent1002/b"] {
        account.subscribe("mood", &user(jid));
    }
    let sent = [sent("agent1004", false), sent("agent1002/b", false)];
    assert_eq!(addresses(&account.publish("mood")), sent);
}

/// The item is gone when the notice is written, and its publisher with it.
#[test]
fn an_item_that_was_taken_back_has_no_publisher() {
    let mut account = Account::new();
    account.create("tune", "open");
    account.subscribe("tune", &user("agent1002"));
    account.publish("tune");
    let told = account.say(ns::PUBSUB, "<retract node='tune'><item id='i'/></retract>");
    assert_eq!(addresses(&told), [sent("agent1002/a", false), sent("agent1002/b", false)]);
    account.subscribe("tune", &user("agent1005"));
    account.publish("tune");
    let told = account.say(ns::PUBSUB, "<retract node='tune'><item id='i'/></retract>");
    let stranger = sent("agent1005", false);
    assert_eq!(addresses(&told)[2..], [stranger.clone(), stranger]);
}

/// `AccessModel.canAccessItems` is asked about the full address.
#[test]
fn an_event_of_the_root_goes_to_those_who_may_read_the_leaf() {
    let mut account = Account::new();
    for (node, access) in [("tune", "presence"), ("x", "whitelist")] {
        account.create(node, access);
    }
    account.auto_subscribe(&user("agent1002"));
    let told = account.publish("tune");
    assert_eq!(addresses(&told), [sent("agent1002/a", true), sent("agent1002/b", true)]);
    assert_eq!(addresses(&account.publish("x")), []);
}

/// `NodeAffiliate.sendPublishedNotifications`: the root has an address for its id.
#[test]
fn an_event_of_the_root_names_the_leaf() {
    let mut account = Account::new();
    account.create("tune", "open");
    account.auto_subscribe(&user("agent1002"));
    let told = account.publish("tune");
    assert!(told[0].contains(r#"<items node="tune"><item id="i" node="tune">"#), "{}", told[0]);
}

/// `PEPService.sendLastPublishedItems`.
#[test]
fn the_last_items_are_those_of_all_nodes_for_one_who_hears_of_all() {
    let mut account = Account::new();
    for node in ["tune", "mood"] {
        account.create(node, "open");
        account.publish(node);
    }
    let (own, session) = (user("agent1001"), user("agent1002/a"));
    let last = |account: &mut Account, most: usize| {
        let service = account.personal.find(&own).expect("it runs");
        let told = service.last_items(Duration::ZERO, &session, most, &Contacts);
        told.into_iter().map(text).collect::<Vec<String>>()
    };
    assert!(last(&mut account, 9).is_empty());
    account.auto_subscribe(&user("agent1002"));
    assert_eq!(last(&mut account, 2).len(), 2);
    let told = last(&mut account, 9);
    // Both sessions hear of the tune, and the one that does not want it not of the mood.
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().all(|text| text.contains("<delay ")), "{told:?}");
}

/// `PubSubEngine.createNodeHelper` makes the node of a publication as any other: the root tells of
/// it, and its owner is asked for its presence (`Node.addPresenceSubscriptions`).
#[test]
fn a_node_that_a_publication_makes_is_announced() {
    let mut account = Account::new();
    account.create("tune", "open");
    account.say(ns::PUBSUB, &format!("<subscribe jid='{}'/>", user("agent1002")));
    let iq = "<iq xmlns='jabber:client' type='set' id='q' to='agent1001@uccx.example.com'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='mood'><item id='i'><x xmlns='urn:x'/></item></publish><publish-options><x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'><value>http://jabber.org/protocol/pubsub#publish-options</value></field><field var='pubsub#presence_based_delivery'><value/></field></x></publish-options></pubsub></iq>";
    let iq = stanza::parse(iq).expect("the test's stanza is well-formed");
    let own = user("agent1001");
    let told = account.ask(Some(&own), &iq);
    let [child, asked, answer] = told.as_slice() else { panic!("{told:?}") };
    assert!(child.contains(&format!(r#"<items node="{own}"><item id="mood"/>"#)), "{child}");
    assert!(asked.contains(r#"type="subscribe""#), "{asked}");
    assert!(answer.contains(r#"type="result""#), "{answer}");
}
