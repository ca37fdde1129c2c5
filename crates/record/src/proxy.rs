//! The proxy: a port for clients, and a passage for each of their connections.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use files::Unwritten;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use wire::net::{Listener, ServerTls};

use crate::line::Line;
use crate::passage::{Deadlines, Passage, Shared};
use crate::recorder::Recorder;
use crate::rewrite::Rewrite;
use crate::upstream::Upstream;
use crate::watched::Watched;

/// The most connections at once; more wait to be accepted.
const MOST: usize = 1024;

/// How long connections may take to write down what is under way when the proxy is stopped.
const GRACE: Duration = Duration::from_secs(5);

/// How often it is checked that the recording can still be written.
const CHECK: Duration = Duration::from_millis(500);

/// The port cannot be listened on: it is in use, or not of this machine.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: {source}")]
pub struct ListenError {
    pub address: SocketAddr,
    pub source: io::Error,
}

/// A port that records what is said through it.
pub struct Proxy {
    address: SocketAddr,
    listener: Listener,
    shared: Arc<Shared>,
}

/// The size of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    pub connections: usize,
    pub events: usize,
}

impl Proxy {
    /// Listens on an address; with `tls` for clients that come with TLS. `print` is told each step
    /// and message; it must not wait. The console of `watched` shows them.
    ///
    /// # Errors
    ///
    /// The address is in use, or not local.
    pub async fn open(
        address: SocketAddr,
        tls: Option<ServerTls>,
        upstream: Upstream,
        deadlines: Deadlines,
        recorder: Arc<Recorder>,
        print: impl Fn(Line) + Send + Sync + 'static,
        watched: Option<Arc<Watched>>,
    ) -> Result<Self, ListenError> {
        let rewrite = Rewrite::new(tls.is_some(), upstream.trust.is_some(), upstream.authority());
        let failed = |source| ListenError { address, source };
        let listener = Listener::bind(address, tls).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let print = Box::new(print);
        let shared = Arc::new(Shared { upstream, rewrite, deadlines, recorder, print, watched });
        Ok(Self { address, listener, shared })
    }

    /// The address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Passes connections on until `stopped`. Then all that has come is written down.
    ///
    /// # Errors
    ///
    /// The recording cannot be written any more.
    pub async fn run(self, stopped: impl Future<Output = ()>) -> Result<Summary, Unwritten> {
        let (stop, stopping) = watch::channel(false);
        let slots = Arc::new(Semaphore::new(MOST));
        let mut passages = JoinSet::new();
        let mut connections = 0;
        tokio::pin!(stopped);
        let mut failure = None;
        while failure.is_none() {
            tokio::select! {
                () = &mut stopped => break,
                accepted = accept(&self.listener, &slots) => {
                    let Some((incoming, slot)) = accepted else { continue };
                    connections += 1;
                    let passage = Passage::new(Arc::clone(&self.shared), connections);
                    let stopping = stopping.clone();
                    passages.spawn(async move {
                        passage.run(incoming, stopping).await;
                        drop(slot);
                    });
                }
                Some(_) = passages.join_next() => {}
                () = sleep(CHECK) => failure = self.shared.recorder.failure(),
            }
        }
        stop.send_replace(true);
        // Connections that do not end by then are dropped; their events are written already.
        let _ = timeout(GRACE, async { while passages.join_next().await.is_some() {} }).await;
        match failure.or_else(|| self.shared.recorder.failure()) {
            Some(failure) => Err(failure),
            None => Ok(Summary { connections, events: self.shared.recorder.events() }),
        }
    }
}

/// The next connection, and its place among those that are let in.
async fn accept(
    listener: &Listener,
    slots: &Arc<Semaphore>,
) -> Option<(wire::net::Incoming, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok(incoming) => Some((incoming, slot)),
        Err(_) => {
            // Too many open files, most likely: some will be closed.
            sleep(Duration::from_millis(100)).await;
            None
        }
    }
}
