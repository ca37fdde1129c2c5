//! Keeps the transcript of a case: masked, each connection in its own order, placed at the steps of
//! the case.

use tokio::time::Instant;
use transcript::{Event, EventKind, Octets, Secrets, Side};
use wire::{Frame, LengthForm, Message, RequestHead, ResponseHead};

use super::incoming::{Answer, Incoming, Received};
use super::saying::message_of;
use crate::speak::Utterance;

/// The transcript in the making.
pub(crate) struct Log {
    began: Instant,
    secrets: Secrets,
    events: Vec<Event>,
    tail_from: Option<usize>,
}

/// Notes beside the entry itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Note {
    /// The step it belongs to.
    pub(crate) step: usize,
    /// A step asked for it.
    pub(crate) claimed: bool,
}

impl Log {
    /// An empty transcript.
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { began: Instant::now(), secrets, events: Vec::new(), tail_from: None }
    }

    /// The place of what was noted last.
    pub(crate) fn last(&self) -> usize {
        self.events.len().saturating_sub(1)
    }

    /// All that was noted so far.
    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }

    /// All that was noted.
    pub(crate) fn into_events(self) -> Vec<Event> {
        self.events
    }

    /// Notes that a connection was made.
    pub(crate) fn connected(&mut self, conn: &str, tls: bool, step: usize) {
        self.note(
            conn,
            Side::Client,
            (Instant::now(), 0),
            said_by_case(step),
            false,
            EventKind::Connect { tls },
        );
    }

    /// Notes a request of ours.
    pub(crate) fn request(
        &mut self,
        conn: &str,
        head: &RequestHead,
        body: &[u8],
        octets: usize,
        step: usize,
    ) {
        let mut lines = format!("{} {} {}", head.method, head.target, head.version);
        push_headers(&mut lines, &head.headers);
        let said = self.http(&lines, body);
        self.note(conn, Side::Client, (Instant::now(), octets), said_by_case(step), false, said);
    }

    /// Notes a frame of ours that is a whole message.
    pub(crate) fn message(&mut self, conn: &str, message: &Message, octets: usize, step: usize) {
        let said = self.said(message, 1);
        self.note(conn, Side::Client, (Instant::now(), octets), said_by_case(step), false, said);
    }

    /// Notes a frame of ours that is none.
    pub(crate) fn frame(&mut self, conn: &str, frame: &Frame, octets: usize, step: usize) {
        let said = self.said_frame(frame);
        self.note(conn, Side::Client, (Instant::now(), octets), said_by_case(step), false, said);
    }

    /// Notes anything else of ours.
    pub(crate) fn other(
        &mut self,
        conn: &str,
        octets: &[u8],
        said: fn(Octets) -> EventKind,
        step: usize,
    ) {
        let said = said(Octets(self.secrets.scrub_octets(octets)));
        self.note(
            conn,
            Side::Client,
            (Instant::now(), octets.len()),
            said_by_case(step),
            false,
            said,
        );
    }

    /// Notes what our side says in the place of a server.
    pub(crate) fn answered(&mut self, conn: &str, said: &Utterance, octets: usize, step: usize) {
        let said = match said {
            Utterance::Request { head, body } => {
                let mut lines = format!("{} {} {}", head.method, head.target, head.version);
                push_headers(&mut lines, &head.headers);
                self.http(&lines, body)
            }
            Utterance::Response { head, body } => self.response(head, body),
            Utterance::Message(frame) => match message_of(frame) {
                Some(message) => self.said(&message, 1),
                None => self.said_frame(frame),
            },
            Utterance::Frame(frame) => self.said_frame(frame),
            Utterance::Bytes(octets) => {
                EventKind::Bytes { payload: Octets(self.secrets.scrub_octets(octets)) }
            }
            Utterance::Eof => EventKind::Eof,
            Utterance::Reset => EventKind::Reset,
        };
        let at = (Instant::now(), octets);
        self.note(conn, Side::Server, at, said_by_case(step), false, said);
    }

    /// Notes what a client under test reports, for which no step has asked; gives its place.
    pub(crate) fn reported(&mut self, conn: &str, report: &str, step: usize) -> usize {
        let said = EventKind::Report { report: self.secrets.scrub(report) };
        let note = Note { step, claimed: false };
        self.note(conn, Side::Client, (Instant::now(), 0), note, false, said);
        self.last()
    }

    /// A step has asked for a report. Its place among other lines is that of the step.
    pub(crate) fn claim_report(&mut self, noted: usize, conn: &str, step: usize) {
        if let Some(event) = self.events.get_mut(noted) {
            (event.claimed, event.step) = (true, step);
            conn.clone_into(&mut event.conn);
        }
    }

    /// The entry only answers a question that the other side asks by timer.
    pub(crate) fn fold(&mut self, noted: usize) {
        if let Some(event) = self.events.get_mut(noted) {
            event.timer = true;
        }
    }

    /// From here on nothing is part of what is compared.
    pub(crate) fn begin_tail(&mut self) {
        self.tail_from = Some(self.events.len());
    }

    /// How many events came after that.
    pub(crate) fn tail(&self) -> usize {
        self.tail_from.map_or(0, |from| self.events.len() - from)
    }

    /// A step has asked for what was noted before.
    pub(crate) fn claim(&mut self, noted: usize) {
        if let Some(event) = self.events.get_mut(noted) {
            (event.claimed, event.timer) = (true, false);
        }
    }

    /// Notes something that came, and what was said to it.
    pub(crate) fn received(&mut self, conn: &str, received: &Received, note: Note) {
        let said = match &received.incoming {
            Incoming::Request { head, body } => {
                let mut lines = format!("{} {} {}", head.method, head.target, head.version);
                push_headers(&mut lines, &head.headers);
                self.http(&lines, body)
            }
            Incoming::Response { head, body } => self.response(head, body),
            Incoming::Garbage { octets } => {
                EventKind::Bytes { payload: Octets(self.secrets.scrub_octets(octets)) }
            }
            Incoming::Message { message, fragments, .. } => self.said(message, *fragments),
            Incoming::BadFrame { frame, .. } => self.said_frame(frame),
            Incoming::Eof => EventKind::Eof,
            Incoming::Reset => EventKind::Reset,
        };
        let by_timer = match received.who {
            Side::Server => received.incoming.is_timer_talk(),
            Side::Client => received.incoming.is_ping(),
        };
        let timer = !note.claimed && by_timer;
        self.note(conn, received.who, (received.at, received.octets), note, timer, said);
        if let Some(Answer { message, at, octets }) = &received.answer {
            let said = self.said(message, 1);
            let note = Note { claimed: false, ..note };
            self.note(conn, Side::Client, (*at, *octets), note, timer, said);
        }
    }

    fn note(
        &mut self,
        conn: &str,
        who: Side,
        (at, octets): (Instant, usize),
        note: Note,
        timer: bool,
        said: EventKind,
    ) {
        let micros = at.saturating_duration_since(self.began).as_micros();
        self.events.push(Event {
            conn: conn.to_owned(),
            who,
            step: note.step,
            micros: u64::try_from(micros).unwrap_or(u64::MAX),
            octets,
            claimed: note.claimed,
            timer,
            said,
        });
    }

    fn http(&self, lines: &str, body: &[u8]) -> EventKind {
        let body = (!body.is_empty()).then(|| Octets(self.secrets.scrub_octets(body)));
        let login = self.secrets.credentials(lines);
        EventKind::Http { head: self.secrets.head(lines), login, body }
    }

    fn response(&self, head: &ResponseHead, body: &[u8]) -> EventKind {
        let ResponseHead { version, status, reason, headers } = head;
        let mut lines = format!("{version} {status:03} {reason}").trim_end().to_owned();
        push_headers(&mut lines, headers);
        self.http(&lines, body)
    }

    fn said(&self, message: &Message, fragments: u32) -> EventKind {
        let octets = |payload: &[u8]| Octets(self.secrets.scrub_octets(payload));
        match message {
            Message::Text(text) => {
                let (text, login) = self.secrets.message(text);
                EventKind::Text { text, fragments, login }
            }
            Message::Binary(payload) => EventKind::Binary { payload: octets(payload) },
            Message::Ping(payload) => EventKind::Ping { payload: octets(payload) },
            Message::Pong(payload) => EventKind::Pong { payload: octets(payload) },
            Message::Close(None) => EventKind::Close { code: None, reason: String::new() },
            Message::Close(Some(close)) => EventKind::Close {
                code: Some(close.code),
                reason: self.secrets.scrub(&close.reason),
            },
        }
    }

    fn said_frame(&self, frame: &Frame) -> EventKind {
        let length = frame.payload.len() as u64;
        let form =
            (frame.length != LengthForm::shortest(frame.declared)).then_some(match frame.length {
                LengthForm::Seven => 7,
                LengthForm::Sixteen => 16,
                LengthForm::SixtyFour => 64,
            });
        EventKind::Frame {
            fin: frame.fin,
            rsv: frame.rsv,
            opcode: frame.opcode,
            mask: frame.mask.is_some(),
            form,
            lie: (frame.declared != length).then_some(frame.declared),
            payload: Octets(self.secrets.scrub_octets(&frame.payload)),
        }
    }
}

fn said_by_case(step: usize) -> Note {
    Note { step, claimed: true }
}

fn push_headers(lines: &mut String, headers: &wire::Headers) {
    for (name, value) in &headers.0 {
        lines.push('\n');
        lines.push_str(name);
        lines.push_str(": ");
        lines.push_str(value);
    }
}
