//! Stands between a client under test and the fake. What the client says is held until the case has looked at it, then the
//! fake hears it, unless the case answers in its place; what the fake says goes on to the client.
//!
//! One thing after the other: the fake has the first word, and when it is at rest the next thing that the client said is
//! looked at. So a transcript has the same order, however fast a client is.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use case::Label;
use stanza::{Element, ns};
use transcript::Who;
use wire::{Message, close};

use super::arrival::bound_jid;
use super::connection::{Connection, State};
use super::guest::{Held, Words};
use super::incoming::{Incoming, Received};
use super::leg::Leg;
use super::log::Note;
use super::player::{Player, Stop, Wait};

/// How long the fake is waited for when it does not come to rest; it answers within the call that it is asked in.
const REST: Duration = Duration::from_millis(500);

impl Player<'_> {
    /// [`Player::wait`] with a client under test.
    pub(super) async fn wait_for_client(&mut self, deadline: Instant) -> Result<Wait, Stop> {
        let deadline = deadline.min(self.until);
        // No step has answered in the model's place.
        self.release().await;
        let mut busy_until = Instant::now() + REST;
        let mut pause = Duration::from_micros(100);
        loop {
            if self.interruptible && *self.interrupt.borrow() {
                return Err(Stop::Interrupted);
            }
            if self.hear_model().await {
                return Ok(Wait::Arrived);
            }
            let now = Instant::now();
            if self.model_rests() || now >= busy_until {
                busy_until = now + REST;
                let next = self.guest.as_mut().and_then(|guest| guest.backlog.pop_front());
                if let Some((index, received)) = next {
                    self.hear_client(index, received);
                    return Ok(Wait::Arrived);
                }
                if let Some(gone) = self.gone()? {
                    return Ok(gone);
                }
            }
            let Some(left) = deadline.checked_duration_since(now).filter(|left| !left.is_zero())
            else {
                return Ok(Wait::TimedOut);
            };
            let Some(guest) = &mut self.guest else { return Ok(Wait::AtRest) };
            tokio::select! {
                came = self.inbox.recv() => {
                    if let Some((index, received)) = came {
                        let who = received.who;
                        self.sort(index, received).await;
                        // Steps look at it before the client, which has it by now, is heard again.
                        if who == Who::Server {
                            return Ok(Wait::Arrived);
                        }
                    }
                }
                () = guest.news() => {
                    // A report belongs to the client; it stands at the connection that is the latest.
                    let conn = self.connections.last().map_or("client", |it| it.name.as_str());
                    guest.note_reports(&mut self.log, conn, self.step);
                    return Ok(Wait::Arrived);
                }
                () = tokio::time::sleep(pause.min(left)) => pause = (pause * 2).min(Duration::from_millis(10)),
                _ = self.interrupt.changed(), if self.interruptible => {}
            }
        }
    }

    /// Lets the model say all that it has to say.
    pub(super) async fn settle_model(&mut self) {
        self.release().await;
        let until = Instant::now() + REST;
        while !self.model_rests() && Instant::now() < until {
            if !self.hear_model().await {
                tokio::time::sleep(Duration::from_micros(200)).await;
            }
        }
        self.hear_model().await;
    }

    /// Lets the model hear what was held.
    async fn release(&mut self) {
        let Some(held) = self.guest.as_mut().and_then(|guest| guest.held.take()) else { return };
        let deadline = self.deadline(None);
        let connection = &mut self.connections[held.index];
        let Some(server) = &mut connection.server else { return };
        // A model that has ended the connection does not hear it, as little as a server would.
        match &held.what {
            Words::Eof => server.end().await,
            Words::Request(head) => {
                server.note_request(&head.method);
                let _ = server.write(&request_for_model(&held), deadline).await;
            }
            Words::Element(_) | Words::Other => {
                let _ = server.write(&held.raw, deadline).await;
            }
        }
    }

    /// Something came off a socket: the client's words wait for their turn.
    async fn sort(&mut self, index: usize, received: Received) {
        match (received.who, &mut self.guest) {
            (Who::Client, Some(guest)) => guest.backlog.push_back((index, received)),
            _ => self.hand_on(index, received).await,
        }
    }

    /// Hands on what the model has said; whether it has said anything.
    async fn hear_model(&mut self) -> bool {
        let mut heard = false;
        while let Ok((index, received)) = self.inbox.try_recv() {
            heard |= received.who == Who::Server;
            self.sort(index, received).await;
        }
        heard
    }

    /// Whether the fake has dealt with all that it was told, and all that it said has been handed on.
    fn model_rests(&self) -> bool {
        // Taken before the inbox was emptied or after: what is counted has been sent to the inbox.
        let read = self.ledger.read.load(Ordering::SeqCst);
        let written = self.ledger.written.load(Ordering::SeqCst);
        self.inbox.is_empty() && self.scene.stage.at_rest(written, read, Duration::ZERO, false)
    }

    /// What the model said: into the transcript, to the client, and where steps look for it.
    async fn hand_on(&mut self, index: usize, mut received: Received) {
        let deadline = self.deadline(None);
        let step = self.step;
        let Some(connection) = self.connections.get_mut(index) else { return };
        let state = &connection.state;
        let is_close =
            matches!(received.incoming, Incoming::Message { message: Message::Close(_), .. });
        let is_said_already = (is_close && state.sent_close)
            || (received.incoming.is_stream_close() && state.sent_stream_close);
        if state.muted || state.mute || is_said_already || state.ended_by_us {
            return;
        }
        match &received.incoming {
            Incoming::Response { head, .. } => connection.answer_client(head.status),
            _ if is_close => connection.state.sent_close = true,
            incoming if incoming.is_stream_close() => connection.state.sent_stream_close = true,
            _ => {}
        }
        if let Some(client) = &mut connection.client {
            // A client that is gone does not hear it.
            match &received.incoming {
                Incoming::Eof => client.end().await,
                Incoming::Reset => client.reset().await,
                _ => {
                    let _ = client.write(&received.raw, deadline).await;
                }
            }
        }
        received.raw = Vec::new();
        // No ledger counts the end of TCP, so when it comes is chance: it is noted when a step asks for it.
        if !matches!(received.incoming, Incoming::Eof | Incoming::Reset) {
            self.log.received(&connection.name, &received, Note { step, claimed: false });
            let noted = self.log.events().len() - 1;
            if received.incoming.is_pong() {
                self.log.fold(noted);
            }
            received.noted = Some(noted);
        }
        let element = received.incoming.element().cloned();
        connection.queue.push_back(received);
        if let Some(element) = element {
            self.learn(index, &element);
        }
    }

    /// Remembers what a case may ask for by name.
    pub(super) fn learn(&mut self, index: usize, said: &Element) {
        let name = &self.connections[index].name;
        if said.is(ns::FRAMING, "open")
            && let Some(id) = said.attr("id")
        {
            self.bindings.capture(&format!("conn.{name}.id"), id);
        }
        if let Some(jid) = bound_jid(said) {
            self.bindings.capture(&format!("conn.{name}.jid"), &jid);
        }
    }

    /// What the client said: into the transcript and where steps look for it. The model hears it when no step wants to
    /// answer.
    pub(super) fn hear_client(&mut self, index: usize, mut received: Received) {
        let step = self.step;
        let Some(connection) = self.connections.get_mut(index) else { return };
        // A client that closes before it has read all goes by a reset: whether it had is a matter of who was faster.
        if matches!(received.incoming, Incoming::Reset) {
            received.incoming = Incoming::Eof;
        }
        note_client(&mut connection.state, &received.incoming);
        if let Some(element) = received.incoming.element() {
            connection.caps.note(element);
        }
        match &received.incoming {
            Incoming::Request { head, .. } => {
                if let Some(key) = head.headers.first("Sec-WebSocket-Key") {
                    self.bindings.made_up("key", key);
                }
            }
            incoming => {
                // A client's own ids are other ones in each run.
                if let Some(id) = incoming.element().and_then(|element| element.attr("id")) {
                    self.bindings.made_up("id", id);
                }
            }
        }
        self.log.received(&connection.name, &received, Note { step, claimed: false });
        let noted = self.log.events().len() - 1;
        received.noted = Some(noted);
        received.is_routine = answers_timer(connection, &received.incoming);
        if received.is_routine {
            self.log.fold(noted);
        }
        let held = Held {
            index,
            noted,
            raw: std::mem::take(&mut received.raw),
            what: Words::of(&received.incoming),
            claimed: false,
        };
        connection.said.push_back(received);
        if let Some(guest) = &mut self.guest {
            guest.held = Some(held);
        }
    }

    /// A step has asked for something that was noted as it came.
    pub(super) fn claimed_as_it_came(&mut self, conn: &str, noted: usize) {
        self.log.claim(noted);
        if let Some(held) = self.guest.as_mut().and_then(|guest| guest.held.as_mut())
            && held.noted == noted
        {
            held.claimed = self.connections.get(held.index).is_some_and(|its| its.name == conn);
        }
    }

    /// Whether a client that was to be silent on a connection that has ended has made another.
    pub(super) fn came_back(&self, conn: &str) -> Option<&'static str> {
        let connection = self.connections.iter().find(|connection| connection.name == conn)?;
        let state = &connection.state;
        let is_over = state.ended || state.ended_by_us || state.got_close.is_some();
        self.guest.as_ref().filter(|_| is_over)?.unasked()
    }

    /// Whether nothing more can come, since the client has ended.
    fn gone(&mut self) -> Result<Option<Wait>, Stop> {
        let Some(guest) = &mut self.guest else { return Ok(None) };
        let Some(ended) = guest.running.ended() else { return Ok(None) };
        if ended.is_unsupported() && self.interruptible {
            let asked: Vec<String> =
                self.case.head.asks.iter().map(|ask| ask.value.to_string()).collect();
            let reason = format!("the client does not do `{}` ({ended})", asked.join("; "));
            self.branches.push((Label::Unsupported, Some(reason)));
            return Err(Stop::Unsupported);
        }
        let is_over = self.connections.iter().all(|connection| {
            connection.state.ended || !connection.client.as_ref().is_some_and(Leg::is_read)
        });
        if !guest.is_gone() || !is_over {
            return Ok(None);
        }
        Ok(Some(Wait::Gone(format!("the client has ended ({ended})"))))
    }
}

/// Where a connection stands after the client has said this.
fn note_client(state: &mut State, said: &Incoming) {
    match said {
        Incoming::Message { message: Message::Close(close), .. } => {
            let code = close.as_ref().map_or(close::code::NO_STATUS, |close| close.code);
            state.got_close.get_or_insert(code);
        }
        Incoming::Eof => state.ended = true,
        incoming if incoming.is_stream_close() => state.got_stream_close = true,
        incoming if incoming.element().is_some_and(|element| element.is(ns::FRAMING, "open")) => {
            state.stream_opened = true;
        }
        _ => {}
    }
}

/// Whether a client only answers what a server asks by timer (rule N25).
fn answers_timer(connection: &Connection, said: &Incoming) -> bool {
    if matches!(said, Incoming::Message { message: Message::Pong(_), .. }) {
        return true;
    }
    let Some(id) = said.answers() else { return false };
    let asked = connection.queue.iter().filter_map(|received| received.incoming.timer_query());
    asked.into_iter().any(|query| query.attr("id") == Some(id))
}

/// A client's request without its offer to compress: a line that the model does not hear would spoil what both ends share
/// (RFC 7692 §7.2.3.2).
pub(super) fn request_for_model(held: &Held) -> Vec<u8> {
    let Words::Request(head) = &held.what else { return held.raw.clone() };
    let mut plain = head.clone();
    plain.headers.0.retain(|(name, _)| !name.eq_ignore_ascii_case("Sec-WebSocket-Extensions"));
    let body = held.raw.get(head.to_bytes().len()..).unwrap_or_default();
    [plain.to_bytes().as_slice(), body].concat()
}
