//! The memory that clients make the services keep: counted afresh after random requests, it is what
//! the budget was told.

use proptest::prelude::*;
use stanza::ns;

use super::personal::Server;
use super::{form, user};
use crate::pubsub::PubSubPolicy;

const ACCOUNTS: [&str; 3] = ["agent1001", "agent1002", "agent1003"];
const NODES: [&str; 4] = ["a", "b", "c", "d"];

/// A request and the names in it; each verb needs some of them.
#[derive(Debug, Clone)]
struct Step {
    sender: &'static str,
    /// The account whose service is asked. Often it has none.
    account: &'static str,
    verb: usize,
    node: &'static str,
    other: &'static str,
    word: &'static str,
    text: String,
}

impl Step {
    /// The namespace and the content of the request.
    fn request(&self) -> (&'static str, String) {
        let Self { verb, node, word, text, .. } = self;
        let (jid, id) = (user(self.other), text.len() % 5);
        let config = match text.len() % 7 {
            0 => form(&[("pubsub#title", text)]),
            1 => form(&[("pubsub#collection", NODES[id % 4])]),
            2 => form(&[("pubsub#children", NODES[id % 4])]),
            3 => form(&[("pubsub#node_type", "collection")]),
            4 => form(&[("pubsub#persist_items", "1"), ("pubsub#max_items", "3")]),
            5 => form(&[("pubsub#access_model", "authorize")]),
            _ => form(&[("pubsub#owner", &jid.to_string())]),
        };
        let options = form(&[("x-pubsub#keywords", text)]);
        let item = format!("<item id='{id}'><x xmlns='urn:x'>{text}</x></item>");
        let person = format!("<affiliation jid='{jid}' affiliation='{word}'/>");
        let state = if id == 0 { "none" } else { "subscribed" };
        let subscription = format!("<subscription jid='{jid}' subscription='{state}'/>");
        let user = match verb {
            0 => format!("<create node='{node}'/><configure>{config}</configure>"),
            1 => format!("<publish node='{node}'>{item}</publish>"),
            2 => format!("<retract node='{node}'>{item}</retract>"),
            3 => format!("<subscribe node='{node}' jid='{jid}'/><options>{options}</options>"),
            4 => format!("<subscribe jid='{jid}'/><options>{options}</options>"),
            5 => format!("<options node='{node}' jid='{jid}'>{options}</options>"),
            6 => format!("<unsubscribe node='{node}' jid='{jid}'/>"),
            _ => String::new(),
        };
        let owner = match verb {
            7 => format!("<configure node='{node}'>{config}</configure>"),
            8 => format!("<delete node='{node}'/>"),
            9 => format!("<purge node='{node}'/>"),
            10 => format!("<affiliations node='{node}'>{person}</affiliations>"),
            _ => format!("<subscriptions node='{node}'>{subscription}</subscriptions>"),
        };
        if user.is_empty() { (ns::PUBSUB_OWNER, owner) } else { (ns::PUBSUB, user) }
    }
}

fn step() -> impl Strategy<Value = Step> {
    let account = || prop::sample::select(ACCOUNTS.to_vec());
    let node = prop::sample::select(NODES.to_vec());
    let word = prop::sample::select(vec!["owner", "publisher", "none", "outcast"]);
    let names = (account(), account(), account(), node, word);
    (names, 0..12_usize, "[a-z]{0,200}").prop_map(|(names, verb, text)| {
        let (sender, account, other, node, word) = names;
        Step { sender, account, verb, node, other, word, text }
    })
}

proptest! {
    #[test]
    fn what_is_told_is_what_is_there(
        steps in prop::collection::vec(step(), 0..60),
        memory in 2_000..60_000_usize,
    ) {
        let mut server = Server::new(PubSubPolicy::openfire(), memory);
        for step in &steps {
            let from = user(&format!("{}/desktop", step.sender));
            let (namespace, content) = step.request();
            server.ask_in(namespace, &from, &user(step.account), "set", &content);
            prop_assert_eq!(server.personal.counted(), server.budget.taken(), "{:?}", step);
            prop_assert!(server.budget.taken() <= memory);
        }
    }
}
