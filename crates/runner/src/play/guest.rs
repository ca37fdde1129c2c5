//! The client under test as a guest of the case: the connections that it makes, what it said and was not looked at yet,
//! what it reports.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wire::RequestHead;
use wire::net::{AcceptError, Listener, Stream};

use super::incoming::{Incoming, Received};
use crate::client::{Report, Running, Visit};

/// How long a client may take for the handshake of TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long to wait after a failed accept, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A client under test.
pub(super) struct Guest {
    pub(super) running: Running,
    /// It ends by itself after what it is asked to do.
    pub(super) leaves: bool,
    /// Its connections are over TLS.
    pub(super) tls: bool,
    arrivals: mpsc::Receiver<Arrival>,
    door: JoinHandle<()>,
    /// Connections that no step has asked for yet, in the order in which they came.
    pub(super) waiting: VecDeque<Arrival>,
    /// What it said and the case has not come to, in the order in which it came.
    pub(super) backlog: VecDeque<(usize, Received)>,
    /// What it said last: the next step may answer it in the model's place.
    pub(super) held: Option<Held>,
    /// What it reported and no step has taken.
    pub(super) reports: VecDeque<Report>,
    reports_end: bool,
}

/// A connection that was made, on its way through the handshake of TLS.
pub(super) type Arrival = JoinHandle<Result<Stream, AcceptError>>;

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
    Reset,
    Other,
}

impl Words {
    pub(super) fn of(incoming: &Incoming) -> Self {
        match incoming {
            Incoming::Request { head, .. } => Self::Request(head.clone()),
            Incoming::Message { element: Some(element), .. } => Self::Element(element.clone()),
            Incoming::Eof => Self::Eof,
            Incoming::Reset => Self::Reset,
            _ => Self::Other,
        }
    }
}

impl Guest {
    /// Opens the door, then starts the client.
    pub(super) fn invite(visit: &Visit) -> Result<Self, String> {
        let door = visit.door().ok_or("the client has been here before")?;
        let running = Running::start(&visit.program)?;
        let (arrived, arrivals) = mpsc::channel(64);
        Ok(Self {
            running,
            leaves: visit.leaves,
            tls: visit.tls,
            arrivals,
            door: tokio::spawn(open(door, arrived)),
            waiting: VecDeque::new(),
            backlog: VecDeque::new(),
            held: None,
            reports: VecDeque::new(),
            reports_end: false,
        })
    }

    /// Waits for a connection, a report, or the end of the client. May be dropped at any time.
    pub(super) async fn news(&mut self) {
        let has_ended = self.running.ended().is_some();
        let end = self.running.end();
        tokio::select! {
            arrival = self.arrivals.recv() => self.waiting.extend(arrival),
            report = self.running.report(), if !self.reports_end => {
                self.reports_end = report.is_none();
                self.reports.extend(report);
            }
            _ = end, if !has_ended => {}
        }
    }

    /// Whether the client has ended and told all that it will.
    pub(super) fn is_gone(&self) -> bool {
        self.running.ended().is_some() && self.reports_end && self.waiting.is_empty()
    }

    /// What to say of a connection that no step asks for.
    pub(super) fn unasked(&self) -> Option<&'static str> {
        (!self.waiting.is_empty())
            .then_some("the client has made another connection, which no step asks for")
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.door.abort();
    }
}

/// Lets clients in. One that is slow in the handshake holds up nobody, and its place among the others is kept.
async fn open(door: Listener, arrived: mpsc::Sender<Arrival>) {
    loop {
        match door.accept().await {
            Ok(incoming) => {
                let arrival = tokio::spawn(incoming.handshake(HANDSHAKE));
                if arrived.send(arrival).await.is_err() {
                    return;
                }
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
