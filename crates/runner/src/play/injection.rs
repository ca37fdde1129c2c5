//! Says something to a client under test in the counterpart's place, and brings the counterpart to
//! where that has put the client.

use case::{Payload, Step};
use stanza::{Element, Jid, ns};
use transcript::Side;
use wire::{ResponseHead, opcode};

use super::client::{ClientMessage, ClientSide, HeldMessage};
use super::leg::WriteError;
use super::player::{Player, Stop, bound_jid, first_line, learn};
use super::taking::failure;
use crate::counterpart::Assumption;
use crate::speak::{self, Utterance};

/// The account that a client under test has.
const ACCOUNT: &str = "agent";

impl Player<'_, ClientSide> {
    /// Says something in the counterpart's place, or unasked.
    pub(super) async fn inject(
        &mut self,
        step: &Step,
        conn: &str,
        payload: &Payload,
    ) -> Result<(), Stop> {
        let Some(index) = self.connections.iter().position(|connection| connection.name == conn)
        else {
            return Err(Stop::Error(format!("the fake speaks before `{conn} == connect`")));
        };
        let held = self.side.held.take_if(|held| held.claimed && held.index == index);
        let session = self.session_of(index);
        if *payload == Payload::Nothing {
            if let (Some(session), Some(_)) = (session, held) {
                self.side.counterpart.withhold(session);
            }
            return Ok(());
        }
        let utterance = speak::utter(payload, Side::Server, &mut self.bindings)
            .map_err(|error| Stop::Error(format!("{}: {}", first_line(step), error.message)))?;
        let said = element(&utterance);
        // The client's next message is dealt with behind this answer.
        let answered = session.filter(|_| held.is_some());
        if let Some(held) = held {
            self.follow(held, &utterance, said.as_ref());
        }
        if let Some(session) = session {
            self.inject_session(step, (index, session), &utterance, said.as_ref())?;
        }
        if let Some(session) = answered {
            self.side.counterpart.withhold(session);
        }
        let octets = utterance.octets();
        self.allowance.raise(octets.len());
        let deadline = self.deadline(None);
        let connection = &mut self.connections[index];
        match &utterance {
            Utterance::Response { head, .. } => connection.answer_client(head.status),
            // An answer may be said in pieces.
            Utterance::Bytes(octets) if !connection.state.upgraded => {
                connection.state.answer.extend(octets);
                if let Ok(Some((head, _))) = ResponseHead::parse(&connection.state.answer) {
                    connection.state.answer.clear();
                    connection.answer_client(head.status);
                }
            }
            Utterance::Message(frame) | Utterance::Frame(frame)
                if frame.opcode == opcode::CLOSE =>
            {
                connection.state.sent_close = true;
            }
            _ => {}
        }
        let written = match &utterance {
            Utterance::Eof => {
                self.side.connections.turn().await;
                connection.end().await;
                Ok(())
            }
            Utterance::Reset => {
                self.side.connections.turn().await;
                connection.reset().await;
                Ok(())
            }
            _ if session.is_some() => Ok(()),
            _ => connection.write(&octets, deadline).await,
        };
        if let Some(said) = &said {
            connection.state.sent_stream_close |= said.is(ns::FRAMING, "close");
            learn(&mut self.bindings, conn, said);
        }
        self.log.answered(conn, &utterance, octets.len(), self.step);
        match written {
            // Whether a client that has gone still took it is a matter of who was faster.
            Ok(()) | Err(WriteError::Gone) => Ok(()),
            Err(error) => Err(Stop::Failed(Box::new(failure(step, error.to_string())))),
        }
    }

    /// Brings the counterpart to where words that it did not say have put the client.
    fn follow(&mut self, held: HeldMessage, utterance: &Utterance, said: Option<&Element>) {
        let Some(channel) = self.side.channels.get_mut(held.index) else { return };
        let Some(number) = channel.number else { return };
        let is_said = |ns: &str, local: &str| said.is_some_and(|said| said.is(ns, local));
        let assumption = match (held.what, utterance) {
            (ClientMessage::Request(_), Utterance::Response { head, .. }) if head.status == 101 => {
                channel.parser.switch();
                Assumption::Upgraded
            }
            (ClientMessage::Element(asked), _)
                if asked.is(ns::FRAMING, "open") && is_said(ns::FRAMING, "open") =>
            {
                Assumption::Opened
            }
            (ClientMessage::Element(asked), _)
                if asked.name.ns == ns::SASL && is_said(ns::SASL, "success") =>
            {
                let user = self.bindings.value(&format!("{ACCOUNT}.user"));
                Assumption::LoggedIn(user.unwrap_or_default().to_owned())
            }
            (ClientMessage::Element(asked), _)
                if said.is_some_and(|said| is_result(said, &asked)) =>
            {
                let bound = said.and_then(bound_jid).and_then(|jid| Jid::parse(&jid).ok());
                bound.map_or(Assumption::Answered(asked), Assumption::Bound)
            }
            _ => return,
        };
        self.side.counterpart.assume(number, assumption);
    }
}

/// Whether it is the result of a request (RFC 6120 §8.2.3).
fn is_result(said: &Element, asked: &Element) -> bool {
    said.name.local == "iq"
        && said.attr("type") == Some("result")
        && said.attr("id") == asked.attr("id")
}

/// The element that our side says.
fn element(utterance: &Utterance) -> Option<Element> {
    let Utterance::Message(frame) = utterance else { return None };
    std::str::from_utf8(&frame.payload).ok().and_then(|text| stanza::parse(text).ok())
}
