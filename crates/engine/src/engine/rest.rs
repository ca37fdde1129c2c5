//! Requests for the REST API: the answer first, then the events that it causes, all within one call.

use rest::Answer;
use wire::RequestHead;

use super::Engine;
use crate::fact::Fact;
use crate::fault::Name;
use crate::numbers::ConnectionId;
use crate::outlet::Output;
use crate::said::{Kind, Speaker};
use crate::timers::Timer;

impl Engine {
    /// Answers a request and publishes what comes of it. True when this was the last on its
    /// connection.
    pub(super) fn ask_api(&mut self, id: ConnectionId, head: &RequestHead, body: &[u8]) -> bool {
        self.note_request(id, head, body);
        let (answer, changes) = self.hub.ask_api(&self.cx, head, body);
        let request = format!("{} {}", head.method, path(head));
        let (status, note) = (answer.status, answer.note.clone());
        self.cx.note_fact(id, Fact::Answered { request, status, note });
        let is_last = is_last(head) || self.cx.faults.lasting(Name::RestCloseEach);
        self.respond(id, head, &answer, is_last);
        self.run();
        self.hub.publish_changes(&mut self.cx, changes);
        self.run();
        is_last
    }

    /// A body that is longer than any that the API reads, or that is not HTTP.
    pub(super) fn refuse_body(&mut self, id: ConnectionId, head: &RequestHead) -> bool {
        self.note_request(id, head, &[]);
        self.respond(id, head, &Answer::too_long(), true);
        self.run();
        true
    }

    /// The client waits to be asked for the body.
    pub(super) fn ask_for_body(&mut self, id: ConnectionId) -> bool {
        let line = b"HTTP/1.1 100 Continue\r\n\r\n".to_vec();
        self.with_connection(id, |connection, cx| connection.put(cx, Output::Octets(line)));
        self.run();
        false
    }

    /// Keeps a request in the record: its head without credentials, then its body.
    pub(super) fn note_request(&mut self, id: ConnectionId, head: &RequestHead, body: &[u8]) {
        if !self.cx.notes(Kind::Http) {
            return;
        }
        let lines = String::from_utf8_lossy(&head.to_bytes()).replace("\r\n", "\n");
        let mut text = mask::head(lines.trim_end()) + "\n";
        if !body.is_empty() {
            let body = String::from_utf8_lossy(body);
            text.push_str(&format!("\n{}\n", mask::message(&body, true).trim_end()));
        }
        self.cx.note(id, Speaker::Client, Kind::Http, text);
    }

    fn respond(&mut self, id: ConnectionId, head: &RequestHead, answer: &Answer, is_last: bool) {
        let date = httpdate::fmt_http_date(self.cx.settings.calendar.at(self.cx.now));
        let octets = octets(head, answer, &date, is_last);
        self.cx.timers.cancel(id.into(), |timer| *timer == Timer::HttpIdle);
        self.with_connection(id, |connection, cx| {
            connection.respond(cx, octets, false);
            if is_last {
                connection.stop_reading(cx);
            } else {
                cx.set_timer(cx.settings.profile.http_idle, id, Timer::HttpIdle);
            }
        });
    }
}

/// A response. That to HEAD has no body (RFC 9110 §9.3.2).
fn octets(head: &RequestHead, answer: &Answer, date: &str, is_last: bool) -> Vec<u8> {
    let mut lines = format!("HTTP/1.1 {} {}\r\nDate: {date}\r\n", answer.status, answer.phrase());
    for (name, value) in &answer.headers {
        // A value that a client chose has no line breaks: it came as a header itself.
        lines.push_str(&format!("{name}: {value}\r\n"));
    }
    lines.push_str(&format!("Content-Length: {}\r\n", answer.body.len()));
    lines.push_str(if is_last { "Connection: close\r\n\r\n" } else { "\r\n" });
    if head.method != "HEAD" {
        lines.push_str(&answer.body);
    }
    lines.into_bytes()
}

/// RFC 9112 §9.3: HTTP/1.0 keeps a connection only where it asks for that.
fn is_last(head: &RequestHead) -> bool {
    match head.version.as_str() {
        "HTTP/1.0" => !head.headers.has_token("Connection", "keep-alive"),
        _ => head.headers.has_token("Connection", "close"),
    }
}

fn path(head: &RequestHead) -> &str {
    head.target.split('?').next().unwrap_or_default()
}
