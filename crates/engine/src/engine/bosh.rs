//! Sessions of BOSH: requests find their session, sessions carry a stream, and answers find the
//! connections whose requests wait for them.

use stanza::Element;
use wire::RequestHead;

use super::{CarriedStream, Engine};
use crate::context::Effect;
use crate::fact::{End, Fact};
use crate::fault::{Name, Transport};
use crate::memory::CONNECTION;
use crate::numbers::{ConnectionId, StreamId};
use crate::outlet::Output;
use crate::said::{Kind, Speaker};
use crate::script::ClientAct;
use crate::spelling::stanza_text;
use crate::stream::{Framing, Stream};
use crate::timers::Timer;
use crate::transport::bosh::{self, Condition, Reply, Request, Session, SessionInput, broken};
use crate::transport::http::{Http, UnansweredRequest};
use crate::transport::{Connection, MOST_HELD, Phase};

impl Engine {
    /// Takes a request for a session, or for a new one. True when no request can follow.
    pub(super) fn ask_session(&mut self, id: ConnectionId, head: RequestHead, body: &[u8]) -> bool {
        self.note_body(id, &head, body);
        self.cx.timers.cancel(id.into(), |timer| *timer == Timer::HttpIdle);
        if let Some(http) = self.connections.get_mut(&id).and_then(Connection::http) {
            http.asked = Some(Box::new(UnansweredRequest::new(head)));
        }
        self.deal_over(Some(Transport::Bosh), |engine| engine.ask_with(id, body));
        false
    }

    /// Takes a request with this body.
    fn ask_with(&mut self, id: ConnectionId, body: &[u8]) {
        let read = Request::read(self.cx.dialect(), body);
        let domain = &self.cx.settings.domain;
        let read = read.or_else(|reply| broken::taken(&self.cx.faults, domain).ok_or(reply));
        match read {
            Err(reply) => self.answer(id, &reply),
            Ok(mut request) => match request.sid.as_ref().map(|sid| self.bosh.get(sid)) {
                None => {
                    broken::distort(&self.cx.faults, &mut request, None);
                    self.create_session(id, &request);
                }
                Some(session) => match session.copied() {
                    Some(session) => self.request_of_session(session, request, id),
                    None if self.cx.faults.lasting(Name::BoshAdopt) => {
                        request.to = Some(self.cx.settings.domain.clone());
                        self.create_session(id, &request);
                    }
                    None => {
                        let reply = bosh::unknown_session(self.cx.dialect());
                        self.answer(id, &reply);
                    }
                },
            },
        }
        self.run();
    }

    /// Refuses a request whose body cannot be read. Always the last.
    pub(super) fn refuse_session(&mut self, id: ConnectionId, head: RequestHead) -> bool {
        self.note_body(id, &head, &[]);
        if let Some(http) = self.connections.get_mut(&id).and_then(Connection::http) {
            http.asked = Some(Box::new(UnansweredRequest::new(head)));
        }
        self.answer(id, &Reply::Error(413, None));
        self.with_connection(id, Connection::stop_reading);
        self.run();
        true
    }

    /// A session takes its place among connections, with a stream that is open.
    fn create_session(&mut self, by: ConnectionId, request: &Request) {
        if let Some(reply) = bosh::refused(&self.cx, request) {
            self.answer(by, &reply);
            return;
        }
        let share = self.cx.memory.strangers.share(CONNECTION);
        let Some(share) = share.filter(|_| !self.cx.faults.lasting(Name::OutOfService)) else {
            self.answer(by, &Reply::Error(503, None));
            return;
        };
        self.accepted += 1;
        self.begun += 1;
        let (id, stream) = (ConnectionId(self.accepted), StreamId(self.begun));
        let mut carried = Stream::new(stream, Framing::Carrier);
        let (sid, features) = carried.begin_unframed(&mut self.cx);
        let mut features = broken::features(&self.cx.faults, features);
        let mut cues = Vec::new();
        if let Some(script) = &mut self.script {
            script.session(id);
            if let Some(opened) = self.open_by_script(id, request.to.as_deref()) {
                (features, cues) = opened;
            }
        }
        let mut session = bosh::create(&self.cx, request, &sid);
        let mut domain = self.cx.settings.domain.clone();
        // A script is of whatever server the client believes to speak with.
        let is_host = |to: &&String| {
            to.bytes().all(|octet| matches!(octet, b'.' | b'-') || octet.is_ascii_alphanumeric())
        };
        if let Some(to) = request.to.as_ref().filter(is_host).filter(|_| self.script.is_some()) {
            to.clone_into(&mut domain);
        }
        if !self.begin_between(id, by, request, (&sid, &features)) {
            session.begin(by, &domain, &features);
        }
        let shares = [share, self.cx.memory.held.nothing()];
        let mut connection = Connection::new(id, None, self.cx.now, shares);
        connection.phase = Phase::Bosh(session);
        connection.transport = Transport::Bosh;
        connection.stream = Some(stream);
        self.connections.insert(id, connection);
        self.streams.insert(stream, CarriedStream { stream: carried, by: id });
        self.cx.record.carries(id, stream);
        self.cx.note_fact(id, Fact::SessionBegun { sid: sid.clone(), by: by.0 });
        self.bosh.insert(sid, id);
        self.settle(id);
        self.play(cues);
    }

    /// Hands a request to its session, and does what the request wants.
    fn request_of_session(&mut self, id: ConnectionId, request: Request, by: ConnectionId) {
        let mut next = self.keep_early(id, request, by).map(|request| (request, by));
        while let Some((request, by)) = next {
            self.hand_request(id, request, by);
            next = self.next_early(id);
        }
    }

    fn hand_request(&mut self, id: ConnectionId, mut request: Request, by: ConnectionId) {
        let now = self.cx.now;
        let session = self.connections.get_mut(&id).and_then(Connection::session);
        broken::distort(&self.cx.faults, &mut request, session.map(|session| &*session));
        let forgets = self.cx.faults.lasting(Name::BoshForgetAnswers);
        self.with_session(id, |session| {
            if forgets {
                session.forget_answers();
            }
            session.ask(now, request, by);
        });
        self.settle(id);
        self.turns_of_session(id);
    }

    /// Does in order what the requests of a session want.
    pub(super) fn turns_of_session(&mut self, id: ConnectionId) {
        let now = self.cx.now;
        while !self.waits_between(id)
            && let Some(turn) = self.session(id).and_then(|session| session.turn(now))
        {
            if let Some(turn) = self.keep_turn(id, turn) {
                self.take_turn(id, turn);
            }
        }
        self.settle(id);
    }

    pub(super) fn take_turn(&mut self, id: ConnectionId, turn: SessionInput) {
        match turn {
            SessionInput::Element(element) => self.element_of_session(id, &element),
            SessionInput::Restart => self.restart_session(id),
            SessionInput::Terminate => {
                self.hear_by_script(id, ClientAct::Close);
                self.note_end(id, End::Client);
                self.end_stream_of(id);
            }
            SessionInput::Broken(condition) => {
                self.session_broken(id, condition);
                self.end_stream_of(id);
            }
        }
        self.run();
        self.settle(id);
    }

    fn element_of_session(&mut self, id: ConnectionId, element: &Element) {
        let Some(stream) = self.connections.get(&id).and_then(|connection| connection.stream)
        else {
            return;
        };
        if self.cx.notes(Kind::Text) {
            let logged_in = self.stream_of(id).and_then(Stream::user).is_some();
            let text = stanza_text(element, "");
            self.cx.note_message(id, Kind::Text, &text, logged_in);
        }
        self.element(stream, element);
    }

    fn restart_session(&mut self, id: ConnectionId) {
        let mut features = String::new();
        self.with_stream_of(id, |stream, cx| features = stream.begin_unframed(cx).1);
        let mut cues = Vec::new();
        if let Some(opened) = self.open_by_script(id, None) {
            (features, cues) = opened;
        }
        let now = self.cx.now;
        self.with_session(id, |session| session.restart(now, &features));
        self.play(cues);
    }

    fn session_broken(&mut self, id: ConnectionId, condition: Condition) {
        self.cx.note_fact(id, Fact::SessionBroken { condition: condition.name() });
        self.note_end(id, End::Server);
    }

    /// The elements of a request that are not dealt with yet are lost.
    pub(super) fn drop_request(&mut self, id: StreamId) {
        if let Some(by) = self.streams.get(&id).map(|carried| carried.by) {
            self.with_session(by, |session| session.drop_elements());
        }
    }

    /// The session is over, and so is the stream that it carries. A request behind one that the end
    /// answers is read after it, and finds no session (`HttpSession.closeSession`).
    fn end_stream_of(&mut self, id: ConnectionId) {
        if let Some(stream) = self.connections.get(&id).and_then(|connection| connection.stream) {
            let reads_on = std::mem::replace(&mut self.reads_on, true);
            self.kick_stream(stream);
            self.reads_on = reads_on;
            self.read_answered();
        }
    }

    /// A session has something to do by itself.
    pub(super) fn session_due(&mut self, id: ConnectionId) {
        let now = self.cx.now;
        let Some(is_over) = self.session(id).map(|session| session.fire(now)) else {
            return;
        };
        if broken::is_over(&self.cx.faults, is_over) {
            self.note_end(id, End::Idle);
            self.end_stream_of(id);
            self.run();
            // A fault may hold back all that is said, even the end. No client waits for this one.
            if self.session(id).is_some() {
                self.hand_out(id, Output::Close);
            }
        }
        self.settle(id);
    }

    /// Hands to a session what would go to the socket of another connection.
    pub(super) fn hand_to_session(&mut self, id: ConnectionId, output: Output) {
        let now = self.cx.now;
        match self.keep_output(id, output) {
            Some(Output::Octets(octets)) => {
                let element = String::from_utf8_lossy(&octets);
                self.with_session(id, |session| session.say(now, &element));
                self.settle(id);
            }
            None | Some(Output::Page(_) | Output::Finish) => {}
            Some(end) => self.end_of_session(id, end),
        }
    }

    /// A session ends.
    pub(super) fn end_of_session(&mut self, id: ConnectionId, end: Output) {
        let now = self.cx.now;
        match end {
            Output::Close => {
                let says_nothing = self.cx.faults.lasting(Name::BoshSilentEnd);
                self.with_session(id, |session| {
                    session.close(now);
                    if says_nothing {
                        session.answers();
                    }
                });
                self.settle(id);
                self.forget(id);
            }
            Output::Cut | Output::Reset => {
                let waiting = self.session(id).map(|session| session.waiting());
                self.forget(id);
                for by in waiting.unwrap_or_default() {
                    self.hand_out(by, end.clone());
                }
            }
            Output::Octets(_) | Output::Page(_) | Output::Finish => {}
        }
    }

    /// After all that happens to a session: its answers go out, its memory is weighed, and its next
    /// deed is planned.
    pub(super) fn settle(&mut self, id: ConnectionId) {
        let now = self.cx.now;
        let Some(session) = self.connections.get_mut(&id).and_then(Connection::session) else {
            return;
        };
        let answers = session.answers();
        let (due, held) = (broken::due(&self.cx.faults, session, now), session.held());
        self.cx.timers.cancel(id.into(), |timer| *timer == Timer::Session);
        // One that is to end does nothing more by itself: it would be due for ever.
        if let Some(due) = due.filter(|_| !self.ends_between(id)) {
            self.cx.timers.set(due, id.into(), Timer::Session);
        }
        for (by, reply) in answers {
            self.answer(by, &reply);
        }
        if held > MOST_HELD {
            let what = format!("the client does not ask for the {held} octets that wait for it");
            self.cx.note_fact(id, Fact::NoMemory { what });
            self.break_off(id, Output::Close);
        } else {
            self.weigh(id);
        }
    }

    /// Answers the request of a connection, and lets the next one come.
    pub(super) fn answer(&mut self, id: ConnectionId, reply: &Reply) {
        let dialect = self.cx.dialect();
        let date = httpdate::fmt_http_date(self.cx.settings.calendar.at(self.cx.now));
        let Some(asked) = self
            .connections
            .get_mut(&id)
            .and_then(Connection::http)
            .and_then(|http: &mut Http| http.asked.take())
        else {
            return;
        };
        let reply = &*broken::answer(&self.cx.faults, reply);
        let ends = asked.is_last() || matches!(reply, Reply::Failure(_));
        if let Reply::Error(status, _) | Reply::Failure(status) = reply {
            self.cx.note_fact(id, Fact::SessionRefused { status: *status });
        }
        let response = asked.response(dialect, &date, reply);
        let response = broken::response(&self.cx.faults, response);
        self.with_connection(id, |connection, cx| {
            connection.respond(cx, response, false);
            if ends {
                connection.stop_reading(cx);
            } else {
                cx.set_timer(cx.settings.profile.http_idle, id, Timer::HttpIdle);
                cx.want(Effect::NextRequest(id));
            }
        });
    }

    /// Deals with the requests that wait behind one that was answered. An answer may let the next
    /// be read, on this connection or another: they wait in a queue, since a client decides how
    /// many there are.
    pub(super) fn read_on(&mut self, id: ConnectionId) {
        self.answered.push_back(id);
        self.read_answered();
    }

    fn read_answered(&mut self) {
        if self.reads_on {
            return;
        }
        self.reads_on = true;
        while let Some(id) = self.answered.pop_front() {
            while self.next_input(id, &[]) {}
        }
        self.reads_on = false;
    }

    /// Keeps a request in the record, without credentials.
    fn note_body(&mut self, id: ConnectionId, head: &RequestHead, body: &[u8]) {
        self.note_request(id, head);
        if self.cx.notes(Kind::Http) {
            let body = String::from_utf8_lossy(body);
            self.cx.note(id, Speaker::Client, Kind::Http, mask::message(&body, false));
        }
    }

    pub(super) fn session(&mut self, id: ConnectionId) -> Option<&mut (dyn Session + 'static)> {
        self.connections.get_mut(&id).and_then(Connection::session)
    }

    pub(super) fn with_session(&mut self, id: ConnectionId, act: impl FnOnce(&mut dyn Session)) {
        if let Some(session) = self.session(id) {
            act(session);
        }
    }
}
