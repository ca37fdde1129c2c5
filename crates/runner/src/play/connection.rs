//! One connection of a case: its way to the server, the way to the client where one is under test, what came on both and
//! was not claimed, and where it stands.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use transcript::Who;
use wire::{CloseFrame, Frame, Message, opcode};

use super::caps::Caps;
use super::incoming::{Answer, Received};
use super::leg::{Leg, Unwritten};

/// A connection and what is known about it.
pub(crate) struct Connection {
    /// Its name in the case.
    pub(crate) name: String,
    /// The way to the server side. None where a client under test did not get through the handshake of TLS.
    pub(crate) server: Option<Leg>,
    /// The way to the client under test.
    pub(crate) client: Option<Leg>,
    /// The name by which the client under test asked TLS for its server.
    pub(crate) server_name: Option<String>,
    /// What the client under test says of itself.
    pub(crate) caps: Caps,
    /// What the server side said and was not claimed yet.
    pub(crate) queue: VecDeque<Received>,
    /// What the client under test said and was not claimed yet.
    pub(crate) said: VecDeque<Received>,
    /// Where it stands.
    pub(crate) state: State,
}

/// Where a connection stands. `got` is what the side under test did, `sent` what was said to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// A 101 came.
    pub(crate) upgraded: bool,
    /// A response came that is no 101.
    pub(crate) refused: bool,
    /// An answer to a client under test, as far as it was said in octets.
    pub(crate) answer: Vec<u8>,
    /// The peer ends TCP after its answer, as it says or as HTTP/1.0 has it (RFC 9112 §9.3).
    pub(crate) answers_once: bool,
    /// `<open/>` was sent.
    pub(crate) stream_opened: bool,
    /// A SASL element was sent, and no `<open/>` since.
    pub(crate) logging_in: bool,
    /// `<close/>` was sent.
    pub(crate) sent_stream_close: bool,
    /// `<close/>` came.
    pub(crate) got_stream_close: bool,
    /// A close frame was sent.
    pub(crate) sent_close: bool,
    /// A close frame came, with this code; 1005 for none (RFC 6455 §7.1.5).
    pub(crate) got_close: Option<u16>,
    /// TCP ended or was reset by the peer.
    pub(crate) ended: bool,
    /// TCP was reset by the peer.
    pub(crate) reset: bool,
    /// We ended TCP.
    pub(crate) ended_by_us: bool,
    /// The case itself looked at the end of this connection.
    pub(crate) end_claimed: bool,
    /// The epilogue has ended it: whether the peer's end still comes is a matter of who is faster.
    pub(crate) over: bool,
    /// The case answers pings and closes by itself.
    pub(crate) manual: bool,
    /// Our side takes nothing more off the connection.
    pub(crate) deaf: bool,
    /// The case wants the model to say nothing more.
    pub(crate) mute: bool,
    /// What the model says is not for the client: a case has answered in its place.
    pub(crate) muted: bool,
}

impl State {
    /// A response came with this status.
    pub(crate) fn answered(&mut self, status: u16) {
        self.upgraded |= status == 101;
        self.refused |= status != 101;
    }
}

impl Connection {
    /// A client under test was answered with this status, which decides what it speaks next.
    pub(crate) fn answer_client(&mut self, status: u16) {
        self.state.answered(status);
        if let Some(client) = &self.client {
            client.answered(status == 101);
        }
    }

    /// A connection on which nothing was said yet.
    pub(crate) fn new(name: &str, server: Option<Leg>, client: Option<Leg>) -> Self {
        Self {
            name: name.to_owned(),
            server,
            client,
            server_name: None,
            caps: Caps::default(),
            queue: VecDeque::new(),
            said: VecDeque::new(),
            state: State::default(),
        }
    }

    /// What one side said and was not claimed yet.
    pub(crate) fn queue(&self, who: Who) -> &VecDeque<Received> {
        match who {
            Who::Server => &self.queue,
            Who::Client => &self.said,
        }
    }

    /// [`Connection::queue`], to take from.
    pub(crate) fn queue_mut(&mut self, who: Who) -> &mut VecDeque<Received> {
        match who {
            Who::Server => &mut self.queue,
            Who::Client => &mut self.said,
        }
    }

    /// The way to the side under test.
    fn tested(&mut self) -> Option<&mut Leg> {
        self.client.as_mut().or(self.server.as_mut())
    }

    /// Notes the method of a request that is about to be written to the server.
    pub(crate) fn note_request(&self, method: &str) {
        if let Some(server) = &self.server {
            server.note_request(method);
        }
    }

    /// Writes octets to the side under test within a deadline.
    pub(crate) async fn write(
        &mut self,
        octets: &[u8],
        deadline: Duration,
    ) -> Result<(), Unwritten> {
        match self.tested() {
            Some(leg) => leg.write(octets, deadline).await,
            None => Err(Unwritten::Ended),
        }
    }

    /// Says a message that the case does not spell out. A peer that is gone does not hear it; the transcript has it all
    /// the same, so that it does not depend on who was faster.
    pub(crate) async fn answer(
        &mut self,
        message: Message,
        mask: [u8; 4],
        deadline: Duration,
    ) -> Answer {
        let (opcode, payload) = match &message {
            Message::Text(text) => (opcode::TEXT, text.clone().into_bytes()),
            Message::Binary(payload) => (opcode::BINARY, payload.clone()),
            Message::Ping(payload) => (opcode::PING, payload.clone()),
            Message::Pong(payload) => (opcode::PONG, payload.clone()),
            Message::Close(close) => {
                (opcode::CLOSE, close.as_ref().map(CloseFrame::payload).unwrap_or_default())
            }
        };
        self.state.sent_close |= opcode == opcode::CLOSE;
        let octets = Frame::new(opcode, payload).masked(mask).encode();
        let _ = self.write(&octets, deadline).await;
        Answer { message, at: Instant::now(), octets: octets.len() }
    }

    /// Ends our direction of TCP to the side under test.
    pub(crate) async fn end(&mut self) {
        if let Some(leg) = self.tested() {
            leg.end().await;
        }
        self.state.ended_by_us = true;
    }

    /// Resets TCP to the side under test.
    pub(crate) async fn reset(&mut self) {
        self.state.ended_by_us = true;
        if let Some(leg) = self.tested() {
            leg.reset().await;
        }
    }

    /// Reads no further what the side under test says.
    pub(crate) async fn deafen(&mut self) {
        self.state.deaf = true;
        if let Some(leg) = self.tested() {
            leg.deafen().await;
        }
    }
}
