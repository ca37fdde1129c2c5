//! The queue of cases for a client that runs for long, with the state of each. Router, HTTP API and
//! venue of a served gate share it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use runner::client::{Accepted, Client, Connections, Link};
use serde_json::{Map, Value};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::contract::Contract;

/// How long to wait for another case to open after the last one did. Unsupported cases never open.
const OPENING: Duration = Duration::from_millis(500);

/// The cases that are open to clients, in the order in which clients get them.
pub(super) struct CaseQueue {
    entries: Mutex<Vec<Entry>>,
    /// Number of cases opened so far, and the most that can open.
    opened: watch::Sender<usize>,
    expected: usize,
    /// The case that the API named last. A client whose path names no case plays it.
    called: Mutex<Option<String>>,
    /// Why no more clients are let in.
    closed: watch::Sender<Option<String>>,
    /// Whether all cases are over.
    finished: AtomicBool,
    /// How many times a client was told that all cases are over.
    told_finished: watch::Sender<usize>,
    /// The time of the last request or connection.
    stirred: Mutex<Instant>,
}

struct Entry {
    contract: Contract,
    state: State,
    connections: mpsc::Sender<Accepted>,
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

/// The answer to a client that asks for its next case.
pub(super) enum Next {
    /// This case waits for a client.
    Case(Box<Contract>, State),
    /// No case waits at present; another may.
    None,
    /// All cases are over.
    Finished,
}

/// Why a report, or the end of a case, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    /// No case has this id.
    Unknown,
    /// The case is not being played.
    NotPlaying,
    /// Too many reports of the case are waiting.
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
            finished: AtomicBool::new(false),
            told_finished: watch::Sender::new(0),
            stirred: Mutex::new(Instant::now()),
        }
    }

    /// Opens a case to clients, and waits for the first. `own_port` is the listener of a case that
    /// has its own port; it ends with the case.
    ///
    /// # Errors
    ///
    /// The queue was closed before a client came; one line.
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
        // A client that came before the queue was closed counts, however late this task is.
        let why = tokio::select! {
            biased;
            () = begun.notified() => None,
            why = closed.wait_for(Option::is_some) => why.ok().and_then(|why| why.clone()),
        };
        if let Some(why) = why {
            self.end_of(&id, own_port);
            return Err(format!("no client came for this case: {why}"));
        }
        let queue = Arc::clone(self);
        tokio::spawn(async move {
            over.await;
            queue.end_of(&id, own_port);
        });
        Ok((connections, client))
    }

    /// Waits until all cases are open, but for unsupported ones.
    pub(super) async fn complete(&self) {
        let mut opened = self.opened.subscribe();
        while *opened.borrow_and_update() < self.expected {
            if !matches!(tokio::time::timeout(OPENING, opened.changed()).await, Ok(Ok(()))) {
                // One wait is enough.
                return self.opened.send_modify(|opened| *opened = self.expected);
            }
        }
    }

    /// The next case that waits for a client. A connection whose path names no case is for this one
    /// from now on.
    pub(super) fn next(&self) -> Next {
        match self.call(|entry| entry.state == State::Waiting) {
            Some((contract, state)) => Next::Case(Box::new(contract), state),
            None if self.finished.load(Ordering::Relaxed) => {
                self.told_finished.send_modify(|told| *told += 1);
                Next::Finished
            }
            None => Next::None,
        }
    }

    /// The case of this id. A connection whose path names no case is for this one from now on.
    pub(super) fn case(&self, id: &str) -> Option<(Contract, State)> {
        self.call(|entry| entry.contract.case == id)
    }

    fn call(&self, is_meant: impl Fn(&Entry) -> bool) -> Option<(Contract, State)> {
        let entries = self.lock();
        let entry = entries.iter().find(|entry| is_meant(entry))?;
        *self.called.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(entry.contract.case.clone());
        Some((entry.contract.clone(), entry.state))
    }

    /// All cases are over. Waits until a client that asks for its next case is told so, if any
    /// client has asked for one and the queue was not closed; at most so long.
    pub(super) async fn finish(&self, grace: Duration) {
        let mut told = self.told_finished.subscribe();
        self.finished.store(true, Ordering::Relaxed);
        let asks = self.called.lock().unwrap_or_else(PoisonError::into_inner).is_some();
        if asks && self.closed.borrow().is_none() {
            // Without a client that asks, the time is over.
            let _ = tokio::time::timeout(grace, told.wait_for(|told| *told > 0)).await;
        }
    }

    /// Every case with its tasks and its state.
    pub(super) fn list(&self) -> Vec<(String, String, State)> {
        let entries = self.lock();
        let line = |entry: &Entry| {
            (entry.contract.case.clone(), entry.contract.asks.join("; "), entry.state)
        };
        entries.iter().map(line).collect()
    }

    /// The case that the path of a request names, and the length of the part that names it. A path
    /// without a name means the case that the API named last.
    pub(super) fn meant_by(&self, path: &str) -> Option<(String, usize)> {
        let named = self.lock().iter().find_map(|entry| {
            let rest = path.strip_prefix('/')?.strip_prefix(entry.contract.case.as_str())?;
            rest.starts_with('/').then(|| (entry.contract.case.clone(), path.len() - rest.len()))
        });
        let called = || self.called.lock().unwrap_or_else(PoisonError::into_inner).clone();
        named.or_else(|| Some((called()?, 0)))
    }

    /// Hands a connection over to a case; false when the case is over or has too many connections.
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

    /// The client has done its part in a case, or declines it with status 89. A client that
    /// declines need not have connected.
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

    /// Closes the queue after this time without a request or connection, unless a case is being
    /// played.
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
                return self.close(format!("the client did nothing for {within} (--idle)"));
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

#[cfg(test)]
mod tests {
    use case::Transport;

    use super::*;

    fn contract(case: &str) -> Contract {
        Contract {
            asks: vec!["login".to_owned()],
            nodes: Vec::new(),
            url: String::new(),
            bosh: String::new(),
            transport: Transport::Ws,
            other_url: String::new(),
            rest: String::new(),
            other_rest: String::new(),
            ca: String::new(),
            domain: String::new(),
            pubsub: String::new(),
            user: String::new(),
            password: String::new(),
            extension: String::new(),
            case: case.to_owned(),
            patience: 1.0,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_asks_is_told_of_the_end_before_the_gate_goes() {
        let grace = Duration::from_secs(5);
        let queue = Arc::new(CaseQueue::new(1));
        let opening = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.open(contract("a/one"), None).await.map(|_| ()) }
        });
        queue.complete().await;
        assert!(
            matches!(queue.next(), Next::Case(contract, State::Waiting) if contract.case == "a/one")
        );
        assert_eq!(queue.end("a/one", 0), Ok(()));
        assert_eq!(opening.await.expect("it was opened"), Ok(()));
        assert!(matches!(queue.next(), Next::None), "the run goes on");
        let began = Instant::now();
        let finishing = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.finish(grace).await }
        });
        while !queue.finished.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
        assert!(matches!(queue.next(), Next::Finished));
        finishing.await.expect("it ends");
        assert_eq!(began.elapsed(), Duration::ZERO, "the answer ends the wait");
    }

    #[tokio::test(start_paused = true)]
    async fn the_end_is_not_held_up_without_need() {
        let grace = Duration::from_secs(5);
        let began = Instant::now();
        CaseQueue::new(1).finish(grace).await;
        assert_eq!(began.elapsed(), Duration::ZERO, "no client uses the API");
        let queue = Arc::new(CaseQueue::new(1));
        let opening = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.open(contract("a/one"), None).await.map(|_| ()) }
        });
        queue.complete().await;
        queue.next();
        queue.finish(grace).await;
        assert_eq!(began.elapsed(), grace, "the client asks no more");
        queue.close("it was stopped");
        let why = "no client came for this case: it was stopped".to_owned();
        assert_eq!(opening.await.expect("it was opened"), Err(why));
        queue.finish(grace).await;
        assert_eq!(began.elapsed(), grace, "a closed queue has no more to tell");
    }
}
