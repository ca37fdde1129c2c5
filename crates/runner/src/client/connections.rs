//! The connections that a client makes, in order, each on its way through the handshake of TLS.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use wire::net::{AcceptError, Listener, Stream, Turn};

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
    /// The first of a pair of servers, until it is gone: the word to go, and its task.
    first: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    /// The turn of a server to another certificate.
    turn: Turn,
}

impl Connections {
    /// All that are made to a listener.
    pub fn to(listener: Listener) -> Self {
        let (sender, accepted) = mpsc::channel(WAITING);
        let turn = listener.turn();
        let accepting = vec![tokio::spawn(accept_all(listener, sender))];
        Self { accepted, accepting, first: None, turn }
    }

    /// All that are made to a pair of servers. The first is closed at the [turn](Self::turn).
    pub fn to_pair(first: Listener, second: Listener) -> Self {
        let (sender, accepted) = mpsc::channel(WAITING);
        let (go, gone) = oneshot::channel();
        let one = tokio::spawn(accept_until(first, sender.clone(), gone));
        let accepting = vec![tokio::spawn(accept_all(second, sender))];
        Self { accepted, accepting, first: Some((go, one)), turn: Turn::default() }
    }

    /// Those that somebody else accepts, and the way to hand them over.
    pub fn handed_over() -> (mpsc::Sender<Accepted>, Self) {
        let (sender, accepted) = mpsc::channel(WAITING);
        (sender, Self { accepted, accepting: Vec::new(), first: None, turn: Turn::default() })
    }

    /// The next connection. None when there can be no more.
    pub async fn next(&mut self) -> Option<Accepted> {
        self.accepted.recv().await
    }

    /// A WebSocket of the client has ended: from here on the first of a pair of servers is gone,
    /// and a server whose certificate changes shows the other one. Only the first time counts.
    pub async fn turn(&mut self) {
        self.turn.take();
        if let Some((go, task)) = self.first.take() {
            // A task that has ended has closed its port as well.
            let _ = go.send(());
            let _ = task.await;
        }
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.accepting.iter().for_each(JoinHandle::abort);
        if let Some((_, task)) = &self.first {
            task.abort();
        }
    }
}

/// Accepts connections. A client that is slow in the handshake holds up no other, and keeps its
/// place among them.
async fn accept_all(listener: Listener, sender: mpsc::Sender<Accepted>) {
    while sender.send(next(&listener).await).await.is_ok() {}
}

/// Accepts connections until it is told to go, and closes the port.
async fn accept_until(
    listener: Listener,
    sender: mpsc::Sender<Accepted>,
    gone: oneshot::Receiver<()>,
) {
    tokio::select! {
        biased;
        _ = gone => {}
        () = accept_all(listener, sender) => {}
    }
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

/// Reads the head of a request into `said`, as far as there is one: until its end, the end of the
/// connection, or more octets than a head may have. May be dropped at any time.
pub async fn read_head(stream: &mut Stream, said: &mut Vec<u8>) {
    let mut looked_at = 0;
    while !said[looked_at..].windows(4).any(|four| four == b"\r\n\r\n")
        && said.len() < wire::MAX_HEAD
    {
        looked_at = said.len().saturating_sub(3);
        match stream.read_buf(said).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The path of a request: the second word of its first line.
pub fn path(said: &[u8]) -> Option<&str> {
    let line = said.split(|octet| *octet == b'\r').next()?;
    std::str::from_utf8(line).ok()?.split(' ').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_request_has_no_path() {
        for said in ["", "GET", "\r\n\r\n", "GET\r\n /x y"] {
            assert_eq!(path(said.as_bytes()), None, "{said:?}");
        }
        assert_eq!(path(b"\xff\xff /x"), None);
        assert_eq!(path(b"GET /ws/ HTTP/1.1\r\nHost: x\r\n\r\n"), Some("/ws/"));
    }
}
