//! The way of elements to the server: a WebSocket, or requests of HTTP.

use stanza::Element;

use crate::bosh::Bosh;
use crate::websocket::WebSocket;
use crate::{Config, Error};

/// An open transport; the scheme of the URL decides which.
pub(crate) enum Transport {
    WebSocket(Box<WebSocket>),
    Bosh(Box<Bosh>),
}

impl Transport {
    /// Connects.
    pub(crate) async fn open(config: &Config) -> Result<Self, Error> {
        match config.url.starts_with("http") {
            true => Ok(Self::Bosh(Box::new(Bosh::new(config)?))),
            false => Ok(Self::WebSocket(Box::new(WebSocket::open(config).await?))),
        }
    }

    /// Sends an element.
    pub(crate) async fn send(&mut self, text: String) -> Result<(), Error> {
        match self {
            Self::WebSocket(socket) => socket.send(text).await,
            Self::Bosh(session) => session.send(text).await,
        }
    }

    /// The next element. May be dropped at any time.
    pub(crate) async fn next(&mut self) -> Result<Element, Error> {
        match self {
            Self::WebSocket(socket) => socket.next().await,
            Self::Bosh(session) => session.next().await,
        }
    }

    /// Closes it in order.
    pub(crate) async fn close(&mut self) {
        match self {
            Self::WebSocket(socket) => socket.close().await,
            Self::Bosh(session) => session.close().await,
        }
    }
}
