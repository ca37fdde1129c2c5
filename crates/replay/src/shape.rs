//! The shape of a client's message: the parts by which a message of one day is told to be that of
//! another.

use std::fmt;

use stanza::{Element, Rules, ns};

/// The parts of a message that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Local name and namespace; empty if the message is no element.
    name: (String, String),
    /// The `type` of a stanza.
    kind: String,
    pub(crate) id: String,
    to: String,
    /// The first child of a stanza.
    payload: (String, String),
    /// The first child of that, such as `subscribe`.
    action: String,
    node: String,
    mechanism: String,
    /// The resource that a request to bind asks for, which does not tell two apart.
    resource: Option<String>,
}

impl Shape {
    pub(crate) fn of(text: &str) -> Self {
        match stanza::parse_prefix(text.trim_start(), &Rules::OPENFIRE) {
            Ok((element, _)) => Self::of_element(&element),
            Err(_) => Self::default(),
        }
    }

    fn of_element(element: &Element) -> Self {
        let attr = |name| element.attr(name).unwrap_or_default().to_owned();
        let name = |element: &Element| (element.name.local.clone(), element.name.ns.clone());
        let mut shape =
            Self { name: name(element), mechanism: attr("mechanism"), ..Self::default() };
        if !shape.is_stanza() {
            return shape;
        }
        (shape.kind, shape.id, shape.to) = (attr("type"), attr("id"), attr("to"));
        let Some(payload) = element.children().next() else { return shape };
        if shape.name.0 == "iq" {
            shape.payload = name(payload);
            shape.resource = payload.child(ns::BIND, "resource").map(Element::text);
            shape.node = payload.attr("node").unwrap_or_default().to_owned();
            if let Some(action) = payload.children().next() {
                shape.action.clone_from(&action.name.local);
                if let Some(node) = action.attr("node") {
                    node.clone_into(&mut shape.node);
                }
            }
        }
        shape
    }

    pub(crate) fn is_stanza(&self) -> bool {
        matches!(self.name.0.as_str(), "iq" | "message" | "presence")
    }

    /// Whether it is a request that RFC 6120 §8.2.3 wants answered.
    pub(crate) fn is_request(&self) -> bool {
        self.name.0 == "iq" && matches!(self.kind.as_str(), "get" | "set")
    }

    /// Whether it answers a request.
    pub(crate) fn is_answer(&self) -> bool {
        self.name.0 == "iq" && matches!(self.kind.as_str(), "result" | "error")
    }

    /// Whether it is this element of a stream.
    pub(crate) fn is(&self, local: &str) -> bool {
        self.name.0 == local
    }

    /// The parts in which a recorded message differs from this one, the most telling first. `same`
    /// compares two nodes or addresses, of this one and of the recorded.
    pub(crate) fn differences(
        &self,
        recorded: &Self,
        same: impl Fn(&str, &str) -> bool,
    ) -> Vec<Difference> {
        let mut found = Vec::new();
        let mut differs = |what, is_so: bool| {
            if is_so {
                found.push(what);
            }
        };
        differs(Difference::Name, self.name != recorded.name);
        differs(Difference::Kind, self.kind != recorded.kind);
        // The answer to a request of the server has nothing but its id.
        if self.is_answer() {
            differs(Difference::Id, self.id != recorded.id);
            return found;
        }
        differs(Difference::Payload, self.payload != recorded.payload);
        differs(Difference::Action, self.action != recorded.action);
        differs(Difference::Node, !same(&self.node, &recorded.node));
        differs(Difference::Mechanism, self.mechanism != recorded.mechanism);
        found
    }

    /// The resource that it asks for.
    pub(crate) fn resource(&self) -> Option<&str> {
        self.resource.as_deref()
    }

    /// Whether both are for the same address.
    pub(crate) fn has_address(&self, recorded: &Self, same: impl Fn(&str, &str) -> bool) -> bool {
        same(&self.to, &recorded.to)
    }
}

/// A part in which two messages differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Difference {
    Name,
    Kind,
    Id,
    Payload,
    Action,
    Node,
    Mechanism,
}

impl Difference {
    /// How much it tells them apart.
    pub(crate) fn weight(self) -> usize {
        match self {
            Self::Name => 16,
            Self::Payload | Self::Action => 8,
            Self::Kind | Self::Id => 4,
            Self::Node | Self::Mechanism => 1,
        }
    }

    /// Its name in words.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Name => "another element",
            Self::Kind => "another type",
            Self::Id => "another id",
            Self::Payload => "another payload",
            Self::Action => "another action",
            Self::Node => "another node",
            Self::Mechanism => "another mechanism",
        }
    }
}

/// `iq set subscribe /finesse/api/User/1001`, `auth PLAIN`.
impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.name.0.is_empty() {
            return f.write_str("a message that is no XML");
        }
        // Those of publish-subscribe have a word of their own.
        let is_named = self.action.is_empty() || !self.payload.1.starts_with(ns::PUBSUB);
        let action = if is_named { &self.payload.0 } else { &self.action };
        let mut words = vec![&self.name.0, &self.kind, action, &self.node, &self.mechanism];
        if self.name.0 == "iq" && is_named {
            words.push(&self.payload.1);
        }
        words.retain(|word| !word.is_empty());
        let words: Vec<&str> = words.into_iter().map(String::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(one: &str, other: &str) -> Vec<Difference> {
        Shape::of(one).differences(&Shape::of(other), |one, other| one == other)
    }

    #[test]
    fn ids_and_texts_do_not_count() {
        let bind = |id: &str, resource: &str| {
            format!(
                "<iq xmlns='jabber:client' type='set' id='{id}'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{resource}</resource></bind></iq>"
            )
        };
        assert_eq!(differences(&bind("1", "a"), &bind("2", "b")), []);
        let auth = |text: &str| {
            format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{text}</auth>"
            )
        };
        assert_eq!(differences(&auth("AA=="), &auth("{plain(1001, ***)}")), []);
    }

    #[test]
    fn nodes_actions_and_types_count() {
        let pubsub = |action: &str, node: &str| {
            format!(
                "<iq type='set' id='1'><pubsub xmlns='http://jabber.org/protocol/pubsub'><{action} node='{node}'/></pubsub></iq>"
            )
        };
        assert_eq!(
            differences(&pubsub("subscribe", "/a"), &pubsub("subscribe", "/b")),
            [Difference::Node]
        );
        assert_eq!(
            differences(&pubsub("subscribe", "/a"), &pubsub("unsubscribe", "/a")),
            [Difference::Action]
        );
        assert_eq!(
            differences("<presence/>", "<presence type='unavailable'/>"),
            [Difference::Kind]
        );
        assert_eq!(
            differences("<iq type='result' id='1'/>", "<iq type='result' id='2'/>"),
            [Difference::Id]
        );
        assert_eq!(Shape::of(&pubsub("subscribe", "/a")).to_string(), "iq set subscribe /a");
    }
}
