//! The port of a served gate: hands each connection to the case that its path names.

use std::sync::Arc;
use std::time::{Duration, Instant};

use runner::client::{Arrival, Door};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use wire::net::{Listener, Stream};

use super::board::Board;

/// Deadline for the request of a connection.
const REQUEST: Duration = Duration::from_secs(10);

/// The longest request head read to find the path, in octets.
const LONGEST: usize = wire::MAX_HEAD;

/// The answer to a connection without a case: the client may try again.
const NOBODY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Accepts connections and hands them to their cases. Messages about the others go to `odd`.
pub(super) async fn route(
    listener: Listener,
    board: Arc<Board>,
    odd: mpsc::UnboundedSender<String>,
) {
    let mut door = Door::open(listener);
    while let Some(arrival) = door.arrival().await {
        let (board, odd) = (Arc::clone(&board), odd.clone());
        tokio::spawn(async move {
            let oddity = match arrival.handshake.await {
                Ok(Ok(stream)) => bring(stream, arrival.at, &board).await,
                Ok(Err(error)) => Some(format!("a connection failed: {error}")),
                Err(_) => None,
            };
            if let Some(oddity) = oddity {
                // The receiver may be gone.
                let _ = odd.send(oddity);
            }
        });
    }
}

/// Accepts connections for a case with its own port.
pub(super) async fn bring_all(listener: Listener, board: Arc<Board>, case: String) {
    let mut door = Door::open(listener);
    while let Some(arrival) = door.arrival().await {
        board.bring(&case, arrival);
    }
}

/// Hands over one connection; returns a message if no case takes it.
async fn bring(mut stream: Stream, at: Instant, board: &Board) -> Option<String> {
    let mut said = Vec::new();
    let _ = tokio::time::timeout(REQUEST, read_head(&mut stream, &mut said)).await;
    let path = path(&said).unwrap_or_default().to_owned();
    let Some((case, named_by)) = board.meant_by(&path) else {
        refuse(stream).await;
        return Some(format!(
            "a client connected to {path:?}, which names no case, and no case was requested at the desk"
        ));
    };
    let stream = stream.with_unread(without(said, named_by));
    let handshake = tokio::spawn(async { Ok(stream) });
    if board.bring(&case, Arrival { at, handshake }) {
        return None;
    }
    Some(format!("a client connected to {case}, which is over"))
}

/// Reads the head of a request, or as much as the client sends.
async fn read_head(stream: &mut Stream, said: &mut Vec<u8>) {
    while !said.windows(4).any(|four| four == b"\r\n\r\n") && said.len() < LONGEST {
        match stream.read_buf(said).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The path of a request: the second word of its first line.
fn path(said: &[u8]) -> Option<&str> {
    let line = said.split(|octet| *octet == b'\r').next()?;
    std::str::from_utf8(line).ok()?.split(' ').nth(1)
}

/// Removes the case's name from the path of the request: the case must not see it.
fn without(mut said: Vec<u8>, named_by: usize) -> Vec<u8> {
    if let Some(blank) = said.iter().position(|octet| *octet == b' ')
        && blank + named_by < said.len()
    {
        said.drain(blank + 1..=blank + named_by);
    }
    said
}

async fn refuse(mut stream: Stream) {
    // The client may have closed already.
    let _ = stream.write_all(NOBODY).await;
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

    #[test]
    fn what_is_no_request_has_no_path() {
        for said in ["", "GET", "\r\n\r\n", "GET\r\n /x y"] {
            assert_eq!(path(said.as_bytes()), None, "{said:?}");
        }
        assert_eq!(path(b"\xff\xff /x"), None);
    }
}
