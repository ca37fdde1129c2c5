//! The one port of a served gate: each connection is handed over to the case that its path names.

use std::sync::Arc;
use std::time::Duration;

use runner::client::{Accepted, Connections, path, read_head};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::time::Instant;
use wire::net::{Listener, Stream};

use crate::queue::CaseQueue;

/// How long a client may take for its request.
const REQUEST: Duration = Duration::from_secs(10);

/// The answer to a connection that belongs to no case; the client may try again.
const UNEXPECTED: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// How much of a path a message shows, in characters.
const SHOWN: usize = 100;

/// Accepts connections and hands them over to their cases. A connection that belongs to no case is
/// described to `odd`.
pub(super) async fn route(listener: Listener, queue: Arc<CaseQueue>, odd: mpsc::Sender<String>) {
    let mut connections = Connections::to(listener);
    while let Some(accepted) = connections.next().await {
        let (queue, odd) = (Arc::clone(&queue), odd.clone());
        tokio::spawn(async move {
            let oddity = match accepted.handshake.await {
                Ok(Ok(stream)) => hand_over(stream, accepted.at, &queue).await,
                Ok(Err(error)) => Some(format!("a client failed to connect: {error}")),
                Err(_) => None,
            };
            if let Some(oddity) = oddity {
                // The receiver may be gone, and of very many not all are worth hearing.
                let _ = odd.try_send(oddity);
            }
        });
    }
}

/// Hands over all connections to a case with a port of its own.
pub(super) async fn hand_over_all(listener: Listener, queue: Arc<CaseQueue>, case: String) {
    let mut connections = Connections::to(listener);
    while let Some(accepted) = connections.next().await {
        queue.hand_over(&case, accepted);
    }
}

/// Hands one connection over; returns a line if it belongs to no case.
async fn hand_over(mut stream: Stream, at: Instant, queue: &CaseQueue) -> Option<String> {
    let mut said = Vec::new();
    let _ = tokio::time::timeout(REQUEST, read_head(&mut stream, &mut said)).await;
    let path = path(&said).unwrap_or_default().to_owned();
    let Some((case, named_by)) = queue.meant_by(&path) else {
        let _ = tokio::time::timeout(REQUEST, refuse(stream)).await;
        let path: String = path.chars().take(SHOWN).collect();
        return Some(format!(
            "a client connected to {path:?}, which names no case; connect to the `url` of GET /next, or ask for it first"
        ));
    };
    let stream = stream.with_unread(without(said, named_by));
    let handshake = tokio::spawn(async { Ok(stream) });
    if queue.hand_over(&case, Accepted { at, handshake }) {
        return None;
    }
    Some(format!("a client connected to {case}, which is over"))
}

/// The request without the part of the path that names the case: the case does not see it.
fn without(mut said: Vec<u8>, named_by: usize) -> Vec<u8> {
    if let Some(blank) = said.iter().position(|octet| *octet == b' ')
        && blank + named_by < said.len()
    {
        said.drain(blank + 1..=blank + named_by);
    }
    said
}

async fn refuse(mut stream: Stream) {
    // The client may be gone.
    let _ = stream.write_all(UNEXPECTED).await;
    let _ = stream.flush().await;
    let _ = stream.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_does_not_see_how_it_was_named() {
        let said = b"GET /bind/client-resource/ws/ HTTP/1.1\r\nHost: x\r\n\r\n".to_vec();
        assert_eq!(path(&said), Some("/bind/client-resource/ws/"));
        let seen = without(said, "/bind/client-resource".len());
        assert_eq!(seen, b"GET /ws/ HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(without(b"GET /ws/ HTTP/1.1\r\n\r\n".to_vec(), 0), b"GET /ws/ HTTP/1.1\r\n\r\n");
    }
}
