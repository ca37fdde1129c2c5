//! The server's side of a scripted conversation, on plain TCP.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wire::net::Stream;
use wire::{CloseFrame, Decoder, Frame, RequestHead, accept_value, opcode};

/// The far end of one connection. It gives up when it waits for longer than any test should.
pub(crate) struct Peer {
    stream: Stream,
    buffer: Vec<u8>,
    decoder: Decoder,
    /// The client's messages so far, in order.
    pub(crate) heard: Vec<String>,
}

/// The name of the client's end of TCP among the things heard.
pub(crate) const EOF: &str = "[eof]";

impl Peer {
    pub(crate) fn new(stream: Stream) -> Self {
        Self { stream, buffer: Vec::new(), decoder: Decoder::new(1 << 20), heard: Vec::new() }
    }

    /// Octets more, or `None` at the end of TCP.
    async fn read(&mut self) -> Option<Vec<u8>> {
        let mut chunk = vec![0; 4096];
        let read = self.stream.read(&mut chunk);
        match tokio::time::timeout(Duration::from_secs(20), read).await {
            Ok(Ok(len @ 1..)) => Some(chunk[..len].to_vec()),
            _ => None,
        }
    }

    /// Waits until anything comes.
    pub(crate) async fn hear_something(&mut self) {
        let octets = self.read().await.expect("something");
        self.decoder.push(&octets);
    }

    /// Takes a request.
    pub(crate) async fn request(&mut self) -> RequestHead {
        loop {
            if let Some((head, used)) = RequestHead::parse(&self.buffer).expect("a request") {
                self.buffer.drain(..used);
                return head;
            }
            let more = self.read().await.expect("a whole request");
            self.buffer.extend(more);
        }
    }

    /// Takes a request and answers it with a 101 (RFC 6455 §4.2.2).
    pub(crate) async fn upgrade(&mut self) {
        let request = self.request().await;
        let accept = accept_value(request.headers.first("Sec-WebSocket-Key").unwrap_or_default());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        self.write(answer.as_bytes()).await;
        self.decoder.push(&std::mem::take(&mut self.buffer));
    }

    /// The next frame of the client, in a few words: its text, `[ping p]`, `[close 1000]`, or
    /// [`EOF`].
    pub(crate) async fn hear(&mut self) -> String {
        let heard = loop {
            if let Some(decoded) = self.decoder.next().expect("a frame") {
                break in_words(&decoded.frame);
            }
            match self.read().await {
                Some(octets) => self.decoder.push(&octets),
                None => break EOF.to_owned(),
            }
        };
        self.heard.push(heard.clone());
        heard
    }

    /// Writes octets. A client that is gone does not mind.
    pub(crate) async fn write(&mut self, octets: &[u8]) {
        let _ = self.stream.write_all(octets).await;
        let _ = self.stream.flush().await;
    }

    pub(crate) async fn say(&mut self, text: &str) {
        self.write(&Frame::new(opcode::TEXT, text.as_bytes()).encode()).await;
    }

    pub(crate) async fn ping(&mut self, payload: &str) {
        self.write(&Frame::new(opcode::PING, payload.as_bytes()).encode()).await;
    }

    pub(crate) async fn close(&mut self, code: u16) {
        let payload = CloseFrame::new(code, "").payload();
        self.write(&Frame::new(opcode::CLOSE, payload).encode()).await;
    }

    /// Ends our direction of TCP, then listens until the client has ended its own.
    pub(crate) async fn end(&mut self) {
        let _ = self.stream.shutdown().await;
        while self.hear().await != EOF {}
    }

    /// Resets TCP.
    pub(crate) fn reset(self) -> Vec<String> {
        let _ = self.stream.reset();
        self.heard
    }

    /// Leaves as a good server does: answers `<close/>` and the close of the WebSocket, and ends
    /// TCP.
    pub(crate) async fn leave(mut self) -> Vec<String> {
        loop {
            let heard = self.hear().await;
            if heard.starts_with("<close") {
                self.say("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>").await;
            } else if heard.starts_with("[close") {
                self.close(1000).await;
                self.end().await;
                return self.heard;
            } else if heard == EOF {
                return self.heard;
            }
        }
    }
}

fn in_words(frame: &Frame) -> String {
    let text = String::from_utf8_lossy(&frame.payload);
    match frame.opcode {
        opcode::TEXT => text.into_owned(),
        opcode::PING => format!("[ping {text}]"),
        opcode::PONG => format!("[pong {text}]"),
        opcode::CLOSE => match CloseFrame::parse(&frame.payload) {
            Ok(Some(close)) => format!("[close {}]", close.code),
            _ => "[close]".to_owned(),
        },
        other => format!("[frame {other}]"),
    }
}
