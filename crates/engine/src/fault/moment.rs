//! The points in the life of a connection that an element of the client is.

use stanza::{Element, ns};

use super::{Occasion, Point};

/// Something that a client sent, as far as faults are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) point: Point,
    /// The node that it names.
    pub(crate) node: Option<String>,
    /// The request of the REST API that it is.
    pub(crate) asked: Option<RestRequest>,
}

/// A request of the REST API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RestRequest {
    /// The account of its credentials, which may be wrong.
    pub(crate) account: Option<String>,
    pub(crate) method: String,
    pub(crate) path: String,
}

impl From<Point> for Arrival {
    fn from(point: Point) -> Self {
        Self { point, node: None, asked: None }
    }
}

impl From<RestRequest> for Arrival {
    fn from(asked: RestRequest) -> Self {
        Self { point: Point::Rest, node: None, asked: Some(asked) }
    }
}

impl RestRequest {
    /// The occasion for faults.
    pub(crate) fn occasion(&self) -> Occasion<'_> {
        let request = Some((self.method.as_str(), self.path.as_str()));
        Occasion { account: self.account.as_deref(), node: None, request }
    }
}

impl Arrival {
    /// The occasion for faults, on a connection of this account.
    pub(crate) fn occasion<'a>(&'a self, account: Option<&'a str>) -> Occasion<'a> {
        match &self.asked {
            Some(asked) => asked.occasion(),
            None => Occasion { account, node: self.node.as_deref(), request: None },
        }
    }

    /// Which point an element of a client is, on a stream that is to be opened anew or not.
    pub(crate) fn of(element: &Element, restart_due: bool) -> Option<Self> {
        let point = match element.name.local.as_str() {
            "open" if restart_due => Point::Restart,
            "open" => Point::Open,
            "auth" | "response" => Point::Auth,
            "close" => Point::Close,
            "presence" if element.attr("type").is_none() && element.attr("to").is_none() => {
                Point::Presence
            }
            "iq" => return Self::of_request(element.children().next()?),
            _ => return None,
        };
        Some(point.into())
    }

    fn of_request(child: &Element) -> Option<Self> {
        Some(match (child.name.ns.as_str(), child.name.local.as_str()) {
            (ns::BIND, "bind") => Point::Bind.into(),
            (ns::SESSION, "session") => Point::Session.into(),
            (ns::PING, "ping") => Point::Ping.into(),
            (ns::PUBSUB, "pubsub") => {
                let verb = child.children().next()?;
                let point = match verb.name.local.as_str() {
                    "subscribe" => Point::Subscribe,
                    "unsubscribe" => Point::Unsubscribe,
                    _ => return None,
                };
                Self { point, node: verb.attr("node").map(str::to_owned), asked: None }
            }
            _ => return None,
        })
    }
}
