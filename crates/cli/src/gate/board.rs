//! The cases of a served gate with their states, shared by its port, desk and venue.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runner::client::{Arrival, Door, Link, Running};
use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::contract::Contract;

/// Waiting time for another case after one was opened. Skipped cases are never opened, so a count does not suffice.
const OPENING: Duration = Duration::from_millis(500);

/// The cases open to clients, in the order in which the desk hands them out.
#[derive(Debug)]
pub(super) struct Board {
    entries: Mutex<Vec<Entry>>,
    /// Number of cases opened so far; at most `expected`.
    opened: watch::Sender<usize>,
    expected: usize,
    /// The case last requested at the desk. Connections whose path names no case belong to it.
    called: Mutex<Option<String>>,
    /// The reason why no more connections are accepted.
    closed: watch::Sender<Option<String>>,
    /// Time of the last activity.
    stirred: Mutex<Instant>,
}

/// One case.
#[derive(Debug)]
struct Entry {
    contract: Contract,
    state: State,
    arrived: mpsc::Sender<Arrival>,
    link: Link,
    begun: Arc<Notify>,
}

/// The state of a case.
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

/// Why a message about a case is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Untold {
    /// The board has no such case.
    Unknown,
    /// It is not being played.
    NotPlaying,
    /// Too many reports are queued.
    TooMany,
}

impl Board {
    /// A board for so many cases.
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

    /// Opens a case to clients and waits for the first. `own_port` is the task of a case with its own port.
    ///
    /// # Errors
    ///
    /// The board was closed before a client came; one line.
    pub(super) async fn open(
        self: &Arc<Self>,
        contract: Contract,
        own_port: Option<JoinHandle<()>>,
    ) -> Result<(Door, Running), String> {
        let (arrived, door) = Door::shared();
        let (running, link) = Running::linked();
        let begun = Arc::new(Notify::new());
        let id = contract.case.clone();
        let over = link.over();
        let entry =
            Entry { contract, state: State::Waiting, arrived, link, begun: Arc::clone(&begun) };
        {
            let mut entries = self.lock();
            let place = entries.partition_point(|other| other.contract.case < id);
            entries.insert(place, entry);
        }
        self.opened.send_modify(|opened| *opened += 1);
        let mut closed = self.closed.subscribe();
        let why = tokio::select! {
            () = begun.notified() => None,
            why = closed.wait_for(Option::is_some) => why.ok().and_then(|why| why.clone()),
        };
        if let Some(why) = why {
            self.end_of(&id, own_port);
            return Err(format!("no client came for this case: {why}"));
        }
        let board = Arc::clone(self);
        tokio::spawn(async move {
            over.await;
            board.end_of(&id, own_port);
        });
        Ok((door, running))
    }

    /// Waits until no more cases will be opened.
    pub(super) async fn complete(&self) {
        let mut opened = self.opened.subscribe();
        while *opened.borrow_and_update() < self.expected {
            if !matches!(tokio::time::timeout(OPENING, opened.changed()).await, Ok(Ok(()))) {
                // Wait only once.
                return self.opened.send_modify(|opened| *opened = self.expected);
            }
        }
    }

    /// Requests a case and returns its contract; without an id, the first waiting case.
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

    /// All cases with requests and state.
    pub(super) fn list(&self) -> Vec<(String, String, State)> {
        let entries = self.lock();
        let line = |entry: &Entry| {
            (entry.contract.case.clone(), entry.contract.asks.join("; "), entry.state)
        };
        entries.iter().map(line).collect()
    }

    /// The case named by the path of a request, and the length of that part of the path. A path without a case means the
    /// case last requested.
    pub(super) fn meant_by(&self, path: &str) -> Option<(String, usize)> {
        let named = self.lock().iter().find_map(|entry| {
            let rest = path.strip_prefix('/')?.strip_prefix(entry.contract.case.as_str())?;
            rest.starts_with('/').then(|| (entry.contract.case.clone(), path.len() - rest.len()))
        });
        let called = || self.called.lock().unwrap_or_else(PoisonError::into_inner).clone();
        named.or_else(|| Some((called()?, 0)))
    }

    /// Hands a connection to a case; false if the case is over or has too many connections.
    pub(super) fn bring(&self, id: &str, arrival: Arrival) -> bool {
        let brought = self.with(id, |entry| {
            let is_in = entry.state != State::Over && entry.arrived.try_send(arrival).is_ok();
            if is_in {
                entry.begin();
            }
            is_in
        });
        brought.unwrap_or(false)
    }

    /// Accepts a report of the client's application about a case.
    pub(super) fn report(&self, id: &str, report: Map<String, Value>) -> Result<(), Untold> {
        self.with(id, |entry| match entry.state {
            State::Playing if entry.link.report(report) => Ok(()),
            State::Playing => Err(Untold::TooMany),
            State::Waiting | State::Over => Err(Untold::NotPlaying),
        })
        .unwrap_or(Err(Untold::Unknown))
    }

    /// The client ends a case with an exit status. A client may decline a case without having connected.
    pub(super) fn end(&self, id: &str, status: i32) -> Result<(), Untold> {
        self.with(id, |entry| {
            if entry.state == State::Over {
                return Err(Untold::NotPlaying);
            }
            entry.link.end(status);
            entry.begin();
            Ok(())
        })
        .unwrap_or(Err(Untold::Unknown))
    }

    /// Accepts no more connections.
    pub(super) fn close(&self, why: impl Into<String>) {
        self.closed.send_if_modified(|closed| {
            let is_news = closed.is_none();
            closed.get_or_insert_with(|| why.into());
            is_news
        });
    }

    /// Closes the board after this time without activity and without a case being played.
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
                return self.close(format!("no client for {within}"));
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
