//! Requests for the REST API: the answer first, then the events that it causes, all within one
//! call.

use std::sync::Arc;
use std::time::Duration;

use rest::Answer;
use wire::RequestHead;

use super::Engine;
use crate::exchange::Exchange;
use crate::fact::Fact;
use crate::fault::{Arrival, Edge, Name, RestRequest, Sending, WAIT, sending};
use crate::numbers::ConnectionId;
use crate::outgoing::ElementKind;
use crate::outlet::Output;
use crate::response::Response;
use crate::said::{Kind, Speaker};
use crate::timers::Timer;
use crate::transport::Hold;
use crate::transport::http;

/// A request that is being answered.
pub(super) struct Request<'a> {
    pub(super) head: &'a RequestHead,
    pub(super) exchange: Option<Arc<Exchange>>,
    /// Whether it is the last on its connection.
    pub(super) is_last: bool,
}

impl Engine {
    /// Answers a request and publishes its changes. Returns true if this was the last on its
    /// connection.
    pub(super) fn ask_api(&mut self, id: ConnectionId, head: &RequestHead, body: &[u8]) -> bool {
        let is_last = http::is_last(head) || self.cx.faults.lasting(Name::RestCloseEach);
        let request = Request { head, exchange: self.note_call(id, head, body), is_last };
        let arrival = self.rest_arrival(head);
        if let Some(arrival) = &arrival
            && self.strike(id, Edge::Before, arrival, None)
        {
            return true;
        }
        let asked = arrival.as_ref().and_then(|arrival| arrival.asked.as_ref());
        let refusal = asked.and_then(|it| self.cx.fault(Name::RefuseRest, it.occasion(), id));
        let (answer, changes) = match refusal.and_then(|fault| fault.status()) {
            Some(status) => (self.hub.refuse_api(&self.cx, head, status), Vec::new()),
            None => self.hub.ask_api(&self.cx, head, body),
        };
        if answer.status == 401
            && let Some(authorization) = head.headers.first("Authorization")
        {
            self.cx.settings.secrets.offered_by(authorization);
        }
        match asked {
            Some(asked) => self.respond_with_faults(id, &request, answer, asked),
            None => self.respond(id, self.response(&request, answer), is_last, None),
        }
        self.run();
        self.hub.publish_changes(&mut self.cx, changes);
        self.run();
        let is_cut = arrival.is_some_and(|it| self.strike(id, Edge::After, &it, None));
        is_last || is_cut
    }

    /// The request as faults see it; none where there are no faults.
    fn rest_arrival(&self, head: &RequestHead) -> Option<Arrival> {
        if self.cx.faults.is_empty() {
            return None;
        }
        let (method, path) = (head.method.clone(), rest::path(head));
        Some(RestRequest { account: self.hub.account_of(head), method, path }.into())
    }

    /// A body that is longer than any that the API reads, or that is not HTTP.
    pub(super) fn refuse_body(&mut self, id: ConnectionId, head: &RequestHead) -> bool {
        let exchange = self.note_call(id, head, &[]);
        let request = Request { head, exchange, is_last: true };
        self.respond(id, self.response(&request, Answer::too_long()), true, None);
        self.run();
        true
    }

    /// The client waits to be asked for the body.
    pub(super) fn ask_for_body(&mut self, id: ConnectionId) -> bool {
        let line = http::go_on();
        self.with_connection(id, |connection, cx| connection.put(cx, Output::Octets(line)));
        self.run();
        false
    }

    /// Keeps a request in the record: its head without credentials.
    pub(super) fn note_request(&mut self, id: ConnectionId, head: &RequestHead) {
        if self.cx.notes(Kind::Http) {
            self.cx.note(id, Speaker::Client, Kind::Http, lines_of(head));
        }
    }

    /// Keeps a request for the REST API in the record: its head without credentials, then its body.
    pub(super) fn note_call(
        &mut self,
        id: ConnectionId,
        head: &RequestHead,
        body: &[u8],
    ) -> Option<Arc<Exchange>> {
        if !self.cx.notes(Kind::Http) {
            return None;
        }
        let body = String::from_utf8_lossy(body);
        let body = mask::body(&body);
        let mut text = lines_of(head);
        if !body.is_empty() {
            text.push_str(&format!("\n{}\n", body.trim_end()));
        }
        let exchange = Exchange::new(&head.method, &mask::url(&head.target), &body);
        self.cx.note_exchange(id, Speaker::Client, text, Arc::clone(&exchange));
        Some(exchange)
    }

    /// Sends an answer as the faults leave it.
    fn respond_with_faults(
        &mut self,
        id: ConnectionId,
        request: &Request<'_>,
        mut answer: Answer,
        asked: &RestRequest,
    ) {
        let due = self.cx.faults_on(ElementKind::Answer, asked.occasion(), id);
        let Some(Sending { text, copies, late, waits }) = sending(&due, answer.body) else {
            // A later answer would be taken for this one.
            return self.with_connection(id, |connection, _| connection.hold = Hold::Forever);
        };
        answer.body = text;
        // Answers of one connection keep their order, so that events alone overtake it.
        let late = if waits { late.max(Some(WAIT)) } else { late };
        let response = self.response(request, answer);
        for _ in 1..copies {
            self.respond(id, response.clone(), false, late);
        }
        self.respond(id, response, request.is_last, late);
    }

    fn response(&self, request: &Request<'_>, answer: Answer) -> Response {
        let date = httpdate::fmt_http_date(self.cx.settings.calendar.at(self.cx.now));
        let head = http::head_of(&answer, &date, request.is_last);
        let Answer { status, note, mut body, .. } = answer;
        // RFC 9110 §9.3.2.
        if request.head.method == "HEAD" {
            body.clear();
        }
        let exchange = request.exchange.as_ref().map(|own| own.answered(status, &body));
        let request = format!("{} {}", request.head.method, request.head.path());
        Response { head, body, fact: Fact::Answered { request, status, note }, exchange }
    }

    /// Sends an answer now, or later; all that comes after it waits too.
    pub(super) fn respond(
        &mut self,
        id: ConnectionId,
        response: Response,
        is_last: bool,
        late: Option<Duration>,
    ) {
        self.cx.timers.cancel(id.into(), |timer| *timer == Timer::HttpIdle);
        let due = late.map(|late| self.cx.now + late);
        match due {
            None => self.respond_now(id, response),
            Some(due) => self.with_connection(id, |connection, cx| {
                connection.hold = connection.hold.max(Hold::Until(due));
                connection.postpone(cx, due, id, Timer::Respond(response));
            }),
        }
        self.with_connection(id, |connection, cx| {
            if is_last {
                connection.stop_reading(cx);
            } else {
                let idle = cx.settings.profile.http_idle + late.unwrap_or_default();
                cx.set_timer(idle, id, Timer::HttpIdle);
            }
        });
    }

    /// Sends an answer, and notes that the request is answered.
    pub(super) fn respond_now(&mut self, id: ConnectionId, response: Response) {
        let Response { head, body, fact, exchange } = response;
        self.cx.note_fact(id, fact);
        if let Some(exchange) = exchange {
            let text = format!("{}\n\n{body}", mask::head(&head.trim_end().replace("\r\n", "\n")));
            self.cx.note_exchange(id, Speaker::Server, text, exchange);
        }
        let octets = Output::Octets((head + &body).into_bytes());
        self.with_connection(id, |connection, cx| connection.put(cx, octets));
    }
}

/// The lines of a request without credentials.
fn lines_of(head: &RequestHead) -> String {
    let lines = String::from_utf8_lossy(&head.to_bytes()).replace("\r\n", "\n");
    mask::head(lines.trim_end()) + "\n"
}
