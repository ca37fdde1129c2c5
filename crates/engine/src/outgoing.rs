//! One element on its way to a client: what it is, and its exact text.

use std::sync::Arc;

use stanza::{Element, Jid};

use crate::words::words;

words! {
    /// A kind of element that the server sends.
    What {
        Event = "event" "notifications",
        Result = "result" "results of requests",
        Error = "error" "errors of requests",
        Request = "request" "requests of the fake, e.g. for the version",
        Presence = "presence" "presences",
        Message = "message" "messages that are no notifications",
        Open = "open" "<open/>",
        Features = "features" "features of the stream",
        Challenge = "challenge" "<challenge/>",
        Success = "success" "<success/>",
        Failure = "failure" "<failure/> of a login",
        StreamError = "stream-error" "errors of the stream",
        Close = "close" "<close/>, so that the WebSocket close comes alone",
    }
}

impl What {
    /// What a stanza is that one client sends another; none for an element that is no stanza.
    pub(crate) fn of(stanza: &Element) -> Option<Self> {
        Some(match (stanza.name.local.as_str(), stanza.attr("type")) {
            ("message", _) => Self::Message,
            ("presence", _) => Self::Presence,
            ("iq", Some("result")) => Self::Result,
            ("iq", Some("error")) => Self::Error,
            ("iq", _) => Self::Request,
            _ => return None,
        })
    }
}

/// One element for one stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Outgoing {
    /// What it is; none for an element of an extension, such as stream management.
    pub(crate) what: Option<What>,
    /// The node that a notification is about.
    pub(crate) node: Option<Arc<str>>,
    /// The whole text, including its own `xmlns` (RFC 7395 §3.3.3).
    pub(crate) xml: String,
}

/// One stanza and the address it goes to; a list of them is in sending order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Addressed {
    /// Bare or full JID of the receiver.
    pub(crate) to: Jid,
    pub(crate) stanza: Outgoing,
}

impl Outgoing {
    pub(crate) fn new(what: impl Into<Option<What>>, xml: impl Into<String>) -> Self {
        Self { what: what.into(), node: None, xml: xml.into() }
    }

    /// A notification about a node.
    pub(crate) fn event(node: Arc<str>, xml: String) -> Self {
        Self { what: Some(What::Event), node: Some(node), xml }
    }

    /// Whether it is an iq, a message or a presence.
    pub(crate) fn is_stanza(&self) -> bool {
        match self.what {
            Some(
                What::Event
                | What::Result
                | What::Error
                | What::Request
                | What::Presence
                | What::Message,
            ) => true,
            Some(
                What::Open
                | What::Features
                | What::Challenge
                | What::Success
                | What::Failure
                | What::StreamError
                | What::Close,
            )
            | None => false,
        }
    }
}
