//! The nodes that a target file promises: the publisher makes and owns them (XEP-0060 §8.1, §8.9).

use std::collections::BTreeMap;

use remote::{Error, pubsub};
use stanza::{Element, ns};

use crate::LoggedIn;

/// Configuration of every node, as in Finesse: items are not stored.
const USUAL: (&str, &str) = ("persist_items", "0");

/// How a service is told not to send the last item to a new subscriber. Some refuse fields that
/// they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastItem {
    /// XEP-0060 §16.4.4.
    Standard,
    /// Openfire has a field of its own.
    Openfire,
}

impl LastItem {
    const fn field(self, sent: bool) -> (&'static str, &'static str) {
        match (self, sent) {
            (Self::Standard, false) => ("send_last_published_item", "never"),
            (Self::Standard, true) => ("send_last_published_item", "on_sub"),
            (Self::Openfire, false) => ("send_item_subscribe", "0"),
            (Self::Openfire, true) => ("send_item_subscribe", "1"),
        }
    }
}

/// Fields of a configuration, and their values.
type Fields = &'static [(&'static str, &'static str)];

/// The nodes that can be made: need, and fields of its own.
const NODES: [(&str, Fields); 9] = [
    ("node.open", &[("access_model", "open")]),
    ("node.whitelist", &[("access_model", "whitelist")]),
    ("node.outcast", &[("access_model", "open")]),
    ("node.no-subscribe", &[("subscribe", "0")]),
    ("node.publish", &[("publish_model", "open")]),
    (KEPT, &[("publish_model", "open"), ("persist_items", "1"), ("max_items", "3")]),
    ("node.transient", &[("publish_model", "open"), ("deliver_payloads", "0")]),
    ("node.authorize", &[("access_model", "authorize")]),
    ("node.team", &[("access_model", "open")]),
];

/// The node that keeps items, and sends the last one to new subscribers.
const KEPT: &str = "node.kept";

/// A node that is as its name says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Furnished {
    /// The need that it is for: `node.open`.
    pub need: String,
    pub node: String,
    /// It was there already, and was configured again.
    pub was_there: bool,
}

/// Makes the nodes in `provides` as a publisher, with the rights of `agent` and `other`, bare JIDs.
/// Nodes that the publisher owns already are configured again.
///
/// # Errors
///
/// The service refuses, or does not answer; one line.
pub async fn furnish(
    publisher: &mut LoggedIn,
    provides: &BTreeMap<String, String>,
    agent: &str,
    other: &str,
    last_item: LastItem,
) -> Result<Vec<Furnished>, String> {
    let mut all = Vec::new();
    for (need, own) in NODES {
        let Some(node) = provides.get(need).filter(|node| !node.is_empty()) else { continue };
        let usual = own.iter().all(|(name, _)| *name != USUAL.0).then_some(USUAL);
        let last = last_item.field(need == KEPT);
        let fields: Vec<_> = usual.into_iter().chain([last]).chain(own.iter().copied()).collect();
        let made = publisher.ask(create(node, &fields)).await;
        let was_there = match made {
            Ok(()) => false,
            Err(Error::Stanza(condition)) if condition == "conflict" => {
                let again = publisher.ask(configure(node, &fields)).await;
                again.map_err(|why| format!("configuring {node}, which is there: {why}"))?;
                true
            }
            Err(why) => return Err(format!("making the node {node}: {why}")),
        };
        if need == "node.outcast" {
            let banned = publisher.ask(affiliate(node, agent, "outcast")).await;
            banned.map_err(|why| format!("banning {agent} from {node}: {why}"))?;
        }
        if need == "node.authorize" {
            let shared = publisher.ask(affiliate(node, other, "owner")).await;
            shared.map_err(|why| format!("making {other} an owner of {node}: {why}"))?;
        }
        all.push(Furnished { need: need.to_owned(), node: node.clone(), was_there });
    }
    Ok(all)
}

/// Deletes the nodes in `provides` that [`furnish`] makes; returns their paths, and whether each
/// was there.
///
/// # Errors
///
/// The service refuses, or does not answer; one line.
pub async fn clear(
    publisher: &mut LoggedIn,
    provides: &BTreeMap<String, String>,
) -> Result<Vec<Furnished>, String> {
    let mut all = Vec::new();
    for (need, _) in NODES {
        let Some(node) = provides.get(need).filter(|node| !node.is_empty()) else { continue };
        let was_there = match publisher.ask(pubsub::delete(node)).await {
            Ok(()) => true,
            Err(Error::Stanza(condition)) if condition == "item-not-found" => false,
            Err(why) => return Err(format!("deleting the node {node}: {why}")),
        };
        all.push(Furnished { need: need.to_owned(), node: node.clone(), was_there });
    }
    Ok(all)
}

fn create(node: &str, fields: &[(&str, &str)]) -> Element {
    let create = Element::new(ns::PUBSUB, "create").with_attr("node", node);
    let configure = Element::new(ns::PUBSUB, "configure").with_child(form(fields));
    Element::new(ns::PUBSUB, "pubsub").with_child(create).with_child(configure)
}

fn configure(node: &str, fields: &[(&str, &str)]) -> Element {
    let configure = Element::new(ns::PUBSUB_OWNER, "configure").with_attr("node", node);
    Element::new(ns::PUBSUB_OWNER, "pubsub").with_child(configure.with_child(form(fields)))
}

fn form(fields: &[(&str, &str)]) -> Element {
    let field = |name: String, value: &str| {
        let value = Element::new(ns::DATA_FORMS, "value").with_text(value);
        Element::new(ns::DATA_FORMS, "field").with_attr("var", name).with_child(value)
    };
    let mut form = Element::new(ns::DATA_FORMS, "x").with_attr("type", "submit").with_child(
        field("FORM_TYPE".to_owned(), "http://jabber.org/protocol/pubsub#node_config")
            .with_attr("type", "hidden"),
    );
    for (name, value) in fields {
        form = form.with_child(field(format!("pubsub#{name}"), value));
    }
    form
}

fn affiliate(node: &str, jid: &str, affiliation: &str) -> Element {
    let affiliation = Element::new(ns::PUBSUB_OWNER, "affiliation")
        .with_attr("jid", jid)
        .with_attr("affiliation", affiliation);
    let affiliations = Element::new(ns::PUBSUB_OWNER, "affiliations")
        .with_attr("node", node)
        .with_child(affiliation);
    Element::new(ns::PUBSUB_OWNER, "pubsub").with_child(affiliations)
}
