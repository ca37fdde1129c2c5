//! The requests of a client under test: those of REST, and those of BOSH in a case about what only
//! BOSH has. One client keeps a connection for all of them, another makes a new one for each, so
//! that is not what a transcript is about: all of one kind stand under one name, in the order in
//! which they came. Requests of a session behind which the player stands come on the same
//! connections, and no step sees them.

use std::collections::VecDeque;

use case::{Payload, Step, Transport};
use transcript::Side;
use wire::net::Stream;
use wire::{RequestHead, ResponseHead};

use super::arrivals::is_for_sessions;
use super::client::{Channel, ClientMessage, ClientSide, HeldMessage};
use super::connection::Connection;
use super::incoming::{Incoming, Received};
use super::leg::{Chunk, Leg, Origin, WriteError};
use super::log::Note;
use super::parsing::Parser;
use super::player::{Player, Stop, first_line};
use super::taking::failure;
use crate::counterpart::Output;
use crate::speak::{self, Utterance};

/// The names of all of a kind in a case.
pub(super) const REST: &str = case::REST;
const BOSH: &str = case::BOSH;

/// The header with the client's own name for a request, which the events have that follow from it.
const REQUEST_ID: &str = "requestId";

/// RFC 9110 §15.2.1.
const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// The connections for requests.
#[derive(Default)]
pub(super) struct Requests {
    /// Connections for requests that were made since the last look.
    pub(super) newcomers: Vec<Stream>,
    lines: Vec<Line>,
    /// The connections of requests that the case has left without an answer, in order.
    owed: VecDeque<usize>,
}

/// A connection for requests.
struct Line {
    /// The name under which its last request stands.
    name: &'static str,
    /// The index of the connection of that name.
    index: usize,
    /// Nothing on it is for a step: its last request is of a session, or none has come.
    is_of_session: bool,
    /// Its number at the counterpart.
    number: u64,
    leg: Leg,
    /// The requests.
    client: Parser,
    /// The answers.
    server: Parser,
    /// Its last request reads: clients do that at their own times.
    is_routine: bool,
    /// The client was told to send the body of this request.
    is_continued: bool,
    /// The client has ended it.
    has_ended: bool,
}

impl Requests {
    /// Whether a client that has ended may still have said something here.
    pub(super) fn is_over(&self) -> bool {
        self.newcomers.is_empty()
            && self.lines.iter().all(|line| line.has_ended || !line.leg.is_read())
    }

    /// The connection that has this number at the counterpart.
    fn line_of(&self, number: u64) -> Option<usize> {
        self.lines.iter().position(|line| line.number == number)
    }

    /// Something came from the client.
    pub(super) fn take_in(&mut self, line: usize, Chunk { at, what, .. }: Chunk) {
        if let Some(line) = self.lines.get_mut(line) {
            line.client.take_in(what, at);
        }
    }

    /// The next complete request, or end of a connection.
    pub(super) fn next(&mut self) -> Option<(usize, Received)> {
        let mut lines = self.lines.iter_mut().enumerate();
        lines.find_map(|(index, line)| Some((index, line.client.next()?)))
    }
}

impl Player<'_, ClientSide> {
    /// Whether a name is that of requests, on all connections.
    pub(super) fn is_of_requests(&self, name: &str) -> bool {
        name == REST || (name == BOSH && self.is_about_bosh())
    }

    /// Whether the case is about what only BOSH has: its requests are those of steps.
    pub(super) fn is_about_bosh(&self) -> bool {
        self.case.transport == Transport::Bosh && !self.case.is_translated()
    }

    /// Lets new connections for requests in, and asks for bodies that are held back until then (RFC
    /// 9110 §10.1.1): a step looks at a whole request.
    pub(super) async fn admit_requests(&mut self) {
        for stream in std::mem::take(&mut self.side.requests.newcomers) {
            let origin = Origin::Request(self.side.requests.lines.len());
            let line = Line {
                name: REST,
                index: 0,
                is_of_session: true,
                number: self.side.counterpart.accept(),
                leg: Leg::new(origin, stream, self.outbox.clone(), std::sync::Arc::default()),
                client: Parser::new(Side::Client),
                server: Parser::new(Side::Server),
                is_routine: false,
                is_continued: false,
                has_ended: false,
            };
            self.side.requests.lines.push(line);
        }
        let deadline = self.deadline(None);
        for line in &mut self.side.requests.lines {
            let holds_back = line.client.is_held_back();
            if holds_back && !line.is_continued {
                // A client that is gone does not hear it.
                let _ = line.leg.write(CONTINUE, deadline).await;
            }
            line.is_continued = holds_back;
        }
    }

    /// Something that the client says on such a connection, unless it is a request of a session:
    /// the counterpart hears that at once. A session keeps the order of its requests.
    pub(super) fn beside_sessions(&mut self, line: usize, mut said: Received) -> Option<Received> {
        let is_about_bosh = self.is_about_bosh();
        let line = self.side.requests.lines.get_mut(line)?;
        match &mut said.incoming {
            Incoming::Request { head, body } => {
                // The path of a gate that is served names the case.
                let own = head.target.strip_prefix('/').and_then(|target| {
                    target.strip_prefix(&self.case.id).filter(|rest| rest.starts_with('/'))
                });
                if let Some(own) = own {
                    head.target = own.to_owned();
                }
                line.is_of_session = !is_about_bosh && is_for_sessions(&head.target);
                if !line.is_of_session {
                    return Some(said);
                }
                line.server.requested(&head.method);
                let request = [head.to_bytes().as_slice(), body].concat();
                self.side.counterpart.receive(line.number, &request);
            }
            Incoming::Eof | Incoming::Reset if line.is_of_session => {
                line.has_ended = true;
                self.side.counterpart.ended(line.number);
            }
            _ => return Some(said),
        }
        None
    }

    /// The index of the connection with the name of requests.
    fn index_of_requests(&mut self, name: &'static str) -> usize {
        let of_name = |connection: &Connection| connection.name == name;
        self.connections.iter().position(of_name).unwrap_or_else(|| {
            self.connections.push(Connection::new(name, Side::Client, None));
            self.side.channels.push(Channel::new(None, None));
            self.connections.len() - 1
        })
    }

    /// Something that the client says on such a connection: the index under which it stands, or
    /// none for the end of the connection, which is no part of a transcript.
    pub(super) fn said_by_request(&mut self, line: usize, said: &mut Received) -> Option<usize> {
        let is_of_bosh = |head: &RequestHead| is_for_sessions(&head.target);
        let name = match &said.incoming {
            Incoming::Request { head, .. } if is_of_bosh(head) => BOSH,
            _ => REST,
        };
        let index = match &said.incoming {
            Incoming::Eof | Incoming::Reset => None,
            _ => Some(self.index_of_requests(name)),
        };
        let line = self.side.requests.lines.get_mut(line)?;
        let Some(index) = index else {
            line.has_ended = true;
            self.side.counterpart.ended(line.number);
            return None;
        };
        (line.name, line.index) = (name, index);
        if let Incoming::Request { head, body } = &mut said.incoming {
            // When a client reads is its own affair: a request beside its WebSocket comes
            // before or after what it says there.
            line.is_routine = head.method == "GET";
            said.is_routine = line.is_routine;
            if let Some(id) = head.headers.first(REQUEST_ID) {
                self.bindings.made_up("request", id);
            }
            if line.name == BOSH
                && let Ok(body) = std::str::from_utf8(body)
                && let Ok(body) = stanza::parse(body)
                && let Some(rid) = body.attr("rid")
            {
                self.bindings.made_up("rid", rid);
            }
        }
        Some(line.index)
    }

    /// Lets the counterpart hear a request.
    pub(super) fn ask_counterpart(&mut self, line: usize, held: &HeldMessage) {
        let Some(line) = self.side.requests.lines.get_mut(line) else { return };
        let ClientMessage::Request(head) = &held.what else {
            return self.side.counterpart.receive(line.number, &held.raw);
        };
        line.server.requested(&head.method);
        let read = RequestHead::parse(&held.raw).ok().flatten();
        let body = read.map(|(_, used)| held.raw.get(used..).unwrap_or_default());
        let mut head = head.clone();
        if line.name == BOSH {
            // Steps could not read the body of a compressed answer.
            head.headers.0.retain(|(name, _)| !name.eq_ignore_ascii_case("Accept-Encoding"));
        }
        let request = [head.to_bytes().as_slice(), body.unwrap_or_default()].concat();
        self.side.counterpart.receive(line.number, &request);
    }

    /// Hands on what the counterpart says on such a connection. Whether it says anything; none for
    /// another connection.
    pub(super) async fn hand_on_response(&mut self, number: u64, output: &Output) -> Option<bool> {
        let at = self.side.requests.line_of(number)?;
        // The counterpart never heard the request that is owed an answer: it ends the connection
        // as an idle one, which would spare the client its own end of waiting.
        if *output == Output::End && self.side.requests.owed.contains(&at) {
            return Some(false);
        }
        let deadline = self.deadline(None);
        let line = &mut self.side.requests.lines[at];
        let (name, index) = (line.name, line.index);
        match output {
            Output::Octets(octets) => line.server.push(octets, tokio::time::Instant::now()),
            Output::End => line.leg.end().await,
            Output::Reset => line.leg.reset().await,
        }
        let mut says = false;
        while let Some(mut received) = self.side.requests.lines[at].server.next() {
            self.allowance.hear(received.octets);
            if !self.allowance.takes(&received) {
                return Some(says);
            }
            let line = &mut self.side.requests.lines[at];
            // A client that is gone does not hear it.
            let _ = line.leg.write(&received.raw, deadline).await;
            received.raw = Vec::new();
            if let Incoming::Response { head, .. } = &received.incoming {
                if head.status < 200 && head.status != 101 {
                    continue;
                }
                line.client.answered(head.status == 101);
            }
            if line.is_of_session {
                continue;
            }
            says = true;
            received.is_routine = line.is_routine;
            let note = Note { step: self.step, claimed: false };
            self.log.received(name, &received, note);
            received.noted = Some(self.log.last());
            if received.is_routine {
                self.log.fold(self.log.last());
            }
            self.connections[index].queue.push_back(received);
        }
        Some(says)
    }

    /// Answers a request in the counterpart's place, which hears nothing of it.
    pub(super) async fn inject_response(
        &mut self,
        step: &Step,
        name: &str,
        payload: &Payload,
    ) -> Result<(), Stop> {
        let lines = &self.side.requests.lines;
        let is_of_name = |line: usize| lines.get(line).is_some_and(|line| line.name == name);
        let is_taken = |held: &mut HeldMessage| {
            held.claimed && matches!(held.origin, Origin::Request(line) if is_of_name(line))
        };
        let held = self.side.held.take_if(is_taken).map(|held| held.origin);
        let owed = &mut self.side.requests.owed;
        if let Some(Origin::Request(line)) = held {
            if *payload == Payload::Nothing {
                owed.push_back(line);
            } else {
                owed.push_front(line);
            }
        }
        let error = |why: &str| Stop::Error(format!("{}: {why}", first_line(step)));
        // The request that a step has just taken, or else the oldest.
        let Some(place) = owed.iter().position(|line| is_of_name(*line)) else {
            return Err(error("no request that a step has taken is without an answer"));
        };
        if *payload == Payload::Nothing {
            return Ok(());
        }
        let at = owed[place];
        let utterance = speak::utter(payload, Side::Server, &mut self.bindings)
            .map_err(|problem| error(&problem.message))?;
        let octets = utterance.octets();
        self.allowance.raise(octets.len());
        let deadline = self.deadline(None);
        let line = &mut self.side.requests.lines[at];
        let mut written = Ok(());
        match &utterance {
            Utterance::Response { head, .. } => {
                written = line.leg.write(&octets, deadline).await;
                line.client.answered(false);
                if is_ended_by_tcp(head) {
                    line.leg.end().await;
                }
                self.side.requests.owed.remove(place);
            }
            // An answer in pieces: the case ends the connection, or its last piece completes it.
            Utterance::Bytes(_) => {
                written = line.leg.write(&octets, deadline).await;
                line.client.answered(false);
            }
            Utterance::Eof => {
                line.leg.end().await;
                self.side.requests.owed.remove(place);
            }
            Utterance::Reset => {
                line.leg.reset().await;
                self.side.requests.owed.remove(place);
            }
            Utterance::Request { .. } | Utterance::Message(_) | Utterance::Frame(_) => {
                return Err(error("a request is answered with a response"));
            }
        }
        self.log.answered(name, &utterance, octets.len(), self.step);
        match written {
            // Whether a client that has gone still took it is a matter of who was faster.
            Ok(()) | Err(WriteError::Gone) => Ok(()),
            Err(unwritten) => Err(Stop::Failed(Box::new(failure(step, unwritten.to_string())))),
        }
    }
}

/// Whether the end of the connection is the end of this response (RFC 9112 §6.3).
fn is_ended_by_tcp(head: &ResponseHead) -> bool {
    let has_length = ["Content-Length", "Transfer-Encoding"]
        .iter()
        .any(|name| head.headers.first(name).is_some());
    let is_empty = head.status < 200 || matches!(head.status, 204 | 304);
    (!has_length && !is_empty) || head.headers.has_token("Connection", "close")
}
