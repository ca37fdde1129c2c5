//! From host and port to a stream, with one deadline and an error that names the step.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    net::{TcpStream, lookup_host},
    time::{Instant, timeout_at},
};

use super::{
    error::{DialError, Step},
    memory::MemoryNetwork,
    meter::Meter,
    socket::Socket,
    stream::Stream,
    tls::{Session, Trust},
};

/// Connects to `host` (a name or an address, IPv6 with or without brackets) and, if asked to,
/// speaks TLS with the server of the given name. All addresses of the name are tried in turn. The
/// deadline is for all steps together.
///
/// # Errors
///
/// The failed step with its cause; with several addresses, that of the last.
pub async fn dial(
    host: &str,
    port: u16,
    tls: Option<(&Trust, &str)>,
    deadline: Duration,
) -> Result<Stream, DialError> {
    connected(host, port, tls, deadline, Socket::Tcp).await
}

/// The same, with the octets on the TCP stream counted.
///
/// # Errors
///
/// As [`dial`].
pub async fn dial_metered(
    host: &str,
    port: u16,
    tls: Option<(&Trust, &str)>,
    deadline: Duration,
    meter: &Meter,
) -> Result<Stream, DialError> {
    connected(host, port, tls, deadline, |tcp| Socket::Metered(tcp, meter.clone())).await
}

/// The same over a network in memory, where there is no name to resolve.
pub(super) async fn in_memory(
    network: &MemoryNetwork,
    port: u16,
    tls: Option<(&Trust, &str)>,
    deadline: Duration,
) -> Result<Stream, DialError> {
    let peer = (Ipv4Addr::LOCALHOST, port).into();
    let memory = network.connect(port).await.map_err(|cause| DialError::Connect { peer, cause })?;
    let late = || DialError::Timeout {
        step: Step::Tls,
        host: peer.ip().to_string(),
        port,
        after: deadline,
    };
    secured(Socket::Memory(memory), peer, tls, Instant::now() + deadline, late).await
}

async fn connected(
    host: &str,
    port: u16,
    tls: Option<(&Trust, &str)>,
    deadline: Duration,
    socket: impl FnOnce(TcpStream) -> Socket,
) -> Result<Stream, DialError> {
    let mut lap = Instant::now();
    let until = lap + deadline;
    let mut took = Vec::new();
    let mut done = |step| {
        took.push((step, lap.elapsed()));
        lap = Instant::now();
    };
    let timeout = |step| DialError::Timeout { step, host: host.to_owned(), port, after: deadline };

    let addresses =
        timeout_at(until, resolve(host, port)).await.map_err(|_| timeout(Step::Resolve))??;
    done(Step::Resolve);
    let (tcp, peer) =
        timeout_at(until, connect(host, addresses)).await.map_err(|_| timeout(Step::Connect))??;
    done(Step::Connect);
    let stream = secured(socket(tcp), peer, tls, until, || timeout(Step::Tls)).await?;
    if tls.is_some() {
        done(Step::Tls);
    }
    Ok(stream.that_took(took))
}

/// Speaks TLS on a connection, if asked to; `late` is the error when that takes too long.
async fn secured(
    socket: Socket,
    peer: SocketAddr,
    tls: Option<(&Trust, &str)>,
    until: Instant,
    late: impl FnOnce() -> DialError,
) -> Result<Stream, DialError> {
    let Some((trust, server_name)) = tls else { return Ok(Stream::plain(socket, peer)) };
    let session = timeout_at(until, Session::connect(socket, trust, bare(server_name)))
        .await
        .map_err(|_| late())?
        .map_err(|fault| DialError::Tls { peer, fault })?;
    Ok(Stream::tls(session, peer))
}

async fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, DialError> {
    let addresses = lookup_host((bare(host), port)).await;
    addresses
        .map(Iterator::collect)
        .map_err(|cause| DialError::Resolve { host: host.to_owned(), cause })
}

async fn connect(
    host: &str,
    addresses: Vec<SocketAddr>,
) -> Result<(TcpStream, SocketAddr), DialError> {
    let none = io::Error::new(io::ErrorKind::NotFound, "no address");
    let mut failure = DialError::Resolve { host: host.to_owned(), cause: none };
    for peer in addresses {
        match connect_one(peer).await {
            Ok(tcp) => return Ok((tcp, peer)),
            Err(cause) => failure = DialError::Connect { peer, cause },
        }
    }
    Err(failure)
}

async fn connect_one(peer: SocketAddr) -> io::Result<TcpStream> {
    let tcp = TcpStream::connect(peer).await?;
    // Stanzas are small and each awaits an answer: Nagle's algorithm would cost 40 ms now and then.
    tcp.set_nodelay(true)?;
    Ok(tcp)
}

/// An IPv6 literal without the brackets that URLs put around it (RFC 3986 §3.2.2).
fn bare(host: &str) -> &str {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
}
