//! Somebody stands between sessions of BOSH and their streams: all that one of both says waits for
//! a word before the other hears it. Requests, numbers and answers stay the business of sessions.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use stanza::Element;

use super::Engine;
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::transport::bosh::{Request, SessionInput, unknown_session};

/// By how much a request may be early.
const MOST_EARLY: i64 = 2;

/// Something that passes between a session of BOSH and its stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passing {
    /// The client has asked for the session, and so for its stream.
    Begun {
        /// The domain that it asked for.
        to: Option<String>,
        /// The version of XMPP that it speaks (XEP-0206 §2).
        version: Option<String>,
    },
    /// The client says an element.
    Element(Box<Element>),
    /// The client wants its stream to begin anew (XEP-0206 §5).
    Restart,
    /// The client ends the session (XEP-0124 §13).
    Terminate,
    /// The stream has begun, or begun anew, with this id. Its features follow.
    Opened(String),
    /// The stream says an element.
    Said(String),
    /// The stream has ended, and the session is to end with it.
    Ended,
}

/// Words that wait between sessions and streams.
#[derive(Default)]
pub(super) struct Between {
    passing: VecDeque<(ConnectionId, Passing)>,
    waiting: BTreeMap<ConnectionId, Waiting>,
}

/// The part of a session that waits.
#[derive(Default)]
struct Waiting {
    /// The client's word, which its stream has not heard.
    heard: Option<HeldBack>,
    /// A stream that begins: its features have not been said to the client.
    opening: Option<Opening>,
    /// The end of the session.
    end: Option<Output>,
    /// Requests that have overtaken another, with their connections.
    early: Vec<(Request, ConnectionId)>,
}

/// A word of the client.
enum HeldBack {
    Begun { sid: String, features: String },
    Turn(SessionInput),
}

/// A stream that begins.
enum Opening {
    /// With the session, by the request on this connection.
    First(ConnectionId),
    Again,
}

impl Engine {
    /// From now on somebody stands between each new session of BOSH and its stream, and takes what
    /// passes by [`Engine::next_passing`].
    pub fn stand_between(&mut self) {
        self.between.get_or_insert_default();
    }

    /// The next thing that a session or its stream says; it is numbered by the session.
    pub fn next_passing(&mut self) -> Option<(ConnectionId, Passing)> {
        self.between.as_mut()?.passing.pop_front()
    }

    /// Lets the stream hear the last word of the client. Nothing more of that client is dealt with
    /// before this, or [`Engine::withhold`].
    pub fn let_pass(&mut self, now: Duration, id: ConnectionId) {
        self.cx.now = now;
        self.deal_with(id, |engine| engine.let_last_pass(id));
    }

    fn let_last_pass(&mut self, id: ConnectionId) {
        match self.waiting(id).and_then(|waiting| waiting.heard.take()) {
            None => return,
            Some(HeldBack::Begun { sid, features }) => {
                self.pass(id, Passing::Opened(sid));
                self.pass(id, Passing::Said(features));
            }
            Some(HeldBack::Turn(SessionInput::Restart)) => {
                let mut begun = None;
                self.with_stream_of(id, |stream, cx| begun = Some(stream.begin_unframed(cx)));
                if let Some((name, features)) = begun {
                    self.open_between(id, Opening::Again);
                    self.pass(id, Passing::Opened(name));
                    self.pass(id, Passing::Said(features));
                }
            }
            Some(HeldBack::Turn(turn)) => self.take_turn(id, turn),
        }
        self.turns_of_session(id);
        self.run();
    }

    /// The stream never hears the last word of the client, which was answered in its place.
    pub fn withhold(&mut self, now: Duration, id: ConnectionId) {
        self.cx.now = now;
        if let Some(HeldBack::Turn(SessionInput::Restart)) =
            self.waiting(id).and_then(|waiting| waiting.heard.take())
        {
            self.open_between(id, Opening::Again);
        }
        self.turns_of_session(id);
        self.run();
    }

    /// Says something to the client of a session. The first word after its stream has begun are the
    /// features, which the session has a place of their own for.
    pub fn tell(&mut self, now: Duration, id: ConnectionId, text: &str) {
        self.cx.now = now;
        match self.waiting(id).and_then(|waiting| waiting.opening.take()) {
            None => self.with_session(id, |session| session.say(now, text)),
            Some(Opening::Again) => self.with_session(id, |session| session.restart(now, text)),
            Some(Opening::First(by)) => {
                let domain = self.cx.settings.domain.clone();
                self.with_session(id, |session| session.begin(by, &domain, text));
            }
        }
        self.settle(id);
        self.turns_of_session(id);
        self.run();
    }

    /// Ends a session as its stream wants it, or without a word if it wants nothing yet.
    pub fn end_session(&mut self, now: Duration, id: ConnectionId, is_reset: bool) {
        self.cx.now = now;
        let planned = self.waiting(id).and_then(|waiting| waiting.end.take());
        let end = if is_reset { Output::Reset } else { planned.unwrap_or(Output::Close) };
        self.end_of_session(id, end);
        self.run();
    }

    /// A session begins: whether its stream waits for a word.
    pub(super) fn begin_between(
        &mut self,
        id: ConnectionId,
        by: ConnectionId,
        request: &Request,
        (sid, features): (&str, &str),
    ) -> bool {
        let Some(between) = &mut self.between else { return false };
        let heard = HeldBack::Begun { sid: sid.to_owned(), features: features.to_owned() };
        let opening = Some(Opening::First(by));
        let waiting = Waiting { heard: Some(heard), opening, ..Waiting::default() };
        between.waiting.insert(id, waiting);
        let (to, version) = (request.to.clone(), request.xmpp_version.clone());
        self.pass(id, Passing::Begun { to, version });
        true
    }

    /// Keeps a request that has overtaken the one before it, as requests on different connections
    /// do; gives back one whose turn it is. Openfire takes them as they come, and a client is not
    /// to be judged by the luck of its connections.
    pub(super) fn keep_early(
        &mut self,
        id: ConnectionId,
        request: Request,
        by: ConnectionId,
    ) -> Option<Request> {
        let next = self.session(id).map_or(0, |session| session.expects());
        let Some(waiting) = self.waiting(id) else { return Some(request) };
        let is_early = request.rid > next && request.rid.saturating_sub(next) <= MOST_EARLY;
        if !is_early || waiting.early.iter().any(|(other, _)| other.rid == request.rid) {
            return Some(request);
        }
        waiting.early.push((request, by));
        None
    }

    /// The request that has waited for the one before it, if that has come.
    pub(super) fn next_early(&mut self, id: ConnectionId) -> Option<(Request, ConnectionId)> {
        let next = self.session(id)?.expects();
        let early = &mut self.waiting(id)?.early;
        let place = early.iter().position(|(request, _)| request.rid <= next)?;
        Some(early.swap_remove(place))
    }

    /// Whether the next turn of a session has to wait.
    pub(super) fn waits_between(&mut self, id: ConnectionId) -> bool {
        self.waiting(id).is_some_and(|waiting| waiting.heard.is_some() || waiting.opening.is_some())
    }

    /// Keeps a turn until there is a word about it; gives back one that need not wait.
    pub(super) fn keep_turn(
        &mut self,
        id: ConnectionId,
        turn: SessionInput,
    ) -> Option<SessionInput> {
        let passing = match &turn {
            SessionInput::Element(element) => Passing::Element(element.clone()),
            SessionInput::Restart => Passing::Restart,
            SessionInput::Terminate => Passing::Terminate,
            SessionInput::Broken(_) => return Some(turn),
        };
        let Some(waiting) = self.waiting(id) else { return Some(turn) };
        waiting.heard = Some(HeldBack::Turn(turn));
        self.pass(id, passing);
        None
    }

    /// Keeps a word of a stream for its session; gives back one that need not wait.
    pub(super) fn keep_output(&mut self, id: ConnectionId, output: Output) -> Option<Output> {
        let Some(waiting) = self.waiting(id) else { return Some(output) };
        let passing = match output {
            Output::Octets(octets) => Passing::Said(String::from_utf8_lossy(&octets).into_owned()),
            Output::Page(_) | Output::Finish => return None,
            Output::Close | Output::Cut | Output::Reset => {
                if waiting.end.replace(output).is_some() {
                    return None;
                }
                Passing::Ended
            }
        };
        self.pass(id, passing);
        None
    }

    /// Whether the end of a session waits for a word.
    pub(super) fn ends_between(&mut self, id: ConnectionId) -> bool {
        self.waiting(id).is_some_and(|waiting| waiting.end.is_some())
    }

    /// A session has ended.
    pub(super) fn leave_between(&mut self, id: ConnectionId) {
        let left = self.between.as_mut().and_then(|between| between.waiting.remove(&id));
        for (_, by) in left.map(|left| left.early).unwrap_or_default() {
            self.answer(by, &unknown_session(self.cx.dialect()));
        }
    }

    fn waiting(&mut self, id: ConnectionId) -> Option<&mut Waiting> {
        self.between.as_mut()?.waiting.get_mut(&id)
    }

    fn open_between(&mut self, id: ConnectionId, opening: Opening) {
        if let Some(waiting) = self.waiting(id) {
            waiting.opening = Some(opening);
        }
    }

    fn pass(&mut self, id: ConnectionId, passing: Passing) {
        if let Some(between) = &mut self.between {
            between.passing.push_back((id, passing));
        }
    }
}
