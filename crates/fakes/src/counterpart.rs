//! The engine as the counterpart of a client under test.

use std::time::Duration;

use engine::{Assumed, ConnectionId, Engine, Peer};
use runner::{Action, Assumption, Counterpart, Output, Passing};
use tokio::time::Instant;

use crate::actions;

/// An engine, and the clock that it goes by.
pub(crate) struct FakeCounterpart {
    engine: Engine,
    began: Instant,
    /// How many times as fast as the wall clock its own clock runs.
    factor: f64,
}

impl FakeCounterpart {
    /// Its time begins now.
    pub(crate) fn new(engine: Engine, factor: f64) -> Self {
        Self { engine, began: Instant::now(), factor }
    }

    fn now(&self) -> Duration {
        self.began.elapsed().mul_f64(self.factor)
    }
}

impl Counterpart for FakeCounterpart {
    fn accept(&mut self) -> u64 {
        // The player speaks TLS with the client, so the engine hears of no server name.
        self.engine.accept(self.now(), Peer::default()).0
    }

    fn receive(&mut self, connection: u64, octets: &[u8]) {
        self.engine.receive(self.now(), ConnectionId(connection), octets);
    }

    fn ended(&mut self, connection: u64) {
        self.engine.ended(self.now(), ConnectionId(connection));
    }

    fn next_output(&mut self) -> Option<(u64, Output)> {
        let (ConnectionId(connection), output) = self.engine.poll_output()?;
        let output = match output {
            engine::Output::Octets(octets) => Output::Octets(octets),
            // Without TLS all of them are the same. The fakes of the runner have no files.
            engine::Output::Finish
            | engine::Output::Close
            | engine::Output::Cut
            | engine::Output::Page(_) => Output::End,
            engine::Output::Reset => Output::Reset,
        };
        Some((connection, output))
    }

    fn next_timeout(&self) -> Option<Instant> {
        Some(self.began + self.engine.next_timeout()?.div_f64(self.factor))
    }

    fn fire(&mut self) {
        // A timer that is due by the wall clock is due, whatever is lost in rounding.
        let is_due = self.next_timeout().is_some_and(|at| at <= Instant::now());
        let due = self.engine.next_timeout().filter(|_| is_due).unwrap_or_default();
        self.engine.fire(self.now().max(due));
    }

    fn perform(&mut self, action: &Action) -> Result<(), String> {
        let now = self.now();
        actions::perform(&mut self.engine, now, action)
    }

    fn assume(&mut self, connection: u64, answer: Assumption) {
        let assumed = match answer {
            Assumption::Upgraded => Assumed::Upgraded,
            Assumption::Opened => Assumed::Opened,
            Assumption::LoggedIn(user) => Assumed::LoggedIn(user),
            Assumption::Bound(jid) => Assumed::Bound(jid),
            Assumption::Answered(request) => Assumed::Answered(request),
        };
        self.engine.assume(self.now(), ConnectionId(connection), assumed);
    }

    fn next_passing(&mut self) -> Option<(u64, Passing)> {
        let (ConnectionId(session), passing) = self.engine.next_passing()?;
        let passing = match passing {
            engine::Passing::Begun { to, version } => Passing::Begun { to, version },
            engine::Passing::Element(element) => Passing::Element(element),
            engine::Passing::Restart => Passing::Restart,
            engine::Passing::Terminate => Passing::Terminate,
            engine::Passing::Opened(id) => Passing::Opened(id),
            engine::Passing::Said(text) => Passing::Said(text),
            engine::Passing::Ended => Passing::Ended,
        };
        Some((session, passing))
    }

    fn let_pass(&mut self, session: u64) {
        self.engine.let_pass(self.now(), ConnectionId(session));
    }

    fn withhold(&mut self, session: u64) {
        self.engine.withhold(self.now(), ConnectionId(session));
    }

    fn tell(&mut self, session: u64, text: &str) {
        self.engine.tell(self.now(), ConnectionId(session), text);
    }

    fn end_session(&mut self, session: u64, is_reset: bool) {
        self.engine.end_session(self.now(), ConnectionId(session), is_reset);
    }
}
