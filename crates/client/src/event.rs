//! Events that the server sends by itself, as the application sees them.

use serde_json::{Value, json};
use stanza::{Element, ns};

/// Something that came without being asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A node has a new item (XEP-0060 §7.1.2).
    Notification {
        /// The node.
        node: String,
        /// The text of the payload, unescaped once. Finesse sends its XML as text
        /// (`<notification>&lt;Update>…`).
        text: String,
        /// The root element of that text, if it is XML.
        update: Option<String>,
    },
    /// An item or a node is gone: the subscription as well, if it is the node (XEP-0060 §7.2.2.1,
    /// §8.4.2).
    Gone {
        /// The node.
        node: String,
        /// `retract`, `purge`, `delete`.
        what: String,
    },
    /// Somebody's presence, e.g. that of `finesse@DOMAIN`: the web application is there, or has
    /// gone.
    Presence {
        /// The sender.
        from: String,
        /// Whether it is there.
        available: bool,
    },
}

impl Event {
    /// It, as a line of JSON has it.
    pub(crate) fn shown(&self) -> Value {
        match self {
            Self::Notification { node, text, update } => {
                json!({ "event": "notification", "node": node, "update": update, "text": text })
            }
            Self::Gone { node, what } => json!({ "event": "gone", "node": node, "what": what }),
            Self::Presence { from, available } => {
                json!({ "event": "presence", "from": from, "available": available })
            }
        }
    }

    /// The events in a stanza. Those of anybody but the service are not believed (XEP-0060 §14.2).
    pub(crate) fn of(stanza: &Element, pubsub: &str) -> Vec<Self> {
        if stanza.is(ns::CLIENT, "presence") {
            let from = stanza.attr("from").unwrap_or_default().to_owned();
            return match stanza.attr("type") {
                None => vec![Self::Presence { from, available: true }],
                Some("unavailable") => vec![Self::Presence { from, available: false }],
                Some(_) => Vec::new(),
            };
        }
        if !stanza.is(ns::CLIENT, "message") || stanza.attr("from") != Some(pubsub) {
            return Vec::new();
        }
        let Some(event) = stanza.child(ns::PUBSUB_EVENT, "event") else { return Vec::new() };
        let mut events = Vec::new();
        for part in event.children() {
            let node = part.attr("node").unwrap_or_default().to_owned();
            match part.name.local.as_str() {
                "items" => events.extend(part.children().map(|item| Self::item(item, &node))),
                what @ ("purge" | "delete") => {
                    events.push(Self::Gone { node, what: what.to_owned() });
                }
                _ => {}
            }
        }
        events
    }

    fn item(item: &Element, node: &str) -> Self {
        let node = node.to_owned();
        if item.name.local == "retract" {
            return Self::Gone { node, what: "retract".to_owned() };
        }
        let Some(payload) = item.children().next() else {
            return Self::Notification { node, text: String::new(), update: None };
        };
        let text = payload.text();
        if text.trim().is_empty() {
            // A payload that is XML itself.
            let root = payload.name.local.clone();
            return Self::Notification { node, text: stanza::print(payload), update: Some(root) };
        }
        let update = stanza::parse(text.trim()).ok().map(|root| root.name.local);
        Self::Notification { node, text, update }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(from: &str, inside: &str) -> Vec<Event> {
        let text = format!(
            "<message xmlns='jabber:client' from='{from}'><event xmlns='http://jabber.org/protocol/pubsub#event'>{inside}</event></message>"
        );
        Event::of(&stanza::parse(&text).unwrap(), "pubsub.x")
    }

    #[test]
    fn the_payload_is_unescaped_once() {
        let item = "<items node='/n'><item><notification xmlns='http://jabber.org/protocol/pubsub'>&lt;Update>&lt;a>x &amp;amp; y&lt;/a>&lt;/Update></notification></item></items>";
        let wanted = Event::Notification {
            node: "/n".to_owned(),
            text: "<Update><a>x &amp; y</a></Update>".to_owned(),
            update: Some("Update".to_owned()),
        };
        assert_eq!(events("pubsub.x", item), [wanted]);
        assert!(events("mallory@x", item).is_empty());
    }

    #[test]
    fn a_payload_that_is_no_xml_is_an_event_all_the_same() {
        let item = "<items node='/n'><item><notification>&lt;broken</notification></item></items>";
        let [Event::Notification { update: None, text, .. }] = &events("pubsub.x", item)[..] else {
            panic!("one event without root")
        };
        assert_eq!(text, "<broken");
    }
}
