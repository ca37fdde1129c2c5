//! The named faults of the fake, each of which must turn exactly its cases red.

use std::fmt;
use std::str::FromStr;

use stanza::{Element, Node, escape, ns};

use crate::error::Error;
use crate::fault::Fault;

/// A deliberate fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sabotage {
    /// The accept value of the upgrade is wrong.
    AcceptOffByOne,
    /// A request without an Upgrade header is switched.
    IgnoreMissingUpgrade,
    /// The subprotocol offered first is echoed, whatever it is.
    EchoFirstSubprotocol,
    /// Frames of a client need no mask.
    AcceptUnmasked,
    /// XML is read across the borders of messages.
    JoinMessages,
    /// Stanzas are sent without their own namespace.
    DropNamespace,
    /// Every stream has the same id.
    ConstantStreamId,
    /// The stream is closed between login and second open.
    CloseOnRestart,
    /// Every login of a known account succeeds.
    AcceptAnyPassword,
    /// The authorisation identity is not compared.
    AcceptForeignAuthzid,
    /// Two sessions keep the same full JID.
    SilentConflict,
    /// Results are sent without an id.
    LoseIqId,
    /// The JID of a subscription is not compared with its sender.
    SubscribeAnyone,
    /// Events go on after a subscription has ended.
    LeakAfterUnsubscribe,
    /// Every other event is overtaken by the next.
    ReorderEvents,
    /// Text of a payload that is XML is sent as the elements that it describes.
    RawPayload,
    /// WebSocket pings are not answered.
    NoPong,
    /// TCP ends where a close frame is due.
    RudeClose,
    /// Every answer comes two seconds late.
    SlowEverything,
    /// Attributes come in another order and under other prefixes, with the same meaning.
    RenameAttributesOrder,
    /// Each result holds an unknown element more.
    ExtraElement,
}

impl Sabotage {
    /// All faults.
    pub const ALL: [Self; 21] = [
        Self::AcceptOffByOne,
        Self::IgnoreMissingUpgrade,
        Self::EchoFirstSubprotocol,
        Self::AcceptUnmasked,
        Self::JoinMessages,
        Self::DropNamespace,
        Self::ConstantStreamId,
        Self::CloseOnRestart,
        Self::AcceptAnyPassword,
        Self::AcceptForeignAuthzid,
        Self::SilentConflict,
        Self::LoseIqId,
        Self::SubscribeAnyone,
        Self::LeakAfterUnsubscribe,
        Self::ReorderEvents,
        Self::RawPayload,
        Self::NoPong,
        Self::RudeClose,
        Self::SlowEverything,
        Self::RenameAttributesOrder,
        Self::ExtraElement,
    ];

    /// What goes wrong, in one phrase.
    pub fn describe(self) -> &'static str {
        self.name_and_description().1
    }

    fn name_and_description(self) -> (&'static str, &'static str) {
        match self {
            Self::AcceptOffByOne => {
                ("accept-off-by-one", "the accept value of the upgrade is wrong")
            }
            Self::IgnoreMissingUpgrade => {
                ("ignore-missing-upgrade", "a request without an Upgrade header is switched")
            }
            Self::EchoFirstSubprotocol => (
                "echo-first-subprotocol",
                "the subprotocol offered first is echoed, whatever it is",
            ),
            Self::AcceptUnmasked => ("accept-unmasked", "frames of a client need no mask"),
            Self::JoinMessages => ("join-messages", "XML is read across the borders of messages"),
            Self::DropNamespace => {
                ("drop-namespace", "stanzas are sent without their own namespace")
            }
            Self::ConstantStreamId => ("constant-stream-id", "every stream has the same id"),
            Self::CloseOnRestart => {
                ("close-on-restart", "the stream is closed between login and second open")
            }
            Self::AcceptAnyPassword => {
                ("accept-any-password", "every login of a known account succeeds")
            }
            Self::AcceptForeignAuthzid => {
                ("accept-foreign-authzid", "the authorisation identity is not compared")
            }
            Self::SilentConflict => ("silent-conflict", "two sessions keep the same full JID"),
            Self::LoseIqId => ("lose-iq-id", "results are sent without an id"),
            Self::SubscribeAnyone => {
                ("subscribe-anyone", "the JID of a subscription is not compared with its sender")
            }
            Self::LeakAfterUnsubscribe => {
                ("leak-after-unsubscribe", "events go on after a subscription has ended")
            }
            Self::ReorderEvents => ("reorder-events", "every other event is overtaken by the next"),
            Self::RawPayload => (
                "raw-payload",
                "text of a payload that is XML is sent as the elements that it describes",
            ),
            Self::NoPong => ("no-pong", "WebSocket pings are not answered"),
            Self::RudeClose => ("rude-close", "TCP ends where a close frame is due"),
            Self::SlowEverything => ("slow-everything", "every answer comes two seconds late"),
            Self::RenameAttributesOrder => (
                "rename-attributes-order",
                "attributes come in another order and under other prefixes, with the same meaning",
            ),
            Self::ExtraElement => ("extra-element", "each result holds an unknown element more"),
        }
    }

    /// The fault that it is, if it is one that others use as well.
    pub(crate) fn as_fault(self) -> Option<Fault> {
        let text = match self {
            Self::AcceptOffByOne => "wrong-accept",
            Self::ReorderEvents => "reorder what=event every=2",
            _ => return None,
        };
        text.parse().ok()
    }

    /// An outgoing element as this fault leaves it.
    pub(crate) fn distort(self, xml: String) -> String {
        match self {
            Self::DropNamespace => drop_namespace(xml),
            Self::LoseIqId => change(xml, |element| {
                if is_result(element) {
                    element.attrs.retain(|attribute| attribute.name.local != "id");
                }
            }),
            Self::ExtraElement => change(xml, |element| {
                if is_result(element) {
                    let extra = Element::new("urn:example:extra", "extra");
                    element.nodes.push(Node::Element(extra));
                }
            }),
            Self::RawPayload if is_event(&xml) => match stanza::parse(&xml) {
                Ok(mut element) => {
                    unescape(&mut element);
                    stanza::print(&element)
                }
                Err(_) => xml,
            },
            Self::RenameAttributesOrder => match stanza::parse(&xml) {
                Ok(element) => renamed(&element),
                Err(_) => xml,
            },
            _ => xml,
        }
    }
}

impl fmt::Display for Sabotage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name_and_description().0)
    }
}

impl FromStr for Sabotage {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|sabotage| sabotage.name_and_description().0 == name)
            .ok_or_else(|| Error::UnknownSabotage { name: name.to_owned() })
    }
}

/// Whether an outgoing stanza notifies of a publication (XEP-0060 §7.1.2).
fn is_event(xml: &str) -> bool {
    xml.starts_with("<message ") && xml.contains(ns::PUBSUB_EVENT)
}

/// Puts elements in place of all text that describes one.
fn unescape(element: &mut Element) {
    for node in &mut element.nodes {
        match node {
            Node::Element(child) => unescape(child),
            Node::Text(text) | Node::Cdata(text) => {
                if let Ok(described) = stanza::parse(text.trim()) {
                    *node = Node::Element(described);
                }
            }
        }
    }
}

fn is_result(element: &Element) -> bool {
    element.is(ns::CLIENT, "iq") && element.attr("type") == Some("result")
}

fn change(xml: String, how: impl FnOnce(&mut Element)) -> String {
    let Ok(mut element) = stanza::parse(&xml) else {
        return xml;
    };
    if !is_result(&element) {
        return xml;
    }
    how(&mut element);
    stanza::print(&element)
}

fn drop_namespace(xml: String) -> String {
    let is_stanza = ["<iq ", "<message ", "<presence "].iter().any(|start| xml.starts_with(start));
    if is_stanza { xml.replacen(&format!(" xmlns=\"{}\"", ns::CLIENT), "", 1) } else { xml }
}

/// The same element with every name prefixed and every list of attributes turned round.
fn renamed(element: &Element) -> String {
    let mut out = String::new();
    write_renamed(&mut out, element, 0);
    out
}

fn write_renamed(out: &mut String, element: &Element, depth: usize) {
    let name = if element.name.ns.is_empty() {
        element.name.local.clone()
    } else {
        format!("n{depth}:{}", element.name.local)
    };
    out.push('<');
    out.push_str(&name);
    for attribute in element.attrs.iter().rev() {
        let prefix = match attribute.name.ns.as_str() {
            "" => String::new(),
            ns::XML => "xml:".to_owned(),
            other => {
                out.push_str(&format!(" xmlns:a{depth}=\"{}\"", escape::attr(other)));
                format!("a{depth}:")
            }
        };
        let value = escape::attr(&attribute.value);
        out.push_str(&format!(" {prefix}{}=\"{value}\"", attribute.name.local));
    }
    if !element.name.ns.is_empty() {
        let uri = escape::attr(&element.name.ns);
        out.push_str(&format!(" xmlns:n{depth}=\"{uri}\""));
    }
    if element.nodes.is_empty() {
        out.push_str("/>");
        return;
    }
    out.push('>');
    for node in &element.nodes {
        match node {
            Node::Element(child) => write_renamed(out, child, depth + 1),
            Node::Text(text) | Node::Cdata(text) => out.push_str(&escape::text(text)),
        }
    }
    out.push_str(&format!("</{name}>"));
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESULT: &str = r#"<iq xmlns="jabber:client" type="result" id="a"/>"#;

    #[test]
    fn names_parse_as_they_print() {
        for sabotage in Sabotage::ALL {
            assert_eq!(sabotage.to_string().parse::<Sabotage>().ok(), Some(sabotage));
            assert!(!sabotage.describe().is_empty());
            let is_fault = matches!(sabotage, Sabotage::AcceptOffByOne | Sabotage::ReorderEvents);
            assert_eq!(sabotage.as_fault().is_some(), is_fault);
        }
    }

    #[test]
    fn renaming_keeps_the_meaning() {
        let xml = r#"<iq xmlns="jabber:client" type="get" id="a"><query xmlns="urn:x" b="&lt;"><c>t</c></query></iq>"#;
        let distorted = Sabotage::RenameAttributesOrder.distort(xml.to_owned());
        assert_ne!(distorted, xml);
        let (mut before, mut after) = (parsed(xml), parsed(&distorted));
        before.attrs.sort_by(|a, b| a.name.local.cmp(&b.name.local));
        after.attrs.sort_by(|a, b| a.name.local.cmp(&b.name.local));
        assert_eq!(before, after);
    }

    #[test]
    fn results_lose_their_id_or_gain_an_element() {
        assert_eq!(parsed(&Sabotage::LoseIqId.distort(RESULT.to_owned())).attr("id"), None);
        let fuller = parsed(&Sabotage::ExtraElement.distort(RESULT.to_owned()));
        assert_eq!(fuller.children().count(), 1);
    }

    #[test]
    fn the_namespace_is_dropped_from_stanzas_alone() {
        assert_eq!(
            Sabotage::DropNamespace.distort(RESULT.to_owned()),
            r#"<iq type="result" id="a"/>"#
        );
        let features = "<features xmlns=\"http://etherx.jabber.org/streams\"/>";
        assert_eq!(Sabotage::DropNamespace.distort(features.to_owned()), features);
    }

    fn parsed(xml: &str) -> Element {
        stanza::parse(xml).expect("the test's XML is well-formed")
    }
}
