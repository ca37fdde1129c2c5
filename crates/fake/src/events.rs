//! Events of a fake, for a reader that may be slow: it misses events rather than hold up the fake.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{Kind, Said, Speaker};
use tokio::sync::{mpsc, watch};

use crate::server::FakeFinesse;

/// How many events wait for one reader. Further ones are left out.
const WAITING: usize = 4096;

/// The longest text of an event, in octets; with [`WAITING`] it bounds the memory for one reader.
const LONGEST: usize = 4 << 10;

/// The events that a reader gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// Facts about connections, and octets that are no messages.
    Facts,
    /// Every message in both directions too.
    Messages,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Something happened, or was said. Long texts are cut.
    Said(Said),
    /// So many events were left out here, since the reader was too slow.
    Missed(u64),
}

/// The events of a fake, in order, from the call of [`FakeFinesse::events`] on. They end with the
/// fake.
#[derive(Debug)]
pub struct Events {
    waiting: mpsc::Receiver<(u64, Said)>,
    missed: Arc<AtomicU64>,
    /// The event behind a gap that was just told.
    next: Option<Said>,
}

impl Events {
    /// The next event; `None` once the fake has ended.
    pub async fn next(&mut self) -> Option<Event> {
        match self.next.take() {
            Some(said) => Some(Event::Said(said)),
            None => {
                let received = self.waiting.recv().await;
                self.event(received)
            }
        }
    }

    /// Like [`Events::next`], for a thread outside the runtime.
    pub fn blocking_next(&mut self) -> Option<Event> {
        match self.next.take() {
            Some(said) => Some(Event::Said(said)),
            None => {
                let received = self.waiting.blocking_recv();
                self.event(received)
            }
        }
    }

    fn event(&mut self, received: Option<(u64, Said)>) -> Option<Event> {
        match received {
            Some((0, said)) => Some(Event::Said(said)),
            Some((missed, said)) => {
                self.next = Some(said);
                Some(Event::Missed(missed))
            }
            None => {
                let missed = self.missed.swap(0, Ordering::Relaxed);
                (missed > 0).then_some(Event::Missed(missed))
            }
        }
    }
}

impl FakeFinesse {
    /// The events of this fake from now on. A slow reader misses some, and is told how many; it
    /// never holds up the fake, nor makes it keep more than a few thousand.
    pub fn events(&self, detail: Detail) -> Events {
        let (sender, waiting) = mpsc::channel(WAITING);
        let missed = Arc::new(AtomicU64::new(0));
        let reader = Reader { detail, sender, missed: Arc::clone(&missed) };
        self.shared.way.readers().each.push(reader);
        Events { waiting, missed, next: None }
    }
}

/// The readers of a fake's events.
#[derive(Debug)]
pub(crate) struct Readers {
    each: Vec<Reader>,
    /// The number of the last event, for readers of the record who wait for the next one; none once
    /// the fake has ended.
    last: Option<watch::Sender<u64>>,
}

impl Default for Readers {
    fn default() -> Self {
        Self { each: Vec::new(), last: Some(watch::Sender::new(0)) }
    }
}

#[derive(Debug)]
struct Reader {
    detail: Detail,
    sender: mpsc::Sender<(u64, Said)>,
    /// Events left out since the last one that was sent.
    missed: Arc<AtomicU64>,
}

impl Readers {
    /// Whether a reader wants things of this kind.
    pub(crate) fn want(&self, kind: Kind) -> bool {
        self.last.as_ref().is_some_and(|last| last.receiver_count() > 0)
            || self.each.iter().any(|reader| reader.wants(kind))
    }

    /// Changes whenever the record has grown, and ends with the fake. Its value says nothing while
    /// nobody reads.
    #[cfg(feature = "control")]
    pub(crate) fn news(&self) -> watch::Receiver<u64> {
        match &self.last {
            Some(last) => last.subscribe(),
            None => watch::channel(0).1,
        }
    }

    /// Hands an event to each reader that wants it. Readers that have gone are forgotten.
    pub(crate) fn hear(&mut self, said: &Said) {
        if let Some(last) = &self.last {
            last.send_replace(said.number);
        }
        // Octets of the server are written by tests alone.
        if said.kind == Kind::Octets && said.speaker != Speaker::Client {
            return;
        }
        self.each.retain(|reader| !reader.wants(said.kind) || reader.hear(said));
    }

    /// Ends the events of all readers.
    pub(crate) fn end(&mut self) {
        self.each.clear();
        self.last = None;
    }
}

impl Reader {
    fn wants(&self, kind: Kind) -> bool {
        self.detail == Detail::Messages || matches!(kind, Kind::Fact | Kind::Octets)
    }

    /// `false` when the reader has gone.
    fn hear(&self, said: &Said) -> bool {
        // Only the fake, which is locked, changes the count before the end.
        let missed = self.missed.load(Ordering::Relaxed);
        match self.sender.try_reserve() {
            Ok(place) => {
                self.missed.store(0, Ordering::Relaxed);
                place.send((missed, said.shortened(LONGEST)));
                true
            }
            Err(mpsc::error::TrySendError::Full(())) => {
                self.missed.store(missed + 1, Ordering::Relaxed);
                true
            }
            Err(mpsc::error::TrySendError::Closed(())) => false,
        }
    }
}
