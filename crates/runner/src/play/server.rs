//! The player of cases that test a server: it speaks to it over connections of its own, and knows
//! by ledgers when a fake has nothing more to say.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use case::{Arrow, Fact, Item, Label, Payload, Step, StepKind};
use stanza::{Element, ns};
use tokio::time::Instant;
use transcript::Side;
use wire::{CloseFrame, Message, close};

use super::bosh::{self, Passage};
use super::closing;
use super::connection::Connection;
use super::incoming::{Incoming, Received};
use super::leg::{Chunk, Ledger, Leg, Origin};
use super::player::{Awaited, CONNECT, Player, STEP, Stop, Wait, learn};
use super::reports::WantedReport;
use super::side::UnderTest;
use crate::scene::{Action, Promise, ServerUnderTest};
use crate::speak::mask_key;
use crate::targets::BOSH_PATH;
use verdict::CloseAxis;

/// How long an endpoint at rest is still listened to when the end of TCP is awaited.
const LAST_WORD: Duration = Duration::from_millis(300);

/// How long an endpoint that cannot tell whether it is at rest is given to say what is on its way.
const SETTLE: Duration = Duration::from_millis(50);

/// How many chunks are taken in before the clock is looked at again.
const AT_ONCE: usize = 64;

/// A server under test.
pub(super) struct ServerSide<'a> {
    server: &'a ServerUnderTest,
    ledger: Arc<Ledger>,
    /// The ways to bridges, one for each connection that is carried over BOSH.
    passages: Vec<Arc<Passage>>,
}

impl<'a> ServerSide<'a> {
    /// Nothing was said to it yet.
    pub(super) fn new(server: &'a ServerUnderTest) -> Self {
        Self { server, ledger: Arc::default(), passages: Vec::new() }
    }
}

impl UnderTest for ServerSide<'_> {
    const TESTED: Side = Side::Server;

    /// Stanza errors, stream errors and SASL failures.
    fn is_error(received: &Received) -> bool {
        let incoming = &received.incoming;
        incoming.is_stanza_error() || incoming.is_stream_error() || incoming.is_sasl_failure()
    }

    fn is_no_talk(received: &Received) -> bool {
        received.incoming.is_timer_talk()
    }

    fn step<'s>(
        player: &'s mut Player<'_, Self>,
        step: &'s Step,
    ) -> Promise<'s, Option<Result<(), Stop>>> {
        Box::pin(async move {
            if player.case.is_translated() && is_framing(&step.kind) {
                player.step += 1;
                return Some(Ok(()));
            }
            match &step.kind {
                StepKind::Say { conn, arrow: Arrow::ToServer, within, payload } => {
                    player.step += 1;
                    let said = player.say(step, &conn.value, payload, *within).await;
                    player.moments.note(Instant::now());
                    Some(said)
                }
                StepKind::Fact { conn, fact: Fact::Connect { tls }, .. } => {
                    if *tls && player.side.server.tls.is_none() {
                        let reason = "the target has no TLS".to_owned();
                        player.branches.push((Label::Unsupported, Some(reason)));
                        return Some(Err(Stop::Unsupported));
                    }
                    Some(player.connect(&conn.value).await)
                }
                _ => None,
            }
        })
    }

    fn perform<'s>(
        player: &'s mut Player<'_, Self>,
        action: Action,
    ) -> Promise<'s, Result<(), String>> {
        player.side.server.stage.perform(action)
    }

    fn wait<'s>(
        player: &'s mut Player<'_, Self>,
        deadline: Instant,
        awaited: Awaited,
    ) -> Promise<'s, Result<Wait, Stop>> {
        Box::pin(player.wait_for_server(deadline, awaited))
    }

    fn settle<'s>(player: &'s mut Player<'_, Self>) -> Promise<'s, ()> {
        Box::pin(async move {
            let stage = &player.side.server.stage;
            // Octets that a deaf connection leaves in the buffers keep the ledgers from ever
            // agreeing.
            let is_deaf = player.connections.iter().any(|connection| connection.state.deaf);
            let patience = if stage.can_rest() && !is_deaf {
                STEP.mul_f64(player.scene.patience)
            } else {
                // A quick server needs no less.
                SETTLE.mul_f64(player.scene.patience.max(1.0))
            };
            let deadline = Instant::now() + patience;
            let nothing = Awaited::default();
            while let Ok(Wait::Arrived) = player.wait_for_server(deadline, nothing).await {}
        })
    }

    /// A server reports nothing.
    fn take_reports<'s>(
        _: &'s mut Player<'_, Self>,
        all: Vec<WantedReport<'s>>,
    ) -> Promise<'s, Result<(), Stop>> {
        let conn = all.first().map(|wanted| wanted.conn).unwrap_or_default();
        let message = format!("{conn} is no client under test, and reports nothing");
        Box::pin(async { Err(Stop::Error(message)) })
    }

    fn finish<'s>(
        player: &'s mut Player<'_, Self>,
        last: &'s [&'s Item],
    ) -> Promise<'s, (CloseAxis, Vec<String>)> {
        Box::pin(async move {
            player.last_steps(last).await;
            Self::settle(player).await;
            (closing::epilogue(player).await, Vec::new())
        })
    }
}

impl Player<'_, ServerSide<'_>> {
    /// Steps of `finally`: best effort, after any outcome. Each is tried by itself, those of
    /// fragments too: a step that has nothing to undo does not stop the others.
    async fn last_steps(&mut self, last: &[&Item]) {
        // Answers to these steps are not held against the case.
        let kept = self.unclaimed_error.take();
        // The connections on which the last request could not be made.
        let mut unasked = BTreeSet::new();
        for item in last.iter().flat_map(|item| each(item)) {
            let side = said(item);
            if matches!(side, Some((Arrow::ToClient, conn)) if unasked.contains(conn)) {
                continue;
            }
            let failed = self.steps(vec![item]).await.is_err();
            match side {
                Some((Arrow::ToServer, conn)) if failed => _ = unasked.insert(conn),
                Some((Arrow::ToServer, conn)) => _ = unasked.remove(conn),
                Some((Arrow::ToClient, conn)) if failed => self.pass_over_answer(conn),
                _ => {}
            }
        }
        self.unclaimed_error = kept;
    }

    /// A response that the last step did not want is not that to the next request.
    fn pass_over_answer(&mut self, conn: &str) {
        let Some(connection) = self.connection(conn) else { return };
        let is_answer = |it: &Received| matches!(it.incoming, Incoming::Response { .. });
        if connection.queue.front().is_some_and(is_answer) {
            connection.queue.pop_front();
        }
    }

    async fn connect(&mut self, name: &str) -> Result<(), Stop> {
        self.step += 1;
        let server = self.side.server;
        let deadline = CONNECT.mul_f64(self.scene.patience);
        let stream = server.dial(deadline).await.map_err(|error| {
            let hint = error.hint().map(|hint| format!("; {hint}")).unwrap_or_default();
            Stop::Error(format!("{error}{hint}"))
        })?;
        self.moments.note(Instant::now());
        self.log.connected(name, server.tls.is_some(), self.step);
        let (outbox, ledger) = (self.outbox.clone(), Arc::clone(&self.side.ledger));
        let index = self.next_index(name);
        if self.case.is_translated() {
            let path = self.scene.variables.get(BOSH_PATH).cloned().unwrap_or_default();
            let place = bosh::BoshService { server: server.clone(), path, deadline };
            let (stream, passage) = bosh::bridge(place, stream, ledger);
            let near = Arc::clone(&passage.near);
            self.side.passages.push(passage);
            let leg = Leg::new(Origin::Connection(index), stream, outbox, near);
            let mut connection = Connection::new(name, Side::Server, Some(leg));
            connection.parser.in_frames();
            connection.state.upgraded = true;
            self.connections.push(connection);
            return Ok(());
        }
        let leg = Leg::new(Origin::Connection(index), stream, outbox, ledger);
        self.connections.push(Connection::new(name, Side::Server, Some(leg)));
        Ok(())
    }

    async fn wait_for_server(&mut self, deadline: Instant, awaited: Awaited) -> Result<Wait, Stop> {
        let deadline = deadline.min(self.until);
        // However much has come, others have their turn: an interrupt, too.
        tokio::task::yield_now().await;
        let mut rested_since: Option<Instant> = None;
        let mut pause = Duration::from_micros(200);
        loop {
            self.within_allowance()?;
            let read = self.side.ledger.read.load(Ordering::SeqCst);
            let passed: Vec<u64> = self.side.passages.iter().map(|it| it.read()).collect();
            let mut arrived = false;
            for _ in 0..AT_ONCE {
                let Ok(chunk) = self.inbox.try_recv() else { break };
                self.take_in(chunk).await;
                arrived = true;
                self.within_allowance()?;
            }
            // A peer that never stops talking does not put the deadline off.
            if arrived && Instant::now() < deadline + LAST_WORD {
                return Ok(Wait::Arrived);
            }
            if self.connections.iter().all(|connection| connection.state.ended) {
                // The end of TCP was the last word on each.
                return Ok(Wait::AtRest);
            }
            let now = Instant::now();
            let Some(left) = deadline.checked_duration_since(now).filter(|left| !left.is_zero())
            else {
                return Ok(Wait::TimedOut);
            };
            // `read` was taken before the inbox was emptied: all that it counts has been seen.
            let mut passages = self.side.passages.iter().zip(&passed);
            let is_still = passages.all(|(passage, read)| passage.is_still(*read));
            let written = self.side.ledger.written.load(Ordering::SeqCst);
            if is_still
                && self.side.server.stage.at_rest(
                    written,
                    read,
                    left.mul_f64(self.scene.clock),
                    awaited.talk,
                )
            {
                let since = *rested_since.get_or_insert(now);
                if !awaited.end || now.duration_since(since) >= LAST_WORD {
                    return Ok(Wait::AtRest);
                }
            } else {
                rested_since = None;
            }
            tokio::select! {
                came = self.inbox.recv() => {
                    if let Some(chunk) = came {
                        self.take_in(chunk).await;
                        return Ok(Wait::Arrived);
                    }
                }
                () = tokio::time::sleep(pause.min(left)) => pause = (pause * 2).min(Duration::from_millis(10)),
            }
        }
    }

    async fn take_in(&mut self, chunk: Chunk) {
        // The player makes none for REST alone.
        let Origin::Connection(index) = chunk.origin else { return };
        self.allowance.hear(chunk.octets());
        self.connections[index].take_in(chunk);
        while let Some(received) = self.connections[index].parser.next() {
            if !self.allowance.takes(&received) {
                return;
            }
            self.arrive(index, received).await;
        }
    }

    /// Puts something that came into its queue, and says for the case what every peer says by
    /// itself: pongs, the echo of a close, answers to timer queries.
    async fn arrive(&mut self, index: usize, mut received: Received) {
        let deadline = self.deadline(None);
        let Some(connection) = self.connections.get_mut(index) else { return };
        let state = &mut connection.state;
        if state.over {
            return;
        }
        let mut answer = None;
        match &received.incoming {
            Incoming::Response { head, .. } => {
                state.answered(head.status);
                state.answers_once |= head.headers.has_token("Connection", "close");
            }
            Incoming::Message { message: Message::Ping(payload), .. } => {
                answer = Some(Message::Pong(payload.clone()))
            }
            Incoming::Message { message: Message::Close(close), .. } => {
                let code = close.as_ref().map_or(close::code::NO_STATUS, |close| close.code);
                state.got_close.get_or_insert(code);
                // RFC 6455 §5.5.1: the echo typically carries the code received.
                let echo = close.as_ref().map(|close| CloseFrame::new(close.code, ""));
                if !state.sent_close && !state.manual {
                    answer = Some(Message::Close(echo));
                }
            }
            // A peer that closes after its close frame, before it has read what we said, ends TCP
            // by a reset if that is there already, and else in order: a matter of who was faster.
            // RFC 6455 §7.1.1 wants the end.
            Incoming::Reset if state.got_close.is_some() => {
                state.ended = true;
                received.incoming = Incoming::Eof;
            }
            Incoming::Eof => state.ended = true,
            Incoming::Reset => (state.ended, state.reset) = (true, true),
            incoming if incoming.is_stream_close() => state.got_stream_close = true,
            // RFC 6120 §6.4.6: the stream is over, and the one after it is not open yet.
            incoming if incoming.is_sasl_success() && state.logging_in => {
                state.stream_opened = false
            }
            incoming => {
                answer = incoming
                    .timer_query()
                    .map(|query| Message::Text(stanza::print(&answer_to(query))));
            }
        }
        if let Some(element) = received.incoming.element() {
            learn(&mut self.bindings, &connection.name, element);
        }
        if let Some(message) = answer.filter(|_| !connection.state.manual) {
            received.answer =
                Some(connection.answer(message, mask_key(&self.bindings), deadline).await);
        }
        connection.queue.push_back(received);
    }
}

/// Whether a step is about the upgrade, for which other transports have no counterpart.
fn is_framing(step: &StepKind) -> bool {
    matches!(
        step,
        StepKind::Say { payload: Payload::Http(_), .. }
            | StepKind::Fact { fact: Fact::Upgraded, .. }
    )
}

/// A polite answer to a version query (XEP-0092) or a ping (XEP-0199): none of our business, or
/// here we are.
fn answer_to(query: &Element) -> Element {
    let is_ping = query.child(ns::PING, "ping").is_some();
    let mut answer =
        Element::new(ns::CLIENT, "iq").with_attr("type", if is_ping { "result" } else { "error" });
    for (ours, theirs) in [("id", "id"), ("to", "from")] {
        if let Some(value) = query.attr(theirs) {
            answer = answer.with_attr(ours, value);
        }
    }
    if is_ping {
        return answer;
    }
    let condition = Element::new(ns::STANZA_ERRORS, "service-unavailable");
    answer.with_child(
        Element::new(ns::CLIENT, "error").with_attr("type", "cancel").with_child(condition),
    )
}

/// The steps of an item, without those that only hold others.
fn each(item: &Item) -> Vec<&Item> {
    match item {
        Item::Step(Step {
            kind: StepKind::Finally(items) | StepKind::Used { body: items, .. },
            ..
        }) => items.iter().flat_map(each).collect(),
        item => vec![item],
    }
}

/// The direction and the connection of a step in which something is said.
fn said(item: &Item) -> Option<(Arrow, &str)> {
    match item {
        Item::Step(Step { kind: StepKind::Say { conn, arrow, .. }, .. }) => {
            Some((*arrow, conn.value.as_str()))
        }
        _ => None,
    }
}
