//! Faults in what the fake says: withheld, doubled, overtaken, late, broken, or too big.

use std::time::Duration;

use stanza::{Element, Node, ns};

use super::distort::distorted;
use super::installed::Occasion;
use super::moments::Arrival;
use super::{Edge, Name, Parameter, Part, Point, What};
use crate::connection::ConnectionId;
use crate::engine::Engine;
use crate::timers::Timer;

/// How long something waits to be overtaken.
const WAIT: Duration = Duration::from_secs(1);

/// What makes an element too big (nobody's namespace).
const PADDING: &str = "urn:example:padding";

impl What {
    /// What an outgoing element is.
    pub(crate) fn of(xml: &str) -> Option<Self> {
        let head = xml.split('>').next().unwrap_or_default();
        let name = head.trim_start_matches('<').split([' ', '/']).next().unwrap_or_default();
        Some(match name {
            "message" if xml.contains(ns::PUBSUB_EVENT) => Self::Event,
            "message" => Self::Message,
            "iq" if head.contains(" type=\"result\"") => Self::Result,
            "iq" if head.contains(" type=\"error\"") => Self::Error,
            "iq" => Self::Request,
            "presence" => Self::Presence,
            "open" => Self::Open,
            "stream:features" => Self::Features,
            "stream:error" => Self::StreamError,
            "challenge" => Self::Challenge,
            "success" => Self::Success,
            "failure" => Self::Failure,
            "close" => Self::Close,
            _ => return None,
        })
    }
}

impl Engine {
    /// Says an element as the faults leave it.
    pub(crate) fn say_with_faults(&mut self, id: ConnectionId, xml: String) {
        let mut xml = distorted(&self.faults, xml);
        let Some(what) = What::of(&xml) else {
            self.say_now(id, xml);
            return;
        };
        let node = if what == What::Event { node_of(&xml) } else { None };
        let arrival = Arrival { point: Point::Event, node };
        if what == What::Event && self.strike(id, Edge::Before, &arrival, None) {
            return;
        }
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        let overtakes = connection.overtaken.iter().any(|(other, _)| *other == what);
        let account = connection.user();
        let due = self.faults.on(what, Occasion { account, node: arrival.node.as_deref() });
        let (mut copies, mut late, mut waits) = (1_usize, None, false);
        for fault in &due {
            self.note_fault(id, fault);
            match fault.name {
                Name::Withhold => return,
                Name::Duplicate => copies += 1,
                Name::Reorder => waits = !overtakes,
                Name::Delay => late = late.max(fault.duration(Parameter::By)),
                Name::Malform => xml = malformed(&xml, fault.part()),
                Name::Oversize => xml = padded(&xml, fault.number(Parameter::Size)),
                _ => {}
            }
        }
        for _ in 0..copies {
            if let Some(late) = late {
                self.postpone(id, self.now + late, Timer::Say(xml.clone()));
            } else if waits {
                self.wait_to_be_overtaken(id, what, xml.clone());
            } else {
                self.say_now(id, xml.clone());
            }
        }
        if overtakes && late.is_none() {
            self.say_overtaken(id, |other| other == what);
        }
        if what == What::Event {
            self.strike(id, Edge::After, &arrival, None);
        }
    }

    /// Says what has waited to be overtaken.
    pub(crate) fn say_overtaken(&mut self, id: ConnectionId, is_meant: impl Fn(What) -> bool) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let (now, still) = connection.overtaken.drain(..).partition(|(what, _)| is_meant(*what));
        connection.overtaken = still;
        let now: Vec<(What, String)> = now;
        for (_, xml) in now {
            self.say_late(id, xml);
        }
    }

    /// Says something that was held back, unless it is too late for it.
    pub(crate) fn say_late(&mut self, id: ConnectionId, xml: String) {
        if self.connections.get(&id).is_some_and(|connection| !connection.close_sent) {
            self.say_now(id, xml);
        }
    }

    fn wait_to_be_overtaken(&mut self, id: ConnectionId, what: What, xml: String) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.overtaken.push((what, xml));
            self.timers.set(self.now + WAIT, id, Timer::Overtaken);
        }
    }
}

/// The node of a notification.
fn node_of(xml: &str) -> Option<String> {
    let message = stanza::parse(xml).ok()?;
    let event = message.child(ns::PUBSUB_EVENT, "event")?;
    event.children().find_map(|child| child.attr("node")).map(str::to_owned)
}

fn malformed(xml: &str, part: Part) -> String {
    if part == Part::Payload
        && let Ok(mut message) = stanza::parse(xml)
        && cut_payload(&mut message)
    {
        return stanza::print(&message);
    }
    first_half(xml).to_owned()
}

/// Cuts the first text below that describes an element: the payload of a notification is XML within text.
fn cut_payload(element: &mut Element) -> bool {
    element.nodes.iter_mut().any(|node| match node {
        Node::Element(child) => cut_payload(child),
        Node::Text(text) | Node::Cdata(text) if text.trim_start().starts_with('<') => {
            *text = first_half(text).to_owned();
            true
        }
        Node::Text(_) | Node::Cdata(_) => false,
    })
}

/// Half of an element is never well-formed: its end is missing.
fn first_half(text: &str) -> &str {
    &text[..text.floor_char_boundary(text.len() / 2)]
}

fn padded(xml: &str, size: Option<u64>) -> String {
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or_default();
    let Ok(mut element) = stanza::parse(xml) else {
        return xml.to_owned();
    };
    let missing = size.saturating_sub(xml.len());
    let padding = Element::new(PADDING, "padding").with_text("x".repeat(missing));
    element.nodes.push(Node::Element(padding));
    stanza::print(&element)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"<message xmlns="jabber:client" from="pubsub.d" to="a@d" id="x"><event xmlns="http://jabber.org/protocol/pubsub#event"><items node="/n&amp;m"><item id="1"><notification xmlns="http://jabber.org/protocol/pubsub">&lt;Update&gt;&lt;data/&gt;&lt;/Update&gt;</notification></item></items></event></message>"#;

    #[test]
    fn outgoing_elements_are_told_apart() {
        assert_eq!(node_of(EVENT).as_deref(), Some("/n&m"));
        for (xml, what) in [
            (EVENT, What::Event),
            ("<message to=\"a\"/>", What::Message),
            ("<iq xmlns=\"jabber:client\" type=\"result\" id=\"a\"/>", What::Result),
            ("<iq type=\"error\" id=\"a\"><q type=\"result\"/></iq>", What::Error),
            ("<iq type=\"get\" id=\"a\"><q/></iq>", What::Request),
            ("<presence from=\"a\"/>", What::Presence),
            ("<open xmlns='x'/>", What::Open),
            ("<stream:features xmlns:stream='x'><a/></stream:features>", What::Features),
            ("<stream:error xmlns:stream=\"x\"><a/></stream:error>", What::StreamError),
            ("<success xmlns=\"x\"/>", What::Success),
            ("<close xmlns='x'/>", What::Close),
        ] {
            assert_eq!(What::of(xml), Some(what), "{xml}");
        }
        assert_eq!(What::of("<r xmlns='urn:xmpp:sm:3' />"), None);
    }

    #[test]
    fn halves_do_not_parse() {
        assert!(stanza::parse(&malformed(EVENT, Part::Stanza)).is_err());
        let outer = stanza::parse(&malformed(EVENT, Part::Payload)).expect("the stanza is whole");
        let item = outer.children().next().and_then(|event| event.children().next());
        let payload = item.and_then(|items| items.children().next()?.children().next());
        let inner = payload.expect("a payload").text();
        assert!(inner.starts_with("<Update>") && stanza::parse(&inner).is_err(), "{inner}");
    }

    #[test]
    fn padding_makes_it_big_and_leaves_it_whole() {
        let big = padded(EVENT, Some(100_000));
        assert!(big.len() >= 100_000 && stanza::parse(&big).is_ok());
        assert_eq!(What::of(&big), Some(What::Event));
    }
}
