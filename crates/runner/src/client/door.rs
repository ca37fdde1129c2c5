//! Where a client comes in: the connections that it has made, in order, each on its way through the handshake of TLS.

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wire::net::{AcceptError, Listener, Stream};

/// How long a client may take for the handshake of TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long to wait after a failed accept, e.g. for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that may wait to be let in.
const WAITING: usize = 64;

/// A connection that was made, on its way through the handshake of TLS.
#[derive(Debug)]
pub struct Arrival {
    /// When it was made.
    pub at: Instant,
    /// What comes of it.
    pub handshake: JoinHandle<Result<Stream, AcceptError>>,
}

/// Where the connections of one client come in. It closes when it is dropped.
#[derive(Debug)]
pub struct Door {
    arrivals: mpsc::Receiver<Arrival>,
    /// Let them in, where the door has ports of its own.
    porters: Vec<JoinHandle<()>>,
}

impl Door {
    /// A door with a port of its own.
    pub fn open(listener: Listener) -> Self {
        let (arrived, arrivals) = mpsc::channel(WAITING);
        Self { arrivals, porters: vec![tokio::spawn(let_in(listener, arrived))] }
    }

    /// A door with two ports, as a pair of servers has. The first takes one connection and is closed.
    pub fn of_pair(first: Listener, second: Listener) -> Self {
        let (arrived, arrivals) = mpsc::channel(WAITING);
        let alone = let_one_in(first, arrived.clone());
        Self { arrivals, porters: vec![tokio::spawn(alone), tokio::spawn(let_in(second, arrived))] }
    }

    /// A door to which somebody else brings the connections, and the way to bring them.
    pub fn shared() -> (mpsc::Sender<Arrival>, Self) {
        let (arrived, arrivals) = mpsc::channel(WAITING);
        (arrived, Self { arrivals, porters: Vec::new() })
    }

    /// The next connection. None when there can be no more.
    pub async fn arrival(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.porters.iter().for_each(JoinHandle::abort);
    }
}

/// Lets clients in. One that is slow in the handshake holds up nobody, and its place among the others is kept.
async fn let_in(listener: Listener, arrived: mpsc::Sender<Arrival>) {
    while arrived.send(next(&listener).await).await.is_ok() {}
}

/// Lets the first client in, and closes the port.
async fn let_one_in(listener: Listener, arrived: mpsc::Sender<Arrival>) {
    let arrival = next(&listener).await;
    drop(listener);
    // Who has closed the door wants nobody.
    let _ = arrived.send(arrival).await;
}

async fn next(listener: &Listener) -> Arrival {
    loop {
        match listener.accept().await {
            Ok(incoming) => {
                let at = Instant::now();
                return Arrival { at, handshake: tokio::spawn(incoming.handshake(HANDSHAKE)) };
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
