//! One element on its way to a client: what it is, and its exact text.

use std::fmt::Write;
use std::sync::Arc;

use contact::Chance;
use stanza::{Element, Jid, Writer, escape, ns};

use crate::ids;
use crate::spelling::{set_attr, stanza_text};
use crate::words::words;

/// Extended stanza addressing (XEP-0033).
const ADDRESSES: &str = "http://jabber.org/protocol/address";

words! {
    /// A kind of element that the server sends.
    ElementKind {
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
        Answer = "answer" "answers of the REST API",
    }
}

impl ElementKind {
    /// The kind of a stanza that one client sends another; none for an element that is no stanza.
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
    /// Its kind; none for an element of an extension, such as stream management.
    pub(crate) what: Option<ElementKind>,
    /// The node that a notification is about.
    pub(crate) node: Option<Arc<str>>,
    /// The whole text, including its own `xmlns` (RFC 7395 §3.3.3).
    pub(crate) xml: String,
}

/// One stanza and the address it goes to; a list of them is in sending order.
#[derive(Debug, Clone)]
pub(crate) struct Addressed {
    /// Bare or full JID of the receiver.
    pub(crate) to: Arc<Jid>,
    stanza: Stanza,
}

/// A stanza for one address.
#[derive(Debug, Clone)]
enum Stanza {
    /// For it alone.
    Own(Outgoing),
    /// The presence of a service, which goes the way of presences.
    Presence(Box<Element>),
    /// One of the copies of a message to many.
    Copy(Arc<Circular>),
    /// One of the copies for the sessions of one subscriber.
    SessionCopy(SessionCopy),
}

/// The items of a notification that is delivered session by session (XEP-0060 §7.1.2).
#[derive(Debug)]
pub(crate) struct NotifiedItems {
    /// The node whose subscribers are notified.
    pub(crate) subscribed: Box<str>,
    /// The node that `<items/>` names.
    pub(crate) node: Box<str>,
    /// The id of the first item.
    pub(crate) first: Option<Box<str>>,
}

/// The copy of a notification for one session, with the id of those for its siblings.
#[derive(Debug, Clone)]
struct SessionCopy {
    of: Arc<Circular>,
    id: Arc<str>,
    /// The publisher, to whom replies go (XEP-0033).
    reply_to: Option<Jid>,
}

/// A message to many. Its copies differ in address and id, and are written for those who are there
/// to receive them.
#[derive(Debug)]
pub(crate) struct Circular {
    what: ElementKind,
    /// The service that sends it.
    from: Arc<Jid>,
    /// The node that it is about.
    node: Option<Arc<str>>,
    /// All up to the address.
    head: String,
    content: String,
    /// Its items, if it is delivered session by session.
    items: Option<NotifiedItems>,
}

impl Circular {
    /// A message from a service with this content: a notification about a node, or something else.
    pub(crate) fn new(from: &Arc<Jid>, about: Option<&str>, content: String) -> Arc<Self> {
        Self::with_items(from, about, content, None)
    }

    /// The same with the items that it tells of, if it is delivered session by session.
    pub(crate) fn with_items(
        from: &Arc<Jid>,
        about: Option<&str>,
        content: String,
        items: Option<NotifiedItems>,
    ) -> Arc<Self> {
        let mut head = Writer::default();
        head.start("message");
        head.attr("xmlns", ns::CLIENT);
        head.attr("from", &from.to_string());
        Arc::new(Self {
            what: if about.is_some() { ElementKind::Event } else { ElementKind::Message },
            from: Arc::clone(from),
            node: about.map(Arc::from),
            head: head.finish() + " to=\"",
            content,
            items,
        })
    }

    /// Its items, if it is delivered session by session.
    pub(crate) fn items(&self) -> Option<&NotifiedItems> {
        self.items.as_ref()
    }

    /// The copy for one address.
    pub(crate) fn to(self: &Arc<Self>, to: impl Into<Arc<Jid>>) -> Addressed {
        Addressed { to: to.into(), stanza: Stanza::Copy(Arc::clone(self)) }
    }

    /// A copy for one of the sessions that share an id, with the address for replies.
    pub(crate) fn to_session(
        self: &Arc<Self>,
        to: impl Into<Arc<Jid>>,
        id: &Arc<str>,
        reply_to: Option<Jid>,
    ) -> Addressed {
        let copy = SessionCopy { of: Arc::clone(self), id: Arc::clone(id), reply_to };
        Addressed { to: to.into(), stanza: Stanza::SessionCopy(copy) }
    }

    /// The text of one copy, with an id of its own (recorded: 8 letters and digits).
    fn written(&self, to: &Jid, chance: &mut Chance) -> Outgoing {
        let (mut address, id) = (String::with_capacity(64), ids::alphanumeric(chance, 8));
        // Writing to a string cannot fail.
        let _ = write!(address, "{to}");
        let pieces = [
            &self.head,
            &*escape::attr(&address),
            "\" id=\"",
            &id,
            "\">",
            &self.content,
            "</message>",
        ];
        Outgoing { what: Some(self.what), node: self.node.clone(), xml: pieces.concat() }
    }
}

impl SessionCopy {
    /// The text, whose addresses stand in the order in which Openfire sets them
    /// (`PEPService.sendNotification`).
    fn written(&self, to: &Jid) -> Outgoing {
        let Circular { what, from, node, content, .. } = &*self.of;
        let mut xml = Writer::default();
        xml.start("message");
        let (to, from) = (to.to_string(), from.to_string());
        for (name, value) in [("xmlns", ns::CLIENT), ("to", &to), ("from", &from), ("id", &self.id)]
        {
            xml.attr(name, value);
        }
        xml.raw(content);
        if let Some(publisher) = &self.reply_to {
            xml.start("addresses");
            xml.attr("xmlns", ADDRESSES);
            xml.start("address");
            xml.attr("type", "replyto");
            xml.attr("jid", &publisher.to_string());
            xml.end("address");
            xml.end("addresses");
        }
        xml.end("message");
        Outgoing { what: Some(*what), node: node.clone(), xml: xml.finish() }
    }
}

impl Addressed {
    /// A stanza for this address alone.
    pub(crate) fn new(to: Jid, stanza: Outgoing) -> Self {
        Self { to: to.into(), stanza: Stanza::Own(stanza) }
    }

    /// A presence of a service for this address.
    pub(crate) fn presence(to: Jid, presence: Element) -> Self {
        Self { to: to.into(), stanza: Stanza::Presence(Box::new(presence)) }
    }

    /// Its kind.
    pub(crate) fn what(&self) -> Option<ElementKind> {
        match &self.stanza {
            Stanza::Own(stanza) => stanza.what,
            Stanza::Presence(_) => Some(ElementKind::Presence),
            Stanza::Copy(circular) => Some(circular.what),
            Stanza::SessionCopy(copy) => Some(copy.of.what),
        }
    }

    /// The message to many that it is a copy of, if that is delivered session by session.
    pub(crate) fn as_circular(&self) -> Option<&Arc<Circular>> {
        match &self.stanza {
            Stanza::Copy(circular) => Some(circular).filter(|it| it.items.is_some()),
            Stanza::Own(_) | Stanza::Presence(_) | Stanza::SessionCopy(_) => None,
        }
    }

    /// The service that sends it, if it is a message to many.
    pub(crate) fn sender(&self) -> Option<&Jid> {
        match &self.stanza {
            Stanza::Copy(circular) => Some(&circular.from),
            Stanza::SessionCopy(copy) => Some(&copy.of.from),
            Stanza::Own(_) | Stanza::Presence(_) => None,
        }
    }

    /// The presence, if it is one of a service.
    pub(crate) fn as_presence(&self) -> Option<&Element> {
        match &self.stanza {
            Stanza::Presence(presence) => Some(presence),
            Stanza::Own(_) | Stanza::Copy(_) | Stanza::SessionCopy(_) => None,
        }
    }

    /// The stanza itself.
    pub(crate) fn written(self, chance: &mut Chance) -> Outgoing {
        match self.stanza {
            Stanza::Own(stanza) => stanza,
            Stanza::Presence(presence) => {
                Outgoing::new(ElementKind::Presence, stanza_text(&presence, ""))
            }
            Stanza::Copy(circular) => circular.written(&self.to, chance),
            Stanza::SessionCopy(copy) => copy.written(&self.to),
        }
    }
}

/// A stanza for one session. Of the copies of a large one, each is written when it is sent, so that
/// no two are in memory together.
#[derive(Debug)]
pub(crate) enum Copy {
    /// No other session receives it.
    Own(Outgoing),
    /// The same for others.
    Shared(Arc<Outgoing>),
    /// A presence that others get with other addresses.
    Presence { presence: Arc<Element>, from: String, to: String },
}

impl Copy {
    /// The stanza itself.
    pub(crate) fn written(self) -> Outgoing {
        match self {
            Self::Own(stanza) => stanza,
            Self::Shared(stanza) => Arc::unwrap_or_clone(stanza),
            Self::Presence { presence, from, to } => {
                let mut presence = Arc::unwrap_or_clone(presence);
                // Its own attributes come first (recorded: presence_full, presence_to_domain).
                set_attr(&mut presence, "from", Some(from));
                set_attr(&mut presence, "to", Some(to));
                Outgoing::new(ElementKind::Presence, stanza_text(&presence, ""))
            }
        }
    }
}

impl From<Outgoing> for Copy {
    fn from(stanza: Outgoing) -> Self {
        Self::Own(stanza)
    }
}

impl From<&Arc<Outgoing>> for Copy {
    fn from(stanza: &Arc<Outgoing>) -> Self {
        Self::Shared(Arc::clone(stanza))
    }
}

impl Outgoing {
    pub(crate) fn new(what: impl Into<Option<ElementKind>>, xml: impl Into<String>) -> Self {
        Self { what: what.into(), node: None, xml: xml.into() }
    }

    /// Whether it is an iq, a message or a presence.
    pub(crate) fn is_stanza(&self) -> bool {
        match self.what {
            Some(
                ElementKind::Event
                | ElementKind::Result
                | ElementKind::Error
                | ElementKind::Request
                | ElementKind::Presence
                | ElementKind::Message,
            ) => true,
            Some(
                ElementKind::Open
                | ElementKind::Features
                | ElementKind::Challenge
                | ElementKind::Success
                | ElementKind::Failure
                | ElementKind::StreamError
                | ElementKind::Close
                | ElementKind::Answer,
            )
            | None => false,
        }
    }
}
