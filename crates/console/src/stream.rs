//! Streamed answers: server-sent events (WHATWG HTML §9.2) of anything that is numbered and kept
//! for a while.
//!
//! A stream has a place in its feed and no queue of its own. A reader that does not read holds up
//! nothing and costs no memory beyond one batch: its stream goes on where it stands, and first says
//! how many events are gone by then.

use std::sync::Weak;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::ask::Ask;
use crate::problem::Problem;

/// How long nothing is said before a comment shows that the stream is alive, in wall time.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// The octets that a feed may hand out at once, if that is more than one event.
pub const BATCH: usize = 64 << 10;

/// The first line of each stream: a client that has it misses nothing from then on. A browser comes
/// back after a second.
const START: &str = ": events from here on\nretry: 1000\n\n";

/// A comment, which clients ignore.
const ALIVE: &str = ": still here\n\n";

/// Numbered entries of which the oldest are forgotten.
pub trait Feed<S>: Send + 'static {
    /// The entries behind this number, up to about [`BATCH`] octets of them.
    fn after(&self, source: &S, number: u64) -> Batch;
}

/// Some entries of a feed.
#[derive(Debug, Default)]
pub struct Batch {
    /// So many behind the number that was asked for are not kept any more.
    pub lost: u64,
    /// Numbers and data, in order.
    pub entries: Vec<(u64, Value)>,
    /// The number of the last entry that was looked at, wanted or not; none if there was none.
    pub read_to: Option<u64>,
}

/// A stream that has not begun.
pub struct Live<S> {
    /// The name of its events.
    pub event: &'static str,
    pub feed: Box<dyn Feed<S>>,
    /// The number of the last entry. It ends with its source.
    pub news: watch::Receiver<u64>,
    pub place: StreamStart,
}

/// Where a stream begins. The ids of events are `RUN-NUMBER`, so that one of an earlier run is not
/// taken for one of this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamStart {
    run: String,
    number: u64,
    /// The client has events of another run, so the number that it lacks is not known.
    is_of_another_run: bool,
}

impl StreamStart {
    /// Behind the event that the client names in `Last-Event-ID`, or in `after` of the query, where
    /// 0 is the beginning of what is kept; else behind the last one that there is.
    ///
    /// # Errors
    ///
    /// The id of the client is none.
    pub fn of(ask: &Ask, run: &str, last: u64) -> Result<Self, Problem> {
        let header = ask.headers.get("last-event-id").and_then(|id| id.to_str().ok());
        let Some(id) = header.or_else(|| ask.query("after")).filter(|id| !id.is_empty()) else {
            return Ok(Self { run: run.to_owned(), number: last, is_of_another_run: false });
        };
        if id == "0" {
            return Ok(Self { run: run.to_owned(), number: 0, is_of_another_run: false });
        }
        let parts = id.rsplit_once('-').and_then(|(run, number)| Some((run, number.parse().ok()?)));
        let Some((theirs, number)) = parts else {
            return Err(Problem::bad_request(format!(
                "the id of an event is RUN-NUMBER, such as {run}-{last}, and {id:?} is none"
            )));
        };
        // A number that was not given yet is not of this run either.
        let is_of_another_run = theirs != run || number > last;
        let number = if is_of_another_run { 0 } else { number };
        Ok(Self { run: run.to_owned(), number, is_of_another_run })
    }
}

impl<S: Send + Sync + 'static> Live<S> {
    /// The answer. It ends with its source, or with the port.
    pub(crate) fn response(self, source: Weak<S>, closing: watch::Receiver<bool>) -> Response {
        let reading = Reading { live: self, source, closing, has_begun: false };
        let events = stream::unfold(reading, |mut reading| async move {
            let text = reading.next().await?;
            Some((Ok::<_, std::convert::Infallible>(Bytes::from(text)), reading))
        });
        let headers =
            [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-store")];
        (StatusCode::OK, headers, Body::from_stream(events)).into_response()
    }
}

/// A stream that is being read.
struct Reading<S> {
    live: Live<S>,
    source: Weak<S>,
    closing: watch::Receiver<bool>,
    has_begun: bool,
}

impl<S: 'static> Reading<S> {
    /// The next piece of the stream; none at its end.
    async fn next(&mut self) -> Option<String> {
        if !std::mem::replace(&mut self.has_begun, true) {
            return Some(START.to_owned());
        }
        let beat = tokio::time::sleep(HEARTBEAT);
        tokio::pin!(beat);
        loop {
            // Entries of which the signal comes while they are read are seen next time.
            self.live.news.mark_unchanged();
            let before = self.live.place.number;
            let text = self.read()?;
            if !text.is_empty() {
                return Some(text);
            }
            // Nothing of this batch was wanted, and there may be another.
            if self.live.place.number != before {
                continue;
            }
            tokio::select! {
                changed = self.live.news.changed() => changed.ok()?,
                _ = self.closing.wait_for(|closing| *closing) => return None,
                () = &mut beat => return Some(ALIVE.to_owned()),
            }
        }
    }

    /// The events that there are; none if the source has ended.
    fn read(&mut self) -> Option<String> {
        let place = &mut self.live.place;
        let batch = self.live.feed.after(&*self.source.upgrade()?, place.number);
        let mut text = String::new();
        // Without an id: a client that resumes from here asks for the same again.
        if std::mem::take(&mut place.is_of_another_run) {
            text.push_str(&event("missed", None, &json!({ "missed": null })));
        } else if batch.lost > 0 {
            text.push_str(&event("missed", None, &json!({ "missed": batch.lost })));
        }
        for (number, data) in &batch.entries {
            let id = format!("{}-{number}", place.run);
            text.push_str(&event(self.live.event, Some(&id), data));
        }
        place.number = batch.read_to.unwrap_or(place.number + batch.lost);
        Some(text)
    }
}

/// One event. JSON has no line breaks of its own, so its data is one line.
fn event(name: &str, id: Option<&str>, data: &Value) -> String {
    let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
    format!("{id}event: {name}\ndata: {data}\n\n")
}
