//! The clients' side of the network: connections whose octets are counted, and the journal of one
//! agent for the picture.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wire::net::{Meter, Stream, Trust, dial_metered};

use crate::error::{Error, PATIENCE};
use crate::server::Address;

/// Size of a read, in octets.
const CHUNK: usize = 16 << 10;

/// The agent whose conversation is drawn.
const DRAWN: usize = 0;

/// The network of one way. Clones are the same.
#[derive(Clone)]
pub(crate) struct Net {
    pub(crate) address: Address,
    shared: Arc<Shared>,
    /// On the TCP streams.
    pub(crate) meter: Meter,
}

#[derive(Default)]
struct Shared {
    connections: AtomicU64,
    open: AtomicU64,
    requests: AtomicU64,
    /// Octets inside TLS that clients have said, and that they have heard and dealt with.
    said: AtomicU64,
    dealt_with: AtomicU64,
    /// The day's time, in nanoseconds.
    now: AtomicU64,
    journal: Mutex<Vec<Mark>>,
}

/// An entry of the journal of one agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The day's time.
    pub at: Duration,
    pub what: NetworkAct,
}

/// An act of a client or of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkAct {
    /// A connection begins.
    Connects,
    /// It ends.
    Ends,
    /// The client sends a request.
    Asks,
    /// The answer to the oldest open request has come.
    IsAnswered,
    /// Something comes that was not asked for.
    IsTold,
}

impl Net {
    pub(crate) fn new(address: Address) -> Self {
        Self { address, shared: Arc::default(), meter: Meter::default() }
    }

    /// Connections so far. Each has TLS, and a full handshake.
    pub(crate) fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Connections of which the clients have not seen the end.
    pub(crate) fn open(&self) -> u64 {
        self.shared.open.load(Ordering::Relaxed)
    }

    pub(crate) fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Octets inside TLS: said by clients, and dealt with by them.
    pub(crate) fn traffic(&self) -> (u64, u64) {
        // A client counts a message as dealt with after its own answer: so it is read first.
        let dealt_with = self.shared.dealt_with.load(Ordering::SeqCst);
        (self.shared.said.load(Ordering::SeqCst), dealt_with)
    }

    pub(crate) fn set_time(&self, now: Duration) {
        let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.shared.now.store(nanos, Ordering::SeqCst);
    }

    pub(crate) fn note(&self, agent: usize, what: NetworkAct) {
        if what == NetworkAct::Asks {
            self.shared.requests.fetch_add(1, Ordering::Relaxed);
        }
        if agent == DRAWN {
            let at = Duration::from_nanos(self.shared.now.load(Ordering::SeqCst));
            let mut journal = self.shared.journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.push(Mark { at, what });
        }
    }

    /// The journal of the agent that is drawn.
    pub(crate) fn journal(&self) -> Vec<Mark> {
        self.shared.journal.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// One connection of a client.
pub(crate) struct Pipe {
    stream: Stream,
    net: Net,
    agent: usize,
    /// Octets that are heard and not yet used.
    pub(crate) received: Vec<u8>,
    undealt: u64,
    chunk: Box<[u8]>,
}

impl Pipe {
    /// Connects an agent to the port of the API.
    pub(crate) async fn open(net: &Net, agent: usize) -> Result<Self, Error> {
        Self::to(net, agent, net.address.port, &net.address.trust).await
    }

    /// Connects an agent to the port of server-sent events.
    pub(crate) async fn to_events(net: &Net, agent: usize) -> Result<Self, Error> {
        Self::to(net, agent, net.address.events, &net.address.events_trust).await
    }

    async fn to(net: &Net, agent: usize, port: u16, trust: &Trust) -> Result<Self, Error> {
        let host = "127.0.0.1";
        let stream = dial_metered(host, port, Some((trust, host)), PATIENCE, &net.meter).await?;
        net.shared.connections.fetch_add(1, Ordering::Relaxed);
        net.shared.open.fetch_add(1, Ordering::Relaxed);
        net.note(agent, NetworkAct::Connects);
        let chunk = vec![0; CHUNK].into_boxed_slice();
        let (received, undealt) = (Vec::new(), 0);
        Ok(Self { stream, net: net.clone(), agent, received, undealt, chunk })
    }

    /// Notes an act of this client.
    pub(crate) fn note(&self, what: NetworkAct) {
        self.net.note(self.agent, what);
    }

    pub(crate) async fn say(&mut self, octets: &[u8]) -> Result<(), Error> {
        // Before it is said: the server must never seem to have heard more than was said.
        self.net.shared.said.fetch_add(octets.len() as u64, Ordering::SeqCst);
        self.stream.write_all(octets).await?;
        Ok(self.stream.flush().await?)
    }

    /// Waits for octets, however long that takes; false at the end of the connection.
    pub(crate) async fn hear(&mut self) -> Result<bool, Error> {
        let count = self.stream.read(&mut self.chunk).await?;
        self.received.extend_from_slice(self.chunk.get(..count).unwrap_or_default());
        self.undealt += count as u64;
        Ok(count > 0)
    }

    /// All that was heard is dealt with: nothing more will be said because of it.
    pub(crate) fn is_dealt_with(&mut self) {
        self.net.shared.dealt_with.fetch_add(std::mem::take(&mut self.undealt), Ordering::SeqCst);
    }

    /// Whether the server has ended the connection; does not wait.
    pub(crate) async fn has_ended(&mut self) -> bool {
        tokio::select! {
            biased;
            heard = self.hear() => !matches!(heard, Ok(true)),
            () = tokio::task::yield_now() => false,
        }
    }

    /// Hears the rest, and ends the connection in order.
    pub(crate) async fn end(mut self) -> Result<(), Error> {
        while matches!(self.hear().await, Ok(true)) {}
        self.is_dealt_with();
        // The server may be gone.
        let _ = self.stream.shutdown().await;
        Ok(())
    }
}

impl Drop for Pipe {
    fn drop(&mut self) {
        self.note(NetworkAct::Ends);
        self.net.shared.open.fetch_sub(1, Ordering::Relaxed);
    }
}
