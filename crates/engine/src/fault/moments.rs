//! Faults that strike at a moment: before or after the fake answers what came at a point.

use stanza::{Element, escape, ns};
use wire::CloseFrame;

use super::installed::Occasion;
use super::{Edge, Fault, Name, Parameter, Point};
use crate::connection::{ConnectionId, Hold};
use crate::engine::Engine;
use crate::openfire_xml::{Condition, echo_children, iq_error};
use crate::outlet::Output;

impl Engine {
    /// Which point an element of a client is, and the node that it names.
    pub(crate) fn point_of(&self, id: ConnectionId, element: &Element) -> Option<Arrival> {
        let restart_due = || self.connections.get(&id).is_some_and(|known| known.restart_due);
        let arrival = |point| Some(Arrival { point, node: None });
        match element.name.local.as_str() {
            "open" if restart_due() => arrival(Point::Restart),
            "open" => arrival(Point::Open),
            "auth" | "response" => arrival(Point::Auth),
            "close" => arrival(Point::Close),
            "presence" if element.attr("type").is_none() && element.attr("to").is_none() => {
                arrival(Point::Presence)
            }
            "iq" => {
                let child = element.children().next()?;
                match (child.name.ns.as_str(), child.name.local.as_str()) {
                    (ns::BIND, "bind") => arrival(Point::Bind),
                    (ns::SESSION, "session") => arrival(Point::Session),
                    (ns::PING, "ping") => arrival(Point::Ping),
                    (ns::PUBSUB, "pubsub") => {
                        let verb = child.children().next()?;
                        let point = match verb.name.local.as_str() {
                            "subscribe" => Point::Subscribe,
                            "unsubscribe" => Point::Unsubscribe,
                            _ => return None,
                        };
                        Some(Arrival { point, node: verb.attr("node").map(str::to_owned) })
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Lets the faults of this moment strike. True where what came is not to be answered any more.
    pub(crate) fn strike(
        &mut self,
        id: ConnectionId,
        edge: Edge,
        arrival: &Arrival,
        request: Option<&Element>,
    ) -> bool {
        if self.faults.is_empty() {
            return false;
        }
        let account = self.connections.get(&id).and_then(|known| known.user());
        let occasion = Occasion { account, node: arrival.node.as_deref() };
        let due = self.faults.at(edge, arrival.point, occasion);
        // The first that ends it all is the last to strike.
        due.iter().any(|fault| self.strike_with(id, fault, request))
    }

    /// True where nothing is to be answered any more.
    fn strike_with(&mut self, id: ConnectionId, fault: &Fault, request: Option<&Element>) -> bool {
        self.note_fault(id, fault);
        match fault.name {
            Name::DropTcp => self.break_off(id, Output::Cut),
            Name::ResetTcp => self.break_off(id, Output::Reset),
            Name::Stall => {
                let until = fault.duration(Parameter::For).map(|time| self.now + time);
                self.hold(id, until.map_or(Hold::Forever, Hold::Until));
                // What came is dealt with; only its answer waits.
                return false;
            }
            Name::Close => {
                let code = fault.number(Parameter::Code).and_then(|code| u16::try_from(code).ok());
                let reason = fault.text(Parameter::Reason).unwrap_or_default();
                // RFC 6455 §7.1.7.
                let frame = CloseFrame::new(code.unwrap_or(1011), reason);
                self.close_websocket_as(id, frame);
            }
            Name::StreamError => {
                self.stream_error(
                    id,
                    fault.text(Parameter::Condition).unwrap_or("undefined-condition"),
                );
            }
            Name::Conflict => self.conflict(id),
            Name::Refuse => {
                let condition = fault.text(Parameter::Condition).unwrap_or("undefined-condition");
                match request {
                    Some(request) => self.refuse_with(id, request, condition),
                    None => return false,
                }
            }
            _ => return false,
        }
        true
    }

    /// Answers a request or a login with an error of any name.
    fn refuse_with(&mut self, id: ConnectionId, request: &Element, condition: &str) {
        if request.name.local != "iq" {
            self.say(id, format!("<failure xmlns=\"{}\"><{condition}/></failure>", ns::SASL));
            return;
        }
        let error = match Condition::named(condition) {
            Some(known) => known.error(self.profile.legacy_codes, ""),
            // RFC 6120 §8.3.2: a type there must be.
            None => format!(
                "<error type=\"cancel\"><{condition} xmlns=\"{}\"/></error>",
                ns::STANZA_ERRORS
            ),
        };
        let mut request = request.clone();
        let to = self.address_of(id);
        request.attrs.retain(|attribute| attribute.name.local != "from");
        self.say(id, iq_error(&request, &escape::attr(&to), &echo_children(&request), &error));
    }

    /// Ends a connection without a word.
    pub(crate) fn break_off(&mut self, id: ConnectionId, how: Output) {
        self.end_session(id);
        self.put(id, how);
    }

    pub(crate) fn note_fault(&mut self, id: ConnectionId, fault: &Fault) {
        self.record.fact(self.now, id, &format!("fault {fault}"));
    }
}

/// Something that a client sent, as far as faults are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) point: Point,
    pub(crate) node: Option<String>,
}

impl From<Point> for Arrival {
    fn from(point: Point) -> Self {
        Self { point, node: None }
    }
}
