//! The messages of one connection, understood: stanzas, requests with their answers, events.

use std::collections::{HashMap, VecDeque};

use stanza::{Element, Rules, ns};

use crate::conversation::{Connection, MessageKind, Side};
use crate::login::Login;
use crate::update::{self, Update};

/// How deep elements may nest in a message that is read here.
const DEPTH: usize = 256;

/// Authentication before SASL (XEP-0078).
pub(crate) const LEGACY_AUTH: &str = "jabber:iq:auth";

/// A text message with its meaning.
#[derive(Debug)]
pub(crate) struct Stanza<'a> {
    /// Its place in [`Connection::said`].
    pub(crate) said: usize,
    pub(crate) at: Option<i64>,
    pub(crate) from: Side,
    pub(crate) text: &'a str,
    /// Its element; an error says why there is none.
    pub(crate) element: Result<Element, String>,
    pub(crate) kind: Kind,
}

/// The meanings of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Open,
    /// `<stream:stream>`, as it is spoken over TCP (RFC 6120 §4.7).
    LegacyStream,
    Close,
    Features,
    StreamError,
    Auth,
    Challenge,
    Response,
    Success,
    Failure,
    Abort,
    Iq,
    Message,
    Presence,
    /// White space, which keeps a connection alive.
    Blank,
    /// No element of XML.
    Malformed,
    Other,
}

/// A request by `<iq/>`, and the place of its answer.
#[derive(Debug)]
pub(crate) struct Request {
    /// Places in [`Session::stanzas`].
    pub(crate) asked: usize,
    pub(crate) answer: Option<usize>,
    pub(crate) by: Side,
    pub(crate) about: Subject,
}

/// The subject of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    Bind,
    Session,
    Subscribe { node: String, jid: String, to: String },
    Unsubscribe,
    Ping,
    Version,
    LegacyAuth,
    Roster,
    Other,
}

/// A notification (XEP-0060 §7.1.2.1).
#[derive(Debug)]
pub(crate) struct Event {
    /// Place in [`Session::stanzas`].
    pub(crate) stanza: usize,
    pub(crate) at: Option<i64>,
    pub(crate) node: String,
    pub(crate) item: String,
    /// The address that the message is for: bare, or full.
    pub(crate) to: String,
    /// Octets of the message.
    pub(crate) size: usize,
    pub(crate) update: Update,
}

/// One connection, understood.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    /// Place in [`Conversation::connections`](crate::Conversation::connections).
    pub(crate) index: usize,
    pub(crate) connection: &'a Connection,
    pub(crate) stanzas: Vec<Stanza<'a>>,
    pub(crate) requests: Vec<Request>,
    pub(crate) events: Vec<Event>,
    /// The last login that was tried.
    pub(crate) login: Option<Login>,
    /// The address that the server bound.
    pub(crate) jid: Option<String>,
    /// The domain of the stream: the host that the client opened it to, or the server's own word.
    domain: Option<String>,
}

impl<'a> Session<'a> {
    pub(crate) fn new(index: usize, connection: &'a Connection) -> Self {
        let mut stanzas = Vec::new();
        for (said, one) in connection.said.iter().enumerate() {
            let MessageKind::Text(text) = &one.what else { continue };
            let element = if text.trim().is_empty() { Err(String::new()) } else { parsed(text) };
            let kind = kind(text, element.as_ref().ok());
            stanzas.push(Stanza { said, at: one.at, from: one.from, text, element, kind });
        }
        let requests = requests(&stanzas);
        let events = events(&stanzas);
        let login = stanzas.iter().rev().find_map(|one| {
            let element = one.element.as_ref().ok()?;
            let is_login =
                one.from == Side::Client && (one.kind == Kind::Auth || one.kind == Kind::Response);
            is_login.then(|| Login::of(element))
        });
        let mut session =
            Self { index, connection, stanzas, requests, events, login, jid: None, domain: None };
        session.jid = session.bound();
        session.domain = session.opened_to();
        session
    }

    fn bound(&self) -> Option<String> {
        let request = self.requests.iter().rev().find(|one| {
            one.about == Subject::Bind && one.by == Side::Client && self.is_result(one)
        })?;
        let answer = self.stanzas.get(request.answer?)?.element.as_ref().ok()?;
        let jid = answer.children().find(|child| child.name.local == "bind")?;
        let jid = jid.children().find(|child| child.name.local == "jid")?;
        Some(jid.text().trim().to_owned())
    }

    /// The places of all stanzas of a kind from a side.
    pub(crate) fn all(
        &self,
        from: Side,
        kind: Kind,
    ) -> impl DoubleEndedIterator<Item = usize> + '_ {
        let is_it = move |one: &Stanza<'_>| one.from == from && one.kind == kind;
        (0..self.stanzas.len()).filter(move |place| is_it(&self.stanzas[*place]))
    }

    /// The place of the first one.
    pub(crate) fn first(&self, from: Side, kind: Kind) -> Option<usize> {
        self.all(from, kind).next()
    }

    /// The place of the first one behind another.
    pub(crate) fn after(&self, place: usize, from: Side, kind: Kind) -> Option<usize> {
        self.all(from, kind).find(|found| *found > place)
    }

    /// The element at a place.
    pub(crate) fn element(&self, place: usize) -> Option<&Element> {
        self.stanzas.get(place)?.element.as_ref().ok()
    }

    /// The first request of the client about something.
    pub(crate) fn request(&self, about: &Subject) -> Option<&Request> {
        self.requests.iter().find(|one| one.by == Side::Client && one.about == *about)
    }

    /// The subscriptions that the client asked for: request, node, JID, service.
    pub(crate) fn subscriptions(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&Request, &str, &str, &str)> {
        self.requests.iter().filter(|one| one.by == Side::Client).filter_map(|one| {
            let Subject::Subscribe { node, jid, to } = &one.about else { return None };
            Some((one, node.as_str(), jid.as_str(), to.as_str()))
        })
    }

    /// Whether the answer is a result.
    pub(crate) fn is_result(&self, request: &Request) -> bool {
        let answer = request.answer.and_then(|place| self.element(place));
        answer.is_some_and(|element| element.attr("type") == Some("result"))
    }

    /// The condition of an answer that is an error, with the condition of pubsub if there is one.
    pub(crate) fn refusal(&self, request: &Request) -> Option<Refusal> {
        let answer = self.element(request.answer?)?;
        (answer.attr("type") == Some("error")).then(|| refusal(answer))
    }

    /// Whether the client logged in.
    pub(crate) fn is_logged_in(&self) -> bool {
        self.first(Side::Server, Kind::Success).is_some()
            || self.request(&Subject::LegacyAuth).is_some_and(|one| self.is_result(one))
    }

    /// Whether a resource was bound.
    pub(crate) fn is_bound(&self) -> bool {
        self.jid.is_some()
    }

    /// The first presence by which the client becomes available.
    pub(crate) fn available(&self) -> Option<usize> {
        self.all(Side::Client, Kind::Presence).find(|place| {
            let element = self.element(*place);
            element.is_some_and(|one| one.attr("type").is_none() && one.attr("to").is_none())
        })
    }

    /// The condition of a stream error from a side, and its place.
    pub(crate) fn stream_error(&self, from: Side) -> Option<(usize, String)> {
        let Some(place) = self.first(from, Kind::StreamError) else {
            return (from == Side::Server).then(|| self.reported_error()).flatten();
        };
        let element = self.element(place)?;
        let condition = element.children().find(|child| child.name.local != "text");
        Some((place, condition.map_or_else(String::new, |child| child.name.local.clone())))
    }

    /// A stream error that the application reports, and its log of frames leaves out: strophe.js
    /// says `ERROR conflict`.
    fn reported_error(&self) -> Option<(usize, String)> {
        const CONDITIONS: [&str; 10] = [
            "conflict",
            "connection-timeout",
            "host-unknown",
            "internal-server-error",
            "not-authorized",
            "policy-violation",
            "remote-connection-failed",
            "see-other-host",
            "system-shutdown",
            "undefined-condition",
        ];
        let last = self.stanzas.len().checked_sub(1)?;
        self.connection.reported.iter().find_map(|line| {
            let mut words =
                line.split_whitespace().skip_while(|word| !word.eq_ignore_ascii_case("error"));
            let condition = words.nth(1).filter(|word| CONDITIONS.contains(word))?;
            Some((last, condition.to_owned()))
        })
    }

    /// The condition of the last failed login, and its place.
    pub(crate) fn failure(&self) -> Option<(usize, String)> {
        let place = self.all(Side::Server, Kind::Failure).next_back()?;
        let condition = self.element(place)?.children().find(|child| child.name.local != "text");
        Some((place, condition.map_or_else(String::new, |child| child.name.local.clone())))
    }

    /// The close frame of a side: place in [`Connection::said`], code and reason.
    pub(crate) fn websocket_close(&self, side: Side) -> Option<(usize, Option<u16>, &str)> {
        let said = self.connection.said.iter().enumerate();
        said.filter(|(_, one)| one.from == side).find_map(|(place, one)| match &one.what {
            MessageKind::Close { code, reason } => Some((place, *code, reason.as_str())),
            _ => None,
        })
    }

    /// The client says that it leaves: unavailable presence or `<close/>`.
    pub(crate) fn client_leaves(&self) -> Option<usize> {
        let unavailable = self.all(Side::Client, Kind::Presence).find(|place| {
            self.element(*place).is_some_and(|one| {
                one.attr("type") == Some("unavailable") && one.attr("to").is_none()
            })
        });
        let close = self.first(Side::Client, Kind::Close);
        [unavailable, close].into_iter().flatten().min()
    }

    /// The domain of the stream: the host that the client opened it to, or the server's own word.
    pub(crate) fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    fn opened_to(&self) -> Option<String> {
        let opens = self.all(Side::Server, Kind::Open).chain(self.all(Side::Client, Kind::Open));
        opens.filter_map(|place| self.element(place)).find_map(|open| {
            let domain = open.attr("from").or_else(|| open.attr("to"));
            domain.filter(|domain| !domain.is_empty()).map(str::to_owned)
        })
    }

    /// Whether it is about XMPP at all.
    pub(crate) fn is_xmpp(&self) -> bool {
        let asked = self.connection.upgrade.asked.as_ref();
        asked.is_some_and(|headers| headers.has_token("sec-websocket-protocol", "xmpp"))
            || self
                .stanzas
                .iter()
                .any(|one| !matches!(one.kind, Kind::Other | Kind::Blank | Kind::Malformed))
            || self.stanzas.iter().any(|one| one.text.trim_start().starts_with('<'))
    }

    /// The place of the stanza that is message number `said` of the connection, or the next one.
    pub(crate) fn place_of(&self, said: usize) -> Option<usize> {
        self.stanzas.iter().position(|one| one.said >= said)
    }

    /// The last stanza of a side.
    pub(crate) fn last(&self, side: Side) -> Option<&Stanza<'a>> {
        self.stanzas.iter().rev().find(|one| one.from == side)
    }
}

/// A refusal: the defined condition (RFC 6120 §8.3.3), and that of the application.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) condition: String,
    pub(crate) special: Option<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.special {
            Some(special) => write!(f, "{}, {special}", self.condition),
            None if self.condition.is_empty() => f.write_str("an error without condition"),
            None => write!(f, "{}", self.condition),
        }
    }
}

fn refusal(answer: &Element) -> Refusal {
    let Some(error) = answer.children().find(|child| child.name.local == "error") else {
        return Refusal::default();
    };
    let condition = error
        .children()
        .find(|child| child.name.ns == ns::STANZA_ERRORS && child.name.local != "text");
    let special = error.children().find(|child| child.name.ns == ns::PUBSUB_ERRORS);
    Refusal {
        condition: condition.map_or_else(String::new, |child| child.name.local.clone()),
        special: special.map(|child| {
            let feature = child.attr("feature").map(|feature| format!(" {feature}"));
            format!("{}{}", child.name.local, feature.unwrap_or_default())
        }),
    }
}

fn parsed(text: &str) -> Result<Element, String> {
    let rules = Rules { max_depth: DEPTH, bound: &[("stream", ns::STREAMS)], ..Rules::DOCUMENT };
    stanza::parse_with(text, &rules).map(|(element, _)| element).map_err(|error| error.to_string())
}

fn kind(text: &str, element: Option<&Element>) -> Kind {
    let Some(element) = element else {
        let start = text.trim();
        let is_stream = start.starts_with("<stream:stream") || start.contains("?><stream:stream");
        return match start {
            "" => Kind::Blank,
            // It is never closed on the wire, so it is no whole element.
            _ if is_stream => Kind::LegacyStream,
            _ => Kind::Malformed,
        };
    };
    match (element.name.ns.as_str(), element.name.local.as_str()) {
        (_, "open") => Kind::Open,
        (_, "close") => Kind::Close,
        (ns::STREAMS, "stream") => Kind::LegacyStream,
        (_, "features") => Kind::Features,
        (ns::STREAMS, "error") => Kind::StreamError,
        // Clients forget namespaces; the words are clear enough.
        (_, "auth") => Kind::Auth,
        (ns::SASL, "challenge") => Kind::Challenge,
        (ns::SASL, "response") => Kind::Response,
        (ns::SASL, "success") => Kind::Success,
        (ns::SASL, "failure") => Kind::Failure,
        (ns::SASL, "abort") => Kind::Abort,
        (_, "iq") => Kind::Iq,
        (_, "message") => Kind::Message,
        (_, "presence") => Kind::Presence,
        _ => Kind::Other,
    }
}

fn requests(stanzas: &[Stanza<'_>]) -> Vec<Request> {
    let mut found: Vec<Request> = Vec::new();
    // Requests without an answer yet, by asking side and id; the oldest of an id is answered.
    let mut waiting: HashMap<(bool, String), VecDeque<usize>> = HashMap::new();
    for (place, one) in stanzas.iter().enumerate() {
        let (Kind::Iq, Ok(iq)) = (one.kind, &one.element) else { continue };
        let id = iq.attr("id").unwrap_or_default().to_owned();
        let by_client = one.from == Side::Client;
        match iq.attr("type") {
            Some("result" | "error") => {
                let asked = waiting.get_mut(&(!by_client, id)).and_then(VecDeque::pop_front);
                if let Some(request) = asked.and_then(|asked| found.get_mut(asked)) {
                    request.answer = Some(place);
                }
            }
            _ => {
                waiting.entry((by_client, id)).or_default().push_back(found.len());
                found.push(Request { asked: place, answer: None, by: one.from, about: about(iq) });
            }
        }
    }
    found
}

fn about(iq: &Element) -> Subject {
    for child in iq.children() {
        match (child.name.ns.as_str(), child.name.local.as_str()) {
            (_, "bind") => return Subject::Bind,
            (ns::SESSION, _) => return Subject::Session,
            (ns::PING, _) => return Subject::Ping,
            (ns::VERSION, _) => return Subject::Version,
            (ns::ROSTER, _) => return Subject::Roster,
            (LEGACY_AUTH, _) if iq.attr("type") == Some("set") => return Subject::LegacyAuth,
            (_, "pubsub") => {
                for verb in child.children() {
                    let text = |name: &str| verb.attr(name).unwrap_or_default().to_owned();
                    match verb.name.local.as_str() {
                        "subscribe" => {
                            return Subject::Subscribe {
                                node: text("node"),
                                jid: text("jid"),
                                to: iq.attr("to").unwrap_or_default().to_owned(),
                            };
                        }
                        "unsubscribe" => return Subject::Unsubscribe,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    Subject::Other
}

fn events(stanzas: &[Stanza<'_>]) -> Vec<Event> {
    let mut found = Vec::new();
    for (place, one) in stanzas.iter().enumerate() {
        let (Kind::Message, Side::Server, Ok(message)) = (one.kind, one.from, &one.element) else {
            continue;
        };
        let events = message.children().filter(|child| child.is(ns::PUBSUB_EVENT, "event"));
        for items in events.flat_map(Element::children).filter(|child| child.name.local == "items")
        {
            for item in items.children().filter(|child| child.name.local == "item") {
                found.push(Event {
                    stanza: place,
                    at: one.at,
                    node: items.attr("node").unwrap_or_default().to_owned(),
                    item: item.attr("id").unwrap_or_default().to_owned(),
                    to: message.attr("to").unwrap_or_default().to_owned(),
                    size: one.text.len(),
                    update: update::of(item),
                });
            }
        }
    }
    found
}
