//! The network over which connections are made: that of the operating system, or one in memory.

use std::{io, net::SocketAddr, time::Duration};

use super::{
    dial::{dial, in_memory},
    error::DialError,
    listen::Listener,
    memory::MemoryNetwork,
    stream::Stream,
    tls::{ServerTls, Trust},
};

/// A network. Both kinds carry the same octets, with or without TLS; in memory there are no
/// sockets, so a paused clock of tokio knows when nothing is on its way.
#[derive(Clone, Debug, Default)]
pub enum Network {
    /// TCP of the operating system.
    #[default]
    System,
    /// Memory of this process.
    Memory(MemoryNetwork),
}

impl Network {
    /// A network in memory, with nobody on it.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::Memory(MemoryNetwork::default())
    }

    /// Listens on this address; port 0 takes a free one. In memory each listener has a port of its
    /// own, whatever was asked for.
    ///
    /// # Errors
    ///
    /// The address is in use, or not local.
    pub async fn listen(
        &self,
        address: SocketAddr,
        tls: Option<ServerTls>,
    ) -> io::Result<Listener> {
        match self {
            Self::System => Listener::bind(address, tls).await,
            Self::Memory(network) => Ok(Listener::in_memory(network, tls)),
        }
    }

    /// Connects to `host` as [`dial`](fn@super::dial) does. In memory every host is this process.
    ///
    /// # Errors
    ///
    /// As [`dial`](fn@super::dial).
    pub async fn dial(
        &self,
        host: &str,
        port: u16,
        tls: Option<(&Trust, &str)>,
        deadline: Duration,
    ) -> Result<Stream, DialError> {
        match self {
            Self::System => dial(host, port, tls, deadline).await,
            Self::Memory(network) => in_memory(network, port, tls, deadline).await,
        }
    }
}
