//! Notifications: what subscribers are sent, and when the item that they get late was made.

use std::time::{SystemTime, UNIX_EPOCH};

use stanza::{Jid, ns};

use super::node::{Item, Node, State, Subscription};
use super::tag::tag;
use super::{PubSub, entropy};
use crate::openfire_xml::echo;
use crate::outgoing::Outgoing;

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
    pub(super) fn broadcast(
        &mut self,
        path: &str,
        audience: Audience,
        event: &str,
    ) -> Vec<Outgoing> {
        let Some(node) = self.nodes.get(path) else { return Vec::new() };
        let heard = |subscription: &&Subscription| {
            audience == Audience::All
                || subscription.state == State::Subscribed && subscription.deliver
        };
        let subscribers =
            node.subscriptions.iter().filter(heard).map(|subscription| &subscription.jid);
        let receivers: Vec<Jid> = subscribers.chain(&node.leaked).cloned().collect();
        receivers.into_iter().map(|to| self.notification(to, event, "")).collect()
    }

    /// Adds a subscription and sends the last item, where the node wants that (XEP-0060 §6.1.7).
    pub(super) fn add_subscription(
        &mut self,
        path: &str,
        subscription: Subscription,
    ) -> Vec<Outgoing> {
        let Some(node) = self.nodes.get_mut(path) else { return Vec::new() };
        let to = subscription.jid.clone();
        let hears = subscription.state == State::Subscribed
            && subscription.deliver
            && node.config.send_last_item;
        node.leaked.retain(|leaked| *leaked != to);
        node.subscriptions.push(subscription);
        let Some(item) = node.last_item().filter(|_| hears) else { return Vec::new() };
        let event = items_event(node, std::slice::from_ref(item));
        let delay = tag("delay", &[("xmlns", ns::DELAY), ("stamp", &stamp(item.created))], "");
        vec![self.notification(to, &event, &delay)]
    }

    /// Tells a subscriber that somebody else changed its subscription (XEP-0060 §12.14).
    pub(super) fn state_change(&mut self, path: &str, jid: &Jid, state: &str) -> Option<Outgoing> {
        if !self.policy.announces_states {
            return None;
        }
        let text = jid.to_string();
        let event =
            tag("subscription", &[("node", path), ("jid", &text), ("subscription", state)], "");
        Some(self.notification(jid.clone(), &event, ""))
    }

    /// A message from the service, with an id of its own (recorded: 8 letters and digits).
    pub(super) fn message(&mut self, to: Jid, content: &str) -> Outgoing {
        let id = entropy::alphanumeric(&mut *self.entropy, 8);
        let address = to.to_string();
        let attributes =
            [("xmlns", ns::CLIENT), ("from", &self.host), ("to", &address), ("id", &id)];
        Outgoing { xml: tag("message", &attributes, content), to }
    }

    /// A message with `<event/>` (XEP-0060 §7.1.2) and what stands behind it.
    fn notification(&mut self, to: Jid, event: &str, behind: &str) -> Outgoing {
        let event = tag("event", &[("xmlns", ns::PUBSUB_EVENT)], event);
        self.message(to, &format!("{event}{behind}"))
    }
}

/// `<items/>` of an event. A node that demands no item sends none (recorded: ev_no_payload_node).
pub(super) fn items_event(node: &Node, items: &[Item]) -> String {
    let content: String = items.iter().map(|item| item_xml(node, item, ns::PUBSUB_EVENT)).collect();
    tag("items", &[("node", &node.config.path)], &content)
}

/// One item below an element of `parent_ns`.
pub(super) fn item_xml(node: &Node, item: &Item, parent_ns: &str) -> String {
    let payload = item.payload.as_ref().filter(|_| node.config.deliver_payloads);
    let content = payload.map(|payload| echo(payload, parent_ns)).unwrap_or_default();
    tag("item", &[("id", &item.id)], &content)
}

/// A time as XEP-0082 writes it, with milliseconds (recorded: `2026-11-22T07:45:13.392Z`).
fn stamp(time: SystemTime) -> String {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z",
        since.subsec_millis()
    )
}

/// Year, month and day of the Gregorian calendar, `days` after 1 January 1970.
fn date(days: u64) -> (u64, u64, u64) {
    // Counted from 1 March 0000, so that a leap day is the last of its year; 146 097 days are 400 years.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, day)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn stamps_are_in_utc_with_milliseconds() {
        for (milliseconds, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_795_333_513_392, "2026-11-22T07:45:13.392Z"),
            (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(stamp(UNIX_EPOCH + Duration::from_millis(milliseconds)), text);
        }
    }
}
