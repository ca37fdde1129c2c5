//! The steps of a connection in words, from what was written of it: requests, login, resource,
//! subscriptions, events, end.

use std::collections::{HashMap, VecDeque};

use mask::MaskedArg;
use stanza::{Element, ns};
use transcript::{Event, EventKind, Side};

/// Requests whose answer is awaited; more are forgotten.
const MOST: usize = 1000;

/// A connection as far as its steps are known.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    /// The user that is logged in.
    pub(crate) user: Option<String>,
    /// The user of the login under way.
    trying: Option<String>,
    /// Requests of HTTP without an answer.
    asked: VecDeque<String>,
    /// Requests of XMPP by id, in words.
    iqs: HashMap<String, String>,
}

impl Steps {
    /// The step that an event is, if it is one.
    pub(crate) fn of(&mut self, event: &Event) -> Option<String> {
        match &event.said {
            EventKind::Http { head, body, .. } => {
                self.http(event.who, head, body.as_ref().map(|body| &*body.0))
            }
            EventKind::Text { text, login, .. } => {
                if let Some(login) = login.as_ref().filter(|login| login.function == "plain") {
                    self.trying = match login.args.iter().rev().nth(1) {
                        Some(MaskedArg::Text(user) | MaskedArg::Variable(user)) => {
                            Some(user.clone())
                        }
                        None => None,
                    };
                }
                let element = stanza::parse(text).ok()?;
                self.element(event.who, &element)
            }
            EventKind::Frame { opcode, .. } => Some(format!(
                "a frame that breaks RFC 6455 (opcode {opcode}); frames are only counted from here on"
            )),
            EventKind::Close { code, reason } => {
                let side = event.who.word();
                let code = code.map(|code| format!(" {code}")).unwrap_or_default();
                Some(
                    format!("the {side} closes the WebSocket{code} {reason}").trim_end().to_owned(),
                )
            }
            EventKind::Eof => Some(format!("the {} ended the connection", event.who.word())),
            EventKind::Reset => Some(format!("the {} reset the connection", event.who.word())),
            EventKind::Connect { .. }
            | EventKind::Binary { .. }
            | EventKind::Bytes { .. }
            | EventKind::Ping { .. }
            | EventKind::Pong { .. }
            | EventKind::Report { .. } => None,
        }
    }

    fn http(&mut self, who: Side, head: &str, body: Option<&[u8]>) -> Option<String> {
        let first = head.lines().next().unwrap_or_default();
        let mut words = first.split(' ');
        match who {
            Side::Client => {
                let (method, target) = (words.next()?, words.next().unwrap_or_default());
                let path = target.split(['?', '#']).next().unwrap_or_default();
                if self.asked.len() < MOST {
                    self.asked.push_back(format!("{method} {path}"));
                }
                None
            }
            Side::Server => {
                let status = words.nth(1).unwrap_or_default();
                if status.starts_with('1') && status != "101" {
                    return None;
                }
                let asked = self.asked.pop_front().unwrap_or_else(|| "unasked".to_owned());
                let inner = body.and_then(bosh).map(|inner| format!(" ({inner})"));
                Some(format!("{asked}: {status}{}", inner.unwrap_or_default()))
            }
        }
    }

    fn element(&mut self, who: Side, element: &Element) -> Option<String> {
        let local = element.name.local.as_str();
        match (who, local) {
            (Side::Client, "open") => {
                let to = element.attr("to").unwrap_or("no domain");
                Some(format!("opens a stream to {to}"))
            }
            (Side::Server, "success") => {
                self.user = self.trying.take().or_else(|| self.user.take());
                Some("logged in".to_owned())
            }
            (Side::Server, "failure") => {
                let condition = element.children().next().map_or("", |child| &child.name.local);
                let user = self.trying.take().map(|user| format!(" of {user}")).unwrap_or_default();
                Some(format!("login{user} failed: {condition}"))
            }
            (Side::Server, "error") => {
                let condition = element.children().next().map_or("", |child| &child.name.local);
                Some(format!("stream error: {condition}"))
            }
            (_, "close") => Some(format!("the {} closes the stream", who.word())),
            (Side::Client, "presence") => match element.attr("type") {
                None => Some("presence".to_owned()),
                Some(kind) => Some(format!("presence {kind}")),
            },
            (Side::Client, "iq") => {
                let id = element.attr("id").unwrap_or_default();
                if let Some(about) = about(element)
                    && self.iqs.len() < MOST
                {
                    self.iqs.insert(id.to_owned(), about);
                }
                None
            }
            (Side::Server, "iq") => self.answer(element),
            (Side::Server, "message") => {
                let items = element.child(ns::PUBSUB_EVENT, "event")?.children().next()?;
                Some(format!("event of {}", items.attr("node").unwrap_or_default()))
            }
            _ => None,
        }
    }

    fn answer(&mut self, element: &Element) -> Option<String> {
        let about = self.iqs.remove(element.attr("id").unwrap_or_default())?;
        if element.attr("type") == Some("error") {
            let error = element.children().find(|child| child.name.local == "error");
            let condition = error.and_then(|error| error.children().next());
            let condition = condition.map_or("no condition", |one| one.name.local.as_str());
            return Some(format!("{about} refused: {condition}"));
        }
        let jid = element.child(ns::BIND, "bind").and_then(|bind| bind.child(ns::BIND, "jid"));
        Some(match jid {
            Some(jid) => format!("bound {}", jid.text()),
            None => about,
        })
    }
}

/// A request that is a step, in words.
fn about(iq: &Element) -> Option<String> {
    let payload = iq.children().next()?;
    match payload.name.local.as_str() {
        "bind" => Some("bind".to_owned()),
        "session" => Some("session".to_owned()),
        "pubsub" => {
            let action = payload.children().next()?;
            let node = action.attr("node").unwrap_or_default();
            Some(format!("{} {node}", action.name.local).trim_end().to_owned())
        }
        _ => None,
    }
}

/// The names of the elements in a body of BOSH.
fn bosh(octets: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(octets).ok()?;
    let body = stanza::parse(text).ok().filter(|element| element.name.local == "body")?;
    let names: Vec<&str> =
        body.children().map(|child| child.name.local.as_str()).take(10).collect();
    match (body.attr("condition"), names.is_empty()) {
        (Some(condition), _) => Some(condition.to_owned()),
        (None, true) => None,
        (None, false) => Some(names.join(", ")),
    }
}
