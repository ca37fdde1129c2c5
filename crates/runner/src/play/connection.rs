//! One connection of a case: the way to the side under test, what was said on it and not claimed,
//! and where it stands.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;
use transcript::Side;
use wire::{CloseFrame, Frame, Message, opcode};

use super::incoming::{Answer, Received};
use super::leg::{Chunk, Leg, WriteError};
use super::parsing::Parser;

/// A connection and what is known about it.
pub(crate) struct Connection {
    /// Its name in the case.
    pub(crate) name: String,
    /// The way to the side under test. None for a client that did not get through the handshake of
    /// TLS.
    pub(crate) leg: Option<Leg>,
    /// The messages of the side under test.
    pub(crate) parser: Parser,
    /// Messages of the server side that no step has claimed.
    pub(crate) queue: VecDeque<Received>,
    /// Messages of a client under test that no step has claimed.
    pub(crate) said: VecDeque<Received>,
    /// The kinds of the messages of the side under test that steps have claimed.
    pub(crate) taken: Vec<String>,
    /// Where it stands.
    pub(crate) state: State,
}

/// Where a connection stands. `got` is what the side under test did, `sent` what was said to it.
#[derive(Debug, Clone, Default)]
pub(crate) struct State {
    /// It is a session of BOSH: there is neither upgrade nor frame.
    pub(crate) is_session: bool,
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
    /// The case wants the server side to say nothing more.
    pub(crate) mute: bool,
}

impl State {
    /// A response came with this status.
    pub(crate) fn answered(&mut self, status: u16) {
        self.upgraded |= status == 101;
        self.refused |= status != 101;
    }
}

impl Connection {
    /// A connection on which nothing was said yet. `tested` is the side that it leads to.
    pub(crate) fn new(name: &str, tested: Side, leg: Option<Leg>) -> Self {
        Self {
            name: name.to_owned(),
            leg,
            parser: Parser::new(tested),
            queue: VecDeque::new(),
            said: VecDeque::new(),
            taken: Vec::new(),
            state: State::default(),
        }
    }

    /// A client under test was answered with this status, which decides what it speaks next.
    pub(crate) fn answer_client(&mut self, status: u16) {
        self.state.answered(status);
        self.parser.answered(status == 101);
    }

    /// Something came from the side under test.
    pub(crate) fn take_in(&mut self, Chunk { at, what, .. }: Chunk) {
        self.parser.take_in(what, at);
    }

    /// Messages of one side that no step has claimed.
    pub(crate) fn queue(&self, who: Side) -> &VecDeque<Received> {
        match who {
            Side::Server => &self.queue,
            Side::Client => &self.said,
        }
    }

    /// [`Connection::queue`], to take from.
    pub(crate) fn queue_mut(&mut self, who: Side) -> &mut VecDeque<Received> {
        match who {
            Side::Server => &mut self.queue,
            Side::Client => &mut self.said,
        }
    }

    /// Writes octets to the side under test within a deadline.
    pub(crate) async fn write(
        &mut self,
        octets: &[u8],
        deadline: Duration,
    ) -> Result<(), WriteError> {
        match &mut self.leg {
            Some(leg) => leg.write(octets, deadline).await,
            None => Err(WriteError::Ended),
        }
    }

    /// Says a message that the case does not spell out. A peer that is gone does not hear it; the
    /// transcript has it all the same, so that it does not depend on who was faster.
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
        if let Some(leg) = &mut self.leg {
            leg.end().await;
        }
        self.state.ended_by_us = true;
    }

    /// Resets TCP to the side under test.
    pub(crate) async fn reset(&mut self) {
        self.state.ended_by_us = true;
        if let Some(leg) = &mut self.leg {
            leg.reset().await;
        }
    }

    /// Reads no further what the side under test says.
    pub(crate) async fn deafen(&mut self) {
        self.state.deaf = true;
        if let Some(leg) = &mut self.leg {
            leg.deafen().await;
        }
    }
}
