//! The way of octets into the engine: to requests, to messages, to elements of a stream.

use stanza::Element;
use wire::RequestHead;

use super::{CarriedStream, Engine};
use crate::dialect::Dialect;
use crate::fact::{End, Fact};
use crate::fault::{Arrival, Edge, Name, Point};
use crate::numbers::{ConnectionId, StreamId};
use crate::outlet::{Output, PageRequest};
use crate::said::{Kind, Speaker};
use crate::script::ClientAct;
use crate::spelling::stanza_text;
use crate::stream::{Framing, Handled, Stream};
use crate::timers::Timer;
use crate::transport::http::{self, Answer, Compression, Garbage, Http, HttpInput};
use crate::transport::{Breach, Connection, Incoming, PeerClose, Phase};

impl Engine {
    /// Octets for a connection that has not been upgraded, and the next request among them. True
    /// if there may be another.
    pub(super) fn next_request(&mut self, id: ConnectionId, octets: &[u8]) -> bool {
        if let Some(http) = self.connections.get_mut(&id).and_then(Connection::http) {
            http.push(octets);
        }
        let (dialect, has_api) = (self.cx.dialect(), self.cx.settings.profile.rest);
        let has_script = self.script.is_some();
        let wanted = |request: &RequestHead| match has_script {
            true => !http::asks_for_websocket(request),
            false => has_api && rest::is_for_api(request),
        };
        let http = self.connections.get_mut(&id).and_then(Connection::http);
        let Some(read) = http.and_then(|http| http.next(dialect, wanted)) else {
            return false;
        };
        let was_last = match read {
            Ok(HttpInput::Head(request)) => self.request(id, Ok(request)),
            Ok(HttpInput::Whole(request, body)) if http::is_bosh(&request) => {
                self.ask_session(id, request, &body)
            }
            Ok(HttpInput::Whole(request, body)) if has_script => {
                self.ask_by_script(id, &request, &body)
            }
            Ok(HttpInput::Whole(request, body)) => self.ask_api(id, &request, &body),
            Ok(HttpInput::TooLong(request)) if http::is_bosh(&request) => {
                self.refuse_session(id, request)
            }
            Ok(HttpInput::TooLong(request)) => self.refuse_body(id, &request),
            Ok(HttpInput::Expects) => self.ask_for_body(id),
            Err(error) => self.request(id, Err(error)),
        };
        !was_last
    }

    /// A request, or octets that are none. True when this was the last.
    fn request(&mut self, id: ConnectionId, read: Result<RequestHead, Garbage>) -> bool {
        let mut cues = Vec::new();
        let (answer, asks) = match read {
            Ok(mut request) => {
                self.note_request(id, &request);
                if let Some(page) = http::page(&self.cx, &request) {
                    return self.ask_page(id, page);
                }
                let asks = http::asks_for_websocket(&request);
                if asks && self.strike(id, Edge::Before, &Point::Upgrade.into(), None) {
                    return true;
                }
                if asks && self.script.is_some() {
                    let Some(scripted) = self.upgrade_by_script(id, &mut request) else {
                        return true;
                    };
                    cues = scripted;
                }
                let Some(connection) = self.connections.get(&id) else {
                    return true;
                };
                let answer = http::tunnel::answer(&self.cx, &request);
                (answer.unwrap_or_else(|| http::answer(&mut self.cx, connection, &request)), asks)
            }
            Err(error) => {
                let text = format!("[octets: {error}]");
                self.cx.note(id, Speaker::Client, Kind::Octets, text);
                let (status, why) = (error.status(), error.to_string());
                self.cx.note_fact(id, Fact::RequestRefused { status, why });
                (http::answer_garbage(&error), false)
            }
        };
        self.cx.timers.cancel(id.into(), |timer| *timer == Timer::HttpIdle);
        let answer = match answer {
            // Jetty does not wait for a body that nobody asks for.
            Answer::KeepAlive(response) if self.cx.is_openfire() && !self.is_read(id) => {
                Answer::Close(response)
            }
            answer => answer,
        };
        match answer {
            Answer::KeepAlive(response) => self.with_connection(id, |connection, cx| {
                connection.respond(cx, response, asks);
                cx.set_timer(cx.settings.profile.http_idle, id, Timer::HttpIdle);
            }),
            Answer::Close(response) => self.with_connection(id, |connection, cx| {
                connection.respond(cx, response, asks);
                connection.stop_reading(cx);
            }),
            Answer::Switch(response, compression) => {
                let mut rest = Vec::new();
                self.with_connection(id, |connection, cx| {
                    rest = connection.http().map(Http::take_rest).unwrap_or_default();
                    connection.respond(cx, response, asks);
                });
                self.upgraded(id, compression);
                self.play(cues);
                if self.strike(id, Edge::After, &Point::Upgrade.into(), None) {
                    return true;
                }
                // A peer may send its first frame with the request (recorded:
                // http_pipelined_open).
                self.push_frames(id, &rest);
            }
        }
        self.run();
        false
    }

    /// Whether the body of the last request is there to its end.
    fn is_read(&mut self, id: ConnectionId) -> bool {
        let http = self.connections.get_mut(&id).and_then(Connection::http);
        http.is_none_or(Http::is_read)
    }

    /// A request for a file, which the owner of the socket answers. True when this was the last.
    fn ask_page(&mut self, id: ConnectionId, page: PageRequest) -> bool {
        let is_last = page.is_last;
        self.cx.timers.cancel(id.into(), |timer| *timer == Timer::HttpIdle);
        self.with_connection(id, |connection, cx| {
            connection.put(cx, Output::Page(page));
            if is_last {
                connection.stop_reading(cx);
            } else {
                cx.set_timer(cx.settings.profile.http_idle, id, Timer::HttpIdle);
            }
        });
        self.run();
        is_last
    }

    /// A connection is a WebSocket from now on, and carries a stream that is not open yet.
    pub(super) fn upgraded(&mut self, id: ConnectionId, compression: Option<Compression>) {
        self.begin_stream(id, Framing::Elements);
        self.with_connection(id, |connection, cx| connection.upgrade(cx, compression));
        self.watch_idle(id);
    }

    /// A connection carries a stream from now on.
    pub(super) fn begin_stream(&mut self, id: ConnectionId, framing: Framing) {
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        self.begun += 1;
        let stream = StreamId(self.begun);
        connection.stream = Some(stream);
        self.streams.insert(stream, CarriedStream { stream: Stream::new(stream, framing), by: id });
        self.cx.record.carries(id, stream);
        if self.script.is_none() {
            self.cx.set_timer(self.cx.settings.profile.open_idle, stream, Timer::OpenIdle);
        }
    }

    /// Octets for a connection that has been upgraded.
    fn push_frames(&mut self, id: ConnectionId, octets: &[u8]) {
        if let Some(connection) = self.connections.get_mut(&id)
            && let Some(websocket) = connection.websocket()
        {
            websocket.push(octets);
            connection.last_active = self.cx.now;
        }
    }

    /// Octets for a connection that has been upgraded, and the next message among them. True if
    /// there may be another.
    pub(super) fn next_message(&mut self, id: ConnectionId, octets: &[u8]) -> bool {
        if !octets.is_empty() {
            self.push_frames(id, octets);
        }
        let logged_in = self.stream_of(id).and_then(Stream::user).is_some();
        let Some(connection) = self.connections.get_mut(&id) else {
            return false;
        };
        let stream = connection.stream;
        let Some(incoming) = connection.next(&mut self.cx, logged_in) else {
            return false;
        };
        match (incoming, stream) {
            (Incoming::Text(text), Some(stream)) if self.script.is_some() => {
                self.text_by_script(stream, &text);
            }
            (Incoming::Text(text), Some(stream)) => self.text(stream, &text),
            (Incoming::Close(close), _) => self.peer_close(id, close),
            (Incoming::Breach(breach), _) => self.breach(id, breach),
            _ => {}
        }
        self.run();
        // Most chunks hold one message.
        let websocket = self.connections.get_mut(&id).and_then(Connection::websocket);
        websocket.is_some_and(|websocket| websocket.has_octets())
    }

    fn peer_close(&mut self, id: ConnectionId, close: PeerClose) {
        if !close.is_answer && self.hear_by_script(id, ClientAct::Close) {
            return;
        }
        // The siblings hear of it before the closing client does (recorded:
        // wsclose_seen_by_sibling).
        self.with_stream_of(id, |stream, cx| {
            let is_open = stream.is_open();
            stream.end_session(cx);
            if !close.is_answer && is_open && cx.is_openfire() {
                stream.say_close(cx);
            }
        });
        self.run();
        self.with_connection(id, |connection, cx| connection.finish_close(cx, close));
    }

    fn breach(&mut self, id: ConnectionId, breach: Breach) {
        self.with_stream_of(id, |stream, cx| {
            // Before the stream is opened only the carrier closes (recorded: first_rsv1).
            if let Some(condition) = breach.condition.filter(|_| stream.is_open()) {
                stream.say_error(cx, condition);
                stream.say_close(cx);
            }
            if cx.dialect() == Dialect::Rfc {
                stream.end_session(cx);
            }
        });
        self.run();
        self.with_connection(id, |connection, cx| connection.refuse(cx, breach));
    }

    /// A text message for a stream.
    pub(super) fn text(&mut self, id: StreamId, text: &str) {
        let Some(carried) = self.streams.get_mut(&id) else {
            return;
        };
        for read in carried.stream.read(&self.cx, text) {
            match read {
                Ok(element) => self.element(id, &element),
                Err(Some(condition)) => {
                    self.with_stream(id, |stream, cx| stream.fail(cx, condition));
                }
                Err(None) => self.with_stream(id, Stream::close),
            }
            self.run();
        }
    }

    /// Lets a connection take as much memory as it needs now, unless that is too much, and notes
    /// what clients could not make the server keep.
    pub(super) fn weigh(&mut self, id: ConnectionId) {
        let kept = &self.cx.memory.kept;
        if kept.was_refused() {
            let what = format!("clients make the server keep {} octets already", kept.limit());
            self.cx.note_fact(id, Fact::NoMemory { what });
        }
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        let weight = connection.weight();
        let is_flooded = connection.http().is_some_and(|http| http.is_flooded());
        if !is_flooded && connection.share.set(weight) {
            return;
        }
        let what = format!("the connection takes {weight} octets, most of them unfinished");
        self.cx.note_fact(id, Fact::NoMemory { what });
        self.with_connection(id, |connection, _| {
            if !connection.is_session() {
                connection.phase = Phase::Over;
            }
        });
        if self.stream_of(id).is_some_and(Stream::is_open) {
            // RFC 6120 §4.9.3.17.
            self.with_stream_of(id, |stream, cx| stream.fail(cx, "resource-constraint"));
        } else {
            self.break_off(id, Output::Close);
        }
        self.run();
    }

    /// An element of a client, and the faults on either side of it.
    pub(super) fn element(&mut self, id: StreamId, element: &Element) {
        if self.script.is_some() {
            self.text_by_script(id, &stanza_text(element, ""));
            return;
        }
        let Some(CarriedStream { stream, by }) = self.streams.get(&id) else {
            return;
        };
        // Once the stream is closed nothing is processed (RFC 6120 §4.4).
        if stream.is_closed() && !self.cx.faults.lasting(Name::ReadAfterClose) {
            return;
        }
        let by = *by;
        let arrival =
            if self.cx.faults.is_empty() { None } else { Arrival::of(element, stream.restart_due) };
        if element.name.local == "close" && stream.is_framed() {
            self.note_end(by, End::Client);
        }
        if let Some(arrival) = &arrival
            && self.strike(by, Edge::Before, arrival, Some(element))
        {
            return;
        }
        if let Some(CarriedStream { stream, .. }) = self.streams.get_mut(&id)
            && stream.take(&mut self.cx, element) == Handled::Stanza
        {
            self.hub.stanza(&mut self.cx, stream, element);
        }
        if let Some(arrival) = &arrival {
            self.strike(by, Edge::After, arrival, None);
        }
    }
}
