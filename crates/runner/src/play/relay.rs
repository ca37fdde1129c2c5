//! Stands between a client under test and the counterpart. A message of the client is held until
//! the case has looked at it, then the counterpart hears it, unless the case answers in its place.
//! Messages of the counterpart go on to the client.
//!
//! The player passes on the answer to one client message before it reads the next. So a transcript
//! has the same order, however fast a client is.

use case::Label;
use stanza::ns;
use tokio::time::Instant;
use wire::{Message, close};

use super::client::{Channel, ClientMessage, ClientSide, HeldMessage};
use super::coming::LAST_WORD;
use super::connection::{Connection, State};
use super::incoming::{Incoming, Received};
use super::leg::{Chunk, Leg, Origin};
use super::log::Note;
use super::player::{Phase, Player, Stop, Wait, learn};
use super::requests::REST;
use crate::counterpart::Output;

impl Player<'_, ClientSide> {
    /// Waits for something new from the client or the counterpart.
    pub(super) async fn wait_for_client(&mut self, deadline: Instant) -> Result<Wait, Stop> {
        let deadline = deadline.min(self.until);
        // However much has come, others have their turn: an interrupt, too.
        tokio::task::yield_now().await;
        // No step has answered in the counterpart's place.
        self.release();
        loop {
            while !self.allowance.is_exceeded()
                && let Ok(chunk) = self.inbox.try_recv()
            {
                self.take_in(chunk);
            }
            self.within_allowance()?;
            // A client that never stops talking does not put the deadline off.
            if Instant::now() >= deadline + LAST_WORD {
                return Ok(Wait::TimedOut);
            }
            if self.hand_on().await {
                return Ok(Wait::Arrived);
            }
            self.admit_requests().await;
            self.take_parsed();
            if let Some((origin, received)) = self.side.backlog.pop_front() {
                let is_end = matches!(received.incoming, Incoming::Eof | Incoming::Reset);
                if is_end && matches!(origin, Origin::Connection(_)) {
                    self.side.connections.turn().await;
                }
                self.hear_client(origin, received);
                return Ok(Wait::Arrived);
            }
            if let Some(gone) = self.gone()? {
                return Ok(gone);
            }
            let now = Instant::now();
            if deadline <= now {
                return Ok(Wait::TimedOut);
            }
            let own = [self.side.counterpart.next_timeout(), self.side.gone_at()];
            let own = own.into_iter().flatten().filter(|at| *at > now).min();
            let wake = own.map_or(deadline, |at| at.min(deadline));
            tokio::select! {
                biased;
                Some(chunk) = self.inbox.recv() => self.take_in(chunk),
                () = self.side.news() => {
                    // A report belongs to the client; it stands at the connection that is the
                    // latest.
                    let mut names = self.connections.iter().rev().map(|it| it.name.as_str());
                    let conn = names.find(|name| *name != REST).unwrap_or("client");
                    let place = (conn, self.step);
                    self.side.note_reports(&mut self.log, &mut self.allowance, place);
                    return Ok(Wait::Arrived);
                }
                () = tokio::time::sleep_until(wake) => {}
            }
        }
    }

    /// Lets the counterpart hear what was held.
    pub(super) fn release(&mut self) {
        let Some(held) = self.side.held.take() else { return };
        if let Origin::Request(line) = held.origin {
            return self.ask_counterpart(line, &held);
        }
        if let Some(number) = self.session_of(held.index) {
            return self.release_session(number, &held);
        }
        let Some(number) = self.side.channels[held.index].number else { return };
        match &held.what {
            ClientMessage::Eof => self.side.counterpart.ended(number),
            ClientMessage::Request(_) => {
                self.side.counterpart.receive(number, &request_for_counterpart(&held));
            }
            ClientMessage::Element(_) | ClientMessage::Other => {
                self.side.counterpart.receive(number, &held.raw)
            }
        }
    }

    /// Something came from the client: its words wait for their turn.
    fn take_in(&mut self, chunk: Chunk) {
        self.allowance.hear(chunk.octets());
        match chunk.origin {
            Origin::Connection(index) => self.connections[index].take_in(chunk),
            Origin::Request(line) => self.side.requests.take_in(line, chunk),
        }
        self.take_parsed();
    }

    /// Complete messages of the client wait for their turn.
    fn take_parsed(&mut self) {
        for (index, connection) in self.connections.iter_mut().enumerate() {
            while let Some(received) = connection.parser.next() {
                if !self.allowance.takes(&received) {
                    return;
                }
                self.side.backlog.push_back((Origin::Connection(index), received));
            }
        }
        while let Some((line, received)) = self.side.requests.next() {
            if !self.allowance.takes(&received) {
                return;
            }
            if let Some(received) = self.beside_sessions(line, received) {
                self.side.backlog.push_back((Origin::Request(line), received));
            }
        }
    }

    /// Hands on all that the counterpart says. Whether it says anything.
    pub(super) async fn hand_on(&mut self) -> bool {
        if self.side.counterpart.next_timeout().is_some_and(|at| at <= Instant::now()) {
            self.side.counterpart.fire();
        }
        let mut says = false;
        loop {
            let Some((number, output)) = self.side.counterpart.next_output() else {
                // Words of a session may be answers to its requests, and those are output.
                let Some((number, passing)) = self.side.counterpart.next_passing() else { break };
                says |= self.hand_on_passing(number, passing).await;
                continue;
            };
            if let Some(is_said) = self.hand_on_response(number, &output).await {
                says |= is_said;
                continue;
            }
            let its = |channel: &Channel| channel.number == Some(number);
            let Some(index) = self.side.channels.iter().position(its) else { continue };
            let channel = &mut self.side.channels[index];
            if channel.ended {
                continue;
            }
            let now = Instant::now();
            channel.ended = !matches!(output, Output::Octets(_));
            match output {
                Output::Octets(octets) => channel.parser.push(&octets, now),
                Output::End => channel.parser.end(Incoming::Eof, now),
                Output::Reset => channel.parser.end(Incoming::Reset, now),
            }
            while let Some(received) = self.side.channels[index].parser.next() {
                says = true;
                self.allowance.hear(received.octets);
                if !self.allowance.takes(&received) {
                    return says;
                }
                self.hand_on_one(index, received).await;
            }
        }
        says
    }

    /// A message of the counterpart: into the transcript, to the client, and where steps look for
    /// it.
    pub(super) async fn hand_on_one(&mut self, index: usize, mut received: Received) {
        let deadline = self.deadline(None);
        let step = self.step;
        let session = self.session_of(index);
        let Some(connection) = self.connections.get_mut(index) else { return };
        let state = &connection.state;
        let is_close =
            matches!(received.incoming, Incoming::Message { message: Message::Close(_), .. });
        let is_said_already = (is_close && state.sent_close)
            || (received.incoming.is_stream_close() && state.sent_stream_close);
        if state.mute || is_said_already || state.ended_by_us {
            return;
        }
        match &received.incoming {
            Incoming::Response { head, .. } => connection.answer_client(head.status),
            _ if is_close => connection.state.sent_close = true,
            incoming if incoming.is_stream_close() => connection.state.sent_stream_close = true,
            _ => {}
        }
        if matches!(received.incoming, Incoming::Eof | Incoming::Reset) {
            self.side.connections.turn().await;
        }
        if let Some(number) = session {
            self.side.tell_session(number, &received);
        } else if let Some(client) = &mut connection.leg {
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
        // The end is noted when a step asks for it: whether a client has ended its side before is a
        // matter of who was faster.
        if !matches!(received.incoming, Incoming::Eof | Incoming::Reset) {
            self.log.received(&connection.name, &received, Note { step, claimed: false });
            let noted = self.log.last();
            if received.incoming.is_pong() {
                self.log.fold(noted);
            }
            received.noted = Some(noted);
        }
        if let Some(element) = received.incoming.element() {
            learn(&mut self.bindings, &connection.name, element);
        }
        connection.queue.push_back(received);
    }

    /// A message of the client: into the transcript and where steps look for it. The counterpart
    /// hears it when no step wants to answer.
    pub(super) fn hear_client(&mut self, origin: Origin, mut received: Received) {
        let step = self.step;
        let index = match origin {
            Origin::Connection(index) => index,
            Origin::Request(line) => match self.said_by_request(line, &mut received) {
                Some(index) => index,
                None => return,
            },
        };
        let Some(connection) = self.connections.get_mut(index) else { return };
        // A client that closes before it has read all goes by a reset: whether it had is a matter
        // of who was faster.
        if matches!(received.incoming, Incoming::Reset) {
            received.incoming = Incoming::Eof;
        }
        note_client(&mut connection.state, &received.incoming);
        if let Some(element) = received.incoming.element() {
            self.side.channels[index].caps.note(element);
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
        let noted = self.log.last();
        received.noted = Some(noted);
        received.is_routine |= answers_timer(connection, &received.incoming);
        if received.is_routine {
            self.log.fold(noted);
        }
        let held = HeldMessage {
            origin,
            index,
            noted,
            raw: std::mem::take(&mut received.raw),
            what: ClientMessage::of(&received.incoming),
            claimed: false,
        };
        connection.said.push_back(received);
        self.side.held = Some(held);
    }

    /// Whether nothing more can come, since the client has ended.
    fn gone(&mut self) -> Result<Option<Wait>, Stop> {
        let Some(ended) = self.side.client.ended() else { return Ok(None) };
        if ended.is_unsupported() && self.phase == Phase::Steps {
            let asked: Vec<String> =
                self.case.head.asks.iter().map(|ask| ask.value.to_string()).collect();
            let reason = format!("the client does not do `{}` ({ended})", asked.join("; "));
            self.branches.push((Label::Unsupported, Some(reason)));
            return Err(Stop::Unsupported);
        }
        let is_over = self.connections.iter().all(|connection| {
            connection.state.ended || !connection.leg.as_ref().is_some_and(Leg::is_read)
        });
        if !self.side.is_gone() || !is_over || !self.side.requests.is_over() {
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

/// A client's request without its offer to compress: a line that the counterpart does not hear
/// would spoil what both ends share (RFC 7692 §7.2.3.2).
fn request_for_counterpart(held: &HeldMessage) -> Vec<u8> {
    let ClientMessage::Request(head) = &held.what else { return held.raw.clone() };
    let mut plain = head.clone();
    plain.headers.0.retain(|(name, _)| !name.eq_ignore_ascii_case("Sec-WebSocket-Extensions"));
    let body = held.raw.get(head.to_bytes().len()..).unwrap_or_default();
    [plain.to_bytes().as_slice(), body].concat()
}
