//! Sessions of BOSH of a client under test (XEP-0124, XEP-0206). The counterpart has the sessions:
//! it takes requests on all connections, and answers them (`requests.rs`). The player stands
//! between a session and its stream, where there are elements and nothing else, as over a
//! WebSocket: the session is the connection of a case. Its creation and each restart stand for
//! `<open/>`, its end for `<close/>`.

use stanza::{Element, ns};
use tokio::time::Instant;
use transcript::Side;
use wire::Message;

use super::client::{ClientSide, HeldMessage};
use super::incoming::{Incoming, Received};
use super::leg::Origin;
use super::player::{Player, Stop, first_line};
use crate::counterpart::Passing;
use crate::speak::Utterance;
use case::Step;

/// The sessions of a client.
#[derive(Default)]
pub(super) struct Bosh(Vec<Session>);

/// A session.
struct Session {
    /// Its number at the counterpart.
    number: u64,
    /// The stream as the client wants it.
    open: Element,
}

impl Bosh {
    /// The `<open/>` that a session stands for.
    pub(super) fn open(&self, number: u64) -> Option<&Element> {
        self.0.iter().find(|session| session.number == number).map(|it| &it.open)
    }
}

impl Player<'_, ClientSide> {
    /// Something passes between a session and its stream. Whether the stream says it.
    pub(super) async fn hand_on_passing(&mut self, number: u64, passing: Passing) -> bool {
        if let Passing::Begun { to, version } = passing {
            let mut open = Element::new(ns::FRAMING, "open");
            for (name, value) in [("to", to), ("version", version)] {
                if let Some(value) = value {
                    open = open.with_attr(name, value);
                }
            }
            self.side.bosh.0.push(Session { number, open });
            self.side.arrivals.push_session(number);
            self.side.has_come = true;
            return true;
        }
        let its = |channel: &super::client::Channel| channel.number == Some(number);
        let Some(index) = self.side.channels.iter().position(its) else { return false };
        let said = match passing {
            Passing::Element(element) => vec![client_says(*element)],
            Passing::Restart => {
                self.side.bosh.open(number).cloned().map(client_says).into_iter().collect()
            }
            Passing::Terminate => vec![client_says(Element::new(ns::FRAMING, "close"))],
            Passing::Opened(id) => {
                let open = Element::new(ns::FRAMING, "open")
                    .with_attr("from", self.bindings.value("domain").unwrap_or_default())
                    .with_attr("id", id)
                    .with_attr("version", "1.0");
                vec![message(Side::Server, stanza::print(&open), Some(open))]
            }
            Passing::Said(text) => {
                let shown = alone(&text);
                let element = stanza::parse(&shown).ok();
                vec![Received { raw: text.into_bytes(), ..message(Side::Server, shown, element) }]
            }
            Passing::Ended => {
                let close = Element::new(ns::FRAMING, "close");
                let close = message(Side::Server, stanza::print(&close), Some(close));
                let [server, client] = [Side::Server, Side::Client].map(end);
                vec![close, server, client]
            }
            Passing::Begun { .. } => Vec::new(),
        };
        let mut says = false;
        for received in said {
            if !self.allowance.takes(&received) {
                return says;
            }
            if received.who == Side::Client {
                self.side.backlog.push_back((Origin::Connection(index), received));
                continue;
            }
            says = true;
            self.allowance.hear(received.octets);
            self.hand_on_one(index, received).await;
        }
        says
    }

    /// The number of the session that a connection of the case stands for.
    pub(super) fn session_of(&self, index: usize) -> Option<u64> {
        let number = self.side.channels.get(index)?.number?;
        self.side.bosh.open(number).map(|_| number)
    }

    /// Says something to the client of a session in the counterpart's place.
    pub(super) fn inject_session(
        &mut self,
        step: &Step,
        (index, number): (usize, u64),
        utterance: &Utterance,
        said: Option<&Element>,
    ) -> Result<(), Stop> {
        let is_close = said.is_some_and(|said| said.is(ns::FRAMING, "close"));
        let counterpart = &mut self.side.counterpart;
        match (utterance, said) {
            (_, Some(said)) if said.is(ns::FRAMING, "open") => {}
            _ if is_close => counterpart.end_session(number, false),
            (Utterance::Message(frame), Some(_)) => {
                counterpart.tell(number, &String::from_utf8_lossy(&frame.payload));
            }
            (Utterance::Eof, _) => counterpart.end_session(number, false),
            (Utterance::Reset, _) => counterpart.end_session(number, true),
            _ => {
                let message = format!("{}: a session of BOSH has elements alone", first_line(step));
                return Err(Stop::Error(message));
            }
        }
        if is_close || matches!(utterance, Utterance::Eof | Utterance::Reset) {
            self.side.backlog.push_back((Origin::Connection(index), end(Side::Client)));
        }
        Ok(())
    }

    /// Lets the stream of a session hear what was held.
    pub(super) fn release_session(&mut self, number: u64, held: &HeldMessage) {
        if !matches!(held.what, super::client::ClientMessage::Eof) {
            self.side.counterpart.let_pass(number);
        }
    }
}

impl ClientSide {
    /// Says a message of the stream to the client of a session.
    pub(super) fn tell_session(&mut self, number: u64, received: &Received) {
        match &received.incoming {
            Incoming::Eof => self.counterpart.end_session(number, false),
            Incoming::Reset => self.counterpart.end_session(number, true),
            // `<open/>` and `<close/>`, which have no place in a body.
            _ if received.raw.is_empty() => {}
            _ => self.counterpart.tell(number, &String::from_utf8_lossy(&received.raw)),
        }
    }
}

/// An element of a stream as it stands outside a body, which declares the prefix of streams for all
/// that is in it (XEP-0206 §2).
fn alone(text: &str) -> String {
    let tag = &text[..text.find('>').unwrap_or(text.len())];
    match text.strip_prefix("<stream:") {
        Some(rest) if !tag.contains("xmlns:stream=") => {
            let name = rest.find([' ', '>', '/']).unwrap_or(rest.len());
            let (name, rest) = rest.split_at(name);
            format!("<stream:{name} xmlns:stream=\"{}\"{rest}", ns::STREAMS)
        }
        _ => text.to_owned(),
    }
}

/// The end of a session. Its client has nothing to close.
fn end(who: Side) -> Received {
    Received::new(Incoming::Eof, who, Instant::now())
}

/// An element that the client says.
pub(super) fn client_says(element: Element) -> Received {
    message(Side::Client, stanza::print(&element), Some(element))
}

fn message(who: Side, text: String, element: Option<Element>) -> Received {
    let octets = text.len();
    let message = Message::Text(text);
    let incoming = Incoming::Message { message, fragments: 1, frame: None, element };
    Received { octets, ..Received::new(incoming, who, Instant::now()) }
}
