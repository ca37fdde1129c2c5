//! The server's part by a script: what clients say goes to the script, and its deeds to the
//! connections.

use std::time::Duration;

use stanza::{Element, ns};
use wire::{Headers, RequestHead, ResponseHead};

use super::Engine;
use super::rest::Request;
use crate::fact::Fact;
use crate::numbers::{ConnectionId, StreamId};
use crate::outlet::Output;
use crate::response::Response;
use crate::script::{ClientAct, Cue, Reply, Script, ServerAct};
use crate::stream::Stream;
use crate::timers::Timer;
use crate::transport::{Connection, Hold, http};

/// Headers about the octets of a body, and about the connection: the engine writes its own.
const OWN: [&str; 6] = [
    "connection",
    "content-encoding",
    "content-length",
    "keep-alive",
    "transfer-encoding",
    "upgrade",
];

impl Engine {
    /// Says what a script says from now on, in the place of the server's own behaviour.
    pub fn follow(&mut self, script: Box<dyn Script>) {
        self.script = Some(script);
    }

    /// Whether a script decides what is said.
    pub fn follows_script(&self) -> bool {
        self.script.is_some()
    }

    /// A request for a WebSocket. None if it is refused; otherwise the deeds that follow the
    /// handshake, which is that of the server's own path.
    pub(super) fn upgrade_by_script(
        &mut self,
        id: ConnectionId,
        request: &mut RequestHead,
    ) -> Option<Vec<Cue>> {
        let cues = self.script.as_mut()?.upgrade(id, request);
        if cues.iter().any(|cue| cue.deed == ServerAct::Switch) {
            "/ws/".clone_into(&mut request.target);
            return Some(cues);
        }
        self.cx.timers.cancel(id.into(), |timer| *timer == Timer::HttpIdle);
        for cue in cues {
            match cue.deed {
                ServerAct::Respond(reply) => {
                    let head = head_of(&reply, true);
                    let octets = (head + &reply.body).into_bytes();
                    self.cx.note_fact(
                        id,
                        Fact::UpgradeRefused { status: reply.status, why: reply.reason.into() },
                    );
                    self.with_connection(id, |connection, cx| {
                        connection.respond(cx, octets, false);
                        connection.stop_reading(cx);
                    });
                }
                _ => self.play(vec![cue]),
            }
        }
        self.run();
        None
    }

    /// A text message.
    pub(super) fn text_by_script(&mut self, id: StreamId, text: &str) {
        let Some(by) = self.streams.get(&id).map(|carried| carried.by) else {
            return;
        };
        let is_logged_in = self.stream_of(by).and_then(Stream::user).is_some();
        if !is_logged_in {
            self.cx.settings.secrets.offered_in(text);
        }
        self.hear_by_script(by, ClientAct::Text(text));
    }

    /// Something that a client has said or done. True if the script knows of it.
    pub(super) fn hear_by_script(&mut self, id: ConnectionId, heard: ClientAct<'_>) -> bool {
        let cues = self.script.as_mut().and_then(|script| script.hear(id, heard));
        let knows = cues.is_some();
        self.play(cues.unwrap_or_default());
        knows
    }

    /// The features of a stream that a session of BOSH begins, or begins anew, and the other deeds.
    pub(super) fn open_by_script(
        &mut self,
        id: ConnectionId,
        to: Option<&str>,
    ) -> Option<(String, Vec<Cue>)> {
        let script = self.script.as_mut()?;
        let open = Element::new(ns::FRAMING, "open").with_attr("version", "1.0");
        let open = match to {
            Some(to) => open.with_attr("to", to),
            None => open,
        };
        let heard = stanza::print(&open);
        let mut cues = script.hear(id, ClientAct::Text(&heard)).unwrap_or_default();
        let features = cues.iter().position(|cue| {
            matches!(&cue.deed, ServerAct::Say(text) if text.starts_with("<stream:features") || text.starts_with("<features"))
        });
        let features = match features.map(|place| cues.remove(place).deed) {
            Some(ServerAct::Say(features)) => features,
            _ => String::new(),
        };
        Some((features, cues))
    }

    /// A request of HTTP. True if this was the last on its connection.
    pub(super) fn ask_by_script(
        &mut self,
        id: ConnectionId,
        head: &RequestHead,
        body: &[u8],
    ) -> bool {
        let is_last = http::is_last(head);
        let request = Request { head, exchange: self.note_call(id, head, body), is_last };
        let cues = self.script.as_mut().map(|script| script.ask(id, head, body));
        let mut is_answered = false;
        for cue in cues.unwrap_or_default() {
            let Cue { on, after, deed } = cue;
            match deed {
                ServerAct::Respond(reply) if on == id => {
                    is_answered = true;
                    let late = (after > Duration::ZERO).then_some(after);
                    self.respond(id, response(&request, reply), is_last, late);
                    self.run();
                }
                deed => self.play(vec![Cue { on, after, deed }]),
            }
        }
        if !is_answered {
            // A later answer would be taken for this one.
            self.cx.timers.cancel(id.into(), |timer| *timer == Timer::HttpIdle);
            self.with_connection(id, |connection, _| connection.hold = Hold::Forever);
        }
        is_last
    }

    /// Does what the script says, now or later.
    pub(super) fn play(&mut self, cues: Vec<Cue>) {
        for Cue { on, after, deed } in cues {
            if after == Duration::ZERO {
                self.deed(on, deed);
            } else {
                let due = self.cx.now + after;
                self.with_connection(on, |connection, cx| {
                    connection.postpone(cx, due, on, Timer::Cue(deed));
                });
            }
        }
    }

    /// Does one thing.
    pub(super) fn deed(&mut self, id: ConnectionId, deed: ServerAct) {
        match deed {
            // Both are dealt with where the request is.
            ServerAct::Switch | ServerAct::Respond(_) => {}
            ServerAct::Say(text) => self.say_by_script(id, text),
            ServerAct::Ping => self.with_connection(id, Connection::ping),
            ServerAct::Close(code, reason) => self.with_connection(id, |connection, cx| {
                connection.close_by_script(cx, code, &reason);
            }),
            ServerAct::End | ServerAct::Reset => {
                self.with_connection(id, |connection, _| connection.hold = Hold::Nothing);
                let how = if deed == ServerAct::End { Output::Close } else { Output::Reset };
                self.break_off(id, how);
            }
            ServerAct::Name(account) => {
                if let Some(stream) = self.stream_of(id).map(|stream| stream.id) {
                    self.log_in(stream, account);
                }
            }
            ServerAct::Lacks { what, nearest } => {
                self.cx.note_fact(id, Fact::Lacks { what, nearest })
            }
        }
        self.run();
    }

    fn say_by_script(&mut self, id: ConnectionId, text: String) {
        let is_session = self.connections.get(&id).is_some_and(Connection::is_session);
        // A session of BOSH begins and ends in the attributes of its bodies.
        if is_session && text.starts_with("<open") {
            return;
        }
        self.with_connection(id, |connection, cx| {
            if is_session && text.starts_with("<close") {
                connection.close(cx);
            } else if connection.stream.is_some() && !connection.close_sent {
                let message = connection.text(cx, text);
                connection.put(cx, message);
            }
        });
    }
}

/// A reply on its way, and what is noted once it is sent.
fn response(request: &Request<'_>, reply: Reply) -> Response {
    let head = head_of(&reply, request.is_last);
    let Reply { status, mut body, .. } = reply;
    // RFC 9110 §9.3.2.
    if request.head.method == "HEAD" {
        body.clear();
    }
    let exchange = request.exchange.as_ref().map(|own| own.answered(status, &body));
    let request = format!("{} {}", request.head.method, request.head.path());
    Response { head, body, fact: Fact::Answered { request, status, note: None }, exchange }
}

/// The head of a reply. A line that would break the head is left out.
fn head_of(reply: &Reply, is_last: bool) -> String {
    let is_clean = |text: &str| !text.contains(|c: char| c.is_ascii_control() && c != '\t');
    let is_name = |name: &str| {
        !name.is_empty() && name.bytes().all(|octet| octet.is_ascii_graphic() && octet != b':')
    };
    let is_kept = |(name, value): &&(String, String)| {
        is_name(name) && is_clean(value) && OWN.iter().all(|own| !name.eq_ignore_ascii_case(own))
    };
    let mut headers: Vec<(String, String)> =
        reply.headers.0.iter().filter(is_kept).cloned().collect();
    let has_body = !(matches!(reply.status, 204 | 304) || reply.status < 200);
    if has_body {
        headers.push(("Content-Length".to_owned(), reply.body.len().to_string()));
    }
    if is_last {
        headers.push(("Connection".to_owned(), "close".to_owned()));
    }
    let reason = match &*reply.reason {
        own if !own.is_empty() && is_clean(own) => own,
        _ => rest::phrase(reply.status),
    };
    let status = reply.status.clamp(200, 599);
    let octets = ResponseHead::new(status, reason, Headers(headers)).to_bytes();
    String::from_utf8_lossy(&octets).into_owned()
}
