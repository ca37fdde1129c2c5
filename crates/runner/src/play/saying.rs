//! Says what our side says, and notes it.

use std::time::Duration;

use case::{Payload, Step};
use stanza::ns;
use transcript::{EventKind, Side};
use wire::{Message, opcode};

use super::leg::WriteError;
use super::player::{Player, Stop, first_line};
use super::server::ServerSide;
use super::taking::failure;
use crate::speak::{self, Utterance};

impl Player<'_, ServerSide<'_>> {
    /// Says a payload on a connection within the deadline of its step.
    pub(super) async fn say(
        &mut self,
        step: &Step,
        conn: &str,
        payload: &Payload,
        within: Option<Duration>,
    ) -> Result<(), Stop> {
        let number = self.step;
        let deadline = self.deadline(within);
        let utterance = speak::utter(payload, Side::Client, &mut self.bindings)
            .map_err(|error| Stop::Error(format!("{}: {}", first_line(step), error.message)))?;
        let Some(at) = self.connections.iter().position(|connection| connection.name == conn)
        else {
            return Err(Stop::Error(format!("{conn} speaks before `{conn} == connect`")));
        };
        let connection = &mut self.connections[at];
        let octets = match &utterance {
            Utterance::Request { head, body } => [head.to_bytes(), body.clone()].concat(),
            Utterance::Response { head, body } => [head.to_bytes(), body.clone()].concat(),
            Utterance::Message(frame) | Utterance::Frame(frame) => frame.encode(),
            Utterance::Bytes(octets) => octets.clone(),
            Utterance::Eof => {
                connection.end().await;
                self.log.other(conn, &[], |_| EventKind::Eof, number);
                return Ok(());
            }
            Utterance::Reset => {
                connection.reset().await;
                self.log.other(conn, &[], |_| EventKind::Reset, number);
                return Ok(());
            }
        };
        let state = &mut connection.state;
        match &utterance {
            Utterance::Request { head, .. } => {
                state.answers_once |= head.version == "HTTP/1.0";
                connection.parser.requested(&head.method);
            }
            Utterance::Message(frame) | Utterance::Frame(frame)
                if frame.opcode == opcode::CLOSE =>
            {
                state.sent_close = true;
            }
            _ => {}
        }
        if let Payload::Xml { root, .. } = payload {
            let state = &mut connection.state;
            match (root.name.ns.as_str(), root.name.local.as_str()) {
                (ns::FRAMING, "open") => (state.stream_opened, state.logging_in) = (true, false),
                (ns::FRAMING, "close") => state.sent_stream_close = true,
                (ns::SASL, _) => state.logging_in = true,
                _ => {}
            }
        }
        self.allowance.raise(octets.len());
        let written = connection.write(&octets, deadline).await;
        match &utterance {
            Utterance::Request { head, body } => {
                self.log.request(conn, head, body, octets.len(), number)
            }
            Utterance::Message(frame) => match message_of(frame) {
                Some(message) => self.log.message(conn, &message, octets.len(), number),
                None => self.log.frame(conn, frame, octets.len(), number),
            },
            Utterance::Frame(frame) => self.log.frame(conn, frame, octets.len(), number),
            Utterance::Bytes(octets) => {
                self.log.other(conn, octets, |payload| EventKind::Bytes { payload }, number);
            }
            // A client does not answer requests, which the maker of utterances knows.
            Utterance::Response { .. } | Utterance::Eof | Utterance::Reset => {}
        }
        match written {
            // A peer that is gone does not hear it. Its last message is what it is judged by, at
            // the next step that listens; whether the kernel knew already is a matter of who was
            // faster.
            Ok(()) | Err(WriteError::Gone) => Ok(()),
            Err(unwritten) => Err(Stop::Failed(Box::new(failure(step, unwritten.to_string())))),
        }
    }
}

/// The message that a frame is, if it is a whole one.
pub(super) fn message_of(frame: &wire::Frame) -> Option<Message> {
    let payload = &frame.payload;
    Some(match frame.opcode {
        opcode::TEXT => Message::Text(String::from_utf8(payload.clone()).ok()?),
        opcode::BINARY => Message::Binary(payload.clone()),
        opcode::PING => Message::Ping(payload.clone()),
        opcode::PONG => Message::Pong(payload.clone()),
        opcode::CLOSE => Message::Close(wire::CloseFrame::parse(payload).ok()?),
        _ => return None,
    })
}
