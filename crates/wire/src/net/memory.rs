//! A network in memory: connections that behave as TCP does on loopback, without sockets.

use std::{
    collections::BTreeMap,
    io,
    net::{Ipv4Addr, SocketAddr},
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf},
    sync::mpsc,
};

/// Octets that may be on their way in one direction: about what Linux lets lie on loopback.
const BUFFER: usize = 4 << 20;

/// The first port that is given out (RFC 6335 §6).
const FIRST_PORT: u16 = 49152;

type Ports = BTreeMap<u16, mpsc::UnboundedSender<Memory>>;

/// How long it takes to connect: so that who connects again and again without a pause takes some
/// time for each.
const WAY: Duration = Duration::from_millis(1);

/// A network in memory. Its clones are the same network; others know nothing of it.
#[derive(Clone, Debug, Default)]
pub struct MemoryNetwork {
    ports: Arc<Mutex<Ports>>,
}

impl MemoryNetwork {
    /// Connects to a port, whatever the host is called.
    ///
    /// # Errors
    ///
    /// No listener has the port: [`io::ErrorKind::ConnectionRefused`].
    pub async fn connect(&self, port: u16) -> io::Result<Memory> {
        tokio::time::sleep(WAY).await;
        let (ours, theirs) = Memory::pair();
        let sent = self.with(|ports| ports.get(&port).map(|port| port.send(theirs).is_ok()));
        match sent {
            Some(true) => Ok(ours),
            _ => Err(io::ErrorKind::ConnectionRefused.into()),
        }
    }

    /// Takes a free port.
    pub(super) fn open(&self) -> Port {
        let (sender, connections) = mpsc::unbounded_channel();
        let number = self.with(|ports| {
            let number = ports.last_key_value().map_or(FIRST_PORT, |(last, _)| last + 1);
            ports.insert(number, sender);
            number
        });
        Port { number, connections: connections.into(), network: self.clone() }
    }

    fn with<T>(&self, change: impl FnOnce(&mut Ports) -> T) -> T {
        change(&mut self.ports.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A port that is listened on. It is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Port {
    number: u16,
    connections: tokio::sync::Mutex<mpsc::UnboundedReceiver<Memory>>,
    network: MemoryNetwork,
}

impl Port {
    pub(super) fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.number).into()
    }

    pub(super) async fn accept(&self) -> Memory {
        match self.connections.lock().await.recv().await {
            Some(connection) => connection,
            // The network holds the other end of the channel as long as the port is open.
            None => std::future::pending().await,
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.network.with(|ports| ports.remove(&self.number));
    }
}

/// One end of a connection in memory. Octets written before its drop still arrive.
#[derive(Debug)]
pub struct Memory {
    octets: DuplexStream,
    reset_by_us: Arc<AtomicBool>,
    reset_by_peer: Arc<AtomicBool>,
}

impl Memory {
    /// Both ends of a connection.
    #[must_use]
    pub fn pair() -> (Self, Self) {
        let (one, other) = tokio::io::duplex(BUFFER);
        let (by_one, by_other) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let ends = (Arc::clone(&by_other), Arc::clone(&by_one));
        (
            Self { octets: one, reset_by_us: by_one, reset_by_peer: ends.0 },
            Self { octets: other, reset_by_us: by_other, reset_by_peer: ends.1 },
        )
    }

    /// Makes the end of this connection a reset.
    pub(super) fn mark_reset(&self) {
        self.reset_by_us.store(true, Ordering::SeqCst);
    }
}

impl AsyncRead for Memory {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.octets).poll_read(cx, buf))?;
        let is_end = buf.filled().len() == before && buf.remaining() > 0;
        if is_end && self.reset_by_peer.load(Ordering::SeqCst) {
            return Poll::Ready(Err(reset()));
        }
        Poll::Ready(Ok(()))
    }
}

/// The error of a connection that was reset, as the system has it.
fn reset() -> io::Error {
    #[cfg(unix)]
    return rustix::io::Errno::CONNRESET.into();
    #[cfg(not(unix))]
    return io::ErrorKind::ConnectionReset.into();
}

impl AsyncWrite for Memory {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.octets).poll_write(cx, octets)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.octets).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.octets).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::net::{Authority, Listener};

    #[tokio::test]
    async fn each_direction_ends_by_itself() {
        let (mut one, mut other) = Memory::pair();
        one.write_all(b"last").await.unwrap();
        one.shutdown().await.unwrap();
        other.write_all(b"answer").await.unwrap();
        drop(other);
        let mut heard = String::new();
        one.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "answer");
    }

    #[tokio::test]
    async fn a_reset_comes_after_what_was_said_before_it() {
        let (mut one, mut other) = Memory::pair();
        one.write_all(b"last").await.unwrap();
        one.mark_reset();
        drop(one);
        let mut heard = Vec::new();
        let end = other.read_to_end(&mut heard).await.unwrap_err();
        assert_eq!((heard.as_slice(), end.kind()), (&b"last"[..], io::ErrorKind::ConnectionReset));
        let unsaid = other.write_all(b"more").await.unwrap_err();
        assert_eq!(unsaid.kind(), io::ErrorKind::BrokenPipe);
    }

    #[tokio::test]
    async fn a_port_that_is_closed_refuses() {
        let network = MemoryNetwork::default();
        let tls = Authority::new().unwrap().server_config(&["localhost"]).unwrap();
        let listener = Listener::in_memory(&network, Some(tls));
        let port = listener.local_addr().unwrap().port();
        let mut client = network.connect(port).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        let incoming = listener.accept().await.unwrap();
        incoming.handshake(Duration::from_secs(10)).await.unwrap_err();
        drop(listener);
        let refused = network.connect(port).await.unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    }
}
