//! Notifications: what subscribers are sent.

use std::sync::Arc;

use stanza::{Jid, ns};

use super::PubSub;
use super::kept::Item;
use super::node::Node;
use super::node_form;
use super::subscriptions::{State, Subscription};
use super::tag::tag;
use crate::outgoing::{Addressed, Circular};
use crate::spelling::echo;

/// The body of a last item whose subscription wants one: Openfire's English text, which it has for
/// new subscribers alone.
const BODY: &str = "<body>This message contains an event notification</body>";

/// The receivers of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Audience {
    /// Those whose subscription is in force.
    Subscribed,
    /// Those who wait for approval too (XEP-0060 §8.4.2).
    All,
}

/// A change of a node's items.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    Published(&'a [Arc<Item>]),
    Retracted(&'a [Arc<Item>]),
}

impl PubSub {
    /// One message with `event` for each subscriber of the node, in the order of the subscriptions.
    pub(super) fn broadcast(&self, path: &str, audience: Audience, event: &str) -> Vec<Addressed> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let heard = |subscription: &&Subscription| {
            audience == Audience::All || self.hears(node, subscription)
        };
        let subscribers =
            node.subscriptions.iter().filter(heard).map(|subscription| &subscription.jid);
        let circular = Circular::new(&self.place.address, Some(path), &content(event, ""));
        subscribers.chain(&node.leaked).map(|to| circular.to(Arc::clone(to))).collect()
    }

    /// Tells of a change of items: the subscribers of the node, and those who subscribed to the
    /// items of a collection around it.
    pub(super) fn broadcast_items(&self, path: &str, change: Change<'_>) -> Vec<Addressed> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let mut out = Vec::new();
        let host = &self.place.address;
        let mut tell = |collection: Option<&Node>, to: &[&Subscription], leaked: &[Arc<Jid>]| {
            let mut common = None;
            for subscription in to {
                let circular = match &subscription.options.keyword {
                    None => Some(Arc::clone(common.get_or_insert_with(|| {
                        let event = change.xml(node, collection, None);
                        Circular::new(host, Some(path), &content(&event.unwrap_or_default(), ""))
                    }))),
                    keyword => change
                        .xml(node, collection, keyword.as_deref())
                        .map(|event| Circular::new(host, Some(path), &content(&event, ""))),
                };
                out.extend(circular.map(|circular| circular.to(Arc::clone(&subscription.jid))));
            }
            if !leaked.is_empty() {
                let event = change.xml(node, collection, None).unwrap_or_default();
                let circular = Circular::new(host, Some(path), &content(&event, ""));
                out.extend(leaked.iter().map(|to| circular.to(Arc::clone(to))));
            }
        };
        let heard: Vec<&Subscription> =
            node.by_affiliation().filter(|subscription| self.hears(node, subscription)).collect();
        tell(None, &heard, &node.leaked);
        for (level, collection) in self.ancestors(node).enumerate() {
            let hears = |subscription: &&Subscription| {
                let options = &subscription.options;
                options.items
                    && (options.all_levels || level == 0)
                    && self.hears(collection, subscription)
            };
            let heard: Vec<&Subscription> = collection.subscriptions.iter().filter(hears).collect();
            tell(Some(collection), &heard, &[]);
        }
        out
    }

    /// Tells those who subscribed to the nodes of a collection that it has a new one.
    pub(super) fn broadcast_child(&self, path: &str) -> Vec<Addressed> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let mut out = Vec::new();
        let Some(parent) = self.parent(node) else { return out };
        // Recorded: generated, pubsub_117.
        let metadata = if parent.config.deliver_payloads {
            node_form::meta_data(node, &self.child_ids(node))
        } else {
            String::new()
        };
        let item = tag("item", &[("id", path)], &metadata);
        let event = tag("items", &[("node", &parent.config.path)], &item);
        let circular = Circular::new(&self.place.address, Some(path), &content(&event, ""));
        for (level, collection) in self.ancestors(node).enumerate() {
            let hears = |subscription: &&Subscription| {
                let options = &subscription.options;
                !options.items
                    && (options.all_levels || level == 0)
                    && self.hears(collection, subscription)
            };
            let heard = collection.subscriptions.iter().filter(hears);
            out.extend(heard.map(|subscription| circular.to(Arc::clone(&subscription.jid))));
        }
        out
    }

    /// Whether a subscription gets events now.
    pub(super) fn hears(&self, node: &Node, subscription: &Subscription) -> bool {
        let options = &subscription.options;
        subscription.state == State::Subscribed
            && options.expire.is_none_or(|end| self.calendar.at(self.now) <= end)
            && options.deliver
            && (options.shows.is_empty() || self.is_present(&subscription.jid, &options.shows))
            && (!node.config.details.presence_based_delivery
                || self.is_present(&subscription.jid, &[]))
    }

    /// Sends a subscriber the last item, where the node wants that (XEP-0060 §6.1.7). `last_item`
    /// is what others have been sent for the same request.
    pub(super) fn send_last_item(
        &self,
        path: &str,
        jid: &Jid,
        last_item: &mut Option<Arc<Circular>>,
    ) -> Option<Addressed> {
        let node = self.nodes.get(path).filter(|node| node.config.send_last_item)?;
        let subscription = node.subscription(jid).filter(|it| self.hears(node, it))?;
        let item = node.last_item()?;
        if !item.holds(subscription.options.keyword.as_deref()) {
            return None;
        }
        let body = subscription.options.include_body && self.policy.offers_digests;
        // Only copies without a body can be the same for all.
        let mut own = None;
        let slot = if body { &mut own } else { last_item };
        let circular = slot.get_or_insert_with(|| {
            let event = items_event(node, None, std::slice::from_ref(item), None);
            let stamp = self.calendar.stamp(item.created);
            let delay = tag("delay", &[("xmlns", ns::DELAY), ("stamp", &stamp)], "");
            let event = event.unwrap_or_default();
            let behind = if body { format!("{BODY}{delay}") } else { delay };
            Circular::new(&self.place.address, Some(path), &content(&event, &behind))
        });
        Some(circular.to(Arc::clone(&subscription.jid)))
    }

    /// Tells a subscriber that somebody else changed its subscription (XEP-0060 §12.14).
    pub(super) fn state_change(&self, path: &str, jid: &Jid, state: &str) -> Option<Addressed> {
        if !self.policy.announces_states {
            return None;
        }
        let text = jid.to_string();
        let event =
            tag("subscription", &[("node", path), ("jid", &text), ("subscription", state)], "");
        let circular = Circular::new(&self.place.address, Some(path), &content(&event, ""));
        Some(circular.to(jid.clone()))
    }
}

/// The content of a message with `<event/>` (XEP-0060 §7.1.2) and what stands behind it.
fn content(event: &str, behind: &str) -> String {
    let event = tag("event", &[("xmlns", ns::PUBSUB_EVENT)], event);
    format!("{event}{behind}")
}

impl Change<'_> {
    /// The event for subscribers of the node, or of a collection around it, with the items that
    /// hold a word; none where no item does.
    fn xml(self, node: &Node, collection: Option<&Node>, keyword: Option<&str>) -> Option<String> {
        match self {
            Self::Published(items) => items_event(node, collection, items, keyword),
            Self::Retracted(items) => {
                let held = items.iter().filter(|item| item.holds(keyword));
                let retracted: String =
                    held.map(|item| tag("retract", &[("id", &item.id)], "")).collect();
                let event = tag("items", &[("node", &node.config.path)], &retracted);
                (!retracted.is_empty()).then_some(event)
            }
        }
    }
}

/// `<items/>` of an event. A node that demands no item sends none (recorded: ev_no_payload_node);
/// an event of a collection names the node on each item (recorded: generated, pubsub_389).
fn items_event(
    node: &Node,
    collection: Option<&Node>,
    items: &[Arc<Item>],
    keyword: Option<&str>,
) -> Option<String> {
    let leaf = collection.map(|_| node.config.path.as_str());
    let held = items.iter().filter(|item| item.holds(keyword));
    let content: String = held.map(|item| item_xml(node, item, ns::PUBSUB_EVENT, leaf)).collect();
    if content.is_empty() && !items.is_empty() {
        return None;
    }
    // An event without items is that of the node, wherever it goes.
    let of = collection.filter(|_| !items.is_empty()).unwrap_or(node);
    Some(tag("items", &[("node", &of.config.path)], &content))
}

/// One item below an element of `parent_ns`, with its payload whatever its node says.
pub(super) fn whole_item_xml(item: &Item, parent_ns: &str) -> String {
    tag("item", &[("id", &item.id)], &payload_xml(item, parent_ns))
}

fn payload_xml(item: &Item, parent_ns: &str) -> String {
    item.payload.as_ref().map(|payload| echo(payload, parent_ns)).unwrap_or_default()
}

/// One item below an element of `parent_ns`, with the id of its node if that is to be named.
pub(super) fn item_xml(node: &Node, item: &Item, parent_ns: &str, leaf: Option<&str>) -> String {
    let delivers = node.config.deliver_payloads;
    let content = if delivers { payload_xml(item, parent_ns) } else { String::new() };
    let mut attributes = Vec::new();
    if node.config.requires_item() {
        attributes.push(("id", item.id.as_str()));
    }
    attributes.extend(leaf.map(|leaf| ("node", leaf)));
    tag("item", &attributes, &content)
}
