//! Requests to a publish-subscribe service (XEP-0060): the payload of an `iq` of type `set` or
//! `get`.

use stanza::{Element, ns};

/// Requests the subscriptions of the account (§5.6).
#[must_use]
pub fn subscriptions() -> Element {
    pubsub(ns::PUBSUB, Element::new(ns::PUBSUB, "subscriptions"))
}

/// Subscribes a JID to a node (§6.1).
#[must_use]
pub fn subscribe(node: &str, jid: &str) -> Element {
    let subscribe = Element::new(ns::PUBSUB, "subscribe");
    pubsub(ns::PUBSUB, subscribe.with_attr("node", node).with_attr("jid", jid))
}

/// Ends a subscription, by its subid if it has one (§6.2).
#[must_use]
pub fn unsubscribe(node: &str, jid: &str, subid: Option<&str>) -> Element {
    let unsubscribe = Element::new(ns::PUBSUB, "unsubscribe");
    let mut unsubscribe = unsubscribe.with_attr("node", node).with_attr("jid", jid);
    if let Some(subid) = subid {
        unsubscribe = unsubscribe.with_attr("subid", subid);
    }
    pubsub(ns::PUBSUB, unsubscribe)
}

/// Publishes one item (§7.1).
#[must_use]
pub fn publish(node: &str, payload: Element) -> Element {
    let item = Element::new(ns::PUBSUB, "item").with_child(payload);
    let publish = Element::new(ns::PUBSUB, "publish");
    pubsub(ns::PUBSUB, publish.with_attr("node", node).with_child(item))
}

/// Creates a node with the service's defaults (§8.1.2).
#[must_use]
pub fn create(node: &str) -> Element {
    pubsub(ns::PUBSUB, Element::new(ns::PUBSUB, "create").with_attr("node", node))
}

/// Deletes a node (§8.4.1).
#[must_use]
pub fn delete(node: &str) -> Element {
    pubsub(ns::PUBSUB_OWNER, Element::new(ns::PUBSUB_OWNER, "delete").with_attr("node", node))
}

fn pubsub(ns: &str, request: Element) -> Element {
    Element::new(ns, "pubsub").with_child(request)
}
