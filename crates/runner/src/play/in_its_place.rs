//! Says something to a client under test in the fake's place, and brings the fake to where that has put the client.

use case::{Payload, Step};
use stanza::{Element, ns};
use transcript::Who;
use wire::{Frame, ResponseHead, opcode};

use super::arrival::bound_jid;
use super::guest::{Held, Words};
use super::leg::Unwritten;
use super::player::{Player, Stop, first_line};
use super::relay::request_for_model;
use super::taking::failure;
use crate::speak::{self, Utterance, mask_key};
use crate::template;

/// The account that a client under test has.
const ACCOUNT: &str = "agent";

impl Player<'_> {
    /// Says something in the model's place, or unasked.
    pub(super) async fn inject(
        &mut self,
        step: &Step,
        conn: &str,
        payload: &Payload,
    ) -> Result<(), Stop> {
        self.step += 1;
        let Some(index) = self.connections.iter().position(|connection| connection.name == conn)
        else {
            return Err(Stop::Error(format!("the fake speaks before `{conn} == connect`")));
        };
        let is_answered = |held: &mut Held| held.claimed && held.index == index;
        let held = self.guest.as_mut().and_then(|guest| guest.held.take_if(is_answered));
        if *payload == Payload::Nothing {
            return Ok(());
        }
        let utterance = speak::utter(payload, Who::Server, &mut self.bindings)
            .map_err(|error| Stop::Error(format!("{}: {}", first_line(step), error.message)))?;
        let said = element(&utterance);
        if let Some(held) = held {
            self.follow(held, &utterance, said.as_ref()).await;
        }
        let octets = utterance.octets();
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
                connection.end().await;
                Ok(())
            }
            Utterance::Reset => {
                connection.reset().await;
                Ok(())
            }
            _ => connection.write(&octets, deadline).await,
        };
        if let Some(said) = &said {
            connection.state.sent_stream_close |= said.is(ns::FRAMING, "close");
            self.learn(index, said);
        }
        self.log.answered(conn, &utterance, octets.len(), self.step);
        match written {
            // Whether a client that has gone still took it is a matter of who was faster.
            Ok(()) | Err(Unwritten::Gone) => Ok(()),
            Err(error) => Err(Stop::Failed(Box::new(failure(step, error.to_string())))),
        }
    }

    /// Brings the model to where words that it did not say have put the client. It is led there by a line that it answers
    /// so, and not heard.
    async fn follow(&mut self, held: Held, utterance: &Utterance, said: Option<&Element>) {
        let answers_iq = |asked: &Element| {
            said.is_some_and(|said| {
                said.name.local == "iq"
                    && said.attr("type") == Some("result")
                    && said.attr("id") == asked.attr("id")
            })
        };
        let octets = match (&held.what, utterance) {
            (Words::Request(_), Utterance::Response { head, .. }) if head.status == 101 => {
                request_for_model(&held)
            }
            (Words::Element(asked), _) if asked.is(ns::FRAMING, "open") => {
                match said.is_some_and(|said| said.is(ns::FRAMING, "open")) {
                    true => held.raw.clone(),
                    false => return,
                }
            }
            (Words::Element(asked), _)
                if asked.name.ns == ns::SASL
                    && said.is_some_and(|said| said.is(ns::SASL, "success")) =>
            {
                match self.login() {
                    Some(login) => self.masked(&login),
                    None => return,
                }
            }
            (Words::Element(asked), _) if answers_iq(asked) => {
                let bound = said.and_then(bound_jid);
                let resource = bound.as_deref().and_then(|jid| jid.split_once('/'));
                match resource {
                    Some((_, resource)) => self.masked(&bind_as(asked, resource)),
                    None => held.raw.clone(),
                }
            }
            _ => return,
        };
        let deadline = self.deadline(None);
        let connection = &mut self.connections[held.index];
        connection.state.muted = true;
        if let Some(server) = &mut connection.server {
            // A model that has ended the connection follows nowhere.
            let _ = server.write(&octets, deadline).await;
        }
        self.settle_model().await;
        self.connections[held.index].state.muted = false;
    }

    /// A login of the account with its right password.
    fn login(&mut self) -> Option<Element> {
        let value = |name: &str| self.bindings.value(&format!("{ACCOUNT}.{name}"));
        let (user, password) = (value("user")?.to_owned(), value("password")?.to_owned());
        let plain = template::plain_text(&user, &password);
        let auth = Element::new(ns::SASL, "auth").with_attr("mechanism", "PLAIN");
        Some(auth.with_text(plain))
    }

    fn masked(&self, element: &Element) -> Vec<u8> {
        Frame::new(opcode::TEXT, stanza::print(element)).masked(mask_key(&self.bindings)).encode()
    }
}

/// The element that our side says.
fn element(utterance: &Utterance) -> Option<Element> {
    let Utterance::Message(frame) = utterance else { return None };
    std::str::from_utf8(&frame.payload).ok().and_then(|text| stanza::parse(text).ok())
}

/// A bind request for another resource.
fn bind_as(asked: &Element, resource: &str) -> Element {
    let bind = Element::new(ns::BIND, "bind")
        .with_child(Element::new(ns::BIND, "resource").with_text(resource));
    let mut iq = Element::new(ns::CLIENT, "iq").with_attr("type", "set");
    if let Some(id) = asked.attr("id") {
        iq = iq.with_attr("id", id);
    }
    iq.with_child(bind)
}
