//! One type of stream, with and without TLS, on either side of the connection.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::error::Step;
use super::memory::Memory;
use super::socket::Socket;
use super::tls::{Session, TlsFacts};

/// A connection. Reading yields no octets at its end; a reset is
/// [`io::ErrorKind::ConnectionReset`]. Writing over TLS needs a flush. `AsyncWriteExt::shutdown`
/// ends our direction in order, over TLS with close_notify.
#[derive(Debug)]
pub struct Stream {
    layer: Layer,
    peer: SocketAddr,
    truncated: bool,
    took: Vec<(Step, Duration)>,
    /// Octets that are read before those of the socket.
    unread: Vec<u8>,
}

#[derive(Debug)]
enum Layer {
    Plain(Socket),
    Tls(Session),
}

impl Stream {
    pub(super) fn plain(socket: Socket, peer: SocketAddr) -> Self {
        Self::new(Layer::Plain(socket), peer)
    }

    pub(super) fn tls(session: Session, peer: SocketAddr) -> Self {
        Self::new(Layer::Tls(session), peer)
    }

    fn new(layer: Layer, peer: SocketAddr) -> Self {
        Self { layer, peer, truncated: false, took: Vec::new(), unread: Vec::new() }
    }

    /// Both ends of a connection in memory.
    #[must_use]
    pub fn pair() -> (Self, Self) {
        let (one, other) = Memory::pair();
        let nowhere = (Ipv4Addr::LOCALHOST, 0).into();
        let end = |memory| Self::plain(Socket::Memory(memory), nowhere);
        (end(one), end(other))
    }

    /// The same stream, with `octets` to be read first.
    #[must_use]
    pub fn with_unread(self, octets: Vec<u8>) -> Self {
        Self { unread: octets, ..self }
    }

    /// The same stream, with the times of the steps to it.
    pub(super) fn that_took(self, took: Vec<(Step, Duration)>) -> Self {
        Self { took, ..self }
    }

    /// The times of the steps of [`dial`](super::dial); empty for an accepted connection.
    #[must_use]
    pub fn took(&self) -> &[(Step, Duration)] {
        &self.took
    }

    /// The address of the other end.
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    /// The results of the TLS handshake; `None` for plain TCP.
    #[must_use]
    pub fn tls_facts(&self) -> Option<TlsFacts> {
        match &self.layer {
            Layer::Plain(_) => None,
            Layer::Tls(session) => Some(session.facts()),
        }
    }

    /// Whether the end that was read is one of TCP alone, without the close_notify that TLS asks
    /// for (RFC 8446 §6.1).
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// Ends the connection with a TCP reset; unsent octets are lost.
    ///
    /// # Errors
    ///
    /// The socket refuses the option; the connection is closed all the same, but in order.
    pub fn reset(self) -> io::Result<()> {
        self.socket().mark_reset()
    }

    /// Ends our direction of TCP, over TLS without close_notify, like a process
    /// that dies.
    ///
    /// # Errors
    ///
    /// The same errors as writing.
    pub async fn cut(&mut self) -> io::Result<()> {
        match &mut self.layer {
            Layer::Plain(socket) => socket.shutdown().await,
            Layer::Tls(session) => session.socket_mut().shutdown().await,
        }
    }

    fn socket(&self) -> &Socket {
        match &self.layer {
            Layer::Plain(socket) => socket,
            Layer::Tls(session) => session.socket(),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.unread.is_empty() {
            let count = self.unread.len().min(buf.remaining());
            buf.put_slice(&self.unread[..count]);
            self.unread.drain(..count);
            return Poll::Ready(Ok(()));
        }
        let result = match &mut self.layer {
            Layer::Plain(socket) => ready!(Pin::new(socket).poll_read(cx, buf)),
            Layer::Tls(session) => ready!(Pin::new(session).poll_read(cx, buf)),
        };
        Poll::Ready(match result {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.truncated = true;
                Ok(())
            }
            result => result,
        })
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.layer {
            Layer::Plain(socket) => Pin::new(socket).poll_write(cx, octets),
            Layer::Tls(session) => Pin::new(session).poll_write(cx, octets),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.layer {
            Layer::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Layer::Tls(session) => Pin::new(session).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.layer {
            Layer::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Layer::Tls(session) => Pin::new(session).poll_shutdown(cx),
        }
    }
}
