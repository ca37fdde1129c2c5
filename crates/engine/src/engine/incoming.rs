//! The way of octets into the engine: to requests, to messages, to elements of a stream.

use stanza::Element;
use wire::{CloseFrame, HttpError, Message, RequestHead, Violation};

use super::{Carried, Engine};
use crate::dialect::Dialect;
use crate::fact::{End, Fact};
use crate::fault::{Arrival, Edge, Name, Point};
use crate::numbers::{ConnectionId, StreamId};
use crate::outlet::{Output, PageRequest};
use crate::said::{Kind, Speaker, close_in_words, control_in_words};
use crate::stream::{Stream, Taken};
use crate::timers::Timer;
use crate::transport::http::{self, Answer, Compression, Http, Read};
use crate::transport::{Connection, Phase};

impl Engine {
    /// Octets for a connection that has not been upgraded.
    pub(super) fn http(&mut self, id: ConnectionId, octets: &[u8]) {
        if let Some(http) = self.connections.get_mut(&id).and_then(Connection::http) {
            http.push(octets);
        }
        let has_api = self.cx.settings.profile.rest;
        while let Some(read) = self
            .connections
            .get_mut(&id)
            .and_then(Connection::http)
            .and_then(|http| http.next(has_api))
        {
            let was_last = match read {
                Ok(Read::Head(request)) => self.request(id, Ok(request)),
                Ok(Read::Whole(request, body)) => self.ask_api(id, &request, &body),
                Ok(Read::TooLong(request)) => self.refuse_body(id, &request),
                Ok(Read::Expects) => self.ask_for_body(id),
                Err(error) => self.request(id, Err(error)),
            };
            if was_last {
                return;
            }
        }
    }

    /// A request, or octets that are none. True when this was the last.
    fn request(&mut self, id: ConnectionId, read: Result<RequestHead, HttpError>) -> bool {
        let (answer, asks) = match read {
            Ok(request) => {
                self.note_request(id, &request);
                if let Some(page) = http::page(&self.cx, &request) {
                    return self.ask_page(id, page);
                }
                let asks = http::asks_for_websocket(&request);
                if asks && self.strike(id, Edge::Before, &Point::Upgrade.into(), None) {
                    return true;
                }
                let Some(connection) = self.connections.get(&id) else {
                    return true;
                };
                (http::answer(&mut self.cx, connection, &request), asks)
            }
            Err(error) => {
                let text = format!("[octets: {error}]");
                self.cx.note(id, Speaker::Client, Kind::Octets, text);
                (http::answer_garbage(&self.cx, &error), false)
            }
        };
        self.cx.timers.cancel(id.into(), |timer| *timer == Timer::HttpIdle);
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
                if !self.strike(id, Edge::After, &Point::Upgrade.into(), None) {
                    self.run();
                    // A peer may send its first frame with the request (recorded:
                    // http_pipelined_open).
                    self.frames(id, &rest);
                }
                return true;
            }
        }
        self.run();
        false
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
        let Some(connection) = self.connections.get_mut(&id) else {
            return;
        };
        self.begun += 1;
        let stream = StreamId(self.begun);
        connection.stream = Some(stream);
        connection.upgrade(&mut self.cx, compression);
        self.streams.insert(stream, Carried { stream: Stream::new(stream), by: id });
        self.cx.record.carries(id, stream);
        self.cx.set_timer(self.cx.settings.profile.open_idle, stream, Timer::OpenIdle);
    }

    /// Octets for a connection that has been upgraded.
    pub(super) fn frames(&mut self, id: ConnectionId, octets: &[u8]) {
        let accept_unmasked = self.cx.faults.lasting(Name::AcceptUnmasked);
        if let Some(websocket) = self.connections.get_mut(&id).and_then(Connection::websocket) {
            websocket.push(octets);
        }
        while let Some(websocket) = self.connections.get_mut(&id).and_then(Connection::websocket) {
            match websocket.next(accept_unmasked) {
                Ok(Some(message)) => self.message(id, message),
                Ok(None) => break,
                Err(violation) => self.violation(id, &violation),
            }
            self.run();
        }
    }

    fn message(&mut self, id: ConnectionId, message: Message) {
        self.note_message(id, &message);
        let Some(connection) = self.connections.get(&id) else {
            return;
        };
        match (message, connection.stream) {
            (Message::Close(frame), _) => self.peer_close(id, frame),
            // RFC 6455 §5.5.1: nothing but the answer to our close is expected any more.
            _ if connection.close_sent => {}
            (Message::Text(text), Some(stream)) => self.text(stream, &text),
            (Message::Ping(payload), _) => {
                self.with_connection(id, |connection, cx| connection.pong(cx, payload));
            }
            // RFC 7395 §3.2: messages are of the text type. Openfire reads no others (recorded:
            // first_binary_open).
            (Message::Binary(_), _) if self.cx.dialect() == Dialect::Rfc => {
                self.with_stream_of(id, |stream, cx| stream.end_session(cx));
                self.run();
                self.with_connection(id, Connection::refuse_binary);
            }
            (Message::Text(_) | Message::Binary(_) | Message::Pong(_), _) => {}
        }
    }

    fn note_message(&mut self, id: ConnectionId, message: &Message) {
        let kind = match message {
            Message::Text(_) => Kind::Text,
            Message::Binary(_) => Kind::Binary,
            Message::Ping(_) | Message::Pong(_) | Message::Close(_) => Kind::Control,
        };
        if !self.cx.notes(kind) {
            return;
        }
        let logged_in = self.stream_of(id).and_then(Stream::user).is_some();
        let text = match message {
            Message::Text(text) => mask::message(text, logged_in).into_owned(),
            Message::Binary(octets) => {
                let text = String::from_utf8_lossy(octets);
                format!("[binary {:?}]", mask::message(&text, logged_in))
            }
            Message::Ping(payload) => control_in_words("ping", payload),
            Message::Pong(payload) => control_in_words("pong", payload),
            Message::Close(close) => close_in_words(close.as_ref()),
        };
        self.cx.note(id, Speaker::Client, kind, text);
    }

    fn peer_close(&mut self, id: ConnectionId, frame: Option<CloseFrame>) {
        let answered = self.connections.get(&id).is_none_or(|connection| connection.close_sent);
        let end = End::WebSocket(frame.as_ref().map(|frame| frame.code));
        self.note_end(id, if answered { End::Server } else { end });
        // The siblings hear of it before the closing client does (recorded:
        // wsclose_seen_by_sibling).
        self.with_stream_of(id, |stream, cx| {
            let is_open = stream.is_open();
            stream.end_session(cx);
            if !answered && is_open && cx.is_openfire() {
                stream.say_close(cx);
            }
        });
        self.run();
        self.with_connection(id, |connection, cx| {
            if answered {
                connection.end(cx);
            } else {
                connection.answer_close(cx, frame);
            }
        });
    }

    fn violation(&mut self, id: ConnectionId, violation: &Violation) {
        let text = format!("[octets: {violation}]");
        self.cx.note(id, Speaker::Client, Kind::Octets, text);
        if self.connections.get(&id).is_some_and(|connection| connection.close_sent) {
            self.with_connection(id, Connection::end);
            return;
        }
        self.with_stream_of(id, |stream, cx| {
            let condition = match cx.dialect() {
                // Recorded: ws_*, size_*, wsclose_1byte; before the stream is opened only the close
                // (first_rsv1).
                Dialect::Openfire => Some("internal-server-error"),
                // RFC 6120 §13.12: a stanza over the limit is a policy violation of the stream.
                Dialect::Rfc if matches!(violation, Violation::MessageTooBig) => {
                    Some("policy-violation")
                }
                Dialect::Rfc => None,
            };
            if let Some(condition) = condition.filter(|_| stream.is_open()) {
                stream.say_error(cx, condition);
                stream.say_close(cx);
            }
            if cx.dialect() == Dialect::Rfc {
                stream.end_session(cx);
            }
        });
        self.run();
        self.with_connection(id, |connection, cx| connection.refuse_violation(cx, violation));
    }

    /// A text message for a stream.
    fn text(&mut self, id: StreamId, text: &str) {
        let Some(carried) = self.streams.get_mut(&id) else {
            return;
        };
        for read in carried.stream.read(&self.cx, text) {
            match read {
                Ok(element) => self.element(id, &element),
                Err(condition) => self.with_stream(id, |stream, cx| stream.fail(cx, condition)),
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
        if connection.share.set(weight) {
            return;
        }
        let what = format!("the connection takes {weight} octets, most of them unfinished");
        self.cx.note_fact(id, Fact::NoMemory { what });
        self.with_connection(id, |connection, _| connection.phase = Phase::Over);
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
        let Some(Carried { stream, by }) = self.streams.get(&id) else {
            return;
        };
        // Once the stream is closed nothing is processed (RFC 6120 §4.4).
        if stream.is_closed() {
            return;
        }
        let by = *by;
        let arrival =
            if self.cx.faults.is_empty() { None } else { Arrival::of(element, stream.restart_due) };
        if element.name.local == "close" {
            self.note_end(by, End::Client);
        }
        if let Some(arrival) = &arrival
            && self.strike(by, Edge::Before, arrival, Some(element))
        {
            return;
        }
        if let Some(Carried { stream, .. }) = self.streams.get_mut(&id)
            && stream.take(&mut self.cx, element) == Taken::Stanza
        {
            self.hub.stanza(&mut self.cx, stream, element);
        }
        if let Some(arrival) = &arrival {
            self.strike(by, Edge::After, arrival, None);
        }
    }
}
