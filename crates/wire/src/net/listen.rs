//! The listener: accept first, TLS handshake later, so that a slow client delays no other.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{net::TcpListener, time::timeout};

use super::{
    error::AcceptError,
    memory::{MemoryNetwork, Port},
    socket::Socket,
    stream::Stream,
    tls::{ServerTls, Session},
};

/// A port that is listened on, with or without TLS.
#[derive(Debug)]
pub struct Listener {
    port: ListenerSource,
    tls: Option<ServerTls>,
    /// The certificate after the turn, if it is another.
    later: Option<ServerTls>,
    turn: Turn,
}

/// The moment from which a listener shows its later certificate.
#[derive(Debug, Clone, Default)]
pub struct Turn(Arc<AtomicBool>);

impl Turn {
    /// Connections that are accepted from now on are shown the later certificate.
    pub fn take(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn is_taken(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug)]
enum ListenerSource {
    Tcp(TcpListener),
    Memory(Port),
}

impl Listener {
    /// Listens on this address; port 0 takes a free one.
    ///
    /// # Errors
    ///
    /// The address is in use, or not local.
    pub async fn bind(address: SocketAddr, tls: Option<ServerTls>) -> io::Result<Self> {
        Ok(Self::new(ListenerSource::Tcp(TcpListener::bind(address).await?), tls))
    }

    /// Listens on a free port of a network in memory.
    #[must_use]
    pub fn in_memory(network: &MemoryNetwork, tls: Option<ServerTls>) -> Self {
        Self::new(ListenerSource::Memory(network.open()), tls)
    }

    fn new(port: ListenerSource, tls: Option<ServerTls>) -> Self {
        Self { port, tls, later: None, turn: Turn::default() }
    }

    /// The same, with another certificate after its [turn](Self::turn).
    #[must_use]
    pub fn later(self, tls: ServerTls) -> Self {
        Self { later: Some(tls), ..self }
    }

    /// The turn to the later certificate. Its holder can take it at any time.
    #[must_use]
    pub fn turn(&self) -> Turn {
        self.turn.clone()
    }

    /// The address of the socket.
    ///
    /// # Errors
    ///
    /// The operating system does not know it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        match &self.port {
            ListenerSource::Tcp(tcp) => tcp.local_addr(),
            ListenerSource::Memory(port) => Ok(port.address()),
        }
    }

    /// Accepts the next connection, before its TLS handshake.
    ///
    /// # Errors
    ///
    /// An error of the system: too many open files, or a connection that ended before it was
    /// accepted. The listener stays usable.
    pub async fn accept(&self) -> io::Result<Incoming> {
        let (socket, peer) = match &self.port {
            ListenerSource::Tcp(tcp) => {
                let (tcp, peer) = tcp.accept().await?;
                tcp.set_nodelay(true)?;
                (Socket::Tcp(tcp), peer)
            }
            ListenerSource::Memory(port) => (Socket::Memory(port.accept().await), port.address()),
        };
        let later = self.later.as_ref().filter(|_| self.turn.is_taken());
        Ok(Incoming { socket, peer, tls: later.or(self.tls.as_ref()).cloned() })
    }
}

/// An accepted connection, before its TLS handshake.
#[derive(Debug)]
pub struct Incoming {
    socket: Socket,
    peer: SocketAddr,
    tls: Option<ServerTls>,
}

impl Incoming {
    /// The address of the client.
    #[must_use]
    pub fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    /// The first octet that the client sends, which stays to be read; none at the end of the
    /// connection.
    ///
    /// # Errors
    ///
    /// The connection broke off, or is one in memory.
    pub async fn peek(&self) -> io::Result<Option<u8>> {
        match &self.socket {
            Socket::Tcp(tcp) => {
                let mut first = [0];
                Ok((tcp.peek(&mut first).await? > 0).then_some(first[0]))
            }
            Socket::Memory(_) | Socket::Metered(..) => Err(io::ErrorKind::Unsupported.into()),
        }
    }

    /// The stream without TLS, whatever the listener has.
    #[must_use]
    pub fn without_tls(self) -> Stream {
        Stream::plain(self.socket, self.peer)
    }

    /// Completes the TLS handshake, if the listener has TLS.
    ///
    /// # Errors
    ///
    /// The handshake failed, or did not end within the deadline.
    pub async fn handshake(self, deadline: Duration) -> Result<Stream, AcceptError> {
        let Self { socket, peer, tls } = self;
        let Some(tls) = tls else {
            return Ok(Stream::plain(socket, peer));
        };
        let session = timeout(deadline, Session::accept(socket, &tls))
            .await
            .map_err(|_| AcceptError::Timeout { peer, after: deadline })?
            .map_err(|fault| AcceptError::Tls { peer, fault })?;
        Ok(Stream::tls(session, peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::{Authority, SpkiPin, Trust, dial};

    async fn pin_shown(listener: &Listener) -> Option<SpkiPin> {
        let address = listener.local_addr().unwrap();
        let (host, tls) = (address.ip().to_string(), Some((&Trust::Insecure, "localhost")));
        let deadline = Duration::from_secs(10);
        let accepted = async { listener.accept().await.unwrap().handshake(deadline).await };
        let (dialled, _) = tokio::join!(dial(&host, address.port(), tls, deadline), accepted);
        dialled.unwrap().tls_facts().and_then(|facts| facts.peer_pin)
    }

    #[tokio::test]
    async fn another_certificate_is_shown_after_the_turn() {
        let made = || Authority::new().unwrap().server_config(&["localhost"]).unwrap();
        let (first, later) = (made(), made());
        let (before, after) = (Some(first.pin()), Some(later.pin()));
        let listener = Listener::bind(([127, 0, 0, 1], 0).into(), Some(first)).await.unwrap();
        let listener = listener.later(later);
        assert_eq!([pin_shown(&listener).await, pin_shown(&listener).await], [before; 2]);
        listener.turn().take();
        assert_eq!([pin_shown(&listener).await, pin_shown(&listener).await], [after; 2]);
    }
}
