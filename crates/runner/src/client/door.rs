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
    /// Lets them in, if the door has a port of its own.
    porter: Option<JoinHandle<()>>,
}

impl Door {
    /// A door with a port of its own.
    pub fn open(listener: Listener) -> Self {
        let (arrived, arrivals) = mpsc::channel(WAITING);
        Self { arrivals, porter: Some(tokio::spawn(let_in(listener, arrived))) }
    }

    /// A door to which somebody else brings the connections, and the way to bring them.
    pub fn shared() -> (mpsc::Sender<Arrival>, Self) {
        let (arrived, arrivals) = mpsc::channel(WAITING);
        (arrived, Self { arrivals, porter: None })
    }

    /// The next connection. None when there can be no more.
    pub async fn arrival(&mut self) -> Option<Arrival> {
        self.arrivals.recv().await
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        if let Some(porter) = &self.porter {
            porter.abort();
        }
    }
}

/// Lets clients in. One that is slow in the handshake holds up nobody, and its place among the others is kept.
async fn let_in(listener: Listener, arrived: mpsc::Sender<Arrival>) {
    loop {
        match listener.accept().await {
            Ok(incoming) => {
                let at = Instant::now();
                let handshake = tokio::spawn(incoming.handshake(HANDSHAKE));
                let arrival = Arrival { at, handshake };
                if arrived.send(arrival).await.is_err() {
                    return;
                }
            }
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
}
