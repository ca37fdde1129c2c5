//! The client under test as a guest of the case: the connections that it makes, what it said and was not looked at yet,
//! what it reports.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::Value;
use wire::RequestHead;

use super::incoming::{Incoming, Received};
use super::log::Log;
use crate::client::{Arrival, Door, Report, Running, Visit};

/// How long a connection may take from the kernel to the door, on a machine that has much else to do.
const ON_THE_WAY: Duration = Duration::from_millis(300);

/// A client under test.
pub(super) struct Guest {
    pub(super) running: Running,
    /// Where there are several of it, all but the first: of these only what they say on their connections is known.
    others: Vec<Running>,
    /// It ends by itself after what it is asked to do.
    pub(super) leaves: bool,
    /// Its connections are over TLS.
    pub(super) tls: bool,
    door: Door,
    /// It has made a connection.
    pub(super) has_come: bool,
    /// Connections that no step has asked for yet, in the order in which they came.
    pub(super) waiting: VecDeque<Arrival>,
    /// What it said and the case has not come to, in the order in which it came.
    pub(super) backlog: VecDeque<(usize, Received)>,
    /// What it said last: the next step may answer it in the model's place.
    pub(super) held: Option<Held>,
    /// What it reported and is not in the transcript yet.
    told: VecDeque<Report>,
    /// What it reported and no step has taken, with its place in the transcript.
    pub(super) reports: VecDeque<(usize, Report)>,
    reports_end: bool,
    /// When it was seen to have ended.
    ended: Option<Instant>,
}

/// Something that the client said and the model has not heard.
pub(super) struct Held {
    /// The connection.
    pub(super) index: usize,
    /// Its place in the transcript.
    pub(super) noted: usize,
    /// The octets.
    pub(super) raw: Vec<u8>,
    /// What they are.
    pub(super) what: Words,
    /// A step has asked for it.
    pub(super) claimed: bool,
}

/// What the client said, as far as the model's answer depends on it.
pub(super) enum Words {
    Request(RequestHead),
    Element(stanza::Element),
    Eof,
    Other,
}

impl Words {
    pub(super) fn of(incoming: &Incoming) -> Self {
        match incoming {
            Incoming::Request { head, .. } => Self::Request(head.clone()),
            Incoming::Message { element: Some(element), .. } => Self::Element(element.clone()),
            Incoming::Eof => Self::Eof,
            _ => Self::Other,
        }
    }
}

impl Guest {
    /// Opens the door, and starts the client if it does not run already.
    pub(super) fn invite(visit: &Visit) -> Result<Self, String> {
        let (door, running, others) = visit.begin()?;
        Ok(Self {
            running,
            others,
            leaves: visit.leaves,
            tls: visit.tls,
            door,
            has_come: false,
            waiting: VecDeque::new(),
            backlog: VecDeque::new(),
            held: None,
            told: VecDeque::new(),
            reports: VecDeque::new(),
            reports_end: false,
            ended: None,
        })
    }

    /// Waits for a connection, a report, or the end of the client. May be dropped at any time.
    pub(super) async fn news(&mut self) {
        let has_ended = self.running.ended().is_some();
        let end = self.running.end();
        tokio::select! {
            Some(arrival) = self.door.arrival() => {
                self.has_come = true;
                self.waiting.push_back(arrival);
            }
            report = self.running.report(), if !self.reports_end => {
                self.reports_end = report.is_none();
                self.told.extend(report);
            }
            _ = end, if !has_ended => {}
            else => std::future::pending().await,
        }
    }

    /// Puts what it has reported into the transcript, at the step that is being played.
    pub(super) fn note_reports(&mut self, log: &mut Log, conn: &str, step: usize) {
        for report in self.told.drain(..) {
            let noted = log.reported(conn, &Value::Object(report.clone()).to_string(), step);
            self.reports.push_back((noted, report));
        }
    }

    /// Whether the client has ended and told all that it will. A connection that it made last may still be on its way
    /// through the door.
    pub(super) fn is_gone(&mut self) -> bool {
        if self.running.ended().is_none() || self.others.iter().any(|it| it.ended().is_none()) {
            return false;
        }
        let ended = *self.ended.get_or_insert_with(Instant::now);
        ended.elapsed() >= ON_THE_WAY && self.reports_end && self.waiting.is_empty()
    }

    /// Ends it.
    pub(super) async fn stop(&mut self) {
        self.running.stop().await;
        for other in &mut self.others {
            other.stop().await;
        }
    }

    /// What to say of a connection that no step asks for.
    pub(super) fn unasked(&self) -> Option<&'static str> {
        (!self.waiting.is_empty())
            .then_some("the client has made another connection, which no step asks for")
    }
}
