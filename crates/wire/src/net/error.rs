//! Errors of connections: step, peer, cause, and a hint.

use std::{fmt, io, net::SocketAddr, time::Duration};

use thiserror::Error;

use super::tls::TlsFault;

/// A step on the way to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// From the host name to addresses.
    Resolve,
    /// To a TCP connection.
    Connect,
    Tls,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect to",
            Self::Tls => "TLS with",
        })
    }
}

/// An error of dialling. The text has step, peer and cause.
#[derive(Debug, Error)]
pub enum DialError {
    /// The host name leads to no address.
    #[error("{} {host}: {cause}", Step::Resolve)]
    Resolve {
        /// The host as given to `dial`.
        host: String,
        /// The error of the resolver.
        cause: io::Error,
    },
    /// TCP could not connect.
    #[error("{} {peer}: {cause}", Step::Connect)]
    Connect {
        /// The last address tried.
        peer: SocketAddr,
        /// The error of the operating system.
        cause: io::Error,
    },
    /// The TLS handshake failed.
    #[error("{} {peer}: {fault}", Step::Tls)]
    Tls {
        /// The address of the server.
        peer: SocketAddr,
        fault: TlsFault,
    },
    /// A step did not end in time.
    #[error("{step} {host}:{port}: no answer within {after:?}")]
    Timeout {
        /// The step that was under way.
        step: Step,
        /// The host as given to `dial`.
        host: String,
        port: u16,
        /// The deadline for all steps together.
        after: Duration,
    },
}

impl DialError {
    /// The step that failed.
    #[must_use]
    pub fn step(&self) -> Step {
        match self {
            Self::Resolve { .. } => Step::Resolve,
            Self::Connect { .. } => Step::Connect,
            Self::Tls { .. } => Step::Tls,
            Self::Timeout { step, .. } => *step,
        }
    }

    /// A hint on how to mend it, if there is one.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Tls { fault, .. } => fault.hint(),
            Self::Resolve { .. } => Some("check the host name, or give the address".to_owned()),
            Self::Connect { peer, cause } if cause.kind() == io::ErrorKind::ConnectionRefused => {
                Some(format!(
                    "nothing listens on port {}: check the port, and whether the server runs",
                    peer.port()
                ))
            }
            Self::Connect { .. } => {
                Some("check the network between here and the server".to_owned())
            }
            Self::Timeout { step: Step::Resolve, .. } => {
                Some("check the name server, or give the address".to_owned())
            }
            Self::Timeout { step: Step::Connect, .. } => {
                Some("a firewall may drop the packets; check host and port".to_owned())
            }
            Self::Timeout { step: Step::Tls, .. } => Some(
                "the server took the connection and said nothing: is this a port for TLS? The URL \
                 of one without begins with ws://"
                    .to_owned(),
            ),
        }
    }
}

/// An error of accepting a connection.
#[derive(Debug, Error)]
pub enum AcceptError {
    /// The TLS handshake failed.
    #[error("{} {peer}: {fault}", Step::Tls)]
    Tls {
        /// The address of the client.
        peer: SocketAddr,
        fault: TlsFault,
    },
    /// The client did not finish its handshake in time.
    #[error("{} {peer}: no answer within {after:?}", Step::Tls)]
    Timeout {
        /// The address of the client.
        peer: SocketAddr,
        after: Duration,
    },
}

/// The way out when an address cannot be listened on.
#[must_use]
pub fn way_to_listen(cause: &io::Error) -> &'static str {
    match cause.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there: stop it, or give another port; port 0 takes a free one"
        }
        io::ErrorKind::AddrNotAvailable => {
            "this machine has no such address: 127.0.0.1 is always there, 0.0.0.0 stands for all of them"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 are for administrators: give a higher one; port 0 takes a free one"
        }
        _ => "give another address; 127.0.0.1:0 is a free port of this machine",
    }
}
