//! Notifications: what subscribers are sent.

use std::sync::Arc;

use stanza::{Jid, ns};

use super::PubSub;
use super::kept::Item;
use super::node::Node;
use super::node_form;
use super::subscriptions::{State, Subscription};
use super::tag::tag;
use crate::outgoing::{Addressed, Circular, NotifiedItems};
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
        let circular = Circular::new(&self.place.jid, Some(path), content(event, ""));
        subscribers.chain(&node.leaked).map(|to| circular.to(Arc::clone(to))).collect()
    }

    /// Tells of a change of items: the subscribers of the node, and those who subscribed to the
    /// items of a collection around it.
    pub(super) fn broadcast_items(&self, path: &str, change: Change<'_>) -> Vec<Addressed> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let mut out = Vec::new();
        let mut tell = |collection: Option<&Node>, to: &[&Subscription], leaked: &[Arc<Jid>]| {
            let mut common = None;
            let circular = |keyword: Option<&str>| {
                let event = change.event(node, collection, keyword)?;
                Some(self.notification(collection.unwrap_or(node), path, &event, ""))
            };
            for subscription in to {
                let circular = match &subscription.options.keyword {
                    None => common.get_or_insert_with(|| circular(None)).clone(),
                    keyword => circular(keyword.as_deref()),
                };
                out.extend(circular.map(|circular| circular.to(Arc::clone(&subscription.jid))));
            }
            if !leaked.is_empty()
                && let Some(circular) = common.get_or_insert_with(|| circular(None))
            {
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
            node_form::meta_data(&self.described(node))
        } else {
            String::new()
        };
        let event = Event {
            xml: tag(
                "items",
                &[("node", &parent.config.path)],
                &tag("item", &[("id", path)], &metadata),
            ),
            of: &parent.config.path,
            first: Some(path),
        };
        for (level, collection) in self.ancestors(node).enumerate() {
            let hears = |subscription: &&Subscription| {
                let options = &subscription.options;
                !options.items
                    && (options.all_levels || level == 0)
                    && self.hears(collection, subscription)
            };
            let circular = self.notification(collection, path, &event, "");
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
        let item = self.items_of(node).last()?;
        if !item.holds(subscription.options.keyword.as_deref()) {
            return None;
        }
        // Only copies without a body can be the same for all.
        let mut own = None;
        let slot = if self.adds_body(subscription) { &mut own } else { last_item };
        let circular = slot.get_or_insert_with(|| self.last_item(node, node, item, subscription));
        Some(circular.to(Arc::clone(&subscription.jid)))
    }

    /// The notification of the last item of a leaf for a subscription to it, or to a collection
    /// around it.
    pub(super) fn last_item(
        &self,
        subscribed: &Node,
        leaf: &Node,
        item: &Arc<Item>,
        subscription: &Subscription,
    ) -> Arc<Circular> {
        let stamp = self.calendar.stamp(item.created);
        let delay = tag("delay", &[("xmlns", ns::DELAY), ("stamp", &stamp)], "");
        let behind = if self.adds_body(subscription) { format!("{BODY}{delay}") } else { delay };
        let event = Event::of_leaf(leaf, item);
        self.notification(subscribed, &leaf.config.path, &event, &behind)
    }

    fn adds_body(&self, subscription: &Subscription) -> bool {
        subscription.options.include_body && self.policy.offers_digests
    }

    /// A notification for subscribers of a node; a personal service looks at what it says before
    /// it goes out.
    fn notification(
        &self,
        subscribed: &Node,
        about: &str,
        event: &Event<'_>,
        behind: &str,
    ) -> Arc<Circular> {
        let items = self.delivers_to_sessions().then(|| NotifiedItems {
            subscribed: subscribed.config.path.as_str().into(),
            node: event.of.into(),
            first: event.first.map(Into::into),
        });
        let content = content(&event.xml, behind);
        Circular::with_items(&self.place.jid, Some(about), content, items)
    }

    /// Tells a subscriber that somebody else changed its subscription (XEP-0060 §12.14).
    pub(super) fn state_change(&self, path: &str, jid: &Jid, state: &str) -> Option<Addressed> {
        if !self.policy.announces_states {
            return None;
        }
        let text = jid.to_string();
        let event =
            tag("subscription", &[("node", path), ("jid", &text), ("subscription", state)], "");
        let circular = Circular::new(&self.place.jid, Some(path), content(&event, ""));
        Some(circular.to(jid.clone()))
    }
}

/// The content of a message with `<event/>` (XEP-0060 §7.1.2) and what stands behind it.
fn content(event: &str, behind: &str) -> String {
    let event = tag("event", &[("xmlns", ns::PUBSUB_EVENT)], event);
    format!("{event}{behind}")
}

/// `<items/>` of an event.
struct Event<'a> {
    xml: String,
    /// The node that it names.
    of: &'a str,
    /// The id of its first item, if that has one.
    first: Option<&'a str>,
}

impl<'a> Event<'a> {
    /// The event of an item for a subscriber of its node. A node that demands no item sends none
    /// (recorded: ev_no_payload_node).
    fn of_leaf(node: &'a Node, item: &'a Item) -> Self {
        Self::new(
            node,
            &node.config.path,
            &item_xml(node, item, ns::PUBSUB_EVENT, None),
            Some(item),
        )
    }

    fn new(node: &Node, of: &'a str, content: &str, first: Option<&'a Item>) -> Self {
        let first = first.filter(|_| node.config.requires_item()).map(|item| item.id.as_str());
        Self { xml: tag("items", &[("node", of)], content), of, first }
    }
}

impl<'c> Change<'c> {
    /// The event for subscribers of the node, or of a collection around it, with the items that
    /// hold a word; none where no item does.
    fn event<'a>(
        self,
        node: &'a Node,
        collection: Option<&'a Node>,
        keyword: Option<&str>,
    ) -> Option<Event<'a>>
    where
        'c: 'a,
    {
        let (Self::Published(items) | Self::Retracted(items)) = self;
        let held: Vec<&Item> =
            items.iter().map(|item| &**item).filter(|item| item.holds(keyword)).collect();
        let path = node.config.path.as_str();
        match self {
            // An event without items is that of the node, wherever it goes.
            Self::Published([]) => Some(Event::new(node, path, "", None)),
            _ if held.is_empty() => None,
            Self::Published(_) => {
                // An event of a collection names the node on each item (recorded: generated,
                // pubsub_389), and for itself, too, if its id looks like an address
                // (`NodeAffiliate.sendPublishedNotifications`).
                let leaf = collection.map(|_| path);
                let around = collection.map(|it| it.config.path.as_str());
                let of = around.filter(|path| !path.contains('@')).unwrap_or(path);
                let xml = |item: &&Item| item_xml(node, item, ns::PUBSUB_EVENT, leaf);
                let content: String = held.iter().map(xml).collect();
                Some(Event::new(node, of, &content, held.first().copied()))
            }
            Self::Retracted(_) => {
                let xml = |item: &&Item| tag("retract", &[("id", &item.id)], "");
                let content: String = held.iter().map(xml).collect();
                Some(Event::new(node, path, &content, held.first().copied()))
            }
        }
    }
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
