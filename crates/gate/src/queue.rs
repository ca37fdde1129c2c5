//! The cases that wait for a client that runs for long, and where each of them stands: what the
//! port, the HTTP API and the venue of a served gate share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runner::client::{Accepted, Client, Connections, Link};
use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::contract::Contract;

/// How long after the last case was opened another one is waited for: those that are spared are
/// never opened.
const OPENING: Duration = Duration::from_millis(500);

/// The cases that are open to clients, in the order in which they are asked for.
#[derive(Debug)]
pub(super) struct CaseQueue {
    entries: Mutex<Vec<Entry>>,
    /// How many cases have been opened, of how many at most.
    opened: watch::Sender<usize>,
    expected: usize,
    /// The case that was asked for last; clients that name none mean it.
    called: Mutex<Option<String>>,
    /// Why no more clients are let in.
    closed: watch::Sender<Option<String>>,
    /// When anything last happened.
    stirred: Mutex<Instant>,
}

/// One case.
#[derive(Debug)]
struct Entry {
    contract: Contract,
    state: State,
    connections: mpsc::Sender<Accepted>,
    link: Link,
    begun: Arc<Notify>,
}

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// No client has come for it.
    Waiting,
    /// It is being played.
    Playing,
    /// It has been played.
    Over,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Playing => "playing",
            Self::Over => "over",
        }
    }
}

/// Why something that is said of a case is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// There is no such case here.
    Unknown,
    /// It is not being played.
    NotPlaying,
    /// More reports wait than anybody will read.
    TooMany,
}

impl CaseQueue {
    /// A queue of so many cases.
    pub(super) fn new(expected: usize) -> Self {
        Self {
            entries: Mutex::default(),
            opened: watch::Sender::new(0),
            expected,
            called: Mutex::default(),
            closed: watch::Sender::new(None),
            stirred: Mutex::new(Instant::now()),
        }
    }

    /// Opens a case to clients, and waits for the first. `own_port` brings them where the case has
    /// one, and ends with it.
    ///
    /// # Errors
    ///
    /// The queue was closed before one came; one line.
    pub(super) async fn open(
        self: &Arc<Self>,
        contract: Contract,
        own_port: Option<JoinHandle<()>>,
    ) -> Result<(Connections, Client), String> {
        let (sender, connections) = Connections::handed_over();
        let (client, link) = Client::linked();
        let begun = Arc::new(Notify::new());
        let id = contract.case.clone();
        let over = link.over();
        let entry = Entry {
            contract,
            state: State::Waiting,
            connections: sender,
            link,
            begun: Arc::clone(&begun),
        };
        {
            let mut entries = self.lock();
            let place = entries.partition_point(|other| other.contract.case < id);
            entries.insert(place, entry);
        }
        self.opened.send_modify(|opened| *opened += 1);
        let mut closed = self.closed.subscribe();
        // A client that came before the queue was closed has come, however late this task is.
        let why = tokio::select! {
            biased;
            () = begun.notified() => None,
            why = closed.wait_for(Option::is_some) => why.ok().and_then(|why| why.clone()),
        };
        if let Some(why) = why {
            self.end_of(&id, own_port);
            return Err(format!("no client came for it: {why}"));
        }
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            over.await;
            queue.end_of(&id, own_port);
        });
        Ok((connections, client))
    }

    /// Waits until all cases are open that will be.
    pub(super) async fn complete(&self) {
        let mut opened = self.opened.subscribe();
        while *opened.borrow_and_update() < self.expected {
            if !matches!(tokio::time::timeout(OPENING, opened.changed()).await, Ok(Ok(()))) {
                // Once waited for is enough.
                return self.opened.send_modify(|opened| *opened = self.expected);
            }
        }
    }

    /// The contract of a case, which is thereby asked for; without a name, the first that still
    /// waits.
    pub(super) fn call(&self, id: Option<&str>) -> Option<(Contract, State)> {
        let entries = self.lock();
        let mut entries = entries.iter();
        let entry = match id {
            Some(id) => entries.find(|entry| entry.contract.case == id),
            None => entries.find(|entry| entry.state == State::Waiting),
        }?;
        *self.called.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(entry.contract.case.clone());
        Some((entry.contract.clone(), entry.state))
    }

    /// Every case with what it asks for and where it stands.
    pub(super) fn list(&self) -> Vec<(String, String, State)> {
        let entries = self.lock();
        let line = |entry: &Entry| {
            (entry.contract.case.clone(), entry.contract.asks.join("; "), entry.state)
        };
        entries.iter().map(line).collect()
    }

    /// The case that a client means by the path of its request, and how much of the path only says
    /// so; a client that says nothing means the case that was asked for last.
    pub(super) fn meant_by(&self, path: &str) -> Option<(String, usize)> {
        let named = self.lock().iter().find_map(|entry| {
            let rest = path.strip_prefix('/')?.strip_prefix(entry.contract.case.as_str())?;
            rest.starts_with('/').then(|| (entry.contract.case.clone(), path.len() - rest.len()))
        });
        let called = || self.called.lock().unwrap_or_else(PoisonError::into_inner).clone();
        named.or_else(|| Some((called()?, 0)))
    }

    /// Hands a connection over to a case; false when the case is over or has too many.
    pub(super) fn hand_over(&self, id: &str, accepted: Accepted) -> bool {
        let handed_over = self.with(id, |entry| {
            let is_in = entry.state != State::Over && entry.connections.try_send(accepted).is_ok();
            if is_in {
                entry.begin();
            }
            is_in
        });
        handed_over.unwrap_or(false)
    }

    /// Takes a report of what the application saw in a case.
    pub(super) fn report(&self, id: &str, report: Map<String, Value>) -> Result<(), Refused> {
        self.with(id, |entry| match entry.state {
            State::Playing if entry.link.report(report) => Ok(()),
            State::Playing => Err(Refused::TooMany),
            State::Waiting | State::Over => Err(Refused::NotPlaying),
        })
        .unwrap_or(Err(Refused::Unknown))
    }

    /// The client has done its part in a case, or says by its status why not. One that does not do
    /// what is asked need not have come.
    pub(super) fn end(&self, id: &str, status: i32) -> Result<(), Refused> {
        self.with(id, |entry| {
            if entry.state == State::Over {
                return Err(Refused::NotPlaying);
            }
            entry.link.end(status);
            entry.begin();
            Ok(())
        })
        .unwrap_or(Err(Refused::Unknown))
    }

    /// Lets no more clients in.
    pub(super) fn close(&self, why: impl Into<String>) {
        self.closed.send_if_modified(|closed| {
            let is_news = closed.is_none();
            closed.get_or_insert_with(|| why.into());
            is_news
        });
    }

    /// Closes when nothing has happened for so long, and no case is being played.
    pub(super) async fn close_when_idle(&self, within: Duration) {
        loop {
            let due = *self.stirred.lock().unwrap_or_else(PoisonError::into_inner) + within;
            tokio::time::sleep_until(due).await;
            let stirred = *self.stirred.lock().unwrap_or_else(PoisonError::into_inner);
            let is_playing = self.lock().iter().any(|entry| entry.state == State::Playing);
            if is_playing {
                self.stir();
            } else if stirred + within <= Instant::now() {
                let within = case::duration::print(within);
                return self.close(format!("nothing happened for {within}"));
            }
        }
    }

    fn end_of(&self, id: &str, own_port: Option<JoinHandle<()>>) {
        self.with(id, |entry| entry.state = State::Over);
        if let Some(own_port) = own_port {
            own_port.abort();
        }
    }

    fn stir(&self) {
        *self.stirred.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn with<T>(&self, id: &str, change: impl FnOnce(&mut Entry) -> T) -> Option<T> {
        self.stir();
        let mut entries = self.lock();
        entries.iter_mut().find(|entry| entry.contract.case == id).map(change)
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Entry>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn begin(&mut self) {
        if self.state == State::Waiting {
            self.state = State::Playing;
            self.begun.notify_one();
        }
    }
}
