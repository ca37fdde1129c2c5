//! Notifications: what subscribers are sent.

use std::sync::Arc;

use stanza::{Jid, ns};

use super::PubSub;
use super::kept::Item;
use super::node::Node;
use super::subscriptions::{State, Subscription};
use super::tag::tag;
use crate::outgoing::{Addressed, Circular};
use crate::spelling::echo;

/// Whom an event is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Those whose subscription is in force.
    Subscribed,
    /// Those who wait for approval too (XEP-0060 §8.4.2).
    All,
}

impl PubSub {
    /// One message with `event` for each subscriber of the node, in the order of the subscriptions.
    pub(super) fn broadcast(&self, path: &str, audience: Audience, event: &str) -> Vec<Addressed> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let heard = |subscription: &&Subscription| {
            audience == Audience::All
                || subscription.state == State::Subscribed && subscription.deliver
        };
        let subscribers =
            node.subscriptions.iter().filter(heard).map(|subscription| &subscription.jid);
        let circular = Circular::new(&self.host, Some(path), &content(event, ""));
        subscribers.chain(&node.leaked).map(|to| circular.to(Arc::clone(to))).collect()
    }

    /// Adds a subscription and sends the last item, where the node wants that (XEP-0060 §6.1.7).
    /// `last_item` is what others have been sent for the same request.
    pub(super) fn add_subscription(
        &mut self,
        path: &str,
        subscription: Subscription,
        last_item: &mut Option<Arc<Circular>>,
    ) -> Vec<Addressed> {
        let Some(node) = self.nodes.get_mut(path) else { return Vec::new() };
        let to = subscription.jid.clone();
        let hears = subscription.state == State::Subscribed
            && subscription.deliver
            && node.config.send_last_item;
        node.leaked.retain(|leaked| *leaked != to);
        node.subscriptions.push(subscription);
        let Some(item) = node.last_item().filter(|_| hears) else { return Vec::new() };
        let circular = last_item.get_or_insert_with(|| {
            let event = items_event(node, std::slice::from_ref(item));
            let stamp = self.calendar.stamp(item.created);
            let delay = tag("delay", &[("xmlns", ns::DELAY), ("stamp", &stamp)], "");
            Circular::new(&self.host, Some(path), &content(&event, &delay))
        });
        vec![circular.to(to)]
    }

    /// Tells a subscriber that somebody else changed its subscription (XEP-0060 §12.14).
    pub(super) fn state_change(&self, path: &str, jid: &Jid, state: &str) -> Option<Addressed> {
        if !self.policy.announces_states {
            return None;
        }
        let text = jid.to_string();
        let event =
            tag("subscription", &[("node", path), ("jid", &text), ("subscription", state)], "");
        Some(Circular::new(&self.host, Some(path), &content(&event, "")).to(jid.clone()))
    }
}

/// The content of a message with `<event/>` (XEP-0060 §7.1.2) and what stands behind it.
fn content(event: &str, behind: &str) -> String {
    let event = tag("event", &[("xmlns", ns::PUBSUB_EVENT)], event);
    format!("{event}{behind}")
}

/// `<items/>` of an event. A node that demands no item sends none (recorded: ev_no_payload_node).
pub(super) fn items_event(node: &Node, items: &[Arc<Item>]) -> String {
    let content: String = items.iter().map(|item| item_xml(node, item, ns::PUBSUB_EVENT)).collect();
    tag("items", &[("node", &node.config.path)], &content)
}

/// One item below an element of `parent_ns`.
pub(super) fn item_xml(node: &Node, item: &Item, parent_ns: &str) -> String {
    let payload = item.payload.as_ref().filter(|_| node.config.deliver_payloads);
    let content = payload.map(|payload| echo(payload, parent_ns)).unwrap_or_default();
    tag("item", &[("id", &item.id)], &content)
}
