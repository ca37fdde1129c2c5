//! How a connection is made, below TLS: by TCP, or by whatever stands in its place.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A stream that can be read and written.
pub trait Octets: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Octets for T {}

/// A connection in the making.
pub type Connecting<'a> = Pin<Box<dyn Future<Output = io::Result<Box<dyn Octets>>> + Send + 'a>>;

/// A way to make connections.
pub trait Connect: Send + Sync {
    /// Connects to a host, a name or an address, and a port.
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a>;
}

/// The network of one client: how connections are made, and whether one has been made yet.
#[derive(Clone)]
pub struct Network {
    connect: Arc<dyn Connect>,
    used: Arc<AtomicBool>,
}

impl Network {
    /// Connections are made so.
    pub fn new(connect: impl Connect + 'static) -> Self {
        Self { connect: Arc::new(connect), used: Arc::default() }
    }

    pub(crate) fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a> {
        self.connect.connect(host, port)
    }

    /// Whether this is the first time that it is asked.
    pub(crate) fn is_first_use(&self) -> bool {
        !self.used.swap(true, Ordering::Relaxed)
    }
}

impl Default for Network {
    /// TCP.
    fn default() -> Self {
        Self::new(Tcp)
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Network").finish_non_exhaustive()
    }
}

struct Tcp;

impl Connect for Tcp {
    fn connect<'a>(&'a self, host: &'a str, port: u16) -> Connecting<'a> {
        Box::pin(async move {
            let tcp = TcpStream::connect((host, port)).await?;
            tcp.set_nodelay(true)?;
            Ok(Box::new(tcp) as Box<dyn Octets>)
        })
    }
}
