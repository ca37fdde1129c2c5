//! The connections that a client makes, in order, each on its way through the handshake of TLS.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use wire::net::{AcceptError, Listener, Stream};

/// How long a client may take for the handshake of TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long to wait after a failed accept, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Accepted connections that may wait for a step.
const WAITING: usize = 64;

/// A connection that was accepted, on its way through the handshake of TLS.
#[derive(Debug)]
pub struct Accepted {
    /// When it was accepted.
    pub at: Instant,
    /// Its result.
    pub handshake: JoinHandle<Result<Stream, AcceptError>>,
}

/// The connections of one client. Its listeners close when this is dropped.
#[derive(Debug)]
pub struct Connections {
    accepted: mpsc::Receiver<Accepted>,
    /// The tasks that accept, where the client has listeners of its own.
    accepting: Vec<JoinHandle<()>>,
}

impl Connections {
    /// All that are made to a listener.
    pub fn to(listener: Listener) -> Self {
        let (sender, accepted) = mpsc::channel(WAITING);
        Self { accepted, accepting: vec![tokio::spawn(accept_all(listener, sender))] }
    }

    /// All that are made to a pair of servers. The first takes one connection and is closed.
    pub fn to_pair(first: Listener, second: Listener) -> Self {
        let (sender, accepted) = mpsc::channel(WAITING);
        let one = tokio::spawn(accept_one(first, sender.clone()));
        Self { accepted, accepting: vec![one, tokio::spawn(accept_all(second, sender))] }
    }

    /// Those that somebody else accepts, and the way to hand them over.
    pub fn handed_over() -> (mpsc::Sender<Accepted>, Self) {
        let (sender, accepted) = mpsc::channel(WAITING);
        (sender, Self { accepted, accepting: Vec::new() })
    }

    /// The next connection. None when there can be no more.
    pub async fn next(&mut self) -> Option<Accepted> {
        self.accepted.recv().await
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.accepting.iter().for_each(JoinHandle::abort);
    }
}

/// Accepts connections. A client that is slow in the handshake holds up no other, and keeps its
/// place among them.
async fn accept_all(listener: Listener, sender: mpsc::Sender<Accepted>) {
    while sender.send(next(&listener).await).await.is_ok() {}
}

/// Accepts the first connection, and closes the port.
async fn accept_one(listener: Listener, sender: mpsc::Sender<Accepted>) {
    let accepted = next(&listener).await;
    drop(listener);
    // The case may be over.
    let _ = sender.send(accepted).await;
}

async fn next(listener: &Listener) -> Accepted {
    loop {
        match listener.accept().await {
            Ok(incoming) => {
                let at = Instant::now();
                return Accepted { at, handshake: tokio::spawn(incoming.handshake(HANDSHAKE)) };
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
