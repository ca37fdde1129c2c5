//! Requests to ports on this machine.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks `METHOD /path` of `host:port`, perhaps with more lines of head; status and body.
pub(crate) fn ask(address: &str, request: &str, head: &str, body: &str) -> (u16, String) {
    let length = body.len();
    let request = format!(
        "{request} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{head}Content-Length: {length}\r\n\r\n{body}"
    );
    let answer = said_to(address, &request);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

/// Connects, says something, and reads to the end.
pub(crate) fn said_to(address: &str, said: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(said.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // Some reset what they do not want to hear.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}
