//! Elements over a WebSocket: each text message is one element, and nothing else is a message (RFC
//! 7395 §3.2, §3.3.3).

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use stanza::Element;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error as Failure, Message};

use crate::address::Address;
use crate::misreading::misread;
use crate::tls::{self, Socket};
use crate::upgrade::upgrade;
use crate::{Config, Error, Fault, frames};

/// How long writing may take before the other side counts as gone.
const WRITE: Duration = Duration::from_secs(10);

/// How long the other side may take for its half of the closing.
const CLOSE: Duration = Duration::from_secs(2);

/// The longest message with [`Fault::SmallMessages`].
const SMALL: usize = 32 << 10;

/// An open WebSocket.
pub(crate) struct WebSocket {
    stream: WebSocketStream<Socket>,
    fault: Option<Fault>,
    /// A fault has ended the reading.
    stuck: bool,
}

impl WebSocket {
    /// Connects and upgrades.
    pub(crate) async fn open(config: &Config) -> Result<Self, Error> {
        let address = Address::parse(&config.url)?;
        let mut socket = tls::connect(&address, config).await?;
        let rest = upgrade(&mut socket, &address, config).await?;
        let limits = config.has(Fault::SmallMessages).then(|| {
            WebSocketConfig::default().max_message_size(Some(SMALL)).max_frame_size(Some(SMALL))
        });
        let stream = WebSocketStream::from_partially_read(socket, rest, Role::Client, limits).await;
        Ok(Self { stream, fault: config.fault, stuck: false })
    }

    /// Sends an element as a message of its own.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        if self.stuck {
            return Ok(());
        }
        if let Some(octets) = frames::written(&text, self.fault) {
            return self.write(&octets.map_err(failed)?).await;
        }
        let send = self.stream.send(Message::text(text));
        tokio::time::timeout(WRITE, send)
            .await
            .map_err(|_| Error::Timeout("a write"))?
            .map_err(failed)
    }

    /// Writes octets past the framing.
    async fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        let socket = self.stream.get_mut();
        let write = async {
            socket.write_all(octets).await?;
            socket.flush().await
        };
        let written = tokio::time::timeout(WRITE, write).await;
        Ok(written.map_err(|_| Error::Timeout("a write"))??)
    }

    /// The next element. Pings are answered on the way. A message that is no element ends the
    /// connection.
    pub(crate) async fn next(&mut self) -> Result<Element, Error> {
        if self.stuck {
            self.get_stuck().await;
        }
        loop {
            let text = match self.stream.next().await {
                None => return Err(Error::WebSocket("ended".to_owned())),
                Some(Err(failure)) => {
                    if self.fault == Some(Fault::StayAfterViolation) && !is_end(&failure) {
                        self.get_stuck().await;
                    }
                    if matches!(failure, Failure::Protocol(_) | Failure::Utf8(_)) {
                        // RFC 6455 §7.1.7: fail the connection. tungstenite reads no further after
                        // an error.
                        self.fail(CloseCode::Protocol).await;
                    }
                    return Err(failed(failure));
                }
                Some(Ok(Message::Text(text))) => text.as_str().to_owned(),
                Some(Ok(Message::Binary(octets))) if self.fault == Some(Fault::AnyBinary) => {
                    String::from_utf8_lossy(&octets).into_owned()
                }
                Some(Ok(Message::Binary(_))) => {
                    // RFC 7395 §3.2: messages are of the text type.
                    self.fail(CloseCode::Unsupported).await;
                    return Err(Error::WebSocket("a binary message".to_owned()));
                }
                Some(Ok(Message::Close(_))) => {
                    // RFC 6455 §5.5.1: the answer goes out with the next read.
                    if self.fault == Some(Fault::NoCloseEcho) {
                        self.get_stuck().await;
                    }
                    if self.fault == Some(Fault::EndTcpFirst) {
                        let _ = self.stream.flush().await;
                        let _ = self.stream.get_mut().shutdown().await;
                    }
                    self.finish().await;
                    return Err(Error::WebSocket("closed by the server".to_owned()));
                }
                Some(Ok(Message::Ping(_))) if self.fault == Some(Fault::StuckOnPing) => {
                    self.get_stuck().await;
                    continue;
                }
                Some(Ok(Message::Pong(_))) if self.fault == Some(Fault::ChokeOnPong) => {
                    return Err(Error::WebSocket("a pong".to_owned()));
                }
                Some(Ok(_)) => continue,
            };
            if self.fault == Some(Fault::StuckOnBlank) && text.trim().is_empty() {
                self.get_stuck().await;
            }
            let Some(text) = misread(text, self.fault) else { continue };
            return stanza::parse(&text).map_err(|error| Error::Message(error.to_string()));
        }
    }

    /// Closes it in order, with 1000, and waits for the other side's half (RFC 6455 §7.1.2).
    pub(crate) async fn close(&mut self) {
        self.fail(CloseCode::Normal).await;
        self.finish().await;
    }

    /// Reads no further, now and whenever it is asked to.
    async fn get_stuck(&mut self) {
        self.stuck = true;
        std::future::pending().await
    }

    async fn fail(&mut self, code: CloseCode) {
        let frame = CloseFrame { code, reason: "".into() };
        // One that is closed already stays so.
        let _ = tokio::time::timeout(CLOSE, self.stream.close(Some(frame))).await;
    }

    /// Reads until the end, so that the closing is complete.
    async fn finish(&mut self) {
        let rest = async { while let Some(Ok(_)) = self.stream.next().await {} };
        let _ = tokio::time::timeout(CLOSE, rest).await;
    }
}

/// Whether the other side has ended the connection, and broken no rule.
fn is_end(failure: &Failure) -> bool {
    matches!(failure, Failure::Io(_) | Failure::ConnectionClosed | Failure::AlreadyClosed)
}

fn failed(failure: Failure) -> Error {
    match failure {
        Failure::Io(error) => Error::Io(error),
        other => Error::WebSocket(other.to_string()),
    }
}
