//! How what the other side says arrives: waiting with a deadline, the queues of the connections, and the answers that
//! every peer gives by itself.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use transcript::Who;
use wire::{CloseFrame, Message, close};

use super::incoming::{Incoming, Received};
use super::log::Note;
use super::player::{Awaited, Player, STEP, Stop, Wait, text};
use crate::speak::mask_key;

/// How long an endpoint at rest is still listened to when the end of TCP is awaited.
const LAST_WORD: Duration = Duration::from_millis(300);

/// How long an endpoint that cannot tell whether it is at rest is given to say what is on its way.
const SETTLE: Duration = Duration::from_millis(50);

/// How many messages are taken in before the clock is looked at again.
const AT_ONCE: usize = 1024;

impl Player<'_> {
    /// Lets what is on its way arrive, so that what follows does not depend on who was faster.
    pub(super) async fn settle(&mut self) {
        if self.guest.is_some() {
            return self.settle_model().await;
        }
        // What a deaf connection leaves in the buffers keeps the ledgers from ever agreeing.
        let is_deaf = self.connections.iter().any(|connection| connection.state.deaf);
        let patience = if self.scene.stage.can_rest() && !is_deaf {
            STEP.mul_f64(self.scene.patience)
        } else {
            // A quick server needs no less.
            SETTLE.mul_f64(self.scene.patience.max(1.0))
        };
        let deadline = Instant::now() + patience;
        while let Ok(Wait::Arrived) = self.wait(deadline, Awaited::default()).await {}
    }

    /// Waits for something new on any connection.
    pub(super) async fn wait(&mut self, deadline: Instant, awaited: Awaited) -> Result<Wait, Stop> {
        if self.guest.is_some() {
            return self.wait_for_client(deadline).await;
        }
        let deadline = deadline.min(self.until);
        let mut rested_since: Option<Instant> = None;
        let mut pause = Duration::from_micros(200);
        loop {
            if self.interruptible && *self.interrupt.borrow() {
                return Err(Stop::Interrupted);
            }
            let read = self.ledger.read.load(Ordering::SeqCst);
            let mut arrived = false;
            for _ in 0..AT_ONCE {
                let Ok((index, received)) = self.inbox.try_recv() else { break };
                self.arrive(index, received).await;
                arrived = true;
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
            let written = self.ledger.written.load(Ordering::SeqCst);
            if self.scene.stage.at_rest(written, read, left.mul_f64(self.scene.clock), awaited.talk)
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
                    if let Some((index, received)) = came {
                        self.arrive(index, received).await;
                        return Ok(Wait::Arrived);
                    }
                }
                () = tokio::time::sleep(pause.min(left)) => pause = (pause * 2).min(Duration::from_millis(10)),
                _ = self.interrupt.changed(), if self.interruptible => {}
            }
        }
    }

    /// Puts something that came into its queue, and says for the case what every peer says by itself: pongs, the echo of
    /// a close, answers to timer queries.
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
            // A peer that closes after its close frame, before it has read what we said, ends TCP by a reset if that is
            // there already, and else in order: a matter of who was faster. RFC 6455 §7.1.1 wants the end.
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
            if element.is(stanza::ns::FRAMING, "open")
                && let Some(id) = element.attr("id")
            {
                self.bindings.capture(&format!("conn.{}.id", connection.name), id);
            }
            if let Some(jid) = bound_jid(element) {
                self.bindings.capture(&format!("conn.{}.jid", connection.name), &jid);
            }
        }
        if let Some(message) = answer.filter(|_| !connection.state.manual) {
            received.answer =
                Some(connection.answer(message, mask_key(&self.bindings), deadline).await);
        }
        connection.queue.push_back(received);
    }

    /// Takes the message at `at` out of a queue. Those before it are passed over.
    pub(super) fn claim(&mut self, conn: &str, who: Who, at: usize) -> Option<Received> {
        let index = self.connections.iter().position(|connection| connection.name == conn)?;
        self.note_unclaimed(index, who, at);
        let connection = &mut self.connections[index];
        let claimed = connection.queue_mut(who).pop_front()?;
        connection.state.end_claimed |= claimed.incoming.is_end();
        Some(claimed)
    }

    /// Puts the first `count` messages of a queue into the transcript; nobody asked for them.
    pub(super) fn note_unclaimed(&mut self, index: usize, who: Who, count: usize) {
        let step = self.step;
        let is_error = self.is_error();
        let connection = &mut self.connections[index];
        let passed: Vec<Received> = connection.queue_mut(who).drain(..count).collect();
        for passed in passed {
            if is_error(&passed) {
                let found = (text(&passed.incoming), passed.incoming.kind().to_owned());
                self.unclaimed_error.get_or_insert(found);
            }
            if passed.noted.is_none() {
                self.log.received(&connection.name, &passed, Note { step, claimed: false });
            }
        }
    }

    /// Puts something that a step has taken into the transcript.
    pub(super) fn note_claimed(&mut self, conn: &str, received: &Received, step: usize) {
        self.moments.note(received.at);
        match received.noted {
            Some(noted) => self.claimed_as_it_came(conn, noted),
            None => self.log.received(conn, received, Note { step, claimed: true }),
        }
    }
}

/// The full JID in a bind result (RFC 6120 §7.6.1).
pub(super) fn bound_jid(element: &stanza::Element) -> Option<String> {
    let bind = element.child(stanza::ns::BIND, "bind")?;
    bind.child(stanza::ns::BIND, "jid").map(stanza::Element::text)
}

/// A polite answer to a version query (XEP-0092) or a ping (XEP-0199): none of our business, or here we are.
fn answer_to(query: &stanza::Element) -> stanza::Element {
    use stanza::{Element, ns};
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
